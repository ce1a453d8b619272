//! # sagemaker-domain-vpc-only
//!
//! ## What it checks
//! `AppNetworkAccessType` of every domain of SageMaker Studio, as `DescribeDomain` tells it now: over which network the apps of the
//! domain send their traffic. A domain that does not say is one of `PublicInternetOnly`, which AWS documents as its default.
//!
//! Not evaluated: whether the domain's subnets lead to the internet, over a NAT or an internet gateway. `VpcOnly` puts the traffic on the
//! routes of your VPC; what those are is the question of `sagemaker-subnet-no-internet-route`. Nor is what the security groups let through.
//!
//! ## Why it matters
//! With `PublicInternetOnly`, apps reach the internet over a VPC of SageMaker's. That traffic passes by your route tables, security groups,
//! endpoints and flow logs, so data can leave unseen and code can come in unchecked.
//!
//! ## Verdicts
//! * `COMPLIANT`, with a note that the routes of the subnets are not judged here: `VpcOnly`.
//! * `NON_COMPLIANT`: `PublicInternetOnly`, or not set, which is the same.
//! * `NOT_APPLICABLE`: the domain is being made, could not be made, is being deleted (or could not be), was deleted, or left the rule's
//!   scope. One that is being updated, or whose update failed, is judged.
//! * Undecided, reported to Security Hub only, and an error of the function: the status is missing from the answer, the status or
//!   `AppNetworkAccessType` has a value that this release does not know, or the domain could not be read.
//!
//! ## How to fix
//! `UpdateDomain` sets `AppNetworkAccessType: VpcOnly`, but only while no app of the domain is in service, pending or being deleted:
//! delete the apps first. It never does where `RStudioServerProDomainSettings` have a `DomainExecutionRoleArn`: create a new domain then.
//! The VPC needs endpoints for what the apps call: the SageMaker API and runtime, S3, and more by what they do. A service control policy on
//! `sagemaker:AppNetworkAccessType` keeps it so, if it is about `UpdateDomain` as well as `CreateDomain`.
//!
//! ## References
//! * Amazon SageMaker API, `DescribeDomain` (the default) and `UpdateDomain` (when it can be changed).
//! * AWS Config managed rule `SAGEMAKER_DOMAIN_IN_VPC`: the same question, in fewer Regions. Security Hub has no such control.

use rule::{
    Context, Deployed, Fact, Metadata, ParameterError, Parameters, Provenance, Remediation, Requirements, Rule,
    Severity, Trigger, Verdict,
};
use sagemaker::{Domain, NetworkAccess};

/// The rule.
#[derive(Debug)]
pub struct DomainVpcOnly;

const META: Metadata = Metadata {
    name: "sagemaker-domain-vpc-only",
    version: env!("CARGO_PKG_VERSION"),
    summary: "SageMaker domains should send the traffic of their apps over the VPC only",
    severity: Severity::High,
    resource_types: &["AWS::SageMaker::Domain"],
    triggers: &[Trigger::Change, Trigger::Schedule],
    also_triggered_by: &[],
    deployed: Deployed::Everywhere,
    parameters: &[],
    iam_actions: &["sagemaker:DescribeDomain", "sagemaker:ListDomains", "sagemaker:ListTags"],
    requirements: &[Requirements {
        framework: "NIST.800-53.r5",
        ids: rule::NO_PUBLIC_ACCESS,
        provenance: Provenance::Inferred,
    }],
    remediation: Remediation {
        text: "Delete the domain's apps and set AppNetworkAccessType to VpcOnly with UpdateDomain, which takes it only while no app is \
               InService, Pending or Deleting. Where RStudio's DomainExecutionRoleArn is set it cannot be changed: create a new domain \
               with VpcOnly, move users and their files over, and delete this one. The VPC needs endpoints for what the apps call: the \
               SageMaker API and runtime, S3, and more by what they do.",
        url: "https://docs.aws.amazon.com/sagemaker/latest/dg/studio-updated-and-internet-access.html",
    },
};

impl Rule for DomainVpcOnly {
    const META: Metadata = META;
    type Facts = Domain;
    type Params = ();

    fn params(_: &mut Parameters) -> Result<(), ParameterError> {
        Ok(())
    }

    fn decide(domain: &Domain, (): &(), _: Context<'_>) -> Verdict {
        domain.judge(|| match &domain.network_access {
            Fact::Known(NetworkAccess::VpcOnly) => Verdict::compliant_but(
                "VpcOnly; whether its subnets lead to the internet is not judged here: sagemaker-subnet-no-internet-route asks that",
            ),
            Fact::Known(NetworkAccess::PublicInternetOnly) => Verdict::non_compliant(
                "AppNetworkAccessType is PublicInternetOnly: apps reach the internet past your VPC; delete them and update the \
                 domain to VpcOnly",
            ),
            // DescribeDomain documents what it is where it is not there.
            Fact::Absent => Verdict::non_compliant(
                "AppNetworkAccessType is not set, which is PublicInternetOnly: apps reach the internet past your VPC; delete \
                 them and update the domain to VpcOnly",
            ),
            Fact::Unread(reason) => Verdict::undecided(reason),
        })
    }
}

#[cfg(test)]
mod tests {
    use sagemaker::DomainStatus;

    use super::*;

    #[test]
    fn the_verdict_table() {
        use DomainStatus::{Deleting, Failed, Pending, Present, Stuck};
        use NetworkAccess::{PublicInternetOnly, VpcOnly};
        const PASSES: &str = "COMPLIANT VpcOnly; whether its subnets lead to the internet is not judged here: sagemaker-subnet-no-internet-route asks that";
        const PUBLIC: &str = "NON_COMPLIANT AppNetworkAccessType is PublicInternetOnly: apps reach the internet past your VPC; \
                              delete them and update the domain to VpcOnly";
        const NOT_SET: &str = "NON_COMPLIANT AppNetworkAccessType is not set, which is PublicInternetOnly: apps reach the internet \
                               past your VPC; delete them and update the domain to VpcOnly";
        const DELETING: &str = "NOT_APPLICABLE the domain is being deleted";
        const ODD: &str = "undecided AppNetworkAccessType is `Odd`, which this release does not know";
        const ODD_STATUS: &str = "undecided Status is `Odd`, which this release does not know";
        let odd = || Fact::Unread("AppNetworkAccessType is `Odd`, which this release does not know".to_owned());
        let odd_status = || Fact::Unread("Status is `Odd`, which this release does not know".to_owned());
        for (status, network_access, expected) in [
            (Fact::Known(Present), Fact::Known(VpcOnly), PASSES),
            (Fact::Known(Present), Fact::Known(PublicInternetOnly), PUBLIC),
            (Fact::Known(Present), Fact::Absent, NOT_SET),
            (Fact::Known(Present), odd(), ODD),
            (Fact::Known(Pending), Fact::Known(VpcOnly), "NOT_APPLICABLE the domain is being created"),
            (Fact::Known(Pending), Fact::Known(PublicInternetOnly), "NOT_APPLICABLE the domain is being created"),
            (Fact::Known(Pending), Fact::Absent, "NOT_APPLICABLE the domain is being created"),
            (Fact::Known(Pending), odd(), "NOT_APPLICABLE the domain is being created"),
            (Fact::Known(Failed), Fact::Known(VpcOnly), "NOT_APPLICABLE the domain failed"),
            (Fact::Known(Failed), Fact::Known(PublicInternetOnly), "NOT_APPLICABLE the domain failed"),
            (Fact::Known(Failed), Fact::Absent, "NOT_APPLICABLE the domain failed"),
            (Fact::Known(Failed), odd(), "NOT_APPLICABLE the domain failed"),
            (Fact::Known(Deleting), Fact::Known(VpcOnly), DELETING),
            (Fact::Known(Deleting), Fact::Known(PublicInternetOnly), DELETING),
            (Fact::Known(Deleting), Fact::Absent, DELETING),
            (Fact::Known(Deleting), odd(), DELETING),
            (Fact::Known(Stuck), Fact::Known(PublicInternetOnly), DELETING),
            (Fact::Absent, Fact::Known(VpcOnly), "undecided DescribeDomain gave no Status"),
            (Fact::Absent, Fact::Known(PublicInternetOnly), "undecided DescribeDomain gave no Status"),
            (odd_status(), Fact::Known(VpcOnly), ODD_STATUS),
            (odd_status(), Fact::Absent, ODD_STATUS),
        ] {
            let row = format!("{status:?}, {network_access:?}");
            let domain = Domain {
                status,
                kms_key: Fact::Absent,
                network_access,
                subnets: Fact::Absent,
                security_groups: Vec::new(),
                details: Vec::new(),
            };
            assert_eq!(DomainVpcOnly::decide(&domain, &(), Context::default()).to_string(), expected, "{row}");
        }
    }

    #[test]
    fn it_takes_no_parameters() {
        let mut given = Parameters::new([("vpcIds".to_owned(), "vpc-1".to_owned())]);
        assert_eq!(DomainVpcOnly::params(&mut given), Ok(()));
        assert!(given.finish().is_err());
    }
}

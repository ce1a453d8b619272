//! # sagemaker-notebook-in-vpc
//!
//! ## What it checks
//! Whether every SageMaker notebook instance is in a subnet of a VPC of yours (`SubnetId`, as `DescribeNotebookInstance` tells it now):
//! with `subnetIds` in one of these subnets, with `vpcIds` in one of these VPCs, with `forbidDefaultVpc` not in the Region's default VPC,
//! even if `vpcIds` names it. A stopped instance is judged like a running one: it starts again where it was.
//!
//! Only `vpcIds` and `forbidDefaultVpc` ask EC2, which VPC a subnet is in and which is the default one. Without them, a subnet counts
//! whether it still exists or not.
//!
//! Not evaluated: an instance in a subnet may have a way to the internet past it all the same, which is the question of
//! `sagemaker-notebook-no-direct-internet-access`; and where the subnet's routes lead is that of `sagemaker-subnet-no-internet-route`.
//!
//! ## Why it matters
//! Outside your VPC, an instance reaches data and the internet over a network of SageMaker's, past your route tables, security groups,
//! endpoints and flow logs. The default VPC is made by AWS, with public subnets and a route to the internet.
//!
//! ## Verdicts
//! * `COMPLIANT`: it has a subnet, which is one of `subnetIds`, if given, in one of `vpcIds`, if given, and, with `forbidDefaultVpc`, not in the
//!   default VPC.
//! * `NON_COMPLIANT`: it has no subnet, one that is not one of `subnetIds`, one in no VPC of `vpcIds`, or, with `forbidDefaultVpc`, one in the
//!   default VPC.
//! * `NON_COMPLIANT`: with `vpcIds` or `forbidDefaultVpc`, the account sees no such subnet. It was deleted, and the instance cannot start
//!   again; or its owner shares it no longer. Either way it is in no VPC that you could allow, and the annotation says that nobody can tell which.
//! * `NOT_APPLICABLE`: the instance is being deleted, was deleted, or left the rule's scope.
//! * `NOT_APPLICABLE`: the instance failed, unless `evaluateFailed` is `true`: then it is judged like any other.
//! * Undecided, reported to Security Hub only, and an error of the function: the status is missing from the answer or unknown to this
//!   release; the answer has security groups and no subnet; or the instance, its subnet or whether its VPC is the default one could not
//!   be read, unless something else fails already.
//!
//! ## How to fix
//! The subnet cannot be changed: `UpdateNotebookInstance` has no such field. Create a new instance with `SubnetId` and
//! `SecurityGroupIds`, move the work over, and delete the old one.
//!
//! ## References
//! * Amazon SageMaker API, `CreateNotebookInstance` and `DescribeNotebookInstance`; Amazon EC2 API, `DescribeSubnets` and `DescribeVpcs`.
//! * Security Hub control SageMaker.2 asks for a custom VPC, and passes the default one; AWS Config managed rule
//!   `SAGEMAKER_NOTEBOOK_INSTANCE_INSIDE_VPC` knows subnets only.

use ec2::{AllowedPlaces, Placed, PlacedQuery};
use rule::{
    Context, Deployed, Fact, Metadata, ParameterError, ParameterSpec, Parameters, Provenance, Remediation,
    Requirements, Rule, Severity, SoFar, Trigger, Values, Verdict,
};
use sagemaker::{EVALUATE_FAILED, Notebook};

/// The rule.
#[derive(Debug)]
pub struct NotebookInVpc;

/// The rule's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params {
    /// Where notebook instances may be.
    pub places: AllowedPlaces,
    /// Judge instances whose creation or update failed, too.
    pub evaluate_failed: bool,
}

const META: Metadata = Metadata {
    name: "sagemaker-notebook-in-vpc",
    version: env!("CARGO_PKG_VERSION"),
    summary: "SageMaker notebook instances should be in a VPC",
    severity: Severity::High,
    resource_types: &["AWS::SageMaker::NotebookInstance"],
    triggers: &[Trigger::Change, Trigger::Schedule],
    also_triggered_by: &[],
    deployed: Deployed::Everywhere,
    parameters: &[
        ParameterSpec {
            name: "subnetIds",
            default: "",
            values: Values::List,
            about: "subnets that notebook instances may be in; any unless given",
        },
        ParameterSpec {
            name: "vpcIds",
            default: "",
            values: Values::List,
            about: "VPCs that notebook instances may be in; any unless given",
        },
        ParameterSpec {
            name: "forbidDefaultVpc",
            default: "false",
            values: Values::Flag,
            about: "the default VPC is no VPC to be in",
        },
        EVALUATE_FAILED,
    ],
    iam_actions: &[
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
        "sagemaker:DescribeNotebookInstance",
        "sagemaker:ListNotebookInstances",
        "sagemaker:ListTags",
    ],
    requirements: &[
        Requirements {
            framework: "NIST.800-53.r5",
            ids: rule::NO_PUBLIC_ACCESS,
            provenance: Provenance::SecurityHub("SageMaker.2"),
        },
        Requirements {
            framework: "PCI DSS v4.0",
            ids: &["1.2.8", "1.3.1", "1.3.2", "1.4.1", "1.4.2", "1.4.4", "1.5.1", "A1.1.3"],
            provenance: Provenance::Prowler("sagemaker_notebook_instance_vpc_settings_configured"),
        },
        Requirements {
            framework: "ISO 27001:2022",
            ids: &["A.8.20", "A.8.21", "A.8.22"],
            provenance: Provenance::Prowler("sagemaker_notebook_instance_vpc_settings_configured"),
        },
    ],
    remediation: Remediation {
        text: "The subnet cannot be set or changed on an existing notebook instance. Create a new one with SubnetId, a private subnet of a VPC \
               of yours, and SecurityGroupIds, move the work over, and delete this one. The VPC needs endpoints for what the instance \
               calls: the SageMaker API and runtime, S3, and more by what is done on it.",
        url: "https://docs.aws.amazon.com/sagemaker/latest/dg/appendix-notebook-and-internet-access.html",
    },
};

/// The subnet that a notebook instance names.
#[must_use]
pub fn subnets(notebook: &Notebook) -> Vec<&str> {
    notebook.subnet.known().map(String::as_str).into_iter().collect()
}

impl Rule for NotebookInVpc {
    const META: Metadata = META;
    type Facts = Placed<Notebook>;
    type Params = Params;

    fn params(given: &mut Parameters) -> Result<Params, ParameterError> {
        let forbid_default_vpc = given.flag("forbidDefaultVpc", false)?;
        Ok(Params {
            places: AllowedPlaces { forbid_default_vpc, ..AllowedPlaces::take(given) },
            evaluate_failed: given.flag("evaluateFailed", false)?,
        })
    }

    fn query(params: &Params, _: &SoFar) -> PlacedQuery<()> {
        PlacedQuery { of: (), look_up: params.places.look_up() }
    }

    fn decide(notebook: &Placed<Notebook>, params: &Params, _: Context<'_>) -> Verdict {
        notebook.of.judge(params.evaluate_failed, || match &notebook.of.subnet {
            Fact::Known(subnet) => match params.places.judge(notebook, std::slice::from_ref(subnet), gone) {
                Verdict::NonCompliant(reason) => {
                    Verdict::non_compliant(format!("{reason}; recreate the notebook instance in an allowed one"))
                }
                verdict => verdict,
            },
            // The API leaves it out where none was given.
            Fact::Absent => Verdict::non_compliant(
                "it has no subnet, so it is outside any VPC of yours; recreate the notebook instance with SubnetId",
            ),
            Fact::Unread(reason) => Verdict::undecided(reason),
        })
    }
}

/// The verdict on an instance whose subnet the account does not see. It is in none of the VPCs that can be named: of those of the account
/// all subnets are seen, and of those of others all that are shared.
fn gone(subnet: &str) -> Verdict {
    Verdict::non_compliant(format!(
        "subnet {subnet} does not exist, or is no longer shared with this account, so nobody can tell its VPC"
    ))
}

#[cfg(test)]
mod tests {
    use ec2::LookUp;
    use sagemaker::NotebookStatus;

    use super::*;

    /// A notebook instance in an account where `subnet-1` is in `vpc-1`, `subnet-default` in `vpc-default`, the default VPC, `subnet-gone`
    /// does not exist, and `subnet-odd` could not be read. Of `subnet-new`, nobody asked. Whether `vpc-silent`, that of
    /// `subnet-silent`, is the default VPC is not in the answer, and whether `vpc-odd`, that of `subnet-odd-vpc`, is could not be read.
    fn notebook(status: Fact<NotebookStatus>, subnet: Fact<String>) -> Placed<Notebook> {
        let of = Notebook {
            status,
            direct_internet_access: Fact::Absent,
            root_access: Fact::Absent,
            subnet,
            security_groups: Vec::new(),
            kms_key: Fact::Absent,
            details: Vec::new(),
        };
        let vpc = |id: &str| Fact::Known(id.to_owned());
        let vpcs = [
            ("subnet-1", vpc("vpc-1")),
            ("subnet-default", vpc("vpc-default")),
            ("subnet-gone", Fact::Absent),
            ("subnet-odd", Fact::Unread("odd".to_owned())),
            ("subnet-silent", vpc("vpc-silent")),
            ("subnet-odd-vpc", vpc("vpc-odd")),
        ];
        let defaults = [
            ("vpc-1", Fact::Known(false)),
            ("vpc-default", Fact::Known(true)),
            ("vpc-silent", Fact::Absent),
            ("vpc-odd", Fact::Unread("odd VPC".to_owned())),
        ];
        Placed {
            of,
            vpcs: vpcs.into_iter().map(|(id, vpc)| (id.to_owned(), vpc)).collect(),
            defaults: defaults.into_iter().map(|(id, is_default)| (id.to_owned(), is_default)).collect(),
        }
    }

    fn params(pairs: &[(&str, &str)]) -> Result<Params, String> {
        let mut given = Parameters::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let params = NotebookInVpc::params(&mut given).map_err(|error| error.to_string())?;
        given.finish().map_err(|error| error.to_string())?;
        Ok(params)
    }

    const VPC_1: (&str, &str) = ("vpcIds", "vpc-1");
    const VPC_DEFAULT: (&str, &str) = ("vpcIds", "vpc-default");
    const NO_DEFAULT: (&str, &str) = ("forbidDefaultVpc", "true");
    const FAILED_TOO: (&str, &str) = ("evaluateFailed", "true");

    #[test]
    fn the_verdict_table() {
        use NotebookStatus::{Deleting, Failed, Present};
        const OUTSIDE: &str = "NON_COMPLIANT it has no subnet, so it is outside any VPC of yours; recreate the notebook instance with SubnetId";
        const FOREIGN: &str = "NON_COMPLIANT subnet subnet-default is in vpc-default, which is not one of vpcIds; recreate the notebook \
                               instance in an allowed one";
        const DEFAULT: &str = "NON_COMPLIANT subnet subnet-default is in vpc-default, which is the default VPC; recreate the notebook \
                               instance in an allowed one";
        const STRANGER: &str =
            "NON_COMPLIANT subnet subnet-1 is not one of subnetIds; recreate the notebook instance in an allowed one";
        const GONE: &str = "NON_COMPLIANT subnet subnet-gone does not exist, or is no longer shared with this account, so nobody can tell \
                            its VPC; recreate the notebook instance in an allowed one";
        const SILENT: &str = "undecided ec2:DescribeVpcs gave no IsDefault of vpc-silent";
        const FAILED: &str = "NOT_APPLICABLE the notebook instance failed; set evaluateFailed to judge it all the same";
        const DELETING: &str = "NOT_APPLICABLE the notebook instance is being deleted";
        let is = |id: &str| Fact::Known(id.to_owned());
        let unread = || Fact::Unread("SecurityGroups and no SubnetId".to_owned());
        for (status, subnet, pairs, expected) in [
            // Every value of the setting.
            (Present, is("subnet-1"), &[] as &[_], "COMPLIANT"),
            (Present, Fact::Absent, &[], OUTSIDE),
            (Present, unread(), &[], "undecided SecurityGroups and no SubnetId"),
            // Nobody has to find the subnet.
            (Present, is("subnet-default"), &[], "COMPLIANT"),
            (Present, is("subnet-gone"), &[], "COMPLIANT"),
            (Present, is("subnet-odd"), &[], "COMPLIANT"),
            // Which subnet.
            (Present, is("subnet-1"), &[("subnetIds", "subnet-2, subnet-1")], "COMPLIANT"),
            (Present, is("subnet-1"), &[("subnetIds", "subnet-2")], STRANGER),
            (Present, is("subnet-1"), &[("subnetIds", "subnet-2"), VPC_1], STRANGER),
            (Present, is("subnet-gone"), &[("subnetIds", "subnet-gone")], "COMPLIANT"),
            (Present, Fact::Absent, &[("subnetIds", "subnet-1")], OUTSIDE),
            (Present, unread(), &[("subnetIds", "subnet-1")], "undecided SecurityGroups and no SubnetId"),
            // Which VPC.
            (Present, is("subnet-1"), &[VPC_1], "COMPLIANT"),
            (Present, is("subnet-default"), &[VPC_1], FOREIGN),
            (Present, is("subnet-default"), &[("vpcIds", "vpc-1,vpc-default")], "COMPLIANT"),
            (Present, is("subnet-default"), &[("subnetIds", "subnet-default"), VPC_1], FOREIGN),
            (Present, is("subnet-gone"), &[VPC_1], GONE),
            (Present, is("subnet-gone"), &[("subnetIds", "subnet-gone"), VPC_1], GONE),
            (Present, is("subnet-odd"), &[VPC_1], "undecided odd"),
            (Present, is("subnet-new"), &[VPC_1], "undecided subnet subnet-new was not looked up"),
            (Present, is("subnet-silent"), &[("vpcIds", "vpc-silent")], "COMPLIANT"),
            (Present, Fact::Absent, &[VPC_1], OUTSIDE),
            (Present, unread(), &[VPC_1], "undecided SecurityGroups and no SubnetId"),
            // The default VPC.
            (Present, is("subnet-1"), &[NO_DEFAULT], "COMPLIANT"),
            (Present, is("subnet-default"), &[("forbidDefaultVpc", "false")], "COMPLIANT"),
            (Present, is("subnet-default"), &[NO_DEFAULT], DEFAULT),
            (Present, is("subnet-default"), &[NO_DEFAULT, VPC_DEFAULT], DEFAULT),
            (Present, is("subnet-default"), &[NO_DEFAULT, VPC_1], FOREIGN),
            (Present, is("subnet-1"), &[NO_DEFAULT, VPC_1], "COMPLIANT"),
            (Present, is("subnet-1"), &[NO_DEFAULT, ("subnetIds", "subnet-2")], STRANGER),
            (Present, is("subnet-gone"), &[NO_DEFAULT], GONE),
            (Present, is("subnet-odd"), &[NO_DEFAULT], "undecided odd"),
            (Present, is("subnet-new"), &[NO_DEFAULT], "undecided subnet subnet-new was not looked up"),
            (Present, is("subnet-silent"), &[NO_DEFAULT], SILENT),
            (Present, is("subnet-odd-vpc"), &[NO_DEFAULT], "undecided odd VPC"),
            (Present, is("subnet-silent"), &[NO_DEFAULT, ("vpcIds", "vpc-silent")], SILENT),
            (
                Present,
                is("subnet-odd-vpc"),
                &[NO_DEFAULT, VPC_1],
                "NON_COMPLIANT subnet subnet-odd-vpc is in vpc-odd, which is not one of vpcIds; recreate the notebook instance in an allowed one",
            ),
            (Present, Fact::Absent, &[NO_DEFAULT], OUTSIDE),
            (Present, unread(), &[NO_DEFAULT], "undecided SecurityGroups and no SubnetId"),
            // Where it stands.
            (Failed, is("subnet-1"), &[], FAILED),
            (Failed, Fact::Absent, &[], FAILED),
            (Failed, unread(), &[], FAILED),
            (Failed, is("subnet-odd"), &[VPC_1], FAILED),
            (Failed, is("subnet-1"), &[FAILED_TOO], "COMPLIANT"),
            (Failed, Fact::Absent, &[FAILED_TOO], OUTSIDE),
            (Failed, unread(), &[FAILED_TOO], "undecided SecurityGroups and no SubnetId"),
            (Failed, is("subnet-odd"), &[VPC_1, FAILED_TOO], "undecided odd"),
            (Deleting, is("subnet-1"), &[FAILED_TOO], DELETING),
            (Deleting, Fact::Absent, &[], DELETING),
            (Deleting, unread(), &[], DELETING),
            (Deleting, is("subnet-odd"), &[VPC_1], DELETING),
        ] {
            let row = format!("{status:?} {subnet:?} {pairs:?}");
            let notebook = notebook(Fact::Known(status), subnet);
            let verdict = NotebookInVpc::decide(&notebook, &params(pairs).unwrap(), Context::default());
            assert_eq!(verdict.to_string(), expected, "{row}");
        }
        let odd = || "NotebookInstanceStatus is `Odd`, which this release does not know".to_owned();
        let no_status = "DescribeNotebookInstance gave no NotebookInstanceStatus".to_owned();
        for subnet in [is("subnet-1"), Fact::Absent, unread()] {
            for (status, reason) in [(Fact::Absent, no_status.clone()), (Fact::Unread(odd()), odd())] {
                let row = format!("{status:?} {subnet:?}");
                let notebook = notebook(status, subnet.clone());
                let verdict = NotebookInVpc::decide(&notebook, &params(&[]).unwrap(), Context::default());
                assert_eq!(verdict, Verdict::undecided(reason), "{row}");
            }
        }
    }

    #[test]
    fn parameters_have_their_limits() {
        let places = AllowedPlaces::default();
        assert_eq!(params(&[]), Ok(Params { places, evaluate_failed: false }));
        let given = [("subnetIds", "subnet-1, subnet-2"), VPC_1, NO_DEFAULT, FAILED_TOO];
        let places = AllowedPlaces {
            subnets: vec!["subnet-1".to_owned(), "subnet-2".to_owned()],
            vpcs: vec!["vpc-1".to_owned()],
            forbid_default_vpc: true,
        };
        assert_eq!(params(&given), Ok(Params { places, evaluate_failed: true }));
        for (pair, expected) in [
            (("forbidDefaultVpc", "yes"), "parameter `forbidDefaultVpc` is `yes`: allowed is `true` or `false`"),
            (("evaluateFailed", "1"), "parameter `evaluateFailed` is `1`: allowed is `true` or `false`"),
        ] {
            assert_eq!(params(&[pair]).unwrap_err(), expected);
        }
    }

    #[test]
    fn ec2_is_asked_only_what_has_to_be_known() {
        for (pairs, look_up) in [
            (&[] as &[_], LookUp::Nothing),
            (&[("subnetIds", "subnet-1")], LookUp::Nothing),
            (&[VPC_1], LookUp::Vpcs),
            (&[NO_DEFAULT], LookUp::VpcsAndDefault),
            (&[VPC_1, NO_DEFAULT], LookUp::VpcsAndDefault),
        ] {
            let query = NotebookInVpc::query(&params(pairs).unwrap(), &SoFar::default());
            assert_eq!(query, PlacedQuery { of: (), look_up }, "{pairs:?}");
        }
    }
}

//! # subnet-no-auto-public-ip
//!
//! ## What it checks
//! `MapPublicIpOnLaunch` and `AssignIpv6AddressOnCreation` of every subnet that SageMaker stands in, and of all subnets of `vpcIds`, as
//! `DescribeSubnets` tells them now. SageMaker stands in the subnets of notebook instances, domains, models, endpoint configurations
//! and jobs in progress. With the first, a network interface gets a public IPv4 address unless it is told otherwise; with the second an
//! IPv6 address, which is public by nature. The second does not count if all IPv6 blocks of the subnet are private ones, that is,
//! unique local addresses (`fc00::/7`) or of a pool that AWS does not advertise, nor if `includeIpv6` is `false`.
//!
//! Not evaluated: public addresses that something in the subnet has already, Elastic IP addresses, and `MapCustomerOwnedIpOnLaunch`, whose
//! addresses are those of the customer's own network at an Outpost.
//!
//! ## Why it matters
//! SageMaker asks for no public address for its own network interfaces. Whatever else starts in its subnets, a helper instance or a
//! container, gets one without anybody asking for it, and with a route to an internet gateway that somebody adds later it can be reached
//! from outside.
//!
//! ## Verdicts
//! * `COMPLIANT`: the subnet gives nobody a public address unasked.
//! * `NON_COMPLIANT`: it does. Each setting that does is named.
//! * `NOT_APPLICABLE`: the subnet is shared by another account, whose settings they are; it was deleted, or left the rule's scope.
//! * Undecided, reported to Security Hub only, and an error of the function: the owner is missing from the answer, or one of the settings
//!   while the other fails nothing; or IPv6 addresses are assigned and AWS does not tell whether their block is public.
//!
//! ## How to fix
//! Switch both settings off with `ModifySubnetAttribute`; what runs keeps its addresses. Give a public address to what needs one when you
//! start it, and in a subnet of its own.
//!
//! ## References
//! * Amazon VPC User Guide, "Modify the IP addressing attributes of your subnet"; Amazon EC2 API, `DescribeSubnets`.
//! * Security Hub control EC2.15, AWS Config managed rule `SUBNET_AUTO_ASSIGN_PUBLIC_IP_DISABLED`: the IPv4 setting only, of every subnet,
//!   shared ones included.

use ec2::{ScopedSubnet, ScopedSubnetQuery};
use rule::{
    Context, Deployed, Fact, Metadata, ParameterError, ParameterSpec, Parameters, Provenance, Remediation,
    Requirements, Rule, Severity, SoFar, Trigger, Values, Verdict,
};

/// The rule.
#[derive(Debug)]
pub struct NoAutoPublicIp;

/// The rule's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params {
    /// VPCs all of whose subnets are judged.
    pub vpcs: Vec<String>,
    /// Look at IPv6 addresses, too.
    pub include_ipv6: bool,
}

const META: Metadata = Metadata {
    name: "subnet-no-auto-public-ip",
    version: env!("CARGO_PKG_VERSION"),
    summary: "Subnets that SageMaker stands in should give nobody a public address unasked",
    severity: Severity::Medium,
    resource_types: &["AWS::EC2::Subnet"],
    triggers: &[Trigger::Change, Trigger::Schedule],
    also_triggered_by: &[],
    deployed: Deployed::Everywhere,
    parameters: &[
        ParameterSpec {
            name: "vpcIds",
            default: "",
            values: Values::List,
            about: "VPCs all of whose subnets are judged, beside the subnets that SageMaker stands in",
        },
        ParameterSpec {
            name: "includeIpv6",
            default: "true",
            values: Values::Flag,
            about: "look at IPv6 addresses, too",
        },
    ],
    iam_actions: sagemaker::actions_with_standing!["ec2:DescribeSubnets"],
    requirements: &[
        Requirements {
            framework: "NIST.800-53.r5",
            ids: rule::NO_PUBLIC_ACCESS,
            provenance: Provenance::SecurityHub("EC2.15"),
        },
        Requirements { framework: "PCI DSS v4.0.1", ids: &["1.4.4"], provenance: Provenance::SecurityHub("EC2.15") },
        Requirements {
            framework: "ISO 27001:2022",
            ids: &["A.8.20", "A.8.21", "A.8.22"],
            provenance: Provenance::Prowler("vpc_subnet_no_public_ip_by_default"),
        },
    ],
    remediation: Remediation {
        text: "Switch off MapPublicIpOnLaunch and AssignIpv6AddressOnCreation of the subnet (ModifySubnetAttribute); what runs keeps its \
               addresses. Give a public address to what needs one when you start it, and in a subnet of its own.",
        url: "https://docs.aws.amazon.com/vpc/latest/userguide/subnet-public-ip.html",
    },
};

impl Rule for NoAutoPublicIp {
    const META: Metadata = META;
    const SELECTIVE: bool = true;
    type Facts = ScopedSubnet;
    type Params = Params;

    fn params(given: &mut Parameters) -> Result<Params, ParameterError> {
        Ok(Params { vpcs: given.list("vpcIds"), include_ipv6: given.flag("includeIpv6", true)? })
    }

    fn query(params: &Params, so_far: &SoFar) -> ScopedSubnetQuery {
        ScopedSubnetQuery { vpcs: params.vpcs.clone(), at: so_far.at, routes: None }
    }

    fn decide(subnet: &ScopedSubnet, params: &Params, context: Context<'_>) -> Verdict {
        if let Some(verdict) = subnet.unless_own(context.account) {
            return verdict;
        }
        let ipv4 = of_ipv4(subnet);
        let ipv6 = if params.include_ipv6 { of_ipv6(subnet) } else { Ok(None) };
        let reason = match (ipv4, ipv6) {
            (Ok(Some(ipv4)), Ok(Some(ipv6))) => format!("{ipv4}, and {ipv6}"),
            (Ok(Some(reason)), _) | (_, Ok(Some(reason))) => reason.to_owned(),
            (Ok(None), Ok(None)) => return Verdict::COMPLIANT,
            (Err(doubt), _) | (_, Err(doubt)) => return Verdict::undecided(doubt),
        };
        Verdict::non_compliant(format!("{reason}; switch that off, and give an address to what needs one"))
    }
}

/// What gives a public IPv4 address unasked, if something does.
fn of_ipv4(subnet: &ScopedSubnet) -> Result<Option<&'static str>, String> {
    match &subnet.assigns_public_ipv4 {
        Fact::Known(false) => Ok(None),
        Fact::Known(true) => Ok(Some("MapPublicIpOnLaunch is on: what starts here gets a public IPv4 address")),
        Fact::Absent => Err("DescribeSubnets gave no MapPublicIpOnLaunch".to_owned()),
        Fact::Unread(reason) => Err(reason.clone()),
    }
}

/// What gives a public IPv6 address unasked, if something does.
fn of_ipv6(subnet: &ScopedSubnet) -> Result<Option<&'static str>, String> {
    match (&subnet.assigns_ipv6, &subnet.ipv6_is_private) {
        (Fact::Known(false), _) | (Fact::Known(true), Fact::Known(true)) => Ok(None),
        (Fact::Known(true), Fact::Known(false)) => {
            Ok(Some("AssignIpv6AddressOnCreation is on: what starts here gets a public IPv6 address"))
        }
        (Fact::Known(true), Fact::Absent) => Err("whether its IPv6 addresses are private was not read".to_owned()),
        (Fact::Absent, _) => Err("DescribeSubnets gave no AssignIpv6AddressOnCreation".to_owned()),
        (Fact::Unread(reason), _) | (Fact::Known(true), Fact::Unread(reason)) => Err(reason.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: Context<'static> = Context { at: rule::Timestamp::from_millis(0), account: "111122223333" };
    const IPV4: &str = "MapPublicIpOnLaunch is on: what starts here gets a public IPv4 address";
    const IPV6: &str = "AssignIpv6AddressOnCreation is on: what starts here gets a public IPv6 address";

    fn fails(reason: &str) -> Verdict {
        Verdict::non_compliant(format!("{reason}; switch that off, and give an address to what needs one"))
    }

    fn denied() -> String {
        "Ipv6AddressAttribute is `odd`, which this release does not know".to_owned()
    }

    fn subnet(ipv4: Fact<bool>, ipv6: Fact<bool>, ipv6_is_private: Fact<bool>) -> ScopedSubnet {
        ScopedSubnet {
            owner: Fact::Known(OWN.account.to_owned()),
            assigns_public_ipv4: ipv4,
            assigns_ipv6: ipv6,
            ipv6_is_private,
            table: Fact::Absent,
            tags: Vec::new(),
            details: Vec::new(),
        }
    }

    #[test]
    fn the_verdict_table() {
        const ON: Fact<bool> = Fact::Known(true);
        const OFF: Fact<bool> = Fact::Known(false);
        let (private, public, both) = (ON, OFF, [true, false]);
        let no_ipv4 = Verdict::undecided("DescribeSubnets gave no MapPublicIpOnLaunch");
        let no_ipv6 = Verdict::undecided("DescribeSubnets gave no AssignIpv6AddressOnCreation");
        let two = format!("{IPV4}, and {IPV6}");
        let odd = || Fact::Unread(denied());
        for (ipv4, ipv6, is_private, include_ipv6, expected) in [
            (OFF, OFF, public.clone(), &both[..], Verdict::COMPLIANT),
            (ON, OFF, public.clone(), &both, fails(IPV4)),
            (ON, ON, public.clone(), &[true], fails(&two)),
            (ON, ON, public.clone(), &[false], fails(IPV4)),
            (ON, ON, private.clone(), &both, fails(IPV4)),
            (ON, ON, odd(), &both, fails(IPV4)),
            (ON, Fact::Absent, public.clone(), &both, fails(IPV4)),
            (ON, odd(), public.clone(), &both, fails(IPV4)),
            (OFF, ON, public.clone(), &[true], fails(IPV6)),
            (OFF, ON, public.clone(), &[false], Verdict::COMPLIANT),
            (OFF, ON, private.clone(), &both, Verdict::COMPLIANT),
            (OFF, ON, odd(), &[true], Verdict::undecided(denied())),
            (OFF, ON, odd(), &[false], Verdict::COMPLIANT),
            (OFF, ON, Fact::Absent, &[true], Verdict::undecided("whether its IPv6 addresses are private was not read")),
            (OFF, OFF, odd(), &both, Verdict::COMPLIANT),
            (OFF, Fact::Absent, private.clone(), &[true], no_ipv6),
            (OFF, Fact::Absent, public.clone(), &[false], Verdict::COMPLIANT),
            (OFF, odd(), private.clone(), &[true], Verdict::undecided(denied())),
            (Fact::Absent, OFF, public.clone(), &both, no_ipv4.clone()),
            (Fact::Absent, ON, public.clone(), &[true], fails(IPV6)),
            (Fact::Absent, ON, public.clone(), &[false], no_ipv4.clone()),
            (Fact::Absent, Fact::Absent, public.clone(), &both, no_ipv4),
            (odd(), OFF, public, &both, Verdict::undecided(denied())),
        ] {
            for include_ipv6 in include_ipv6 {
                let row = format!("{ipv4:?}, {ipv6:?}, {is_private:?}, includeIpv6={include_ipv6}");
                let params = Params { vpcs: Vec::new(), include_ipv6: *include_ipv6 };
                let subnet = subnet(ipv4.clone(), ipv6.clone(), is_private.clone());
                assert_eq!(NoAutoPublicIp::decide(&subnet, &params, OWN), expected, "{row}");
            }
        }
        assert!(fails(&two).reason().is_some_and(|reason| !reason.as_str().ends_with("...")));
    }

    #[test]
    fn a_subnet_is_judged_by_the_account_that_it_belongs_to() {
        let known = |owner: &str| Fact::Known(owner.to_owned());
        for (owner, expected) in [
            (known(OWN.account), fails(IPV4)),
            (
                known("444455556666"),
                Verdict::not_applicable("shared by account 444455556666, whose settings these are"),
            ),
            (Fact::Absent, Verdict::undecided("DescribeSubnets gave no OwnerId")),
            (Fact::Unread(denied()), Verdict::undecided(denied())),
        ] {
            let row = format!("{owner:?}");
            let subnet = ScopedSubnet { owner, ..subnet(Fact::Known(true), Fact::Known(false), Fact::Known(false)) };
            let params = Params { vpcs: Vec::new(), include_ipv6: true };
            assert_eq!(NoAutoPublicIp::decide(&subnet, &params, OWN), expected, "{row}");
        }
    }

    #[test]
    fn parameters() {
        for (given, vpcs, include_ipv6) in [
            (&[][..], &[][..], true),
            (&[("includeIpv6", "false"), ("vpcIds", "vpc-1, vpc-2")], &["vpc-1", "vpc-2"], false),
        ] {
            let named = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            let mut given = Parameters::new(named);
            let params = NoAutoPublicIp::params(&mut given).unwrap();
            assert_eq!((params.include_ipv6, given.finish()), (include_ipv6, Ok(())));
            let so_far = SoFar { at: rule::Timestamp::from_millis(7), ..SoFar::default() };
            let query = NoAutoPublicIp::query(&params, &so_far);
            assert_eq!(
                (query.vpcs, query.at, query.routes),
                (vpcs.iter().map(|id| (*id).to_owned()).collect(), so_far.at, None)
            );
        }
        let mut given = Parameters::new([("includeIpv6".to_owned(), "no".to_owned())]);
        let error = NoAutoPublicIp::params(&mut given).unwrap_err().to_string();
        assert_eq!(error, "parameter `includeIpv6` is `no`: allowed is `true` or `false`");
    }
}

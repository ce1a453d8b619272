//! # sagemaker-subnet-no-internet-route
//!
//! ## What it checks
//! The routes of every subnet that SageMaker stands in, and of all subnets of `vpcIds`, as `DescribeRouteTables` tells of them now: of the
//! table that the subnet is associated with, else of the main table of its own VPC. SageMaker stands in the subnets of notebook
//! instances, domains, models, endpoint configurations and jobs in progress.
//!
//! A route counts if its target is there (it is no `blackhole`) and its destination has addresses of the internet in it: a block that is
//! not all within a private range or the VPC itself, so that two halves of `0.0.0.0/0` count, or a prefix list with such a block. What it
//! leads to decides:
//! * an internet gateway, an egress-only internet gateway (IPv6) or a carrier gateway: the internet, whatever is allowed;
//! * a NAT gateway: the internet, unless `allowNat` is `true`. A private NAT gateway leads into another network only;
//! * another network, by a transit gateway, a core network, a virtual private gateway or the local gateway of an Outpost: not the
//!   internet, unless `allowTransitGateway` is `false`. The platform's default route goes to the data centre in this way;
//! * an instance, a network interface, a Gateway Load Balancer endpoint (AWS Network Firewall's, for example) or a next hop of a route
//!   server: the internet, since nobody sees where it sends traffic on to;
//! * a VPC peering connection: not the internet, since nothing gets through it to a gateway of the other VPC;
//! * the VPC itself, or the service of a gateway endpoint (S3, `DynamoDB`): not the internet.
//!
//! Not evaluated: where traffic goes after it has left the VPC into another network, the routes of subnets that a NAT gateway or a
//! firewall endpoint is in, VPC Block Public Access (`vpc-no-internet-gateway` looks at that), proxies that can be reached by private
//! addresses, network ACLs and security groups, and whether something in the subnet has a public address.
//!
//! ## Why it matters
//! A domain that is `VpcOnly`, a notebook instance without direct internet access and a job in a VPC are as far from the internet as the
//! routes of their subnets. One default route to a NAT gateway, and data leaves for anywhere and code comes in from anywhere, past the
//! endpoints and the firewall that were built for that.
//!
//! ## Verdicts
//! * `COMPLIANT`: no route of the subnet leads to the internet. A way into another network that is allowed is named.
//! * `NON_COMPLIANT`: routes do. The table, the destinations and the targets are named.
//! * `NOT_APPLICABLE`: the subnet is shared by another account, whose routes they are; it was deleted, or left the rule's scope.
//! * Undecided, reported to Security Hub only, and an error of the function: no other route leads to the internet, and of one that may,
//!   the target, the destination or the state is missing from the answer or unknown to this release; or its NAT gateway, VPC endpoint or
//!   prefix list could not be read.
//! * Undecided as well: the owner is missing; the route tables could not be read, do not show which of them holds, or are just being
//!   exchanged.
//!
//! ## How to fix
//! Delete the route, or associate the subnet with a route table that has none. What SageMaker needs of AWS's services it gets from VPC
//! endpoints, and packages from a mirror such as CodeArtifact. Where traffic has to leave, let it leave through the network that is
//! built for it, by a transit gateway.
//!
//! ## References
//! * Amazon VPC User Guide, "Configure route tables" and "NAT gateways"; VPC Peering Guide, "VPC peering connection limitations"; Amazon
//!   EC2 API, `DescribeRouteTables`.
//! * No AWS Config managed rule and no Security Hub control joins where SageMaker stands to its routes. Other scanners take the main
//!   table of any VPC for that of the subnet.

use ec2::{Route, RouteQuery, ScopedSubnet, ScopedSubnetQuery, Way};
use rule::{
    Context, Deployed, Fact, Metadata, ParameterError, ParameterSpec, Parameters, Provenance, Remediation,
    Requirements, Rule, Severity, SoFar, Trigger, Values, Verdict,
};

/// The rule.
#[derive(Debug)]
pub struct NoInternetRoute;

/// The rule's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params {
    /// VPCs all of whose subnets are judged.
    pub vpcs: Vec<String>,
    /// Let NAT gateways be a way out.
    pub allow_nat: bool,
    /// Let routes lead into other networks.
    pub allow_transit_gateway: bool,
}

const META: Metadata = Metadata {
    name: "sagemaker-subnet-no-internet-route",
    version: env!("CARGO_PKG_VERSION"),
    summary: "Subnets that SageMaker stands in should have no route to the internet",
    severity: Severity::High,
    resource_types: &["AWS::EC2::Subnet"],
    triggers: &[Trigger::Change, Trigger::Schedule],
    also_triggered_by: &["AWS::EC2::RouteTable"],
    deployed: Deployed::Everywhere,
    parameters: &[
        ParameterSpec {
            name: "vpcIds",
            default: "",
            values: Values::List,
            about: "VPCs all of whose subnets are judged, beside the subnets that SageMaker stands in",
        },
        ParameterSpec {
            name: "allowNat",
            default: "false",
            values: Values::Flag,
            about: "let routes lead to the internet through NAT gateways",
        },
        ParameterSpec {
            name: "allowTransitGateway",
            default: "true",
            values: Values::Flag,
            about: "let routes lead into other networks, through transit gateways, core networks, virtual private gateways, local \
                    gateways and private NAT gateways",
        },
    ],
    iam_actions: sagemaker::actions_with_standing![
        "ec2:DescribeNatGateways",
        "ec2:DescribeRouteTables",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcEndpoints",
        "ec2:GetManagedPrefixListEntries",
    ],
    requirements: &[Requirements {
        framework: "NIST.800-53.r5",
        ids: rule::NO_PUBLIC_ACCESS,
        provenance: Provenance::Inferred,
    }],
    remediation: Remediation {
        text: "Delete the route to the internet, or associate the subnet with a route table that has none. Give SageMaker what it needs \
               through VPC endpoints and a package mirror. Where traffic has to leave, let it leave by a transit gateway through the \
               network that is built for it.",
        url: "https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html",
    },
};

impl Rule for NoInternetRoute {
    const META: Metadata = META;
    const SELECTIVE: bool = true;
    type Facts = ScopedSubnet;
    type Params = Params;

    fn params(given: &mut Parameters) -> Result<Params, ParameterError> {
        Ok(Params {
            vpcs: given.list("vpcIds"),
            allow_nat: given.flag("allowNat", false)?,
            allow_transit_gateway: given.flag("allowTransitGateway", true)?,
        })
    }

    fn query(params: &Params, so_far: &SoFar) -> ScopedSubnetQuery {
        let Params { vpcs, allow_nat: nat, allow_transit_gateway: networks } = params;
        let routes = RouteQuery {
            kinds_of_nat: nat != networks,
            lists_to_nat: !(*nat && *networks),
            lists_to_networks: !networks,
        };
        ScopedSubnetQuery { vpcs: vpcs.clone(), at: so_far.at, routes: Some(routes) }
    }

    fn decide(subnet: &ScopedSubnet, params: &Params, context: Context<'_>) -> Verdict {
        if let Some(verdict) = subnet.unless_own(context.account) {
            return verdict;
        }
        let table = match &subnet.table {
            Fact::Known(table) => table,
            Fact::Absent => return Verdict::undecided("its routes were not read"),
            Fact::Unread(reason) => return Verdict::undecided(reason),
        };
        let (mut out, mut allowed, mut doubts) = (Vec::new(), Vec::new(), Vec::new());
        for route in &table.routes {
            let words = || format!("{} to {}", route.destination, route.target);
            match judge(route, params) {
                Answer::NotOut => {}
                Answer::Allowed(parameter) => allowed.push(format!("{}, as {parameter} has it", words())),
                Answer::Out => out.push(words()),
                Answer::Perhaps(doubt) => doubts.push(doubt),
            }
        }
        // In an order that does not change from run to run.
        for list in [&mut out, &mut allowed, &mut doubts] {
            list.sort();
        }
        let which = if table.is_main { " (the main table of its VPC)" } else { "" };
        let sends = |routes: &[String]| format!("route table {}{which} sends {}", table.id, routes.join(", "));
        match doubts.into_iter().next() {
            _ if !out.is_empty() => Verdict::non_compliant(format!(
                "{}; delete the route, or associate the subnet with a table that has none",
                sends(&out)
            )),
            Some(doubt) => Verdict::undecided(format!("route table {}: {doubt}", table.id)),
            None if allowed.is_empty() => Verdict::COMPLIANT,
            None => Verdict::compliant_but(sends(&allowed)),
        }
    }
}

/// Whether a route leads to the internet.
enum Answer {
    /// It does not.
    NotOut,
    /// It leads out of the VPC for public addresses, and this parameter lets it.
    Allowed(&'static str),
    /// It does.
    Out,
    /// Nobody can tell, and why.
    Perhaps(String),
}

fn judge(route: &Route, params: &Params) -> Answer {
    let Route { destination, is_public, target, way, is_active } = route;
    let by = |allowed: bool, parameter| allowed.then_some(parameter);
    let by_network = by(params.allow_transit_gateway, "allowTransitGateway");
    let allowed = match (is_active, way) {
        (Fact::Known(false), _) | (_, Fact::Known(Way::Local | Way::GatewayEndpoint | Way::Peering)) => {
            return Answer::NotOut;
        }
        (_, Fact::Known(Way::Internet | Way::Appliance)) => Ok(None),
        (_, Fact::Known(Way::OtherNetwork)) => Ok(by_network),
        (_, Fact::Known(Way::Nat(is_private))) => match (by(params.allow_nat, "allowNat"), by_network, is_private) {
            // Where both kinds are treated alike, which it is does not matter.
            (None, None, _) | (Some(_), None, Fact::Known(true)) | (None, Some(_), Fact::Known(false)) => Ok(None),
            (_, Some(_), Fact::Known(true)) => Ok(by_network),
            (Some(by_nat), Some(_), _) | (Some(by_nat), None, Fact::Known(false)) => Ok(Some(by_nat)),
            (_, _, Fact::Absent) => Err(format!("whether {target} is private was not read")),
            (_, _, Fact::Unread(reason)) => Err(reason.clone()),
        },
        (_, Fact::Absent) => Err(format!("DescribeRouteTables gave no target of the route to {destination}")),
        (_, Fact::Unread(reason)) => Err(reason.clone()),
    };
    let is_public = match is_public {
        Fact::Known(false) => return Answer::NotOut,
        Fact::Known(true) => Ok(()),
        Fact::Absent => Err(format!("DescribeRouteTables gave no destination of the route to {target}")),
        Fact::Unread(reason) => Err(reason.clone()),
    };
    match (allowed, is_public, is_active) {
        (Ok(Some(parameter)), Ok(()), _) => Answer::Allowed(parameter),
        // Whatever it is for.
        (Ok(Some(_)), Err(_), _) => Answer::NotOut,
        (Err(doubt), _, _) | (Ok(None), Err(doubt), _) => Answer::Perhaps(doubt),
        (Ok(None), Ok(()), Fact::Unread(reason)) => Answer::Perhaps(reason.clone()),
        (Ok(None), Ok(()), Fact::Absent) => {
            Answer::Perhaps(format!("DescribeRouteTables gave no State of the route to {target}"))
        }
        (Ok(None), Ok(()), Fact::Known(_)) => Answer::Out,
    }
}

#[cfg(test)]
mod tests;

//! # sagemaker-security-group-https-only
//!
//! ## What it checks
//! Every inbound and outbound rule of the security groups that SageMaker resources use, as `DescribeSecurityGroups` tells them now. A
//! rule passes if it is for TCP on `allowedPorts` (443) only, and if on the other side there is nobody but
//!
//! * addresses, of IPv4 or IPv6, within `allowedCidrs`; where those are not given, within the blocks of the group's own VPC,
//! * a prefix list that `allowedPrefixLists` names, for example that of the gateway endpoint of S3,
//! * a security group in the same VPC.
//!
//! A rule that refers to the group itself passes whatever its protocol and ports, unless `allowSelf` is `false`: the instances of a
//! distributed training job, and Studio with its kernels, talk to each other on all ports.
//!
//! Judged are the groups that notebook instances, domains, models, endpoint configurations and jobs in progress name, found on the
//! schedule; a change is judged of those that the schedule has found.
//!
//! Not evaluated: security groups of single user profiles of a domain, other VPCs that a group is associated with, network ACLs, routes, what the other group lets in, who uses the addresses, and what is on a prefix list.
//!
//! ## Why it matters
//! All that SageMaker needs of other services, it reaches over HTTPS, through endpoints inside the VPC. A group that lets more out is a
//! way for data to leave even where a route appears by mistake, and EC2 opens every new group to the whole internet on its way out. One
//! that lets more in shows a notebook or a model to who has no business with it.
//!
//! ## Verdicts
//! * `COMPLIANT`: every rule passes, or the group has none.
//! * `NON_COMPLIANT`: a rule is for another protocol or another port, for addresses or a prefix list that are not allowed, for a group in
//!   another VPC (peered, or behind a transit gateway), or for a group that does not exist any more. Each is named.
//! * `NOT_APPLICABLE`: the group belongs to another account, which is the one that can change it; it was deleted, or left the rule's
//!   scope, since nothing of SageMaker uses it any more.
//! * Undecided, reported to Security Hub only, and an error of the function: no rule certainly fails, and of one that may, something is
//!   missing from the answer or unknown to this release; the VPC's blocks, the prefix lists or the other group could not be read; or a
//!   group of another account is not shown to this one, so that nobody can tell its VPC.
//!
//! ## How to fix
//! Replace the rules that are named: outbound `0.0.0.0/0` by TCP 443 to the VPC's block and to the prefix list of S3, inbound ones by TCP
//! 443 from the VPC's block, and what the members of the group say to each other by a rule that refers to the group itself. Other ports,
//! such as 2049 for EFS, belong into `allowedPorts`.
//!
//! ## References
//! * Amazon EC2 API, `IpPermission` and `UserIdGroupPair`; Amazon VPC User Guide, "Security group rules" and "Prefix lists".
//! * Amazon SageMaker Developer Guide, "Give SageMaker AI training jobs access to resources in your Amazon VPC": the rule that lets the
//!   members of a group talk to each other.
//! * Security Hub control EC2.18, AWS Config managed rule `VPC_SG_OPEN_ONLY_TO_AUTHORIZED_PORTS`: inbound rules from `0.0.0.0/0` and
//!   `::/0` only, of every group.

use std::collections::BTreeSet;

use ec2::{GroupPlace, Opening, Peer, SecurityGroup, SecurityGroupQuery, VpcBlocks};
use ipnet::IpNet;
use rule::{
    Context, Deployed, Fact, Metadata, ParameterError, ParameterSpec, Parameters, Provenance, Remediation,
    Requirements, Rule, Severity, SoFar, Trigger, Values, Verdict, matches,
};

/// The rule.
#[derive(Debug)]
pub struct HttpsOnly;

/// The rule's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params {
    /// Addresses that may be on the other side; those of the group's own VPC if there are none.
    pub cidrs: Vec<IpNet>,
    /// Ids of prefix lists that may be, and patterns of the names of those of AWS.
    pub prefix_lists: Vec<String>,
    /// Whether the group's members may talk to each other as they like.
    pub allow_self: bool,
    /// First and last of the ports that may be open, in order.
    pub ports: Vec<(u16, u16)>,
}

const META: Metadata = Metadata {
    name: "sagemaker-security-group-https-only",
    version: env!("CARGO_PKG_VERSION"),
    summary: "Security groups that SageMaker uses should let through nothing but HTTPS within their VPC",
    severity: Severity::High,
    resource_types: &["AWS::EC2::SecurityGroup"],
    triggers: &[Trigger::Change, Trigger::Schedule],
    also_triggered_by: &[],
    deployed: Deployed::Everywhere,
    parameters: &[
        ParameterSpec {
            name: "allowedCidrs",
            default: "",
            values: Values::List,
            about: "blocks of addresses, of IPv4 or IPv6, that may be on the other side; not given, those of the group's own VPC",
        },
        ParameterSpec {
            name: "allowedPrefixLists",
            default: "",
            values: Values::List,
            about: "prefix lists that may be on the other side: ids (`pl-...`), or names of those of AWS, in which `*` stands for any \
                    run of characters (`com.amazonaws.*.s3`)",
        },
        ParameterSpec {
            name: "allowSelf",
            default: "true",
            values: Values::Flag,
            about: "let rules that refer to the group itself have any protocol and port",
        },
        ParameterSpec {
            name: "allowedPorts",
            default: "443",
            values: Values::List,
            about: "TCP ports that may be open, and ranges of them (`8000-8100`)",
        },
    ],
    iam_actions: sagemaker::actions_with_standing![
        "ec2:DescribeManagedPrefixLists",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeVpcs",
    ],
    // Those that Security Hub gives its controls of what can be reached from where, the nearest siblings.
    requirements: &[
        Requirements {
            framework: "NIST.800-53.r5",
            ids: &[
                "AC-3", "AC-4", "AC-4(21)", "AC-6", "SC-7", "SC-7(3)", "SC-7(4)", "SC-7(5)", "SC-7(9)", "SC-7(11)",
                "SC-7(16)", "SC-7(21)",
            ],
            provenance: Provenance::Inferred,
        },
        Requirements {
            framework: "ISO 27001:2022",
            ids: &["A.8.20", "A.8.21", "A.8.22"],
            provenance: Provenance::Inferred,
        },
    ],
    remediation: Remediation {
        text: "Replace the rules that are named. Outbound, allow TCP 443 to the VPC's blocks and to the prefix lists of gateway \
               endpoints instead of 0.0.0.0/0; inbound, TCP 443 from the VPC's blocks. What the members of the group say to each other, \
               allow by a rule that refers to the group itself. Other ports that are needed, such as 2049 for EFS, belong into \
               allowedPorts.",
        url: "https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html",
    },
};

impl Rule for HttpsOnly {
    const META: Metadata = META;
    const SELECTIVE: bool = true;
    type Facts = SecurityGroup;
    type Params = Params;

    fn params(given: &mut Parameters) -> Result<Params, ParameterError> {
        Ok(Params {
            cidrs: cidrs(given.list("allowedCidrs"))?,
            prefix_lists: prefix_lists(given.list("allowedPrefixLists"))?,
            allow_self: given.flag("allowSelf", true)?,
            ports: ports(given.list("allowedPorts"))?,
        })
    }

    fn query(params: &Params, so_far: &SoFar) -> SecurityGroupQuery {
        SecurityGroupQuery {
            at: so_far.at,
            vpc_blocks: params.cidrs.is_empty(),
            prefix_list_names: params.prefix_lists.iter().any(|list| list.starts_with(OF_AWS)),
        }
    }

    fn decide(group: &SecurityGroup, params: &Params, context: Context<'_>) -> Verdict {
        match &group.owner {
            Fact::Known(owner) if owner == context.account => {}
            Fact::Known(owner) => {
                return Verdict::not_applicable(format!(
                    "shared by account {owner}, which is the one that can change it"
                ));
            }
            Fact::Absent => return Verdict::undecided("DescribeSecurityGroups gave no OwnerId"),
            Fact::Unread(reason) => return Verdict::undecided(reason),
        }
        // In their own order, since AWS promises none.
        let (mut faults, mut doubts) = (BTreeSet::new(), BTreeSet::new());
        for (direction, openings) in [(INBOUND, &group.inbound), (OUTBOUND, &group.outbound)] {
            let openings = match openings {
                Fact::Known(openings) => openings,
                Fact::Absent => {
                    doubts.insert(format!("DescribeSecurityGroups gave no {}", direction.field));
                    continue;
                }
                Fact::Unread(reason) => {
                    doubts.insert(reason.clone());
                    continue;
                }
            };
            for opening in openings {
                match judge(opening, group, params) {
                    Ok(()) => {}
                    Err(Not::Surely(why)) => drop(faults.insert(described(direction, opening, why))),
                    Err(Not::Perhaps(doubt)) => drop(doubts.insert(doubt)),
                }
            }
        }
        if !faults.is_empty() {
            let faults = faults.into_iter().collect::<Vec<_>>().join(", ");
            let place = if params.cidrs.is_empty() { "the VPC" } else { "allowedCidrs" };
            return Verdict::non_compliant(format!(
                "lets through {faults}; allowed is tcp {} within {place}",
                listed(&params.ports)
            ));
        }
        doubts.first().map_or(Verdict::COMPLIANT, Verdict::undecided)
    }
}

/// The way of the traffic of a rule.
#[derive(Clone, Copy)]
struct Direction {
    name: &'static str,
    /// What leads to the other side.
    preposition: &'static str,
    /// Where EC2 says it.
    field: &'static str,
}

const INBOUND: Direction = Direction { name: "inbound", preposition: "from", field: "IpPermissions" };
const OUTBOUND: Direction = Direction { name: "outbound", preposition: "to", field: "IpPermissionsEgress" };

/// Why a rule of a group does not pass.
enum Not {
    /// It certainly does not; says what there is to know beside its own words.
    Surely(&'static str),
    /// Nobody can tell, and why.
    Perhaps(String),
}

fn judge(opening: &Opening, group: &SecurityGroup, params: &Params) -> Result<(), Not> {
    match &opening.peer {
        Peer::Itself if params.allow_self => Ok(()),
        // It may be the group itself, for which the traffic does not matter.
        Peer::Unknown(doubt) if params.allow_self => Err(Not::Perhaps(doubt.clone())),
        peer => match (traffic(opening, params), other_side(peer, group, params)) {
            (Err(Not::Surely(why)), _) | (_, Err(Not::Surely(why))) => Err(Not::Surely(why)),
            (Err(doubt), _) | (_, Err(doubt)) => Err(doubt),
            (Ok(()), Ok(())) => Ok(()),
        },
    }
}

/// Whether it is for TCP on ports that are allowed.
fn traffic(opening: &Opening, params: &Params) -> Result<(), Not> {
    match &opening.protocol {
        Fact::Known(protocol) if is_tcp(protocol) => {}
        Fact::Known(_) => return Err(Not::Surely("")),
        Fact::Absent => return Err(Not::Perhaps("DescribeSecurityGroups gave no IpProtocol".to_owned())),
        Fact::Unread(reason) => return Err(Not::Perhaps(reason.clone())),
    }
    match &opening.ports {
        Fact::Known(ports) if are_within(*ports, &params.ports) => Ok(()),
        Fact::Known(_) => Err(Not::Surely("")),
        Fact::Absent => Err(Not::Perhaps("DescribeSecurityGroups gave a rule for tcp without ports".to_owned())),
        Fact::Unread(reason) => Err(Not::Perhaps(reason.clone())),
    }
}

/// TCP, by its name or its number.
fn is_tcp(protocol: &str) -> bool {
    protocol.eq_ignore_ascii_case("tcp") || protocol == "6"
}

/// Whether every port is in one of the ranges, which are in order.
fn are_within((from, to): (u16, u16), allowed: &[(u16, u16)]) -> bool {
    let mut next = u32::from(from);
    for (first, last) in allowed {
        if u32::from(*first) <= next && next <= u32::from(*last) {
            next = u32::from(*last) + 1;
        }
    }
    next > u32::from(to)
}

/// Whether who is on the other side is allowed.
fn other_side(peer: &Peer, group: &SecurityGroup, params: &Params) -> Result<(), Not> {
    match peer {
        Peer::Itself => Ok(()),
        Peer::Unknown(doubt) => Err(Not::Perhaps(doubt.clone())),
        Peer::Addresses(block) if params.cidrs.is_empty() => in_vpc(block, &group.vpc_blocks),
        Peer::Addresses(block) if contain(&params.cidrs, block) => Ok(()),
        Peer::Addresses(_) => Err(Not::Surely("")),
        Peer::Group { place, .. } => match place {
            Fact::Known(GroupPlace::SameVpc) => Ok(()),
            Fact::Known(GroupPlace::Other(_) | GroupPlace::Peered(_)) => Err(Not::Surely("")),
            Fact::Known(GroupPlace::Gone) => Err(Not::Surely(" (deleted)")),
            Fact::Absent => Err(Not::Perhaps("the VPC of a security group was not read".to_owned())),
            Fact::Unread(reason) => Err(Not::Perhaps(reason.clone())),
        },
        Peer::PrefixList { id, name } => {
            let (names, ids): (Vec<_>, Vec<_>) = params.prefix_lists.iter().partition(|list| list.starts_with(OF_AWS));
            match name {
                _ if ids.contains(&id) => Ok(()),
                _ if names.is_empty() => Err(Not::Surely(NOT_ALLOWED)),
                Fact::Known(name) if names.iter().any(|pattern| matches(pattern, name)) => Ok(()),
                Fact::Known(_) => Err(Not::Surely(NOT_ALLOWED)),
                Fact::Absent => Err(Not::Perhaps(format!("the name of prefix list {id} was not read"))),
                Fact::Unread(reason) => Err(Not::Perhaps(reason.clone())),
            }
        }
    }
}

const NOT_ALLOWED: &str = " (not in allowedPrefixLists)";

fn in_vpc(block: &IpNet, vpc: &Fact<VpcBlocks>) -> Result<(), Not> {
    match vpc {
        Fact::Known(vpc) if contain(&vpc.known, block) => Ok(()),
        // No VPC has all addresses that there are.
        _ if block.prefix_len() == 0 => Err(Not::Surely("")),
        Fact::Known(VpcBlocks { doubt: None, .. }) => Err(Not::Surely("")),
        Fact::Known(VpcBlocks { doubt: Some(doubt), .. }) => Err(Not::Perhaps(doubt.clone())),
        Fact::Absent => Err(Not::Perhaps("the blocks of its VPC were not read".to_owned())),
        Fact::Unread(reason) => Err(Not::Perhaps(reason.clone())),
    }
}

fn contain(blocks: &[IpNet], block: &IpNet) -> bool {
    blocks.iter().any(|of| of.contains(block))
}

/// A rule of a group in words: `inbound tcp 22 from 10.0.0.0/8`.
fn described(direction: Direction, opening: &Opening, note: &str) -> String {
    let traffic = match (&opening.protocol, &opening.ports) {
        (Fact::Known(protocol), _) if protocol == "-1" => "all traffic".to_owned(),
        (Fact::Known(protocol), Fact::Known(ports)) if is_tcp(protocol) => format!("tcp {}", listed(&[*ports])),
        (Fact::Known(protocol), Fact::Known(ports)) if protocol == "udp" => format!("udp {}", listed(&[*ports])),
        // Other protocols have no ports; a number stands where EC2 has no name.
        (Fact::Known(protocol), _) if protocol.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("protocol {protocol}")
        }
        (Fact::Known(protocol), _) => protocol.clone(),
        _ => "traffic".to_owned(),
    };
    let peer = match &opening.peer {
        Peer::Addresses(block) => block.to_string(),
        Peer::Itself => "itself".to_owned(),
        Peer::Group { id, place: Fact::Known(GroupPlace::Other(vpc)) } => format!("{id} in {vpc}"),
        Peer::Group { id, place: Fact::Known(GroupPlace::Peered(over)) } => format!("{id} over {over}"),
        Peer::Group { id, .. } | Peer::PrefixList { id, .. } => id.clone(),
        Peer::Unknown(_) => "somebody unknown".to_owned(),
    };
    let Direction { name, preposition, .. } = direction;
    format!("{name} {traffic} {preposition} {peer}{note}")
}

/// Ports in words: `443, 8000-8100`.
fn listed(ports: &[(u16, u16)]) -> String {
    let range = |(from, to): &(u16, u16)| if from == to { from.to_string() } else { format!("{from}-{to}") };
    ports.iter().map(range).collect::<Vec<_>>().join(", ")
}

fn cidrs(given: Vec<String>) -> Result<Vec<IpNet>, ParameterError> {
    let block = |value: String| {
        let block = value.parse::<IpNet>().map(|block| block.trunc());
        let allowed = "blocks of addresses such as `10.0.0.0/16` or `2001:db8::/56`";
        block.map_err(|_| ParameterError::Value { name: "allowedCidrs", value, allowed: allowed.to_owned() })
    };
    let blocks = given.into_iter().map(block).collect::<Result<Vec<_>, _>>()?;
    // Blocks side by side are one.
    Ok(IpNet::aggregate(&blocks))
}

/// How the names of AWS's own prefix lists begin, and those of nobody else may.
const OF_AWS: &str = "com.amazonaws.";

fn prefix_lists(given: Vec<String>) -> Result<Vec<String>, ParameterError> {
    // Anybody may give a list of their own a name that looks good, so those go by their ids.
    let is_odd = |list: &&String| !list.starts_with(OF_AWS) && (!list.starts_with("pl-") || list.contains('*'));
    match given.iter().find(is_odd) {
        None => Ok(given),
        Some(odd) => Err(ParameterError::Value {
            name: "allowedPrefixLists",
            value: odd.clone(),
            allowed: format!("ids (`pl-...`), and names of AWS's own lists (`{OF_AWS}*.s3`)"),
        }),
    }
}

fn ports(given: Vec<String>) -> Result<Vec<(u16, u16)>, ParameterError> {
    if given.is_empty() {
        return Ok(vec![(443, 443)]);
    }
    let range = |value: String| {
        let (from, to) = value.split_once('-').unwrap_or((&value, &value));
        match (from.trim().parse(), to.trim().parse()) {
            (Ok(from), Ok(to)) if from <= to => Ok((from, to)),
            _ => {
                let allowed = "ports from 0 to 65535, and ranges of them such as `8000-8100`".to_owned();
                Err(ParameterError::Value { name: "allowedPorts", value, allowed })
            }
        }
    };
    let mut ranges = given.into_iter().map(range).collect::<Result<Vec<(u16, u16)>, _>>()?;
    ranges.sort_unstable();
    Ok(ranges)
}

#[cfg(test)]
mod tests;

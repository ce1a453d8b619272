//! # vpc-flow-logs-enabled
//!
//! ## What it checks
//! The flow logs of every VPC that the account owns, as `DescribeFlowLogs` tells of them now. A flow log counts if it is active, its
//! delivery does not fail, it adds up packets over at most `maxAggregationInterval` seconds (60), and it delivers to one of
//! `allowedDestinationTypes` and, where they are given, `allowedDestinations` (in which `*` stands for any run of characters). Those that
//! count have to record what `trafficType` asks for, `ALL` by default, together: one with `ACCEPT` and one with `REJECT` will do. Where
//! the VPC's own do not, those of its subnets may, if every subnet is covered and `allowSubnetLevel` is `true`.
//!
//! Reported on is the VPC, also when it is a flow log that changed or was deleted.
//!
//! Not evaluated: flow logs of single network interfaces, the fields of a record, what Amazon Security Lake collects by itself, and that
//! instances on the Nitro system add up over a minute at most whatever is set.
//!
//! ## Why it matters
//! Flow logs are what an investigation has to go by: who spoke with whom, and who was refused. A log that only records what was refused
//! does not show data leaving, and one whose delivery fails shows nothing.
//!
//! ## Verdicts
//! * `COMPLIANT`: the VPC's flow logs record the traffic asked for, or those of all its subnets do.
//! * `NON_COMPLIANT`: there is none, or those that there are do not count or do not record all of it. Each is named with the reason.
//! * `NOT_APPLICABLE`: the VPC belongs to another account, which is the one that can log it; it is being created or deleted; it was
//!   deleted, or left the rule's scope.
//! * `NOT_APPLICABLE`: it is the default VPC and `excludeDefaultVpc` is `true`, or it has no network interface and `ignoreUnused` is
//!   `true`.
//! * Undecided, reported to Security Hub only, and an error of the function: it hangs on a flow log of which something is missing from the
//!   answer or unknown to this release; or on one whose delivery fails less than `gracePeriodMinutes` (30) after it was created, seen
//!   from the event. That is not yet a failure, and no success: the retries of the same event decide it once delivery succeeds, and the
//!   next schedule in any case.
//! * Undecided as well: the VPC or its flow logs could not be read, or the verdict hangs on subnets or network interfaces that could not.
//!
//! ## How to fix
//! Create a flow log for the VPC with traffic type `ALL` and an aggregation interval of 60 seconds, and give it a destination that it may
//! write to: delivery that fails is nearly always a policy of the bucket, the role or the log group. A flow log cannot be changed; create
//! the better one, then delete the other.
//!
//! ## References
//! * Amazon VPC User Guide, "Logging IP traffic using VPC Flow Logs"; Amazon EC2 API, `DescribeFlowLogs`.
//! * Security Hub control EC2.6, AWS Config managed rule `VPC_FLOW_LOGS_ENABLED`: whether there is a flow log, on a schedule only; it
//!   fails shared VPCs and passes a log that delivers nothing.

use ec2::{Delivery, FlowLog, LoggedSubnet, Traffic, Vpc, VpcQuery};
use rule::{
    ChangedItem, Concerned, Context, Deployed, Fact, Metadata, ParameterError, ParameterSpec, Parameters, Provenance,
    Remediation, Requirements, Resource, Rule, Severity, SoFar, Timestamp, Trigger, Values, Verdict, matches,
};

/// The rule.
#[derive(Debug)]
pub struct FlowLogsEnabled;

/// The rule's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params {
    /// What has to be recorded.
    pub traffic: Traffic,
    /// Longest time in seconds over which packets may be added up to one record.
    pub max_aggregation_interval: u32,
    /// Let the flow logs of all subnets stand for those of the VPC.
    pub allow_subnet_level: bool,
    /// Where records may go, by `LogDestinationType`.
    pub allowed_destination_types: Vec<String>,
    /// Patterns of where they may go; anywhere if there are none.
    pub allowed_destinations: Vec<String>,
    /// Leave the default VPC alone.
    pub exclude_default_vpc: bool,
    /// Leave VPCs without network interfaces alone.
    pub ignore_unused: bool,
    /// Minutes after its creation in which delivery may fail.
    pub grace_period_minutes: u32,
}

const TYPE: &str = "AWS::EC2::VPC";

const META: Metadata = Metadata {
    name: "vpc-flow-logs-enabled",
    version: env!("CARGO_PKG_VERSION"),
    summary: "VPCs should have flow logs that record and deliver all traffic",
    severity: Severity::Medium,
    resource_types: &[TYPE],
    triggers: &[Trigger::Change, Trigger::Schedule],
    also_triggered_by: &["AWS::EC2::FlowLog"],
    deployed: Deployed::Everywhere,
    parameters: &[
        ParameterSpec {
            name: "trafficType",
            default: "ALL",
            values: Values::OneOf(&["ALL", "ACCEPT", "REJECT"]),
            about: "what has to be recorded: `ALL`, `ACCEPT` or `REJECT`",
        },
        ParameterSpec {
            name: "maxAggregationInterval",
            default: "60",
            values: Values::Number(60, 600),
            about: "seconds over which packets may be added up to one record, 60 to 600",
        },
        ParameterSpec {
            name: "allowSubnetLevel",
            default: "true",
            values: Values::Flag,
            about: "let flow logs of all subnets stand for those of the VPC",
        },
        ParameterSpec {
            name: "allowedDestinationTypes",
            default: "s3,cloud-watch-logs,kinesis-data-firehose",
            values: Values::List,
            about: "kinds of places where records may go",
        },
        ParameterSpec {
            name: "allowedDestinations",
            default: "",
            values: Values::List,
            about: "ARNs, or names of log groups, where records may go, in which `*` stands for any run of characters; not given, \
                    anywhere",
        },
        ParameterSpec {
            name: "excludeDefaultVpc",
            default: "false",
            values: Values::Flag,
            about: "leave the default VPC alone",
        },
        ParameterSpec {
            name: "ignoreUnused",
            default: "false",
            values: Values::Flag,
            about: "leave VPCs without network interfaces alone",
        },
        ParameterSpec {
            name: "gracePeriodMinutes",
            default: "30",
            values: Values::Number(0, 1440),
            about: "minutes after its creation in which a flow log's delivery may fail, 0 to 1440",
        },
    ],
    iam_actions: &["ec2:DescribeFlowLogs", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DescribeVpcs"],
    requirements: &[
        Requirements {
            framework: "NIST.800-53.r5",
            ids: &["AC-4(26)", "AU-12", "AU-2", "AU-3", "AU-6(3)", "AU-6(4)", "CA-7", "SI-7(8)"],
            provenance: Provenance::SecurityHub("EC2.6"),
        },
        Requirements {
            framework: "NIST.800-171.r2",
            ids: &["3.1.20", "3.3.1", "3.13.1"],
            provenance: Provenance::SecurityHub("EC2.6"),
        },
        Requirements {
            framework: "PCI DSS v3.2.1",
            ids: &["10.3.3", "10.3.4", "10.3.5", "10.3.6"],
            provenance: Provenance::SecurityHub("EC2.6"),
        },
        Requirements {
            framework: "ISO 27001:2022",
            ids: &["A.8.15", "A.8.16", "A.8.20"],
            provenance: Provenance::Prowler("vpc_flow_logs_enabled"),
        },
        Requirements {
            framework: "CIS AWS Foundations v2.0",
            ids: &["3.9"],
            provenance: Provenance::Prowler("vpc_flow_logs_enabled"),
        },
        Requirements {
            framework: "CIS AWS Foundations v3.0",
            ids: &["3.7"],
            provenance: Provenance::Prowler("vpc_flow_logs_enabled"),
        },
    ],
    remediation: Remediation {
        text: "Create a flow log for the VPC with traffic type ALL and a maximum aggregation interval of 60 seconds, and let it write to its \
               destination: delivery that fails is nearly always a policy of the bucket, the role or the log group. A flow log cannot be \
               changed: create the better one, then delete the other.",
        url: "https://docs.aws.amazon.com/vpc/latest/userguide/working-with-flow-logs.html",
    },
};

impl Rule for FlowLogsEnabled {
    const META: Metadata = META;
    type Facts = Vpc;
    type Params = Params;

    fn params(given: &mut Parameters) -> Result<Params, ParameterError> {
        let traffic = [("ALL", Traffic::ALL), ("ACCEPT", Traffic::ACCEPT), ("REJECT", Traffic::REJECT)];
        Ok(Params {
            traffic: given.one_of("trafficType", Traffic::ALL, &traffic)?,
            max_aggregation_interval: given.number("maxAggregationInterval", 60..=600)?.unwrap_or(60),
            allow_subnet_level: given.flag("allowSubnetLevel", true)?,
            allowed_destination_types: destination_types(given.list("allowedDestinationTypes"))?,
            allowed_destinations: given.list("allowedDestinations"),
            exclude_default_vpc: given.flag("excludeDefaultVpc", false)?,
            ignore_unused: given.flag("ignoreUnused", false)?,
            grace_period_minutes: given.number("gracePeriodMinutes", 0..=1440)?.unwrap_or(30),
        })
    }

    fn query(params: &Params, _: &SoFar) -> VpcQuery {
        VpcQuery { subnets: params.allow_subnet_level, usage: params.ignore_unused }
    }

    /// The VPC of a flow log. Of a deleted one there is no configuration, and of one of a subnet it does not name the VPC.
    fn concerned(flow_log: &ChangedItem) -> Concerned {
        let related = flow_log.relationships.iter().find(|[of, _]| of == TYPE).map(|[_, id]| id.as_str());
        let vpc = |id: &str| Resource { resource_type: TYPE.to_owned(), id: id.to_owned(), ..Resource::default() };
        match (related, flow_log.configuration["resourceId"].as_str()) {
            (Some(id), _) => Concerned::These(vec![vpc(id)]),
            (None, Some(id)) if id.starts_with("vpc-") => Concerned::These(vec![vpc(id)]),
            // A transit gateway has flow logs too, and those of a single network interface do not count.
            (None, Some(id)) if id.starts_with("tgw-") || id.starts_with("eni-") => Concerned::These(Vec::new()),
            (None, _) => Concerned::All,
        }
    }

    fn decide(vpc: &Vpc, params: &Params, context: Context<'_>) -> Verdict {
        if let Some(verdict) = left_alone(vpc, params, context) {
            return verdict;
        }
        let logs = match &vpc.flow_logs {
            Fact::Known(logs) => logs,
            Fact::Absent => return Verdict::undecided("its flow logs were not read"),
            Fact::Unread(reason) => return Verdict::undecided(reason),
        };
        let own = Coverage::of(logs, params, context.at);
        if own.certain.covers(params.traffic) {
            return Verdict::COMPLIANT;
        }
        let by_subnet = match &vpc.subnets {
            Fact::Known(subnets) if params.allow_subnet_level => BySubnet::of(subnets, &own, params, context.at),
            Fact::Unread(reason) if params.allow_subnet_level => BySubnet::Perhaps(reason.clone()),
            Fact::Known(_) | Fact::Absent | Fact::Unread(_) => BySubnet::No(None),
        };
        match (by_subnet, own.doubt) {
            (BySubnet::Yes, _) => Verdict::COMPLIANT,
            (_, Some(doubt)) if own.possible.covers(params.traffic) => Verdict::undecided(doubt),
            (BySubnet::Perhaps(doubt), _) => Verdict::undecided(doubt),
            // What nobody can tell would not help, and would change the words from run to run.
            (BySubnet::No(subnets), _) => {
                let mut reasons = own.faults;
                if reasons.is_empty() {
                    reasons.push("no flow log of the VPC".to_owned());
                }
                Verdict::non_compliant(reasons.into_iter().chain(subnets).collect::<Vec<_>>().join("; "))
            }
        }
    }
}

/// The verdict on a VPC whose flow logs do not matter.
fn left_alone(vpc: &Vpc, params: &Params, context: Context<'_>) -> Option<Verdict> {
    if let Some(verdict) = ec2::left_alone(&vpc.owner, &vpc.state, context.account, "log it") {
        return Some(verdict);
    }
    if params.exclude_default_vpc {
        match &vpc.is_default {
            Fact::Known(false) => {}
            Fact::Known(true) => return Some(Verdict::not_applicable("the default VPC")),
            Fact::Absent => return Some(Verdict::undecided("DescribeVpcs gave no IsDefault")),
            Fact::Unread(reason) => return Some(Verdict::undecided(reason)),
        }
    }
    if params.ignore_unused {
        match &vpc.in_use {
            Fact::Known(true) => {}
            Fact::Known(false) => return Some(Verdict::not_applicable("the VPC has no network interface")),
            Fact::Absent => return Some(Verdict::undecided("its network interfaces were not read")),
            Fact::Unread(reason) => return Some(Verdict::undecided(reason)),
        }
    }
    None
}

/// What some flow logs record together.
struct Coverage {
    /// What they record for certain.
    certain: Traffic,
    /// What they record if every doubt is resolved in their favour.
    possible: Traffic,
    /// What is wrong with those that do not count, or do not record everything.
    faults: Vec<String>,
    /// The first of what nobody can tell.
    doubt: Option<String>,
}

impl Coverage {
    fn of(logs: &[FlowLog], params: &Params, at: Timestamp) -> Self {
        let mut coverage = Self { certain: Traffic::NONE, possible: Traffic::NONE, faults: Vec::new(), doubt: None };
        for log in logs {
            let (counts, traffic) = match judge(log, params, at) {
                Answer::Counts(traffic) => (true, traffic),
                Answer::Not(fault) => {
                    coverage.faults.push(format!("{} {fault}", log.id));
                    continue;
                }
                Answer::Perhaps(traffic, doubt) => {
                    coverage.doubt.get_or_insert_with(|| format!("{}: {doubt}", log.id));
                    (false, traffic)
                }
            };
            coverage.possible = coverage.possible.and(traffic);
            if counts {
                coverage.certain = coverage.certain.and(traffic);
            }
            if !traffic.covers(params.traffic) {
                let only = if traffic.accepted { "ACCEPT" } else { "REJECT" };
                coverage.faults.push(format!("{} records {only} only", log.id));
            }
        }
        coverage
    }
}

/// Whether every subnet is covered, by its own flow logs and the VPC's together.
enum BySubnet {
    Yes,
    /// Nobody can tell, and why.
    Perhaps(String),
    /// No; says which are not, if some are.
    No(Option<String>),
}

impl BySubnet {
    fn of(subnets: &[LoggedSubnet], vpc: &Coverage, params: &Params, at: Timestamp) -> Self {
        let coverage = |subnet: &LoggedSubnet| Coverage::of(&subnet.flow_logs, params, at);
        let covered: Vec<_> = subnets.iter().map(|subnet| (subnet, coverage(subnet))).collect();
        let wanted = params.traffic;
        let short: Vec<_> = covered.iter().filter(|(_, own)| !own.possible.and(vpc.possible).covers(wanted)).collect();
        if subnets.iter().all(|subnet| subnet.flow_logs.is_empty()) {
            // Subnets are not how this VPC is logged. One without subnets is not logged by them either.
            Self::No(None)
        } else if let Some((_, first)) = short.first() {
            let names: Vec<_> = short.iter().map(|(subnet, _)| subnet.id.as_str()).collect();
            let why = first.faults.first().map(|fault| format!(" ({fault})")).unwrap_or_default();
            let (count, all) = (short.len(), subnets.len());
            Self::No(Some(format!("{count} of {all} subnets not covered: {}{why}", names.join(", "))))
        } else if covered.iter().all(|(_, own)| own.certain.and(vpc.certain).covers(wanted)) {
            Self::Yes
        } else {
            let doubts = covered.iter().find_map(|(_, own)| own.doubt.clone()).or_else(|| vpc.doubt.clone());
            Self::Perhaps(doubts.unwrap_or_default())
        }
    }
}

/// Whether a flow log counts.
enum Answer {
    /// It does, and records this.
    Counts(Traffic),
    /// It does not, and why.
    Not(String),
    /// Nobody can tell, and why; if it does, it records this.
    Perhaps(Traffic, String),
}

fn judge(log: &FlowLog, params: &Params, at: Timestamp) -> Answer {
    let conditions = [
        active(log),
        delivers(log, params, at),
        often_enough(log, params),
        to_a_right_kind_of_place(log, params),
        to_a_right_place(log, params),
    ];
    let mut doubt = None;
    for condition in conditions {
        match condition {
            Ok(()) => {}
            Err(Doubt::None(fault)) => return Answer::Not(fault),
            Err(Doubt::Some(unknown)) => doubt = doubt.or(Some(unknown)),
        }
    }
    match (&log.traffic, doubt) {
        (Fact::Known(traffic), None) => Answer::Counts(*traffic),
        (Fact::Known(traffic), Some(doubt)) => Answer::Perhaps(*traffic, doubt),
        (Fact::Absent, doubt) => Answer::Perhaps(Traffic::ALL, doubt.unwrap_or_else(|| missing("TrafficType"))),
        (Fact::Unread(reason), doubt) => Answer::Perhaps(Traffic::ALL, doubt.unwrap_or_else(|| reason.clone())),
    }
}

/// Why a flow log does not count.
enum Doubt {
    /// It certainly does not.
    None(String),
    /// It may or may not.
    Some(String),
}

fn missing(field: &str) -> String {
    format!("DescribeFlowLogs gave no {field}")
}

/// What is known, or why it is not.
fn known<'a, T>(fact: &'a Fact<T>, field: &str) -> Result<&'a T, Doubt> {
    match fact {
        Fact::Known(value) => Ok(value),
        Fact::Absent => Err(Doubt::Some(missing(field))),
        Fact::Unread(reason) => Err(Doubt::Some(reason.clone())),
    }
}

fn active(log: &FlowLog) -> Result<(), Doubt> {
    if *known(&log.active, "FlowLogStatus")? { Ok(()) } else { Err(Doubt::None("is not ACTIVE".to_owned())) }
}

fn delivers(log: &FlowLog, params: &Params, at: Timestamp) -> Result<(), Doubt> {
    let why = match &log.delivery {
        // An active log of which no failure is told: AWS tells of failures only.
        Fact::Known(Delivery::Success) | Fact::Absent => return Ok(()),
        Fact::Known(Delivery::Failed(why)) => why.as_deref().map(|why| format!(": {why}")).unwrap_or_default(),
        Fact::Unread(reason) => return Err(Doubt::Some(reason.clone())),
    };
    let age = log.created_at.map(|created| at.millis().saturating_sub(created.millis()) / 60_000);
    match age {
        Some(age) if age < i64::from(params.grace_period_minutes) => {
            let (age, grace) = (age.max(0), params.grace_period_minutes);
            Err(Doubt::Some(format!("delivery FAILED{why}, {age} minutes after its creation (grace {grace})")))
        }
        Some(_) | None => Err(Doubt::None(format!("does not deliver{why}"))),
    }
}

fn often_enough(log: &FlowLog, params: &Params) -> Result<(), Doubt> {
    let (interval, most) = (known(&log.interval, "MaxAggregationInterval")?, params.max_aggregation_interval);
    if *interval <= most { Ok(()) } else { Err(Doubt::None(format!("adds up over {interval} s (at most {most})"))) }
}

fn to_a_right_kind_of_place(log: &FlowLog, params: &Params) -> Result<(), Doubt> {
    let kind = known(&log.destination_type, "LogDestinationType")?;
    if params.allowed_destination_types.contains(kind) {
        return Ok(());
    }
    Err(Doubt::None(format!("delivers to {kind}, which allowedDestinationTypes does not name")))
}

fn to_a_right_place(log: &FlowLog, params: &Params) -> Result<(), Doubt> {
    let is_allowed = |place: &String| params.allowed_destinations.iter().any(|pattern| matches(pattern, place));
    if params.allowed_destinations.is_empty() || log.destinations.iter().any(is_allowed) {
        return Ok(());
    }
    match log.destinations.first() {
        Some(place) => Err(Doubt::None(format!("delivers to {place}, which allowedDestinations does not name"))),
        None => Err(Doubt::Some(missing("LogDestination"))),
    }
}

const DESTINATION_TYPES: [&str; 3] = ["s3", "cloud-watch-logs", "kinesis-data-firehose"];

fn destination_types(given: Vec<String>) -> Result<Vec<String>, ParameterError> {
    if given.is_empty() {
        return Ok(DESTINATION_TYPES.map(str::to_owned).into());
    }
    match given.iter().find(|kind| !DESTINATION_TYPES.contains(&kind.as_str())) {
        None => Ok(given),
        Some(odd) => Err(ParameterError::Value {
            name: "allowedDestinationTypes",
            value: odd.clone(),
            allowed: DESTINATION_TYPES.map(|kind| format!("`{kind}`")).join(" or "),
        }),
    }
}

#[cfg(test)]
mod tests;

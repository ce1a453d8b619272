use std::collections::HashMap;

use aws::SdkConfig;
use aws_sdk_ec2::{Client, operation::describe_vpcs::DescribeVpcsOutput, types};
use futures::{StreamExt, stream};
use rule::{Details, Fact, Facts, Listed, Page, PageTokens, Read, Resource, Source, Tags, Timestamp, Verdict};
use tokio::sync::OnceCell;

use crate::{subnets::all_placed, tags};

const TYPE: &str = "AWS::EC2::VPC";
pub(crate) const VPCS: &str = "ec2:DescribeVpcs";
const FLOW_LOGS: &str = "ec2:DescribeFlowLogs";
const INTERFACES: &str = "ec2:DescribeNetworkInterfaces";

/// What is true of a VPC and of the logs of its traffic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vpc {
    /// Where it is in its life.
    pub state: Fact<VpcState>,
    /// The account that it belongs to, which is another one where it is shared.
    pub owner: Fact<String>,
    /// Whether it is the default VPC of its Region.
    pub is_default: Fact<bool>,
    /// Flow logs of the VPC itself.
    pub flow_logs: Fact<Vec<FlowLog>>,
    /// Its subnets with their own flow logs; absent where no subnet of the account has one, or nobody asked.
    pub subnets: Fact<Vec<LoggedSubnet>>,
    /// Whether it has a network interface; absent where nobody asked.
    pub in_use: Fact<bool>,
    /// Its tags.
    pub tags: Tags,
    /// What findings show of it, beside its flow logs.
    pub details: Details,
}

/// `VpcState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VpcState {
    /// It can be used.
    Available,
    /// It is being made.
    Pending,
    /// It is on its way out.
    Deleting,
}

/// A subnet and its own flow logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedSubnet {
    /// Its id.
    pub id: String,
    /// Logs of the subnet itself.
    pub flow_logs: Vec<FlowLog>,
}

/// What is true of a flow log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowLog {
    /// Its id.
    pub id: String,
    /// Whether `FlowLogStatus` is `ACTIVE`, the only status that is documented.
    pub active: Fact<bool>,
    /// How delivery goes (`DeliverLogsStatus`); absent where AWS says nothing about it.
    pub delivery: Fact<Delivery>,
    /// Which traffic it records.
    pub traffic: Fact<Traffic>,
    /// Longest time in seconds over which packets are added up to one record.
    pub interval: Fact<u32>,
    /// Where records go, as `LogDestinationType` says it: `s3`, `cloud-watch-logs`, `kinesis-data-firehose`.
    pub destination_type: Fact<String>,
    /// Names of the place where they go: `LogDestination`, `LogGroupName`.
    pub destinations: Vec<String>,
    /// When it was created, where that is known.
    pub created_at: Option<Timestamp>,
}

/// `DeliverLogsStatus`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Records arrive.
    Success,
    /// They do not, for the reason that AWS gives, if it gives one.
    Failed(Option<String>),
}

/// `TrafficType`: what a flow log records, or is to record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// Traffic that is let through.
    pub accepted: bool,
    /// Traffic that is not.
    pub rejected: bool,
}

impl Traffic {
    /// `ALL`.
    pub const ALL: Self = Self { accepted: true, rejected: true };
    /// `ACCEPT`.
    pub const ACCEPT: Self = Self { accepted: true, rejected: false };
    /// `REJECT`.
    pub const REJECT: Self = Self { accepted: false, rejected: true };
    /// None.
    pub const NONE: Self = Self { accepted: false, rejected: false };

    /// What either records.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self { accepted: self.accepted || other.accepted, rejected: self.rejected || other.rejected }
    }

    /// Whether it has all that `wanted` has.
    #[must_use]
    pub const fn covers(self, wanted: Self) -> bool {
        (self.accepted || !wanted.accepted) && (self.rejected || !wanted.rejected)
    }
}

/// What is asked of VPCs beyond their own flow logs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VpcQuery {
    /// Flow logs of their subnets.
    pub subnets: bool,
    /// Whether they have network interfaces.
    pub usage: bool,
}

impl Facts for Vpc {
    type Query = VpcQuery;

    fn details(&self) -> Details {
        let logs = match &self.flow_logs {
            Fact::Known(logs) => logs.iter().map(|log| log.id.as_str()).collect::<Vec<_>>().join(", "),
            Fact::Absent | Fact::Unread(_) => String::new(),
        };
        let logs = (!logs.is_empty()).then(|| ("FlowLogs".into(), logs));
        self.details.iter().cloned().chain(logs).collect()
    }
}

/// Reads VPCs with their flow logs: `DescribeVpcs`; `DescribeFlowLogs`, once for all; `DescribeSubnets`, once for all and only if a
/// subnet has a flow log of its own; `DescribeNetworkInterfaces` of each VPC, if asked.
#[derive(Clone, Debug)]
pub struct Vpcs {
    client: Client,
    flow_logs: OnceCell<Result<FlowLogs, String>>,
    subnets: OnceCell<Result<HashMap<String, Vec<String>>, String>>,
}

/// All flow logs of VPCs and subnets.
#[derive(Clone, Debug, Default)]
struct FlowLogs {
    by_resource: HashMap<String, Vec<FlowLog>>,
    any_of_a_subnet: bool,
}

impl FlowLogs {
    /// Those of the VPC or subnet with this id.
    fn of(&self, id: &str) -> Vec<FlowLog> {
        self.by_resource.get(id).cloned().unwrap_or_default()
    }
}

impl Vpcs {
    /// A source on the account and Region of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config), flow_logs: OnceCell::new(), subnets: OnceCell::new() }
    }

    async fn facts(&self, id: &str, vpc: &types::Vpc, query: VpcQuery) -> Vpc {
        let logs = self.flow_logs.get_or_init(|| self.all_flow_logs()).await;
        Vpc {
            state: state(vpc.state()),
            owner: aws::given(vpc.owner_id()).map_or(Fact::Absent, Fact::Known),
            is_default: vpc.is_default().map_or(Fact::Absent, Fact::Known),
            flow_logs: match logs {
                Ok(logs) => Fact::Known(logs.of(id)),
                Err(reason) => Fact::Unread(reason.clone()),
            },
            subnets: match logs {
                Ok(logs) if query.subnets && logs.any_of_a_subnet => self.subnets(id, logs).await,
                Ok(_) | Err(_) => Fact::Absent,
            },
            in_use: if query.usage {
                self.has_interfaces(id).await.map_or_else(Fact::Unread, Fact::Known)
            } else {
                Fact::Absent
            },
            tags: tags(vpc.tags()),
            details: details(vpc),
        }
    }

    async fn subnets(&self, vpc: &str, logs: &FlowLogs) -> Fact<Vec<LoggedSubnet>> {
        match self.subnets.get_or_init(|| self.all_subnets()).await {
            Ok(subnets) => {
                let ids = subnets.get(vpc).into_iter().flatten();
                let logged = |id: &String| LoggedSubnet { id: id.clone(), flow_logs: logs.of(id) };
                Fact::Known(ids.map(logged).collect())
            }
            Err(reason) => Fact::Unread(reason.clone()),
        }
    }

    async fn all_flow_logs(&self) -> Result<FlowLogs, String> {
        let mut logs = FlowLogs::default();
        let ask = async |token| {
            // 1,000 is the most that the API takes.
            let page = self.client.describe_flow_logs().max_results(1000).set_next_token(token).send().await;
            let page = page.map_err(|error| aws::reason(FLOW_LOGS, &error))?;
            let log = |log: &types::FlowLog| Some((aws::given(log.resource_id())?, flow_log(log)));
            let found = page.flow_logs().iter().map(log).collect::<Option<Vec<_>>>();
            // One that is about nothing may be about anything.
            let found = found.ok_or_else(|| format!("{FLOW_LOGS} listed a flow log without a ResourceId"))?;
            Ok((found, page.next_token().map(str::to_owned)))
        };
        // Those of single network interfaces can be many, and nobody asks for them.
        let is_asked_for = |of: &str| of.starts_with("vpc-") || of.starts_with("subnet-");
        aws::each_page(FLOW_LOGS, ask, |found| {
            for (of, log) in found.into_iter().filter(|(of, _)| is_asked_for(of)) {
                logs.any_of_a_subnet |= of.starts_with("subnet-");
                logs.by_resource.entry(of).or_default().push(log);
            }
        })
        .await?;
        Ok(logs)
    }

    /// Ids of all subnets, by VPC.
    async fn all_subnets(&self) -> Result<HashMap<String, Vec<String>>, String> {
        let mut by_vpc = HashMap::<_, Vec<_>>::new();
        for subnet in all_placed(&self.client).await? {
            by_vpc.entry(subnet.vpc).or_default().push(subnet.id);
        }
        Ok(by_vpc)
    }

    async fn has_interfaces(&self, vpc: &str) -> Result<bool, String> {
        let filter = types::Filter::builder().name("vpc-id").values(vpc).build();
        let mut tokens = PageTokens::new(INTERFACES);
        let mut token = None;
        loop {
            // One is enough; 5 is the least that the API takes. Interfaces that AWS manages carry traffic too.
            let page = self.client.describe_network_interfaces().include_managed_resources(true);
            let page = page.filters(filter.clone()).max_results(5);
            let page = page.set_next_token(token).send().await.map_err(|error| aws::reason(INTERFACES, &error))?;
            if !page.network_interfaces().is_empty() {
                return Ok(true);
            }
            // A page of what a filter leaves may be empty and not the last.
            match tokens.check(page.next_token().map(str::to_owned))? {
                Some(next) => token = Some(next),
                None => return Ok(false),
            }
        }
    }
}

impl Source for Vpcs {
    type Facts = Vpc;

    async fn get(&self, resource: &Resource, query: &VpcQuery) -> Read<Vpc> {
        match one_vpc(&self.client, &resource.id).await {
            Ok(Some(vpc)) => {
                Read::Here { resource: resource.clone(), facts: self.facts(&resource.id, &vpc, *query).await }
            }
            Ok(None) => Read::Gone,
            Err(reason) => Read::Unread(reason),
        }
    }

    async fn list(&self, query: &VpcQuery, token: Option<String>) -> Result<Page<Vpc>, String> {
        /// VPCs that are read at a time.
        const AT_A_TIME: usize = 16;
        let answer = page_of_vpcs(&self.client, token).await?;
        let (mut found, mut unreadable) = (Vec::new(), Vec::new());
        for vpc in answer.vpcs() {
            match aws::given(vpc.vpc_id()) {
                Some(id) => found.push((id, vpc)),
                None => unreadable.push(format!("{VPCS} listed a VPC without an id")),
            }
        }
        let items = stream::iter(found).map(async |(id, vpc)| {
            let facts = Some(self.facts(&id, vpc, *query).await);
            Listed { resource: Resource { resource_type: TYPE.to_owned(), id, ..Resource::default() }, facts }
        });
        let items = items.buffered(AT_A_TIME).collect().await;
        Ok(Page { items, unreadable, next: answer.next_token().map(str::to_owned), ..Page::default() })
    }

    async fn tags(&self, _: &Resource, vpc: &Vpc) -> Result<Tags, String> {
        Ok(vpc.tags.clone())
    }
}

/// A page of the list of all VPCs.
pub(crate) async fn page_of_vpcs(client: &Client, token: Option<String>) -> Result<DescribeVpcsOutput, String> {
    // 1,000 is the most that the API takes.
    let page = client.describe_vpcs().max_results(1000).set_next_token(token).send().await;
    page.map_err(|error| aws::reason(VPCS, &error))
}

/// The VPC with this id, if the account sees it; a filter does not fail for one that does not exist.
pub(crate) async fn one_vpc(client: &Client, id: &str) -> Result<Option<types::Vpc>, String> {
    let filter = types::Filter::builder().name("vpc-id").values(id).build();
    let answer = client.describe_vpcs().filters(filter).send().await.map_err(|error| aws::reason(VPCS, &error))?;
    match answer.vpcs().iter().find(|vpc| vpc.vpc_id() == Some(id)) {
        Some(vpc) => Ok(Some(vpc.clone())),
        None if answer.vpcs().is_empty() && aws::given(answer.next_token()).is_none() => Ok(None),
        None => Err(format!("{VPCS} does not show {id}")),
    }
}

/// The verdict on a VPC that a rule leaves alone: one of another account, which is the one that can do what is `wanted`, and one that
/// is not there yet or not any more.
#[must_use]
pub fn left_alone(owner: &Fact<String>, state: &Fact<VpcState>, account: &str, wanted: &str) -> Option<Verdict> {
    match owner {
        Fact::Known(owner) if owner == account => {}
        Fact::Known(owner) => {
            let reason = format!("shared by account {owner}, which is the one that can {wanted}");
            return Some(Verdict::not_applicable(reason));
        }
        Fact::Absent => return Some(Verdict::undecided("DescribeVpcs gave no OwnerId")),
        Fact::Unread(reason) => return Some(Verdict::undecided(reason)),
    }
    match state {
        Fact::Known(VpcState::Available) => None,
        Fact::Known(VpcState::Pending) => Some(Verdict::not_applicable("the VPC is being created")),
        Fact::Known(VpcState::Deleting) => Some(Verdict::not_applicable("the VPC is being deleted")),
        Fact::Absent => Some(Verdict::undecided("DescribeVpcs gave no State")),
        Fact::Unread(reason) => Some(Verdict::undecided(reason)),
    }
}

pub(crate) fn state(state: Option<&types::VpcState>) -> Fact<VpcState> {
    use types::VpcState as State;
    match state {
        None => Fact::Absent,
        Some(State::Available) => Fact::Known(VpcState::Available),
        Some(State::Pending) => Fact::Known(VpcState::Pending),
        Some(State::Deleting) => Fact::Known(VpcState::Deleting),
        Some(other) => Fact::Unread(aws::unknown("State", other.as_str())),
    }
}

fn flow_log(log: &types::FlowLog) -> FlowLog {
    use types::TrafficType as Type;
    let delivery = match aws::given(log.deliver_logs_status()).as_deref() {
        None => Fact::Absent,
        Some("SUCCESS") => Fact::Known(Delivery::Success),
        Some("FAILED") => Fact::Known(Delivery::Failed(aws::given(log.deliver_logs_error_message()))),
        Some(other) => Fact::Unread(aws::unknown("DeliverLogsStatus", other)),
    };
    FlowLog {
        id: log.flow_log_id().unwrap_or("without an id").to_owned(),
        active: aws::given(log.flow_log_status()).map_or(Fact::Absent, |status| Fact::Known(status == "ACTIVE")),
        delivery,
        traffic: match log.traffic_type() {
            None => Fact::Absent,
            Some(Type::All) => Fact::Known(Traffic::ALL),
            Some(Type::Accept) => Fact::Known(Traffic::ACCEPT),
            Some(Type::Reject) => Fact::Known(Traffic::REJECT),
            Some(other) => Fact::Unread(aws::unknown("TrafficType", other.as_str())),
        },
        interval: aws::counted(log.max_aggregation_interval()).map_or(Fact::Absent, Fact::Known),
        destination_type: log.log_destination_type().map_or(Fact::Absent, |of| Fact::Known(of.as_str().to_owned())),
        destinations: [log.log_destination(), log.log_group_name()].into_iter().filter_map(aws::given).collect(),
        created_at: log.creation_time().and_then(aws::timestamp),
    }
}

pub(crate) fn details(vpc: &types::Vpc) -> Details {
    aws::details([
        ("VpcId", vpc.vpc_id()),
        ("State", vpc.state().map(types::VpcState::as_str)),
        ("CidrBlock", vpc.cidr_block()),
        ("IsDefault", vpc.is_default().map(|is_default| if is_default { "true" } else { "false" })),
    ])
}

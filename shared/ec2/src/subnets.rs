use std::collections::HashMap;

use aws::{Once, SdkConfig};
use aws_sdk_ec2::{Client, operation::describe_subnets::DescribeSubnetsOutput, types};
use rule::Fact;
use tokio::sync::OnceCell;

/// What is true of a subnet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subnet {
    /// Whether it takes new network interfaces.
    pub state: Fact<SubnetState>,
    /// The zone it is in; none when AWS does not say.
    pub zone: Option<Zone>,
    /// Whether it is on an Outpost, that is, in a building of the customer's.
    pub on_outpost: bool,
    /// IPv4 addresses that nobody has yet.
    pub free_addresses: Fact<u32>,
}

/// `SubnetState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubnetState {
    /// It can be used.
    Available,
    /// It is being made.
    Pending,
    /// It cannot be used: `failed`, `failed-insufficient-capacity` or `unavailable`.
    Unusable,
}

/// A zone of the Region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// The zone's id, for example `use1-az4`. It names the same place in every account; the zone's name does not.
    pub id: String,
    /// What kind of zone it is.
    pub kind: Fact<ZoneKind>,
}

/// `ZoneType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZoneKind {
    /// One of the Region's own, apart from the others in power and network.
    AvailabilityZone,
    /// A Local Zone, which depends on the Region's zone that is its parent.
    LocalZone,
    /// A Wavelength Zone, which depends on its parent in the same way.
    WavelengthZone,
}

/// All subnets that the account sees, its own and those shared with it, with their zones. The two lists, `DescribeSubnets` and
/// `DescribeAvailabilityZones`, are read once, when somebody asks: a list is complete, where a call by ids fails for all of them if
/// one does not exist.
#[derive(Clone, Debug)]
pub struct Subnets {
    client: Client,
    all: OnceCell<Result<All, String>>,
    later: Once<Fact<Subnet>>,
}

/// What the lists hold.
#[derive(Clone, Debug)]
struct All {
    subnets: HashMap<String, Subnet>,
    kinds: Kinds,
}

/// What kind of zone each is, by id, or why that could not be read.
pub(crate) type Kinds = Result<HashMap<String, Fact<ZoneKind>>, String>;

pub(crate) const SUBNETS: &str = "ec2:DescribeSubnets";
pub(crate) const ZONES: &str = "ec2:DescribeAvailabilityZones";

impl Subnets {
    /// The subnets in the account and Region of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config), all: OnceCell::new(), later: Once::default() }
    }

    /// The subnet with this id; absent when the account sees none. A deleted subnet and one that is no longer shared look the same.
    pub async fn get(&self, id: &str) -> Fact<Subnet> {
        let all = match self.all.get_or_init(|| self.list()).await {
            Ok(all) => all,
            Err(reason) => return Fact::Unread(reason.clone()),
        };
        match all.subnets.get(id) {
            Some(subnet) => Fact::Known(subnet.clone()),
            // It may have been created since the list was read.
            None => self.later.get(id, async || self.look_up(id, &all.kinds).await).await,
        }
    }

    /// The zone with this id.
    pub async fn zone(&self, id: &str) -> Zone {
        match self.all.get_or_init(|| self.list()).await {
            Ok(all) => zone(id.to_owned(), &all.kinds),
            Err(reason) => Zone { id: id.to_owned(), kind: Fact::Unread(reason.clone()) },
        }
    }

    async fn list(&self) -> Result<All, String> {
        // Without the zones' kinds, the subnets still tell which of them are in the same zone.
        let kinds = zone_kinds(&self.client).await;
        let mut subnets = HashMap::new();
        let ask = async |token| {
            let page = page(&self.client, token).await?;
            let subnet = |subnet: &types::Subnet| Some((aws::given(subnet.subnet_id())?, facts(subnet, &kinds)));
            let found = page.subnets().iter().map(subnet).collect::<Option<Vec<_>>>();
            let found = found.ok_or_else(|| format!("{SUBNETS} listed a subnet without an id"))?;
            Ok((found, page.next_token().map(str::to_owned)))
        };
        aws::each_page(SUBNETS, ask, |found| subnets.extend(found)).await?;
        Ok(All { subnets, kinds })
    }

    async fn look_up(&self, id: &str, kinds: &Kinds) -> Fact<Subnet> {
        match one_subnet(&self.client, id).await {
            Ok(Some(subnet)) => Fact::Known(facts(&subnet, kinds)),
            Ok(None) => Fact::Absent,
            Err(reason) => Fact::Unread(reason),
        }
    }
}

/// What kind of zone each is.
pub(crate) async fn zone_kinds(client: &Client) -> Kinds {
    // All: a subnet stays in a Local Zone that the account has opted out of since.
    let answer = client.describe_availability_zones().all_availability_zones(true).send().await;
    let answer = answer.map_err(|error| aws::reason(ZONES, &error))?;
    let zones = answer.availability_zones().iter();
    Ok(zones.filter_map(|zone| Some((aws::given(zone.zone_id())?, kind(zone.zone_type())))).collect())
}

/// The subnet with this id, if the account sees it; a filter does not fail for one that does not exist.
pub(crate) async fn one_subnet(client: &Client, id: &str) -> Result<Option<types::Subnet>, String> {
    let filter = types::Filter::builder().name("subnet-id").values(id).build();
    let answer =
        client.describe_subnets().filters(filter).send().await.map_err(|error| aws::reason(SUBNETS, &error))?;
    match answer.subnets().iter().find(|subnet| subnet.subnet_id() == Some(id)) {
        Some(subnet) => Ok(Some(subnet.clone())),
        None if answer.subnets().is_empty() && aws::given(answer.next_token()).is_none() => Ok(None),
        None => Err(format!("{SUBNETS} does not show {id}")),
    }
}

/// A page of the list of all subnets.
pub(crate) async fn page(client: &Client, token: Option<String>) -> Result<DescribeSubnetsOutput, String> {
    // 1,000 is the most that the API takes.
    let page = client.describe_subnets().max_results(1000).set_next_token(token).send().await;
    page.map_err(|error| aws::reason(SUBNETS, &error))
}

/// Ids of a subnet and of its VPC, and of its zone where it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) id: String,
    pub(crate) vpc: String,
    pub(crate) zone: Option<String>,
}

impl Placed {
    /// Nothing without its id or its VPC.
    pub(crate) fn of(subnet: &types::Subnet) -> Option<Self> {
        let zone = aws::given(subnet.availability_zone_id());
        Some(Self { id: aws::given(subnet.subnet_id())?, vpc: aws::given(subnet.vpc_id())?, zone })
    }
}

/// Where all subnets are that the account sees.
pub(crate) async fn all_placed(client: &Client) -> Result<Vec<Placed>, String> {
    let mut all = Vec::new();
    let ask = async |token| {
        let page = page(client, token).await?;
        let placed = page.subnets().iter().map(Placed::of).collect::<Option<Vec<_>>>();
        let placed = placed.ok_or_else(|| format!("{SUBNETS} listed a subnet without its id or its VPC"))?;
        Ok((placed, page.next_token().map(str::to_owned)))
    };
    aws::each_page(SUBNETS, ask, |page| all.extend(page)).await?;
    Ok(all)
}

fn facts(subnet: &types::Subnet, kinds: &Kinds) -> Subnet {
    use types::SubnetState as State;
    Subnet {
        state: match subnet.state() {
            None => Fact::Absent,
            Some(State::Available) => Fact::Known(SubnetState::Available),
            Some(State::Pending) => Fact::Known(SubnetState::Pending),
            Some(State::Failed | State::FailedInsufficientCapacity | State::Unavailable) => {
                Fact::Known(SubnetState::Unusable)
            }
            Some(other) => Fact::Unread(aws::unknown("State", other.as_str())),
        },
        zone: aws::given(subnet.availability_zone_id()).map(|id| zone(id, kinds)),
        on_outpost: aws::given(subnet.outpost_arn()).is_some(),
        free_addresses: aws::counted(subnet.available_ip_address_count()).map_or(Fact::Absent, Fact::Known),
    }
}

fn zone(id: String, kinds: &Kinds) -> Zone {
    let kind = match kinds {
        Ok(kinds) => kinds.get(&id).cloned().unwrap_or(Fact::Absent),
        Err(reason) => Fact::Unread(reason.clone()),
    };
    Zone { id, kind }
}

fn kind(zone_type: Option<&str>) -> Fact<ZoneKind> {
    match zone_type {
        Some("availability-zone") => Fact::Known(ZoneKind::AvailabilityZone),
        Some("local-zone") => Fact::Known(ZoneKind::LocalZone),
        Some("wavelength-zone") => Fact::Known(ZoneKind::WavelengthZone),
        None => Fact::Absent,
        Some(other) => Fact::Unread(aws::unknown("ZoneType", other)),
    }
}

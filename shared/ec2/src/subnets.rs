use std::collections::HashMap;

use aws::SdkConfig;
use aws_sdk_ec2::{Client, types};
use rule::{Fact, PageTokens};
use tokio::sync::OnceCell;

/// What is true of a subnet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subnet {
    /// Whether it takes new network interfaces.
    pub state: Fact<SubnetState>,
    /// The zone it is in.
    pub zone: Fact<Zone>,
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

/// What lists hold, by id, or why they could not be read.
type Listed<T> = Result<HashMap<String, T>, String>;

/// All subnets that the account sees, its own and those shared with it, with their zones. The two lists, `DescribeSubnets` and
/// `DescribeAvailabilityZones`, are read once, when somebody asks: a list is complete, where a call by ids fails for all of them if
/// one does not exist.
#[derive(Clone, Debug)]
pub struct Subnets {
    client: Client,
    subnets: OnceCell<Listed<Subnet>>,
}

impl Subnets {
    /// The subnets in the account and Region of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config), subnets: OnceCell::new() }
    }

    /// The subnet with this id; absent when the account sees none. A deleted subnet and one that is no longer shared look the same.
    pub async fn get(&self, id: &str) -> Fact<Subnet> {
        match self.subnets.get_or_init(|| self.list()).await {
            Ok(subnets) => subnets.get(id).map_or(Fact::Absent, |subnet| Fact::Known(subnet.clone())),
            Err(reason) => Fact::Unread(reason.clone()),
        }
    }

    async fn list(&self) -> Listed<Subnet> {
        const OPERATION: &str = "ec2:DescribeSubnets";
        // Without the zones' kinds, the subnets still tell which of them are in the same zone.
        let kinds = self.zone_kinds().await;
        let mut tokens = PageTokens::new(OPERATION);
        let (mut token, mut subnets) = (None, HashMap::new());
        loop {
            // 1,000 is the most that the API takes.
            let page = self.client.describe_subnets().max_results(1000).set_next_token(token).send().await;
            let page = page.map_err(|error| aws::reason(OPERATION, &error))?;
            for subnet in page.subnets() {
                let id = aws::given(subnet.subnet_id())
                    .ok_or_else(|| format!("{OPERATION} listed a subnet without an id"))?;
                subnets.insert(id, facts(subnet, &kinds));
            }
            match tokens.check(page.next_token().map(str::to_owned))? {
                Some(next) => token = Some(next),
                None => return Ok(subnets),
            }
        }
    }

    async fn zone_kinds(&self) -> Listed<Fact<ZoneKind>> {
        // All: a subnet stays in a Local Zone that the account has opted out of since.
        let answer = self.client.describe_availability_zones().all_availability_zones(true).send().await;
        let answer = answer.map_err(|error| aws::reason("ec2:DescribeAvailabilityZones", &error))?;
        let zones = answer.availability_zones().iter();
        Ok(zones.filter_map(|zone| Some((aws::given(zone.zone_id())?, kind(zone.zone_type())))).collect())
    }
}

fn facts(subnet: &types::Subnet, kinds: &Listed<Fact<ZoneKind>>) -> Subnet {
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
        zone: aws::given(subnet.availability_zone_id()).map_or(Fact::Absent, |id| {
            let kind = match kinds {
                Ok(kinds) => kinds.get(&id).cloned().unwrap_or(Fact::Absent),
                Err(reason) => Fact::Unread(reason.clone()),
            };
            Fact::Known(Zone { id, kind })
        }),
        on_outpost: aws::given(subnet.outpost_arn()).is_some(),
        free_addresses: aws::counted(subnet.available_ip_address_count()).map_or(Fact::Absent, Fact::Known),
    }
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

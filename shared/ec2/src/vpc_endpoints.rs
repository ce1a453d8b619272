use std::collections::{BTreeSet, HashMap};

use aws::SdkConfig;
use aws_sdk_ec2::{Client, types};
use futures::{StreamExt, join, stream};
use rule::{Details, Fact, Facts, Footprint, Listed, Page, Read, Resource, Source, Tags, Tenants, Timestamp};
use tokio::sync::OnceCell;

use crate::{
    VpcState,
    route_tables::RouteTables,
    subnets::{Kinds, Placed, SUBNETS, ZONES, ZoneKind, all_placed, zone_kinds},
    tags,
    vpcs::{VPCS, one_vpc, page_of_vpcs, state},
};

const TYPE: &str = "AWS::EC2::VPC";
const ENDPOINTS: &str = "ec2:DescribeVpcEndpoints";
const ATTRIBUTE: &str = "ec2:DescribeVpcAttribute";

/// What is true of a VPC and of the ways that it has to AWS's services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EquippedVpc {
    /// Where it is in its life.
    pub state: Fact<VpcState>,
    /// The account that it belongs to, which is another one where it is shared.
    pub owner: Fact<String>,
    /// The Region, as the names of services have it.
    pub region: String,
    /// Whether its own DNS server answers (`enableDnsSupport`); absent where nobody asked.
    pub dns_support: Fact<bool>,
    /// Whether its instances get names (`enableDnsHostnames`); absent where nobody asked.
    pub dns_hostnames: Fact<bool>,
    /// Its endpoints, by their ids.
    pub endpoints: Fact<Vec<VpcEndpoint>>,
    /// The subnets in which somebody stands, by their ids.
    pub clients: Vec<ClientSubnet>,
    /// Why there may be more of them.
    pub clients_doubt: Option<String>,
    /// Its tags.
    pub tags: Tags,
    /// What findings show of it, beside its endpoints.
    pub details: Details,
}

/// What is true of a VPC endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VpcEndpoint {
    /// Its id.
    pub id: String,
    /// The service that it leads to; absent where it leads to something else.
    pub service: Fact<String>,
    /// What kind of endpoint it is.
    pub kind: Fact<EndpointKind>,
    /// Whether it can be used.
    pub state: Fact<EndpointState>,
    /// Whether the service's own name leads to it in the VPC.
    pub private_dns: Fact<bool>,
    /// Ids of the Availability Zones in which it has a network interface.
    pub zones: BTreeSet<String>,
    /// Why there may be more of them.
    pub zones_doubt: Option<String>,
    /// The route tables that lead to it, if it is a gateway.
    pub route_tables: Fact<Vec<String>>,
}

/// `VpcEndpointType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointKind {
    /// Network interfaces in subnets.
    Interface,
    /// A target of routes.
    Gateway,
    /// One for load balancers, resources or service networks.
    Other,
}

/// `State` of a VPC endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointState {
    /// It can be used.
    Available,
    /// It cannot, yet or any more; in AWS's word.
    Not(&'static str),
}

/// A subnet in which somebody stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientSubnet {
    /// Its id.
    pub id: String,
    /// Id of its Availability Zone; absent where it is in a zone at the Region's edge, a Local Zone or a Wavelength Zone.
    pub zone: Fact<String>,
    /// Id of the route table that holds for it.
    pub route_table: Fact<String>,
}

/// What is asked of VPCs and their endpoints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EquippedQuery {
    /// When.
    pub at: Timestamp,
    /// VPCs that are judged although nobody stands in them.
    pub vpcs: Vec<String>,
    /// The VPCs' DNS.
    pub dns: bool,
}

impl Facts for EquippedVpc {
    type Query = EquippedQuery;

    fn details(&self) -> Details {
        let known = self.endpoints.known().into_iter().flatten();
        let services =
            known.filter_map(|of| Some(("VpcEndpoints".into(), format!("{} {}", of.id, of.service.known()?))));
        self.details.iter().cloned().chain(services).collect()
    }
}

/// Reads the VPCs in which `T` stands: `DescribeVpcs`; `DescribeVpcEndpoints`, `DescribeSubnets`, `DescribeAvailabilityZones` and `DescribeRouteTables`, once for all;
/// `DescribeVpcAttribute` of each VPC, if asked.
#[derive(Clone, Debug)]
pub struct EquippedVpcs<T> {
    client: Client,
    region: String,
    tenants: T,
    footprint: OnceCell<Footprint>,
    subnets: OnceCell<Result<AllSubnets, String>>,
    endpoints: OnceCell<Result<AllEndpoints, String>>,
    route_tables: RouteTables,
}

/// Endpoints by VPC.
type AllEndpoints = HashMap<String, Vec<types::VpcEndpoint>>;

/// Zones of subnets, by VPC and id.
#[derive(Clone, Debug)]
struct AllSubnets {
    zones: HashMap<String, Option<String>>,
    by_vpc: HashMap<String, BTreeSet<String>>,
    kinds: Kinds,
}

impl AllSubnets {
    /// The Availability Zone of a subnet; absent where it is in another kind of zone.
    fn zone(&self, subnet: &str) -> Fact<String> {
        let zone = match self.zones.get(subnet) {
            Some(Some(zone)) => zone,
            Some(None) => return Fact::Unread(format!("{SUBNETS} gave no AvailabilityZoneId of {subnet}")),
            None => return Fact::Unread(format!("{SUBNETS} does not show {subnet}")),
        };
        match self.kinds.as_ref().map(|kinds| kinds.get(zone)) {
            Ok(Some(Fact::Known(ZoneKind::AvailabilityZone))) => Fact::Known(zone.clone()),
            Ok(Some(Fact::Known(ZoneKind::LocalZone | ZoneKind::WavelengthZone))) => Fact::Absent,
            Ok(None | Some(Fact::Absent)) => Fact::Unread(format!("{ZONES} does not tell what kind of zone {zone} is")),
            Ok(Some(Fact::Unread(reason))) | Err(reason) => Fact::Unread(reason.clone()),
        }
    }
}

impl<T: Tenants> EquippedVpcs<T> {
    /// A source on the account and Region of `config`, of the VPCs in the footprint of `tenants`.
    #[must_use]
    pub fn new(config: &SdkConfig, tenants: T) -> Self {
        let client = Client::new(config);
        Self {
            region: config.region().map(ToString::to_string).unwrap_or_default(),
            tenants,
            footprint: OnceCell::new(),
            subnets: OnceCell::new(),
            endpoints: OnceCell::new(),
            route_tables: RouteTables::new(client.clone()),
            client,
        }
    }

    async fn facts(&self, id: &str, vpc: &types::Vpc, query: &EquippedQuery) -> EquippedVpc {
        use types::VpcAttributeName::{EnableDnsHostnames, EnableDnsSupport};
        let dns = async {
            if !query.dns {
                return (Fact::Absent, Fact::Absent);
            }
            join!(self.attribute(id, EnableDnsSupport), self.attribute(id, EnableDnsHostnames))
        };
        let endpoints = self.endpoints.get_or_init(|| self.all_endpoints());
        let subnets = self.subnets.get_or_init(|| self.all_subnets());
        let footprint = self.footprint.get_or_init(|| self.tenants.footprint(query.at));
        let ((dns_support, dns_hostnames), endpoints, subnets, footprint) = join!(dns, endpoints, subnets, footprint);
        let (clients, clients_doubt) = match subnets {
            Ok(subnets) => (self.clients(id, subnets, footprint).await, footprint.troubles.first().cloned()),
            Err(reason) => (Vec::new(), Some(reason.clone())),
        };
        EquippedVpc {
            state: state(vpc.state()),
            owner: aws::given(vpc.owner_id()).map_or(Fact::Absent, Fact::Known),
            region: self.region.clone(),
            dns_support,
            dns_hostnames,
            endpoints: match endpoints {
                Ok(all) => {
                    let mut endpoints: Vec<_> =
                        all.get(id).into_iter().flatten().map(|of| endpoint(of, subnets)).collect();
                    endpoints.sort_by(|one, other| one.id.cmp(&other.id));
                    Fact::Known(endpoints)
                }
                Err(reason) => Fact::Unread(reason.clone()),
            },
            clients,
            clients_doubt,
            tags: tags(vpc.tags()),
            details: aws::details([
                ("VpcId", vpc.vpc_id()),
                ("State", vpc.state().map(types::VpcState::as_str)),
                ("CidrBlock", vpc.cidr_block()),
            ]),
        }
    }

    /// The VPC's subnets in which somebody stands.
    async fn clients(&self, vpc: &str, subnets: &AllSubnets, footprint: &Footprint) -> Vec<ClientSubnet> {
        let mut clients = Vec::new();
        let of_vpc = subnets.by_vpc.get(vpc).into_iter().flatten();
        for id in of_vpc.filter(|id| footprint.subnets.contains_key(*id)) {
            let table = self.route_tables.of(id, vpc).await;
            let route_table = table.map_or_else(Fact::Unread, |table| Fact::Known(table.id.to_owned()));
            clients.push(ClientSubnet { id: id.clone(), zone: subnets.zone(id), route_table });
        }
        clients
    }

    async fn attribute(&self, vpc: &str, name: types::VpcAttributeName) -> Fact<bool> {
        let (hostnames, word) = (name == types::VpcAttributeName::EnableDnsHostnames, name.as_str().to_owned());
        match self.client.describe_vpc_attribute().vpc_id(vpc).attribute(name).send().await {
            Ok(answer) => {
                let value = if hostnames { answer.enable_dns_hostnames() } else { answer.enable_dns_support() };
                let value = value.and_then(types::AttributeBooleanValue::value);
                value.map_or_else(|| Fact::Unread(format!("{ATTRIBUTE} gave no {word}")), Fact::Known)
            }
            Err(error) => Fact::Unread(aws::reason(ATTRIBUTE, &error)),
        }
    }

    async fn all_endpoints(&self) -> Result<AllEndpoints, String> {
        let mut endpoints = AllEndpoints::new();
        let ask = async |token| {
            // 1,000 is the most that the API gives.
            let page = self.client.describe_vpc_endpoints().max_results(1000).set_next_token(token).send().await;
            let page = page.map_err(|error| aws::reason(ENDPOINTS, &error))?;
            let of = |of: &types::VpcEndpoint| {
                aws::given(of.vpc_endpoint_id())?;
                Some((aws::given(of.vpc_id())?, of.clone()))
            };
            let found = page.vpc_endpoints().iter().map(of).collect::<Option<Vec<_>>>();
            let found = found.ok_or_else(|| format!("{ENDPOINTS} listed an endpoint without its id or its VPC"))?;
            Ok((found, page.next_token().map(str::to_owned)))
        };
        aws::each_page(ENDPOINTS, ask, |found| {
            for (vpc, endpoint) in found {
                endpoints.entry(vpc).or_default().push(endpoint);
            }
        })
        .await?;
        Ok(endpoints)
    }

    async fn all_subnets(&self) -> Result<AllSubnets, String> {
        let (subnets, kinds) = join!(all_placed(&self.client), zone_kinds(&self.client));
        let mut all = AllSubnets { zones: HashMap::new(), by_vpc: HashMap::new(), kinds };
        for Placed { id, vpc, zone } in subnets? {
            all.by_vpc.entry(vpc).or_default().insert(id.clone());
            all.zones.insert(id, zone);
        }
        Ok(all)
    }
}

impl<T: Tenants> Source for EquippedVpcs<T> {
    type Facts = EquippedVpc;

    async fn get(&self, resource: &Resource, query: &EquippedQuery) -> Read<EquippedVpc> {
        match one_vpc(&self.client, &resource.id).await {
            Ok(Some(vpc)) => {
                Read::Here { resource: resource.clone(), facts: self.facts(&resource.id, &vpc, query).await }
            }
            Ok(None) => Read::Gone,
            Err(reason) => Read::Unread(reason),
        }
    }

    async fn list(&self, query: &EquippedQuery, token: Option<String>) -> Result<Page<EquippedVpc>, String> {
        /// VPCs that are read at a time.
        const AT_A_TIME: usize = 16;
        let footprint = self.footprint.get_or_init(|| self.tenants.footprint(query.at)).await;
        // Without the subnets, nobody can tell in which VPCs anybody stands.
        let subnets = self.subnets.get_or_init(|| self.all_subnets()).await.as_ref().map_err(Clone::clone)?;
        let mut unreadable = if token.is_none() { footprint.troubles.clone() } else { Vec::new() };
        let is_meant = |vpc: &String| {
            let hosts = |subnets: &BTreeSet<_>| subnets.iter().any(|subnet| footprint.subnets.contains_key(subnet));
            query.vpcs.contains(vpc) || subnets.by_vpc.get(vpc).is_some_and(hosts)
        };
        let answer = page_of_vpcs(&self.client, token).await?;
        let mut found = Vec::new();
        for vpc in answer.vpcs() {
            match aws::given(vpc.vpc_id()) {
                Some(id) if is_meant(&id) => found.push((id, vpc)),
                Some(_) => {}
                None => unreadable.push(format!("{VPCS} listed a VPC without an id")),
            }
        }
        let items = stream::iter(found).map(async |(id, vpc)| {
            let facts = Some(self.facts(&id, vpc, query).await);
            Listed { resource: Resource { resource_type: TYPE.to_owned(), id, ..Resource::default() }, facts }
        });
        let items = items.buffered(AT_A_TIME).collect().await;
        Ok(Page { items, unreadable, next: answer.next_token().map(str::to_owned), ..Page::default() })
    }

    async fn tags(&self, _: &Resource, vpc: &EquippedVpc) -> Result<Tags, String> {
        Ok(vpc.tags.clone())
    }
}

fn endpoint(endpoint: &types::VpcEndpoint, subnets: &Result<AllSubnets, String>) -> VpcEndpoint {
    use types::VpcEndpointType as Type;
    let mut zones = BTreeSet::new();
    // Of a gateway, no subnets are sent; of an interface, none may be known and some missing.
    let mut zones_doubt = endpoint.subnet_ids.is_none().then(|| format!("{ENDPOINTS} gave no SubnetIds"));
    for subnet in endpoint.subnet_ids() {
        let zone = match subnets {
            Ok(subnets) => subnets.zone(subnet),
            Err(reason) => Fact::Unread(reason.clone()),
        };
        match zone {
            Fact::Known(zone) => drop(zones.insert(zone)),
            Fact::Unread(reason) => drop(zones_doubt.get_or_insert(reason)),
            Fact::Absent => {}
        }
    }
    VpcEndpoint {
        id: endpoint.vpc_endpoint_id().unwrap_or_default().to_owned(),
        service: aws::given(endpoint.service_name()).map_or(Fact::Absent, Fact::Known),
        kind: match endpoint.vpc_endpoint_type() {
            None => Fact::Absent,
            Some(Type::Interface) => Fact::Known(EndpointKind::Interface),
            Some(Type::Gateway) => Fact::Known(EndpointKind::Gateway),
            Some(Type::GatewayLoadBalancer | Type::Resource | Type::ServiceNetwork | Type::Tunnel) => {
                Fact::Known(EndpointKind::Other)
            }
            Some(other) => Fact::Unread(aws::unknown("VpcEndpointType", other.as_str())),
        },
        state: endpoint.state().map_or(Fact::Absent, |state| endpoint_state(state.as_str())),
        private_dns: match endpoint
            .dns_options()
            .and_then(types::DnsOptions::private_dns_only_for_inbound_resolver_endpoint)
        {
            // The names lead to it from elsewhere, and not from the VPC.
            Some(true) => Fact::Known(false),
            _ => endpoint.private_dns_enabled().map_or(Fact::Absent, Fact::Known),
        },
        zones,
        zones_doubt,
        route_tables: match &endpoint.route_table_ids {
            Some(tables) => Fact::Known(tables.clone()),
            None => Fact::Absent,
        },
    }
}

/// The model writes states with a capital, and AWS sends them without.
fn endpoint_state(state: &str) -> Fact<EndpointState> {
    const NOT: [&str; 7] = ["pending", "pendingAcceptance", "deleting", "deleted", "rejected", "failed", "expired"];
    if state.eq_ignore_ascii_case("available") {
        return Fact::Known(EndpointState::Available);
    }
    match NOT.iter().find(|not| not.eq_ignore_ascii_case(state)) {
        Some(not) => Fact::Known(EndpointState::Not(not)),
        None => Fact::Unread(aws::unknown("State", state)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_zone_of_the_region_itself_counts() {
        let kinds = HashMap::from([
            ("z-1".to_owned(), Fact::Known(ZoneKind::AvailabilityZone)),
            ("z-2".to_owned(), Fact::Known(ZoneKind::LocalZone)),
            ("z-3".to_owned(), Fact::Known(ZoneKind::WavelengthZone)),
            ("z-4".to_owned(), Fact::Absent),
            ("z-5".to_owned(), Fact::Unread("odd".to_owned())),
        ]);
        let zones = [("s-1", Some("z-1")), ("s-2", Some("z-2")), ("s-3", Some("z-3")), ("s-4", Some("z-4"))];
        let zones = zones.into_iter().chain([("s-5", Some("z-5")), ("s-6", Some("z-6")), ("s-7", None)]);
        let zones: HashMap<_, _> = zones.map(|(id, zone)| (id.to_owned(), zone.map(str::to_owned))).collect();
        let all = AllSubnets { zones, by_vpc: HashMap::new(), kinds: Ok(kinds) };
        let untold = |zone: &str| {
            Fact::Unread(format!("ec2:DescribeAvailabilityZones does not tell what kind of zone {zone} is"))
        };
        for (subnet, expected) in [
            ("s-1", Fact::Known("z-1".to_owned())),
            ("s-2", Fact::Absent),
            ("s-3", Fact::Absent),
            ("s-4", untold("z-4")),
            ("s-5", Fact::Unread("odd".to_owned())),
            ("s-6", untold("z-6")),
            ("s-7", Fact::Unread("ec2:DescribeSubnets gave no AvailabilityZoneId of s-7".to_owned())),
            ("s-8", Fact::Unread("ec2:DescribeSubnets does not show s-8".to_owned())),
        ] {
            assert_eq!(all.zone(subnet), expected, "{subnet}");
        }
        let denied = AllSubnets { kinds: Err("denied".to_owned()), ..all };
        assert_eq!(denied.zone("s-1"), Fact::Unread("denied".to_owned()));
    }

    #[test]
    fn a_state_is_known_however_it_is_written() {
        for (state, expected) in [
            ("available", Fact::Known(EndpointState::Available)),
            ("Available", Fact::Known(EndpointState::Available)),
            ("pendingAcceptance", Fact::Known(EndpointState::Not("pendingAcceptance"))),
            ("PendingAcceptance", Fact::Known(EndpointState::Not("pendingAcceptance"))),
            ("deleted", Fact::Known(EndpointState::Not("deleted"))),
            ("partial", Fact::Unread("State is `partial`, which this release does not know".to_owned())),
        ] {
            assert_eq!(endpoint_state(state), expected, "{state}");
        }
    }
}

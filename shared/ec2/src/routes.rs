use std::{
    collections::HashMap,
    net::{Ipv4Addr, Ipv6Addr},
};

use aws::Once;
use aws_sdk_ec2::{Client, types};
use futures::{StreamExt, stream};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use rule::Fact;
use tokio::sync::OnceCell;

use crate::route_tables::RouteTables;

/// The route table that holds for a subnet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubnetTable {
    /// Its id.
    pub id: String,
    /// Whether it holds as the main table of the VPC, because the subnet is associated with none.
    pub is_main: bool,
    /// Its routes.
    pub routes: Vec<Route>,
}

/// A route of a subnet, as far as it can lead to the internet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Addresses that it is for, or a prefix list of them, as AWS writes it.
    pub destination: String,
    /// Whether addresses of the internet, and not of the VPC itself, are among those. Absent if AWS gave no destination, and where it does not matter.
    pub is_public: Fact<bool>,
    /// Id of the target, or its ARN.
    pub target: String,
    /// What kind of way that is; absent if AWS gave no target.
    pub way: Fact<Way>,
    /// Whether the target is there: one that is not leads nowhere.
    pub is_active: Fact<bool>,
}

/// What a route leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// The VPC itself.
    Local,
    /// The service of a gateway endpoint, S3 or `DynamoDB`.
    GatewayEndpoint,
    /// A VPC by a peering connection, through which nothing gets further than to that VPC.
    Peering,
    /// The internet, by an internet gateway, an egress-only internet gateway or the carrier gateway of a Wavelength Zone.
    Internet,
    /// A NAT gateway; whether it is private, that is, a way into other networks and not into the internet. Absent if nobody asked.
    Nat(Fact<bool>),
    /// Another network, by a transit gateway, a core network, a virtual private gateway or the local gateway of an Outpost.
    OtherNetwork,
    /// An instance, a network interface, a Gateway Load Balancer endpoint or a next hop of a route server, which may send it on to
    /// anywhere.
    Appliance,
}

/// What is asked of routes where AWS's answer about the tables leaves it open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RouteQuery {
    /// Which NAT gateways are private.
    pub kinds_of_nat: bool,
    /// What prefix lists cover that lead to NAT gateways.
    pub lists_to_nat: bool,
    /// What prefix lists cover that lead into other networks.
    pub lists_to_networks: bool,
}

/// Reads the routes of subnets: `DescribeRouteTables`; `DescribeNatGateways`, `DescribeVpcEndpoints` and `GetManagedPrefixListEntries` if
/// a route asks for that. Each list is read once.
#[derive(Clone, Debug)]
pub(crate) struct Routes {
    client: Client,
    tables: RouteTables,
    /// Whether each NAT gateway is private.
    nat_gateways: OnceCell<Result<Kinds, String>>,
    /// Whether each VPC endpoint is a gateway endpoint.
    endpoints: OnceCell<Result<Kinds, String>>,
    /// Whether prefix lists cover public addresses.
    lists: Once<Fact<bool>>,
}

type Kinds = HashMap<String, Fact<bool>>;

const NAT_GATEWAYS: &str = "ec2:DescribeNatGateways";
const ENDPOINTS: &str = "ec2:DescribeVpcEndpoints";
const LIST_ENTRIES: &str = "ec2:GetManagedPrefixListEntries";

impl Routes {
    pub(crate) fn new(client: Client) -> Self {
        Self {
            tables: RouteTables::new(client.clone()),
            client,
            nat_gateways: OnceCell::new(),
            endpoints: OnceCell::new(),
            lists: Once::default(),
        }
    }

    pub(crate) async fn of(&self, subnet: &str, vpc: &str, query: RouteQuery) -> Fact<SubnetTable> {
        /// Routes that are read at a time.
        const AT_A_TIME: usize = 8;
        match self.tables.of(subnet, vpc).await {
            Ok(table) => {
                let own = own_blocks(table.routes);
                let routes = stream::iter(table.routes).map(|route| self.route(route, &own, query)).buffered(AT_A_TIME);
                let routes = routes.collect().await;
                Fact::Known(SubnetTable { id: table.id.to_owned(), is_main: table.is_main, routes })
            }
            Err(reason) => Fact::Unread(reason),
        }
    }

    async fn route(&self, route: &types::Route, own: &[IpNet], query: RouteQuery) -> Route {
        let (is_active, mut way) = (is_active(route.state()), way(route));
        let target = target(route).map_or_else(|| "no target".to_owned(), |(id, _)| id);
        let list = aws::given(route.destination_prefix_list_id());
        let leads_somewhere = is_active != Fact::Known(false);
        if list.is_some() && target.starts_with("vpce-") && leads_somewhere {
            way = match Box::pin(self.kind(&self.endpoints, self.all_endpoints(), ENDPOINTS, &target)).await {
                Fact::Known(true) => Fact::Known(Way::GatewayEndpoint),
                Fact::Known(false) => Fact::Known(Way::Appliance),
                Fact::Absent => Fact::Unread(format!("{ENDPOINTS} gave no VpcEndpointType of {target}")),
                Fact::Unread(reason) => Fact::Unread(reason),
            };
        }
        let block = [route.destination_cidr_block(), route.destination_ipv6_cidr_block()];
        let block = block.into_iter().find_map(aws::given);
        let is_public = match (&block, &list) {
            (Some(block), _) if is_within(own, block) => Fact::Known(false),
            (Some(block), _) => is_public(block),
            (None, Some(list)) if leads_somewhere && is_asked(&way, query) => {
                self.lists.get(list, async || self.list_is_public(list).await).await
            }
            // Through such a gateway goes what is for the internet, and nothing else.
            (None, Some(_)) if way == Fact::Known(Way::Internet) => Fact::Known(true),
            (None, _) => Fact::Absent,
        };
        if way == Fact::Known(Way::Nat(Fact::Absent))
            && query.kinds_of_nat
            && leads_somewhere
            && is_public != Fact::Known(false)
        {
            let kind = self.kind(&self.nat_gateways, self.all_nat_gateways(), NAT_GATEWAYS, &target);
            let is_private = match Box::pin(kind).await {
                Fact::Absent => Fact::Unread(format!("{NAT_GATEWAYS} gave no ConnectivityType of {target}")),
                kind => kind,
            };
            way = Fact::Known(Way::Nat(is_private));
        }
        let destination = block.or(list).unwrap_or_else(|| "an unknown destination".to_owned());
        Route { destination, is_public, target, way, is_active }
    }

    /// What kind of thing this is, by a list that is read once.
    async fn kind(
        &self,
        kinds: &OnceCell<Result<Kinds, String>>,
        read: impl Future<Output = Result<Kinds, String>>,
        operation: &str,
        id: &str,
    ) -> Fact<bool> {
        match kinds.get_or_init(|| read).await {
            Ok(kinds) => {
                kinds.get(id).cloned().unwrap_or_else(|| Fact::Unread(format!("{operation} does not show {id}")))
            }
            Err(reason) => Fact::Unread(reason.clone()),
        }
    }

    async fn all_nat_gateways(&self) -> Result<Kinds, String> {
        let mut all = Kinds::new();
        let ask = async |token| {
            // 1,000 is the most that the API takes.
            let page = self.client.describe_nat_gateways().max_results(1000).set_next_token(token).send().await;
            let page = page.map_err(|error| aws::reason(NAT_GATEWAYS, &error))?;
            let kind = |of: &types::NatGateway| Some((aws::given(of.nat_gateway_id())?, connectivity(of)));
            let found = page.nat_gateways().iter().map(kind).collect::<Option<Vec<_>>>();
            let found = found.ok_or_else(|| format!("{NAT_GATEWAYS} listed a NAT gateway without an id"))?;
            Ok((found, page.next_token().map(str::to_owned)))
        };
        aws::each_page(NAT_GATEWAYS, ask, |found| all.extend(found)).await?;
        Ok(all)
    }

    async fn all_endpoints(&self) -> Result<Kinds, String> {
        let mut all = Kinds::new();
        let ask = async |token| {
            // 1,000 is the most that the API takes.
            let page = self.client.describe_vpc_endpoints().max_results(1000).set_next_token(token).send().await;
            let page = page.map_err(|error| aws::reason(ENDPOINTS, &error))?;
            let kind = |of: &types::VpcEndpoint| {
                let kind = of.vpc_endpoint_type().map(|kind| *kind == types::VpcEndpointType::Gateway);
                Some((aws::given(of.vpc_endpoint_id())?, kind.map_or(Fact::Absent, Fact::Known)))
            };
            let found = page.vpc_endpoints().iter().map(kind).collect::<Option<Vec<_>>>();
            let found = found.ok_or_else(|| format!("{ENDPOINTS} listed a VPC endpoint without an id"))?;
            Ok((found, page.next_token().map(str::to_owned)))
        };
        aws::each_page(ENDPOINTS, ask, |found| all.extend(found)).await?;
        Ok(all)
    }

    /// Whether a prefix list covers addresses of the internet.
    async fn list_is_public(&self, list: &str) -> Fact<bool> {
        let (mut covers, mut doubt) = (false, None);
        let ask = async |token| {
            // 100 is the most that the API takes.
            let page = self.client.get_managed_prefix_list_entries().prefix_list_id(list).max_results(100);
            let page = page.set_next_token(token).send().await.map_err(|error| aws::reason(LIST_ENTRIES, &error))?;
            let entry = |entry: &types::PrefixListEntry| match entry.cidr() {
                Some(block) => is_public(block),
                None => Fact::Unread(format!("{LIST_ENTRIES} gave an entry of {list} without a Cidr")),
            };
            Ok((page.entries().iter().map(entry).collect(), page.next_token().map(str::to_owned)))
        };
        let take = |entries: Vec<Fact<bool>>| {
            for entry in entries {
                match entry {
                    Fact::Known(is_public) => covers |= is_public,
                    Fact::Absent => {}
                    Fact::Unread(reason) => doubt = doubt.take().or(Some(reason)),
                }
            }
        };
        let read = aws::each_page(LIST_ENTRIES, ask, take).await;
        match (covers, read, doubt) {
            (true, ..) => Fact::Known(true),
            (false, Err(reason), _) | (false, Ok(()), Some(reason)) => Fact::Unread(reason),
            (false, Ok(()), None) => Fact::Known(false),
        }
    }
}

/// Whether it has to be known what a prefix list covers that leads this way.
fn is_asked(way: &Fact<Way>, query: RouteQuery) -> bool {
    match way {
        Fact::Known(Way::Local | Way::GatewayEndpoint | Way::Peering | Way::Internet) => false,
        Fact::Known(Way::Nat(_)) => query.lists_to_nat,
        Fact::Known(Way::OtherNetwork) => query.lists_to_networks,
        Fact::Known(Way::Appliance) | Fact::Absent | Fact::Unread(_) => true,
    }
}

/// The VPC's own blocks of addresses, by the routes that came with the table: an appliance may be what they lead to now. Those of IPv6 are public nearly always, and a route for a part of them leads to an appliance that
/// looks at traffic between subnets.
fn own_blocks(routes: &[types::Route]) -> Vec<IpNet> {
    let is_local = |route: &&types::Route| {
        route.gateway_id() == Some("local") || route.origin() == Some(&types::RouteOrigin::CreateRouteTable)
    };
    let local = routes.iter().filter(is_local);
    let blocks = local.filter_map(|route| route.destination_cidr_block().or(route.destination_ipv6_cidr_block()));
    blocks.filter_map(|block| block.parse().ok()).collect()
}

fn is_within(own: &[IpNet], block: &str) -> bool {
    block.parse::<IpNet>().is_ok_and(|block| own.iter().any(|own| own.contains(&block)))
}

fn is_active(state: Option<&types::RouteState>) -> Fact<bool> {
    use types::RouteState as State;
    match state {
        None => Fact::Absent,
        Some(State::Active) => Fact::Known(true),
        Some(State::Blackhole) => Fact::Known(false),
        // AWS does not say what becomes of traffic for a route that is `filtered`.
        Some(other) => Fact::Unread(aws::unknown("State", other.as_str())),
    }
}

fn way(route: &types::Route) -> Fact<Way> {
    match target(route) {
        Some((_, Some(way))) => Fact::Known(way),
        Some((id, None)) => Fact::Unread(aws::unknown("the target of a route", &id)),
        None => Fact::Absent,
    }
}

/// The target of a route and what it is, if this release knows its kind. A VPC endpoint counts as one of a Gateway Load Balancer.
fn target(route: &types::Route) -> Option<(String, Option<Way>)> {
    let nat = Way::Nat(Fact::Absent);
    let gateway = route.gateway_id().and_then(|id| match id.split_once('-') {
        None if id == "local" => Some(Way::Local),
        // To services of other VPCs, as over a peering connection. Its prefix list may have addresses that look public.
        None if id == "VpcLattice" => Some(Way::Peering),
        Some(("igw" | "eigw" | "cagw", _)) => Some(Way::Internet),
        Some(("vgw" | "tgw" | "lgw", _)) => Some(Way::OtherNetwork),
        Some(("nat", _)) => Some(nat.clone()),
        Some(("vpce", _)) => Some(Way::Appliance),
        _ => None,
    });
    let members = [
        (route.gateway_id(), gateway),
        (route.egress_only_internet_gateway_id(), Some(Way::Internet)),
        (route.carrier_gateway_id(), Some(Way::Internet)),
        (route.nat_gateway_id(), Some(nat)),
        (route.transit_gateway_id(), Some(Way::OtherNetwork)),
        (route.core_network_arn(), Some(Way::OtherNetwork)),
        (route.local_gateway_id(), Some(Way::OtherNetwork)),
        (route.vpc_peering_connection_id(), Some(Way::Peering)),
        (route.instance_id(), Some(Way::Appliance)),
        (route.network_interface_id(), Some(Way::Appliance)),
        (route.odb_network_arn(), None),
        (route.ip_address(), Some(Way::Appliance)),
    ];
    members.into_iter().find_map(|(id, way)| Some((aws::given(id)?, way)))
}

/// Whether a NAT gateway is private.
fn connectivity(gateway: &types::NatGateway) -> Fact<bool> {
    use types::ConnectivityType as Type;
    match gateway.connectivity_type() {
        None => Fact::Absent,
        Some(Type::Private) => Fact::Known(true),
        Some(Type::Public) => Fact::Known(false),
        Some(other) => Fact::Unread(aws::unknown("ConnectivityType", other.as_str())),
    }
}

const fn v4(first: u8, second: u8, length: u8) -> IpNet {
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(first, second, 0, 0), length))
}

const fn v6(first: u16, length: u8) -> IpNet {
    IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::new(first, 0, 0, 0, 0, 0, 0, 0), length))
}

/// Ranges that no internet gateway carries: IANA's registries of special-purpose addresses, as far as networks are made of them.
const NOT_PUBLIC: [IpNet; 11] = [
    v4(10, 0, 8),
    v4(100, 64, 10),
    v4(127, 0, 8),
    v4(169, 254, 16),
    v4(172, 16, 12),
    v4(192, 168, 16),
    v4(198, 18, 15),
    // Multicast, and what is reserved.
    v4(224, 0, 3),
    v6(0xfc00, 7),
    v6(0xfe80, 10),
    v6(0xff00, 8),
];

/// Whether addresses of the internet are in this block. Those of NAT64 (`64:ff9b::/96`) are: they stand for the internet's of IPv4.
pub(crate) fn is_public(block: &str) -> Fact<bool> {
    match block.parse::<IpNet>() {
        Ok(block) => Fact::Known(!NOT_PUBLIC.iter().any(|range| range.contains(&block))),
        Err(_) => Fact::Unread(aws::unknown("a block of addresses", block)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_public_unless_a_private_range_holds_all_of_it() {
        for (block, expected) in [
            ("0.0.0.0/0", true),
            ("0.0.0.0/1", true),
            ("128.0.0.0/1", true),
            ("10.0.0.0/8", false),
            ("10.1.2.0/24", false),
            ("10.0.0.0/7", true),
            ("172.16.0.0/12", false),
            ("172.31.0.0/16", false),
            ("172.32.0.0/16", true),
            ("172.0.0.0/8", true),
            ("192.168.0.0/16", false),
            ("192.0.0.0/8", true),
            ("100.64.0.0/10", false),
            ("100.128.0.0/16", true),
            ("169.254.0.0/16", false),
            ("198.19.0.0/16", false),
            ("240.0.0.0/4", false),
            ("8.8.8.8/32", true),
            ("::/0", true),
            ("2000::/3", true),
            ("2600:1f18::/32", true),
            ("fc00::/7", false),
            ("fd12:3456::/48", false),
            ("fe80::/10", false),
            ("64:ff9b::/96", true),
        ] {
            assert_eq!(is_public(block), Fact::Known(expected), "{block}");
        }
        for odd in ["", "everywhere", "10.0.0.0", "10.0.0.0/33"] {
            let reason = format!("a block of addresses is `{odd}`, which this release does not know");
            assert_eq!(is_public(odd), Fact::Unread(reason));
        }
    }

    #[test]
    fn a_part_of_the_vpcs_own_addresses_is_not_the_internet() {
        let local = |block: &str| {
            let route = types::Route::builder().gateway_id("local");
            let is_ipv6 = block.contains(':');
            if is_ipv6 { route.destination_ipv6_cidr_block(block) } else { route.destination_cidr_block(block) }.build()
        };
        let other = types::Route::builder().gateway_id("igw-1").destination_cidr_block("0.0.0.0/0").build();
        // An appliance looks at what is sent within the VPC.
        let inspected =
            types::Route::builder().origin(types::RouteOrigin::CreateRouteTable).network_interface_id("eni-1");
        let inspected = inspected.destination_ipv6_cidr_block("2600:1f18:0:200::/56").build();
        let own = own_blocks(&[local("52.0.0.0/16"), other, local("2600:1f18:0:100::/56"), inspected]);
        for (block, expected) in [
            ("52.0.0.0/16", true),
            ("52.0.7.0/24", true),
            ("52.0.0.0/15", false),
            ("0.0.0.0/0", false),
            ("2600:1f18:0:107::/64", true),
            ("2600:1f18:0:200::/56", true),
            ("2600:1f18::/32", false),
            ("::/0", false),
            ("odd", false),
        ] {
            assert_eq!(is_within(&own, block), expected, "{block}");
        }
    }

    #[test]
    fn every_target_is_a_kind_of_way() {
        let route = types::Route::builder;
        let nat = Some(Way::Nat(Fact::Absent));
        for (route, expected) in [
            (route().gateway_id("local"), Some(("local", Some(Way::Local)))),
            (route().gateway_id("VpcLattice"), Some(("VpcLattice", Some(Way::Peering)))),
            (route().gateway_id("igw-1"), Some(("igw-1", Some(Way::Internet)))),
            (route().gateway_id("vgw-1"), Some(("vgw-1", Some(Way::OtherNetwork)))),
            (route().gateway_id("vpce-1"), Some(("vpce-1", Some(Way::Appliance)))),
            (route().gateway_id("xyz-1"), Some(("xyz-1", None))),
            (route().gateway_id("odd"), Some(("odd", None))),
            (route().gateway_id("").nat_gateway_id("nat-1"), Some(("nat-1", nat.clone()))),
            (route().egress_only_internet_gateway_id("eigw-1"), Some(("eigw-1", Some(Way::Internet)))),
            (route().carrier_gateway_id("cagw-1"), Some(("cagw-1", Some(Way::Internet)))),
            (route().nat_gateway_id("nat-1"), Some(("nat-1", nat))),
            (route().transit_gateway_id("tgw-1"), Some(("tgw-1", Some(Way::OtherNetwork)))),
            (route().core_network_arn("arn:core"), Some(("arn:core", Some(Way::OtherNetwork)))),
            (route().local_gateway_id("lgw-1"), Some(("lgw-1", Some(Way::OtherNetwork)))),
            (route().vpc_peering_connection_id("pcx-1"), Some(("pcx-1", Some(Way::Peering)))),
            (route().instance_id("i-1").network_interface_id("eni-1"), Some(("i-1", Some(Way::Appliance)))),
            (route().network_interface_id("eni-1"), Some(("eni-1", Some(Way::Appliance)))),
            (route().odb_network_arn("arn:odb"), Some(("arn:odb", None))),
            (route().ip_address("10.0.0.9"), Some(("10.0.0.9", Some(Way::Appliance)))),
            (route(), None),
        ] {
            let route = route.build();
            let expected = expected.map(|(id, way)| (id.to_owned(), way));
            assert_eq!(target(&route), expected, "{route:?}");
        }
        let odd = way(&types::Route::builder().gateway_id("xyz-1").build());
        let reason = "the target of a route is `xyz-1`, which this release does not know";
        assert_eq!(odd, Fact::Unread(reason.to_owned()));
    }
}

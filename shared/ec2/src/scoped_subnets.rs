use aws::SdkConfig;
use aws_sdk_ec2::{Client, types};
use futures::{StreamExt, stream};
use rule::{
    Details, Fact, Facts, Footprint, Listed, Page, Read, Resource, Source, Tags, Tenants, Timestamp, Users, Verdict,
};
use tokio::sync::OnceCell;

use crate::{
    routes::{RouteQuery, Routes, SubnetTable, is_public},
    subnets::{SUBNETS, one_subnet, page},
    tags,
};

const TYPE: &str = "AWS::EC2::Subnet";

/// What is true of a subnet that rules about networks judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopedSubnet {
    /// The account that it belongs to; others only use it.
    pub owner: Fact<String>,
    /// Whether a network interface gets a public IPv4 address in it unless it is told otherwise (`MapPublicIpOnLaunch`).
    pub assigns_public_ipv4: Fact<bool>,
    /// The same of an IPv6 address (`AssignIpv6AddressOnCreation`).
    pub assigns_ipv6: Fact<bool>,
    /// Whether all its IPv6 addresses are of ranges that cannot be reached from the internet.
    pub ipv6_is_private: Fact<bool>,
    /// The route table that holds for it; absent where nobody asked.
    pub table: Fact<SubnetTable>,
    /// Its tags.
    pub tags: Tags,
    /// What findings show of it.
    pub details: Details,
}

impl ScopedSubnet {
    /// The verdict where it is not, or may not be, this account's own.
    #[must_use]
    pub fn unless_own(&self, account: &str) -> Option<Verdict> {
        match &self.owner {
            Fact::Known(owner) if owner == account => None,
            Fact::Known(owner) => {
                Some(Verdict::not_applicable(format!("shared by account {owner}, whose settings these are")))
            }
            Fact::Absent => Some(Verdict::undecided("DescribeSubnets gave no OwnerId")),
            Fact::Unread(reason) => Some(Verdict::undecided(reason)),
        }
    }
}

/// Which subnets are judged, and what is asked of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopedSubnetQuery {
    /// VPCs all of whose subnets are, beside those that somebody stands in.
    pub vpcs: Vec<String>,
    /// The time of the event.
    pub at: Timestamp,
    /// Their routes, if somebody asks.
    pub routes: Option<RouteQuery>,
}

impl Facts for ScopedSubnet {
    type Query = ScopedSubnetQuery;

    fn details(&self) -> Details {
        let table = self.table.known().map(|table| ("RouteTable".into(), table.id.clone()));
        self.details.iter().cloned().chain(table).collect()
    }
}

/// Reads subnets that somebody stands in, and those of whole VPCs: `DescribeSubnets`, and of their routes what `Routes` reads.
#[derive(Clone, Debug)]
pub struct ScopedSubnets<T> {
    client: Client,
    tenants: T,
    footprint: OnceCell<Footprint>,
    routes: Routes,
}

impl<T: Tenants> ScopedSubnets<T> {
    /// A source on the account and Region of `config`, in which `tenants` stand.
    #[must_use]
    pub fn new(config: &SdkConfig, tenants: T) -> Self {
        let client = Client::new(config);
        Self { routes: Routes::new(client.clone()), client, tenants, footprint: OnceCell::new() }
    }

    async fn facts(
        &self,
        id: &str,
        subnet: &types::Subnet,
        users: Option<&Users>,
        query: &ScopedSubnetQuery,
    ) -> ScopedSubnet {
        ScopedSubnet {
            owner: aws::given(subnet.owner_id()).map_or(Fact::Absent, Fact::Known),
            assigns_public_ipv4: subnet.map_public_ip_on_launch().map_or(Fact::Absent, Fact::Known),
            assigns_ipv6: subnet.assign_ipv6_address_on_creation().map_or(Fact::Absent, Fact::Known),
            ipv6_is_private: ipv6_is_private(subnet.ipv6_cidr_block_association_set()),
            table: match (query.routes, aws::given(subnet.vpc_id())) {
                (None, _) => Fact::Absent,
                (Some(query), Some(vpc)) => self.routes.of(id, &vpc, query).await,
                (Some(_), None) => Fact::Unread(format!("{SUBNETS} gave no VpcId")),
            },
            tags: tags(subnet.tags()),
            details: details(subnet, users),
        }
    }
}

impl<T: Tenants> Source for ScopedSubnets<T> {
    type Facts = ScopedSubnet;

    async fn get(&self, resource: &Resource, query: &ScopedSubnetQuery) -> Read<ScopedSubnet> {
        match one_subnet(&self.client, &resource.id).await {
            Ok(Some(subnet)) => {
                let facts = self.facts(&resource.id, &subnet, None, query).await;
                Read::Here { resource: resource.clone(), facts }
            }
            Ok(None) => Read::Gone,
            Err(reason) => Read::Unread(reason),
        }
    }

    async fn list(&self, query: &ScopedSubnetQuery, token: Option<String>) -> Result<Page<ScopedSubnet>, String> {
        /// Subnets that are read at a time.
        const AT_A_TIME: usize = 16;
        let is_first = token.is_none();
        let answer = page(&self.client, token).await?;
        let footprint = self.footprint.get_or_init(|| self.tenants.footprint(query.at)).await;
        // Who is not known to stand anywhere may stand in any of them.
        let mut unreadable = if is_first { footprint.troubles.clone() } else { Vec::new() };
        let mut found = Vec::new();
        for subnet in answer.subnets() {
            let Some(id) = aws::given(subnet.subnet_id()) else {
                unreadable.push(format!("{SUBNETS} listed a subnet without an id"));
                continue;
            };
            let users = footprint.subnets.get(&id);
            match aws::given(subnet.vpc_id()) {
                Some(vpc) if users.is_some() || query.vpcs.contains(&vpc) => found.push((id, subnet, users)),
                None if users.is_some() => found.push((id, subnet, users)),
                None if !query.vpcs.is_empty() => unreadable.push(format!("{SUBNETS} gave no VpcId of {id}")),
                Some(_) | None => {}
            }
        }
        let items = stream::iter(found).map(async |(id, subnet, users)| {
            let facts = Some(self.facts(&id, subnet, users, query).await);
            Listed { resource: Resource { resource_type: TYPE.to_owned(), id, ..Resource::default() }, facts }
        });
        let items = items.buffered(AT_A_TIME).collect().await;
        Ok(Page { items, unreadable, next: answer.next_token().map(str::to_owned), ..Page::default() })
    }

    async fn tags(&self, _: &Resource, subnet: &ScopedSubnet) -> Result<Tags, String> {
        Ok(subnet.tags.clone())
    }
}

/// Whether none of a subnet's IPv6 blocks is public. Without a block nothing shows that its addresses would be private.
fn ipv6_is_private(blocks: &[types::SubnetIpv6CidrBlockAssociation]) -> Fact<bool> {
    use types::{Ipv6AddressAttribute as Attribute, SubnetCidrBlockStateCode as State};
    let state = |block: &types::SubnetIpv6CidrBlockAssociation| {
        block.ipv6_cidr_block_state().and_then(types::SubnetCidrBlockState::state).cloned()
    };
    let is_gone = |block: &&types::SubnetIpv6CidrBlockAssociation| {
        matches!(state(block), Some(State::Disassociated | State::Failed))
    };
    let mut answer = None;
    for block in blocks.iter().filter(|block| !is_gone(block)) {
        let is_unique_local = block.ipv6_cidr_block().is_some_and(|block| is_public(block) == Fact::Known(false));
        let is_private = match block.ipv6_address_attribute() {
            Some(Attribute::Private) => Fact::Known(true),
            _ if is_unique_local => Fact::Known(true),
            Some(Attribute::Public) => return Fact::Known(false),
            None => Fact::Unread(format!("{SUBNETS} gave no Ipv6AddressAttribute")),
            Some(other) => Fact::Unread(aws::unknown("Ipv6AddressAttribute", other.as_str())),
        };
        answer = match answer {
            Some(unread @ Fact::Unread(_)) => Some(unread),
            _ => Some(is_private),
        };
    }
    answer.unwrap_or(Fact::Known(false))
}

fn details(subnet: &types::Subnet, users: Option<&Users>) -> Details {
    let flag = |value: Option<bool>| value.map(|value| if value { "true" } else { "false" });
    let own = aws::details([
        ("SubnetId", subnet.subnet_id()),
        ("VpcId", subnet.vpc_id()),
        ("CidrBlock", subnet.cidr_block()),
        ("AvailabilityZone", subnet.availability_zone()),
        ("MapPublicIpOnLaunch", flag(subnet.map_public_ip_on_launch())),
        ("AssignIpv6AddressOnCreation", flag(subnet.assign_ipv6_address_on_creation())),
    ]);
    own.into_iter().chain(users.map(|users| ("UsedBy".into(), users.to_string()))).collect()
}

#[cfg(test)]
mod tests {
    use types::{Ipv6AddressAttribute as Attribute, SubnetCidrBlockStateCode as State};

    use super::*;

    #[test]
    fn ipv6_is_private_if_every_block_is() {
        let block = |block: &str, attribute: Option<&str>, state: State| {
            let state = types::SubnetCidrBlockState::builder().state(state).build();
            let built = types::SubnetIpv6CidrBlockAssociation::builder().ipv6_cidr_block(block);
            built.set_ipv6_address_attribute(attribute.map(Attribute::from)).ipv6_cidr_block_state(state).build()
        };
        let on = State::Associated;
        let public = || block("2600:1f18::/64", Some("public"), on.clone());
        let private = || block("2600:1f19::/64", Some("private"), on.clone());
        let local = || block("fd12::/64", None, on.clone());
        let gone = || block("2600:1f18::/64", Some("public"), State::Disassociated);
        let unsaid = || block("2600:1f18::/64", None, on.clone());
        let missing = Fact::Unread("ec2:DescribeSubnets gave no Ipv6AddressAttribute".to_owned());
        for (blocks, expected) in [
            (vec![], Fact::Known(false)),
            (vec![public()], Fact::Known(false)),
            (vec![private()], Fact::Known(true)),
            (vec![local()], Fact::Known(true)),
            (vec![private(), local()], Fact::Known(true)),
            (vec![private(), public()], Fact::Known(false)),
            (vec![unsaid(), public()], Fact::Known(false)),
            (vec![private(), gone()], Fact::Known(true)),
            (vec![gone()], Fact::Known(false)),
            (vec![unsaid()], missing.clone()),
            (vec![unsaid(), private()], missing),
            (
                vec![block("2600:1f18::/64", Some("odd"), on.clone())],
                Fact::Unread("Ipv6AddressAttribute is `odd`, which this release does not know".to_owned()),
            ),
        ] {
            assert_eq!(ipv6_is_private(&blocks), expected, "{blocks:?}");
        }
    }
}

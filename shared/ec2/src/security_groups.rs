use std::collections::{BTreeSet, HashMap};

use aws::{Once, SdkConfig};
use aws_sdk_ec2::{Client, types};
use futures::{StreamExt, stream};
use ipnet::IpNet;
use rule::{Details, Fact, Facts, Footprint, Listed, Page, Read, Resource, Source, Tags, Tenants, Timestamp, Users};
use tokio::sync::OnceCell;

use crate::{tags, vpcs::VPCS};

const TYPE: &str = "AWS::EC2::SecurityGroup";
const GROUPS: &str = "ec2:DescribeSecurityGroups";
const PREFIX_LISTS: &str = "ec2:DescribeManagedPrefixLists";

/// What is true of a security group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroup {
    /// The account that it belongs to, which is another one where it is shared.
    pub owner: Fact<String>,
    /// What it lets in.
    pub inbound: Fact<Vec<Opening>>,
    /// What it lets out.
    pub outbound: Fact<Vec<Opening>>,
    /// The blocks of addresses of its VPC; absent where nobody asked, or the group names no addresses.
    pub vpc_blocks: Fact<VpcBlocks>,
    /// Its tags.
    pub tags: Tags,
    /// What findings show of it, beside who uses it.
    pub details: Details,
    /// Who gives it to network interfaces, where somebody asked.
    pub users: Option<Users>,
}

/// Traffic that a group lets through, from one source or to one destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The protocol, as EC2 writes it: a name, a number, or `-1` for all.
    pub protocol: Fact<String>,
    /// First and last port; absent where EC2 sends none, as with all protocols.
    pub ports: Fact<(u16, u16)>,
    /// Who is on the other side.
    pub peer: Peer,
}

/// Source of what is let in, destination of what is let out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A block of addresses.
    Addresses(IpNet),
    /// The members of the group itself.
    Itself,
    /// The members of another group.
    Group {
        /// Its id.
        id: String,
        /// Where it is.
        place: Fact<GroupPlace>,
    },
    /// The addresses of a prefix list.
    PrefixList {
        /// Its id.
        id: String,
        /// Its name; absent where nobody asked, or the account does not see the list.
        name: Fact<String>,
    },
    /// Nobody can tell; says why.
    Unknown(String),
}

/// Where a group is to which another one refers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupPlace {
    /// In the VPC of the one that refers to it.
    SameVpc,
    /// In this other VPC.
    Other(String),
    /// Behind a VPC peering connection.
    Peered(String),
    /// It does not exist any more.
    Gone,
}

/// Blocks of addresses of a VPC.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VpcBlocks {
    /// Those that are the VPC's for certain; blocks side by side are one.
    pub known: Vec<IpNet>,
    /// Why there may be more.
    pub doubt: Option<String>,
}

/// What is asked of security groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SecurityGroupQuery {
    /// When.
    pub at: Timestamp,
    /// The blocks of addresses of their VPCs.
    pub vpc_blocks: bool,
    /// The names of prefix lists.
    pub prefix_list_names: bool,
}

impl Facts for SecurityGroup {
    type Query = SecurityGroupQuery;

    fn details(&self) -> Details {
        let users = self.users.as_ref().map(|users| ("UsedBy".into(), users.to_string()));
        self.details.iter().cloned().chain(users).collect()
    }
}

/// Reads the security groups of `T`'s footprint: `DescribeSecurityGroups`; `DescribeVpcs` of each VPC, once, and
/// `DescribeManagedPrefixLists`, once for all, if asked and needed.
#[derive(Clone, Debug)]
pub struct SecurityGroups<T> {
    client: Client,
    tenants: T,
    footprint: OnceCell<Footprint>,
    blocks: Once<Fact<VpcBlocks>>,
    names: OnceCell<Result<HashMap<String, Fact<String>>, String>>,
}

impl<T: Tenants> SecurityGroups<T> {
    /// A source on the account and Region of `config`, of the groups in the footprint of `tenants`.
    #[must_use]
    pub fn new(config: &SdkConfig, tenants: T) -> Self {
        Self {
            client: Client::new(config),
            tenants,
            footprint: OnceCell::new(),
            blocks: Once::default(),
            names: OnceCell::new(),
        }
    }

    /// `shown` are groups that were read with this one, each with its VPC.
    async fn facts(
        &self,
        id: &str,
        group: &types::SecurityGroup,
        shown: &Shown,
        query: SecurityGroupQuery,
        users: Option<&Users>,
    ) -> SecurityGroup {
        let names = self.names(group, query).await;
        let look_up = self.look_up(&strangers(id, group, shown)).await;
        let peers = Peers {
            id,
            vpc: aws::given(group.vpc_id()),
            owner: aws::given(group.owner_id()),
            shown,
            look_up: &look_up,
            names,
        };
        SecurityGroup {
            owner: peers.owner.clone().map_or(Fact::Absent, Fact::Known),
            inbound: peers.openings(group.ip_permissions.as_deref()),
            outbound: peers.openings(group.ip_permissions_egress.as_deref()),
            vpc_blocks: match &peers.vpc {
                _ if !query.vpc_blocks || !names_addresses(group) => Fact::Absent,
                Some(vpc) => self.blocks.get(vpc, async || self.blocks_of(vpc).await).await,
                None => Fact::Unread(format!("{GROUPS} gave no VpcId")),
            },
            tags: tags(group.tags()),
            details: aws::details([
                ("GroupId", Some(id)),
                ("GroupName", group.group_name()),
                ("VpcId", group.vpc_id()),
                ("OwnerId", group.owner_id()),
            ]),
            users: users.cloned(),
        }
    }

    /// The names of prefix lists, if somebody asks and the group names any list.
    async fn names(
        &self,
        group: &types::SecurityGroup,
        query: SecurityGroupQuery,
    ) -> Option<&Result<HashMap<String, Fact<String>>, String>> {
        let names_lists = permissions(group).any(|permission| !permission.prefix_list_ids().is_empty());
        if !query.prefix_list_names || !names_lists {
            return None;
        }
        Some(self.names.get_or_init(|| self.all_names()).await)
    }

    async fn all_names(&self) -> Result<HashMap<String, Fact<String>>, String> {
        let mut names = HashMap::new();
        let ask = async |token| {
            // 100 is the most that the API takes.
            let page = self.client.describe_managed_prefix_lists().max_results(100).set_next_token(token).send().await;
            let page = page.map_err(|error| aws::reason(PREFIX_LISTS, &error))?;
            let with_name = |list: &types::ManagedPrefixList| {
                let id = aws::given(list.prefix_list_id())?;
                let no_name = || Fact::Unread(format!("{PREFIX_LISTS} gave no name of {id}"));
                Some((id.clone(), aws::given(list.prefix_list_name()).map_or_else(no_name, Fact::Known)))
            };
            let found = page.prefix_lists().iter().map(with_name).collect::<Option<Vec<_>>>();
            let found = found.ok_or_else(|| format!("{PREFIX_LISTS} listed a prefix list without an id"))?;
            Ok((found, page.next_token().map(str::to_owned)))
        };
        aws::each_page(PREFIX_LISTS, ask, |found| names.extend(found)).await?;
        Ok(names)
    }

    /// Groups by their ids, each with its VPC; absent are those that the account does not see. A filter does not fail for one that
    /// does not exist.
    async fn look_up(&self, ids: &BTreeSet<String>) -> LookUp {
        /// Values that a filter takes.
        const AT_ONCE: usize = 200;
        let mut all = Shown::new();
        for ids in ids.iter().collect::<Vec<_>>().chunks(AT_ONCE) {
            let filter = types::Filter::builder().name("group-id");
            let by_id = ids.iter().fold(filter, |filter, id| filter.values(*id)).build();
            let answer = self.client.describe_security_groups().filters(by_id).send().await;
            let answer = answer.map_err(|error| aws::reason(GROUPS, &error))?;
            if aws::given(answer.next_token()).is_some()
                || answer.security_groups().iter().any(|group| aws::given(group.group_id()).is_none())
            {
                return Err(format!("{GROUPS} did not answer what was asked"));
            }
            all.extend(shown(answer.security_groups()));
        }
        Ok(all)
    }

    /// The blocks of one VPC.
    async fn blocks_of(&self, vpc: &str) -> Fact<VpcBlocks> {
        let filter = types::Filter::builder().name("vpc-id").values(vpc).build();
        match self.client.describe_vpcs().filters(filter).send().await {
            Ok(answer) => {
                let found = answer.vpcs().iter().find(|found| found.vpc_id() == Some(vpc));
                found
                    .map_or_else(|| Fact::Unread(format!("{VPCS} does not show {vpc}")), |vpc| Fact::Known(blocks(vpc)))
            }
            Err(error) => Fact::Unread(aws::reason(VPCS, &error)),
        }
    }
}

impl<T: Tenants> Source for SecurityGroups<T> {
    type Facts = SecurityGroup;

    async fn get(&self, resource: &Resource, query: &SecurityGroupQuery) -> Read<SecurityGroup> {
        let filter = types::Filter::builder().name("group-id").values(&resource.id).build();
        let answer = match self.client.describe_security_groups().filters(filter).send().await {
            Ok(answer) => answer,
            Err(error) => return Read::Unread(aws::reason(GROUPS, &error)),
        };
        match answer.security_groups().iter().find(|group| group.group_id() == Some(&resource.id)) {
            Some(group) => {
                let shown = shown(answer.security_groups());
                let facts = self.facts(&resource.id, group, &shown, *query, None).await;
                // Names are not unique: every VPC has a group `default`.
                Read::Here { resource: Resource { name: None, ..resource.clone() }, facts }
            }
            None if answer.security_groups().is_empty() && aws::given(answer.next_token()).is_none() => Read::Gone,
            None => Read::Unread(format!("{GROUPS} did not answer what was asked")),
        }
    }

    async fn list(&self, query: &SecurityGroupQuery, token: Option<String>) -> Result<Page<SecurityGroup>, String> {
        /// Groups that are read at a time.
        const AT_A_TIME: usize = 16;
        let footprint = self.footprint.get_or_init(|| self.tenants.footprint(query.at)).await;
        let mut unreadable = if token.is_none() { footprint.troubles.clone() } else { Vec::new() };
        // 1,000 is the most that the API takes.
        let answer = self.client.describe_security_groups().max_results(1000).set_next_token(token).send().await;
        let answer = answer.map_err(|error| aws::reason(GROUPS, &error))?;
        let mut found = Vec::new();
        for group in answer.security_groups() {
            match aws::given(group.group_id()) {
                Some(id) => {
                    if let Some(users) = footprint.security_groups.get(&id) {
                        found.push((id, group, users));
                    }
                }
                None => unreadable.push(format!("{GROUPS} listed a security group without an id")),
            }
        }
        let shown = shown(answer.security_groups());
        let items = stream::iter(found).map(async |(id, group, users)| {
            let facts = Some(self.facts(&id, group, &shown, *query, Some(users)).await);
            Listed { resource: Resource { resource_type: TYPE.to_owned(), id, ..Resource::default() }, facts }
        });
        let items = items.buffered(AT_A_TIME).collect().await;
        Ok(Page { items, unreadable, next: answer.next_token().map(str::to_owned), ..Page::default() })
    }

    async fn tags(&self, _: &Resource, group: &SecurityGroup) -> Result<Tags, String> {
        Ok(group.tags.clone())
    }
}

/// VPCs of groups, by the group's id.
type Shown = HashMap<String, Fact<String>>;

/// The same of groups that were looked up, or why they were not.
type LookUp = Result<Shown, String>;

fn shown(groups: &[types::SecurityGroup]) -> Shown {
    let vpc = |group: &types::SecurityGroup| {
        let id = aws::given(group.group_id())?;
        let unread = || Fact::Unread(format!("{GROUPS} gave no VpcId of {id}"));
        Some((id.clone(), aws::given(group.vpc_id()).map_or_else(unread, Fact::Known)))
    };
    groups.iter().filter_map(vpc).collect()
}

fn permissions(group: &types::SecurityGroup) -> impl Iterator<Item = &types::IpPermission> {
    group.ip_permissions().iter().chain(group.ip_permissions_egress())
}

fn names_addresses(group: &types::SecurityGroup) -> bool {
    permissions(group).any(|permission| !permission.ip_ranges().is_empty() || !permission.ipv6_ranges().is_empty())
}

/// Whether a pair says that its group is behind a VPC peering connection.
fn peering(pair: &types::UserIdGroupPair) -> Option<String> {
    let over = aws::given(pair.vpc_peering_connection_id());
    over.or_else(|| aws::given(pair.peering_status()).map(|_| "a VPC peering connection".to_owned()))
}

/// Groups to which a group refers and of which nothing tells the VPC. EC2 names no VPC of a group in the same one; whether it names
/// that of a group behind a transit gateway is not documented.
fn strangers(id: &str, group: &types::SecurityGroup, shown: &Shown) -> BTreeSet<String> {
    let pairs = permissions(group).flat_map(types::IpPermission::user_id_group_pairs);
    let unplaced = pairs.filter(|pair| peering(pair).is_none() && aws::given(pair.vpc_id()).is_none());
    unplaced.filter_map(|pair| aws::given(pair.group_id())).filter(|of| of != id && !shown.contains_key(of)).collect()
}

/// What is known of those to whom one group is open.
struct Peers<'a> {
    id: &'a str,
    vpc: Option<String>,
    owner: Option<String>,
    shown: &'a Shown,
    look_up: &'a LookUp,
    names: Option<&'a Result<HashMap<String, Fact<String>>, String>>,
}

impl Peers<'_> {
    fn openings(&self, permissions: Option<&[types::IpPermission]>) -> Fact<Vec<Opening>> {
        let Some(permissions) = permissions else { return Fact::Absent };
        Fact::Known(permissions.iter().flat_map(|permission| self.of_permission(permission)).collect())
    }

    fn of_permission(&self, permission: &types::IpPermission) -> Vec<Opening> {
        let ranges = permission.ip_ranges().iter().map(|range| addresses("CidrIp", range.cidr_ip()));
        let ranges6 = permission.ipv6_ranges().iter().map(|range| addresses("CidrIpv6", range.cidr_ipv6()));
        let lists = permission.prefix_list_ids().iter().map(|list| self.list(list));
        let groups = permission.user_id_group_pairs().iter().map(|pair| self.group(pair));
        let mut peers: Vec<_> = ranges.chain(ranges6).chain(lists).chain(groups).collect();
        let has_members = permission.ip_ranges.is_some()
            || permission.ipv6_ranges.is_some()
            || permission.prefix_list_ids.is_some()
            || permission.user_id_group_pairs.is_some();
        // Empty lists are open to nobody; where not even those were sent, nobody can tell to whom.
        if !has_members {
            peers.push(Peer::Unknown(format!("{GROUPS} gave a rule without anybody on the other side")));
        }
        let (protocol, ports) = (aws::given(permission.ip_protocol()), ports(permission));
        let protocol = protocol.map_or(Fact::Absent, Fact::Known);
        peers.into_iter().map(|peer| Opening { protocol: protocol.clone(), ports: ports.clone(), peer }).collect()
    }

    fn list(&self, list: &types::PrefixListId) -> Peer {
        let Some(id) = aws::given(list.prefix_list_id()) else {
            return Peer::Unknown(format!("{GROUPS} gave a prefix list without an id"));
        };
        let name = match self.names {
            None => Fact::Absent,
            Some(Ok(names)) => {
                let unseen = || Fact::Unread(format!("{PREFIX_LISTS} does not show {id}"));
                names.get(&id).cloned().unwrap_or_else(unseen)
            }
            Some(Err(reason)) => Fact::Unread(reason.clone()),
        };
        Peer::PrefixList { id, name }
    }

    fn group(&self, pair: &types::UserIdGroupPair) -> Peer {
        match aws::given(pair.group_id()) {
            None => Peer::Unknown(format!("{GROUPS} gave a reference to a security group without its id")),
            Some(id) if id == self.id => Peer::Itself,
            Some(id) => Peer::Group { place: self.place(&id, pair), id },
        }
    }

    fn place(&self, id: &str, pair: &types::UserIdGroupPair) -> Fact<GroupPlace> {
        if let Some(over) = peering(pair) {
            return Fact::Known(GroupPlace::Peered(over));
        }
        let vpc = match aws::given(pair.vpc_id()) {
            Some(vpc) => Fact::Known(vpc),
            None => match (self.shown.get(id), self.look_up) {
                (Some(vpc), _) => vpc.clone(),
                (None, Ok(found)) => found.get(id).cloned().unwrap_or(Fact::Absent),
                (None, Err(reason)) => Fact::Unread(reason.clone()),
            },
        };
        match (vpc, &self.vpc) {
            (Fact::Known(_), None) => Fact::Unread(format!("{GROUPS} gave no VpcId")),
            (Fact::Known(vpc), Some(own)) if vpc == *own => Fact::Known(GroupPlace::SameVpc),
            (Fact::Known(vpc), Some(_)) => Fact::Known(GroupPlace::Other(vpc)),
            (Fact::Unread(reason), _) => Fact::Unread(reason),
            // An account sees all groups of its own.
            (Fact::Absent, _) => match aws::given(pair.user_id()) {
                Some(user) if Some(&user) == self.owner.as_ref() => Fact::Known(GroupPlace::Gone),
                Some(user) => {
                    Fact::Unread(format!("{GROUPS} does not show {id} of account {user}, so its VPC is not known"))
                }
                // `UserId` of a group in another VPC is left out once that group is deleted (`UserIdGroupPair`).
                None => Fact::Known(GroupPlace::Gone),
            },
        }
    }
}

fn addresses(member: &str, block: Option<&str>) -> Peer {
    match aws::given(block).map(|block| block.parse::<IpNet>().map_err(|_| block)) {
        Some(Ok(block)) => Peer::Addresses(block.trunc()),
        Some(Err(odd)) => Peer::Unknown(format!("{member} is `{odd}`, which is no block of addresses")),
        None => Peer::Unknown(format!("{GROUPS} gave no {member}")),
    }
}

fn ports(permission: &types::IpPermission) -> Fact<(u16, u16)> {
    match (permission.from_port(), permission.to_port()) {
        (None, None) => Fact::Absent,
        (None, Some(_)) => Fact::Unread(format!("{GROUPS} gave no FromPort")),
        (Some(_), None) => Fact::Unread(format!("{GROUPS} gave no ToPort")),
        (Some(from), Some(to)) => match (u16::try_from(from), u16::try_from(to)) {
            (Ok(from), Ok(to)) if from <= to => Fact::Known((from, to)),
            // Types and codes of ICMP look like this, too.
            _ => Fact::Unread(format!("{from} to {to} are no ports")),
        },
    }
}

fn blocks(vpc: &types::Vpc) -> VpcBlocks {
    use types::VpcCidrBlockStateCode as State;
    let mut blocks = VpcBlocks::default();
    // The first block stays as long as the VPC.
    let first = (vpc.cidr_block(), Fact::Known(true));
    let associated = |state: Option<&types::VpcCidrBlockState>| match state.and_then(|state| state.state()) {
        Some(State::Associated) => Fact::Known(true),
        Some(State::Associating | State::Disassociated | State::Disassociating | State::Failed | State::Failing) => {
            Fact::Known(false)
        }
        Some(other) => Fact::Unread(aws::unknown("CidrBlockState", other.as_str())),
        None => Fact::Unread(format!("{VPCS} gave no CidrBlockState")),
    };
    let more = vpc.cidr_block_association_set().iter().map(|of| (of.cidr_block(), associated(of.cidr_block_state())));
    // Not sent where the VPC has no addresses of IPv6.
    let six = vpc.ipv6_cidr_block_association_set().iter();
    let six = six.map(|of| (of.ipv6_cidr_block(), associated(of.ipv6_cidr_block_state())));
    if vpc.cidr_block_association_set.is_none() {
        blocks.doubt = Some(format!("{VPCS} gave no CidrBlockAssociationSet"));
    }
    for (block, is_associated) in std::iter::once(first).chain(more).chain(six) {
        let doubt = match (aws::given(block).map(|block| block.parse::<IpNet>()), is_associated) {
            (_, Fact::Known(false) | Fact::Absent) => continue,
            (Some(Ok(block)), Fact::Known(true)) => {
                blocks.known.push(block.trunc());
                continue;
            }
            (_, Fact::Unread(reason)) => reason,
            (Some(Err(_)), _) => format!("{VPCS} gave a block of addresses that is none"),
            (None, _) => format!("{VPCS} gave a VPC without a block of addresses"),
        };
        blocks.doubt.get_or_insert(doubt);
    }
    blocks.known = IpNet::aggregate(&blocks.known);
    blocks
}

#[cfg(test)]
mod tests {
    use types::VpcCidrBlockStateCode as State;

    use super::*;

    fn state(code: Option<State>) -> types::VpcCidrBlockState {
        types::VpcCidrBlockState::builder().set_state(code).build()
    }

    fn association(block: &str, code: Option<State>) -> types::VpcCidrBlockAssociation {
        types::VpcCidrBlockAssociation::builder().cidr_block(block).cidr_block_state(state(code)).build()
    }

    fn known(blocks: &[&str], doubt: Option<&str>) -> VpcBlocks {
        let known = blocks.iter().map(|block| block.parse().unwrap()).collect();
        VpcBlocks { known, doubt: doubt.map(str::to_owned) }
    }

    #[test]
    fn blocks_of_a_vpc_are_those_that_are_associated() {
        let first = || types::Vpc::builder().cidr_block("10.0.0.0/17");
        for (more, expected) in [
            (vec![], known(&["10.0.0.0/17"], None)),
            (vec![("10.0.128.0/17", Some(State::Associated))], known(&["10.0.0.0/16"], None)),
            (vec![("10.2.0.0/16", Some(State::Associating))], known(&["10.0.0.0/17"], None)),
            (vec![("10.2.0.0/16", Some(State::Disassociated))], known(&["10.0.0.0/17"], None)),
            (
                vec![("10.2.0.0/16", Some(State::from("odd"))), ("10.3.0.0/16", Some(State::Associated))],
                known(
                    &["10.0.0.0/17", "10.3.0.0/16"],
                    Some("CidrBlockState is `odd`, which this release does not know"),
                ),
            ),
            (vec![("10.2.0.0/16", None)], known(&["10.0.0.0/17"], Some("ec2:DescribeVpcs gave no CidrBlockState"))),
            (
                vec![("nonsense", Some(State::Associated))],
                known(&["10.0.0.0/17"], Some("ec2:DescribeVpcs gave a block of addresses that is none")),
            ),
        ] {
            let more: Vec<_> = more.into_iter().map(|(block, code)| association(block, code)).collect();
            let vpc = first().set_cidr_block_association_set(Some(more)).build();
            assert_eq!(blocks(&vpc), expected, "{vpc:?}");
        }
        let unsent = known(&["10.0.0.0/17"], Some("ec2:DescribeVpcs gave no CidrBlockAssociationSet"));
        assert_eq!(blocks(&first().build()), unsent);
        let six = types::VpcIpv6CidrBlockAssociation::builder().ipv6_cidr_block("2001:db8::/56");
        let six = six.ipv6_cidr_block_state(state(Some(State::Associated))).build();
        let vpc = first().set_cidr_block_association_set(Some(Vec::new())).ipv6_cidr_block_association_set(six).build();
        assert_eq!(blocks(&vpc), known(&["10.0.0.0/17", "2001:db8::/56"], None));
        let bare = types::Vpc::builder().set_cidr_block_association_set(Some(Vec::new())).build();
        assert_eq!(blocks(&bare), known(&[], Some("ec2:DescribeVpcs gave a VPC without a block of addresses")));
    }

    #[test]
    fn ports_are_a_range_or_none() {
        let odd = |reason: &str| Fact::Unread(reason.to_owned());
        for (from, to, expected) in [
            (Some(443), Some(443), Fact::Known((443, 443))),
            (Some(0), Some(65535), Fact::Known((0, 65535))),
            (None, None, Fact::Absent),
            (Some(443), None, odd("ec2:DescribeSecurityGroups gave no ToPort")),
            (None, Some(443), odd("ec2:DescribeSecurityGroups gave no FromPort")),
            (Some(-1), Some(-1), odd("-1 to -1 are no ports")),
            (Some(8), Some(0), odd("8 to 0 are no ports")),
            (Some(1), Some(65536), odd("1 to 65536 are no ports")),
        ] {
            let permission = types::IpPermission::builder().set_from_port(from).set_to_port(to).build();
            assert_eq!(ports(&permission), expected, "{from:?} {to:?}");
        }
    }

    #[test]
    fn a_rule_is_open_to_each_that_it_names_and_to_nobody_else() {
        let (shown, look_up) = (Shown::new(), Ok(Shown::new()));
        let peers = Peers { id: "sg-1", vpc: None, owner: None, shown: &shown, look_up: &look_up, names: None };
        let of = |permission: types::IpPermission| -> Vec<_> {
            peers.of_permission(&permission).into_iter().map(|opening| opening.peer).collect()
        };
        let permission = types::IpPermission::builder;
        assert_eq!(of(permission().set_ip_ranges(Some(Vec::new())).build()), []);
        assert!(matches!(of(permission().build())[..], [Peer::Unknown(_)]), "nothing was sent");
        let range = types::IpRange::builder().cidr_ip("10.0.0.1/8").build();
        let itself = types::UserIdGroupPair::builder().group_id("sg-1").build();
        let both = of(permission().ip_ranges(range).user_id_group_pairs(itself).build());
        assert_eq!(both, [Peer::Addresses("10.0.0.0/8".parse().unwrap()), Peer::Itself]);
        for range in [types::IpRange::builder().build(), types::IpRange::builder().cidr_ip("anywhere").build()] {
            assert!(matches!(of(permission().ip_ranges(range).build())[..], [Peer::Unknown(_)]));
        }
    }
}

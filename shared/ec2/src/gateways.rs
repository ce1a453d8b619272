use std::collections::{BTreeSet, HashMap};

use aws::SdkConfig;
use aws_sdk_ec2::{Client, types};
use futures::{StreamExt, join, stream};
use rule::{Details, Fact, Facts, Footprint, Listed, Page, Read, Resource, Source, Tags, Tenants, Timestamp};
use tokio::sync::OnceCell;

use crate::{
    subnets::{SUBNETS, all_placed},
    tags,
    vpcs::{VPCS, VpcState, details, one_vpc, page_of_vpcs, state},
};

const TYPE: &str = "AWS::EC2::VPC";

/// A VPC and its ways into the internet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayVpc {
    /// Whether it is there yet, and still.
    pub state: Fact<VpcState>,
    /// The account that it belongs to; others only use its subnets.
    pub owner: Fact<String>,
    /// Internet gateways and egress-only internet gateways that are attached to it, or that may be.
    pub gateways: Vec<Gateway>,
    /// Why there may be more of them, if so.
    pub unread_gateways: Option<String>,
    /// VPC Block Public Access; absent where no gateway is attached, since nobody asks then.
    pub block: Fact<PublicAccessBlock>,
    /// Its tags.
    pub tags: Tags,
    /// What findings show of it, beside its gateways.
    pub details: Details,
}

/// A gateway of a VPC into the internet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// Its id.
    pub id: String,
    /// Whether it is attached. One that is being attached or detached is.
    pub is_attached: Fact<bool>,
}

/// VPC Block Public Access of the account in this Region, as it concerns one VPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicAccessBlock {
    /// What it blocks.
    pub mode: Fact<BlockMode>,
    /// Whether that is in force, and not being changed.
    pub is_settled: Fact<bool>,
    /// Exclusions of the VPC, or of a subnet of it, of which there may be some in force; absent where nothing is blocked both ways, since
    /// nobody asks then.
    pub exclusions: Fact<Vec<Exclusion>>,
}

/// `InternetGatewayBlockMode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockMode {
    /// Nothing is blocked.
    Off,
    /// What comes in from the internet is, and what goes out is not.
    Ingress,
    /// Everything is.
    Bidirectional,
}

/// An exclusion from VPC Block Public Access. Whatever its mode, it lets traffic out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exclusion {
    /// Its id.
    pub id: String,
    /// Id of the VPC or subnet that is excluded.
    pub of: String,
    /// Whether it is in force. One that is being created, changed or deleted is.
    pub is_in_force: Fact<bool>,
}

/// Which VPCs are judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GatewayVpcQuery {
    /// VPCs that are, beside those that somebody stands in.
    pub vpcs: Vec<String>,
    /// The time of the event.
    pub at: Timestamp,
}

impl Facts for GatewayVpc {
    type Query = GatewayVpcQuery;

    fn details(&self) -> Details {
        let gateways = self.gateways.iter().map(|gateway| gateway.id.as_str()).collect::<Vec<_>>().join(", ");
        let gateways = (!gateways.is_empty()).then(|| ("Gateways".into(), gateways));
        self.details.iter().cloned().chain(gateways).collect()
    }
}

/// Reads VPCs that somebody stands in, and named ones, with their ways into the internet: `DescribeVpcs`, `DescribeInternetGateways`,
/// `DescribeEgressOnlyInternetGateways`; `DescribeSubnets`, to know whose subnets they are; `DescribeVpcBlockPublicAccessOptions` if a
/// gateway is attached, and `DescribeVpcBlockPublicAccessExclusions` if traffic is blocked both ways. Each list is read once.
#[derive(Clone, Debug)]
pub struct GatewayVpcs<T> {
    client: Client,
    tenants: T,
    footprint: OnceCell<Footprint>,
    gateways: OnceCell<[Result<Attachments, String>; 2]>,
    options: OnceCell<Result<Options, String>>,
    exclusions: OnceCell<Result<Vec<Exclusion>, String>>,
    /// The VPC of each subnet.
    subnets: OnceCell<Result<HashMap<String, String>, String>>,
}

/// Gateways of one kind.
#[derive(Clone, Debug, Default)]
struct Attachments {
    by_vpc: HashMap<String, Vec<Gateway>>,
    /// Why one may be attached to any VPC.
    doubt: Option<String>,
}

/// What is set for all VPCs.
#[derive(Clone, Debug)]
struct Options {
    mode: Fact<BlockMode>,
    is_settled: Fact<bool>,
}

const INTERNET: &str = "ec2:DescribeInternetGateways";
const EGRESS_ONLY: &str = "ec2:DescribeEgressOnlyInternetGateways";
const OPTIONS: &str = "ec2:DescribeVpcBlockPublicAccessOptions";
const EXCLUSIONS: &str = "ec2:DescribeVpcBlockPublicAccessExclusions";

impl<T: Tenants> GatewayVpcs<T> {
    /// A source on the account and Region of `config`, in which `tenants` stand.
    #[must_use]
    pub fn new(config: &SdkConfig, tenants: T) -> Self {
        Self {
            client: Client::new(config),
            tenants,
            footprint: OnceCell::new(),
            gateways: OnceCell::new(),
            options: OnceCell::new(),
            exclusions: OnceCell::new(),
            subnets: OnceCell::new(),
        }
    }

    async fn facts(&self, id: &str, vpc: &types::Vpc) -> GatewayVpc {
        let lists = self.gateways.get_or_init(async || {
            let (internet, egress_only) = join!(self.internet_gateways(), self.egress_only_gateways());
            [internet, egress_only]
        });
        let (mut gateways, mut unread_gateways) = (Vec::new(), None);
        for list in lists.await {
            let doubt = match list {
                Ok(list) => {
                    gateways.extend(list.by_vpc.get(id).into_iter().flatten().cloned());
                    &list.doubt
                }
                Err(reason) => &Some(reason.clone()),
            };
            unread_gateways = unread_gateways.or_else(|| doubt.clone());
        }
        gateways.sort_by(|one: &Gateway, other| one.id.cmp(&other.id));
        GatewayVpc {
            state: state(vpc.state()),
            owner: aws::given(vpc.owner_id()).map_or(Fact::Absent, Fact::Known),
            block: if gateways.is_empty() { Fact::Absent } else { self.block(id).await },
            gateways,
            unread_gateways,
            tags: tags(vpc.tags()),
            details: details(vpc),
        }
    }

    async fn internet_gateways(&self) -> Result<Attachments, String> {
        let mut all = Attachments::default();
        let ask = async |token| {
            // 1,000 is the most that the API takes.
            let page = self.client.describe_internet_gateways().max_results(1000).set_next_token(token).send().await;
            let page = page.map_err(|error| aws::reason(INTERNET, &error))?;
            let found = page.internet_gateways().iter();
            let found =
                found.map(|gateway| (aws::given(gateway.internet_gateway_id()), gateway.attachments().to_vec()));
            Ok((found.collect(), page.next_token().map(str::to_owned)))
        };
        aws::each_page(INTERNET, ask, |page| all.take(INTERNET, page)).await?;
        Ok(all)
    }

    async fn egress_only_gateways(&self) -> Result<Attachments, String> {
        let mut all = Attachments::default();
        let ask = async |token| {
            // 255 is the most that the API takes.
            let page = self.client.describe_egress_only_internet_gateways().max_results(255).set_next_token(token);
            let page = page.send().await.map_err(|error| aws::reason(EGRESS_ONLY, &error))?;
            let found = page.egress_only_internet_gateways().iter();
            let id = |gateway: &types::EgressOnlyInternetGateway| {
                gateway.egress_only_internet_gateway_id().map(str::to_owned)
            };
            let found = found.map(|gateway| (aws::given(id(gateway).as_deref()), gateway.attachments().to_vec()));
            Ok((found.collect(), page.next_token().map(str::to_owned)))
        };
        aws::each_page(EGRESS_ONLY, ask, |page| all.take(EGRESS_ONLY, page)).await?;
        Ok(all)
    }

    /// VPC Block Public Access as it concerns this VPC.
    async fn block(&self, vpc: &str) -> Fact<PublicAccessBlock> {
        let Options { mode, is_settled } = match self.options.get_or_init(|| self.options()).await {
            Ok(options) => options.clone(),
            Err(reason) => return Fact::Unread(reason.clone()),
        };
        let exclusions = match mode {
            Fact::Known(BlockMode::Bidirectional) => self.exclusions(vpc).await.map_or_else(Fact::Unread, Fact::Known),
            _ => Fact::Absent,
        };
        Fact::Known(PublicAccessBlock { mode, is_settled, exclusions })
    }

    async fn options(&self) -> Result<Options, String> {
        use types::{InternetGatewayBlockMode as Mode, VpcBlockPublicAccessState as State};
        let answer = self.client.describe_vpc_block_public_access_options().send().await;
        let answer = answer.map_err(|error| aws::reason(OPTIONS, &error))?;
        let options = answer.vpc_block_public_access_options().ok_or_else(|| format!("{OPTIONS} gave no options"))?;
        let mode = match options.internet_gateway_block_mode() {
            None => Fact::Absent,
            Some(Mode::Off) => Fact::Known(BlockMode::Off),
            Some(Mode::BlockIngress) => Fact::Known(BlockMode::Ingress),
            Some(Mode::BlockBidirectional) => Fact::Known(BlockMode::Bidirectional),
            Some(other) => Fact::Unread(aws::unknown("InternetGatewayBlockMode", other.as_str())),
        };
        let is_settled = match options.state() {
            None => Fact::Absent,
            Some(State::DefaultState | State::UpdateComplete) => Fact::Known(true),
            Some(State::UpdateInProgress) => Fact::Known(false),
            Some(other) => Fact::Unread(aws::unknown("State", other.as_str())),
        };
        Ok(Options { mode, is_settled })
    }

    /// Exclusions of this VPC and of its subnets, but for those that are certainly not in force.
    async fn exclusions(&self, vpc: &str) -> Result<Vec<Exclusion>, String> {
        let all = self.exclusions.get_or_init(|| self.all_exclusions()).await.as_ref().map_err(Clone::clone)?;
        let (mut found, mut doubt) = (Vec::new(), None);
        for exclusion in all.iter().filter(|exclusion| exclusion.is_in_force != Fact::Known(false)) {
            let of = if exclusion.of.starts_with("subnet-") {
                let subnets = self.subnets.get_or_init(|| self.all_subnets()).await.as_ref().map_err(Clone::clone)?;
                let Some(of) = subnets.get(&exclusion.of) else {
                    let Exclusion { of, id, .. } = exclusion;
                    doubt.get_or_insert_with(|| format!("{SUBNETS} does not show {of}, which {id} excludes"));
                    continue;
                };
                of
            } else {
                &exclusion.of
            };
            if of == vpc {
                found.push(exclusion.clone());
            }
        }
        found.sort_by(|one, other| one.of.cmp(&other.of));
        // One that is certain is enough.
        match doubt {
            Some(doubt) if found.iter().all(|exclusion| exclusion.is_in_force != Fact::Known(true)) => Err(doubt),
            _ => Ok(found),
        }
    }

    async fn all_exclusions(&self) -> Result<Vec<Exclusion>, String> {
        let mut all = Vec::new();
        let ask = async |token| {
            // 1,000 is the most that the API takes.
            let page = self.client.describe_vpc_block_public_access_exclusions().max_results(1000);
            let page = page.set_next_token(token).send().await.map_err(|error| aws::reason(EXCLUSIONS, &error))?;
            let found = page.vpc_block_public_access_exclusions().iter().map(exclusion).collect::<Option<Vec<_>>>();
            let found = found.ok_or_else(|| format!("{EXCLUSIONS} listed one that does not say what it is of"))?;
            Ok((found, page.next_token().map(str::to_owned)))
        };
        aws::each_page(EXCLUSIONS, ask, |found| all.extend(found)).await?;
        Ok(all)
    }

    async fn all_subnets(&self) -> Result<HashMap<String, String>, String> {
        Ok(all_placed(&self.client).await?.into_iter().map(|subnet| (subnet.id, subnet.vpc)).collect())
    }
}

impl Attachments {
    /// Takes a page of gateways, each with its attachments.
    fn take(&mut self, operation: &str, page: Vec<(Option<String>, Vec<types::InternetGatewayAttachment>)>) {
        for (gateway, attachments) in page {
            for attachment in attachments {
                let is_attached = is_attached(operation, attachment.state());
                if is_attached == Fact::Known(false) {
                    continue;
                }
                match (&gateway, aws::given(attachment.vpc_id())) {
                    (Some(id), Some(vpc)) => {
                        self.by_vpc.entry(vpc).or_default().push(Gateway { id: id.clone(), is_attached });
                    }
                    (None, _) => {
                        self.doubt.get_or_insert_with(|| format!("{operation} listed a gateway without an id"));
                    }
                    (Some(id), None) => {
                        self.doubt.get_or_insert_with(|| format!("{operation} gave no VpcId of {id}'s attachment"));
                    }
                }
            }
        }
    }
}

/// Whether a gateway is attached. Of an internet gateway that is, AWS says `available`, which the API's model does not list.
fn is_attached(operation: &str, state: Option<&types::AttachmentStatus>) -> Fact<bool> {
    match state.map(types::AttachmentStatus::as_str) {
        Some("available" | "attached" | "attaching" | "detaching") => Fact::Known(true),
        Some("detached") => Fact::Known(false),
        Some(other) => Fact::Unread(aws::unknown("State", other)),
        None => Fact::Unread(format!("{operation} gave no State of an attachment")),
    }
}

fn exclusion(exclusion: &types::VpcBlockPublicAccessExclusion) -> Option<Exclusion> {
    use types::VpcBlockPublicAccessExclusionState as State;
    let arn = aws::given(exclusion.resource_arn())?;
    let (_, of) = arn.rsplit_once('/')?;
    let is_in_force = match exclusion.state() {
        None => Fact::Unread(format!("{EXCLUSIONS} gave no State")),
        Some(State::CreateFailed | State::DeleteComplete | State::DisableComplete) => Fact::Known(false),
        Some(
            State::CreateInProgress
            | State::CreateComplete
            | State::UpdateInProgress
            | State::UpdateComplete
            | State::UpdateFailed
            | State::DeleteInProgress
            | State::DisableInProgress,
        ) => Fact::Known(true),
        Some(other) => Fact::Unread(aws::unknown("State", other.as_str())),
    };
    let id = aws::given(exclusion.exclusion_id()).unwrap_or_else(|| "an exclusion".to_owned());
    Some(Exclusion { id, of: of.to_owned(), is_in_force })
}

impl<T: Tenants> Source for GatewayVpcs<T> {
    type Facts = GatewayVpc;

    async fn get(&self, resource: &Resource, _: &GatewayVpcQuery) -> Read<GatewayVpc> {
        match one_vpc(&self.client, &resource.id).await {
            Ok(Some(vpc)) => Read::Here { resource: resource.clone(), facts: self.facts(&resource.id, &vpc).await },
            Ok(None) => Read::Gone,
            Err(reason) => Read::Unread(reason),
        }
    }

    async fn list(&self, query: &GatewayVpcQuery, token: Option<String>) -> Result<Page<GatewayVpc>, String> {
        /// VPCs that are read at a time.
        const AT_A_TIME: usize = 16;
        let is_first = token.is_none();
        let answer = page_of_vpcs(&self.client, token).await?;
        let footprint = self.footprint.get_or_init(|| self.tenants.footprint(query.at)).await;
        let subnets = self.subnets.get_or_init(|| self.all_subnets()).await.as_ref().map_err(Clone::clone)?;
        let stood_in: BTreeSet<_> = footprint.subnets.keys().filter_map(|subnet| subnets.get(subnet)).collect();
        // Who is not known to stand anywhere may stand in any of them.
        let mut unreadable = if is_first { footprint.troubles.clone() } else { Vec::new() };
        let mut found = Vec::new();
        for vpc in answer.vpcs() {
            match aws::given(vpc.vpc_id()) {
                Some(id) if stood_in.contains(&id) || query.vpcs.contains(&id) => found.push((id, vpc)),
                Some(_) => {}
                None => unreadable.push(format!("{VPCS} listed a VPC without an id")),
            }
        }
        let items = stream::iter(found).map(async |(id, vpc)| {
            let facts = Some(self.facts(&id, vpc).await);
            Listed { resource: Resource { resource_type: TYPE.to_owned(), id, ..Resource::default() }, facts }
        });
        let items = items.buffered(AT_A_TIME).collect().await;
        Ok(Page { items, unreadable, next: answer.next_token().map(str::to_owned), ..Page::default() })
    }

    async fn tags(&self, _: &Resource, vpc: &GatewayVpc) -> Result<Tags, String> {
        Ok(vpc.tags.clone())
    }
}

#[cfg(test)]
mod tests {
    use types::VpcBlockPublicAccessExclusionState as State;

    use super::*;

    #[test]
    fn an_exclusion_is_in_force_from_its_creation_until_it_is_gone() {
        for (state, expected) in [
            (Some(State::CreateInProgress), Fact::Known(true)),
            (Some(State::CreateComplete), Fact::Known(true)),
            (Some(State::CreateFailed), Fact::Known(false)),
            (Some(State::UpdateInProgress), Fact::Known(true)),
            (Some(State::UpdateComplete), Fact::Known(true)),
            (Some(State::UpdateFailed), Fact::Known(true)),
            (Some(State::DeleteInProgress), Fact::Known(true)),
            (Some(State::DeleteComplete), Fact::Known(false)),
            (Some(State::DisableInProgress), Fact::Known(true)),
            (Some(State::DisableComplete), Fact::Known(false)),
            (Some(State::from("odd")), Fact::Unread("State is `odd`, which this release does not know".to_owned())),
            (None, Fact::Unread("ec2:DescribeVpcBlockPublicAccessExclusions gave no State".to_owned())),
        ] {
            let built = types::VpcBlockPublicAccessExclusion::builder().exclusion_id("vpcbpa-exclude-1");
            let built = built.resource_arn("arn:aws:ec2:eu-west-1:111122223333:subnet/subnet-1").set_state(state);
            let found = exclusion(&built.build()).unwrap();
            assert_eq!((found.of.as_str(), found.is_in_force), ("subnet-1", expected));
        }
        assert_eq!(exclusion(&types::VpcBlockPublicAccessExclusion::builder().build()), None);
    }

    #[test]
    fn a_gateway_is_attached_until_it_is_detached() {
        let gateway = |is_attached| vec![Gateway { id: "igw-1".to_owned(), is_attached }];
        let unknown = Fact::Unread("State is `odd`, which this release does not know".to_owned());
        let unsaid = Fact::Unread("ec2:DescribeInternetGateways gave no State of an attachment".to_owned());
        for (state, expected) in [
            (Some("available"), gateway(Fact::Known(true))),
            (Some("attached"), gateway(Fact::Known(true))),
            (Some("attaching"), gateway(Fact::Known(true))),
            (Some("detaching"), gateway(Fact::Known(true))),
            (Some("detached"), Vec::new()),
            (Some("odd"), gateway(unknown)),
            (None, gateway(unsaid)),
        ] {
            let attachment = types::InternetGatewayAttachment::builder().vpc_id("vpc-1");
            let attachment = attachment.set_state(state.map(types::AttachmentStatus::from)).build();
            let mut all = Attachments::default();
            all.take(INTERNET, vec![(Some("igw-1".to_owned()), vec![attachment]), (Some("igw-2".to_owned()), vec![])]);
            assert_eq!(all.by_vpc.remove("vpc-1").unwrap_or_default(), expected, "{state:?}");
            assert_eq!(all.doubt, None);
        }
    }

    #[test]
    fn an_attachment_to_nothing_may_be_to_any_vpc() {
        let attached = || types::InternetGatewayAttachment::builder().state("available".into());
        for (id, attachment, doubt) in [
            (Some("igw-1"), attached(), "ec2:DescribeInternetGateways gave no VpcId of igw-1's attachment"),
            (None, attached().vpc_id("vpc-1"), "ec2:DescribeInternetGateways listed a gateway without an id"),
        ] {
            let mut all = Attachments::default();
            all.take(INTERNET, vec![(id.map(str::to_owned), vec![attachment.build()])]);
            assert_eq!((all.by_vpc.len(), all.doubt.as_deref()), (0, Some(doubt)));
        }
    }
}

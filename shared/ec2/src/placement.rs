use std::collections::HashMap;

use aws::{Once, SdkConfig};
use aws_sdk_ec2::{Client, types};
use futures::{StreamExt, stream};
use rule::{Details, Fact, Facts, Listed, Page, Parameters, Read, Resource, Source, Tags, Verdict};
use tokio::sync::OnceCell;

use crate::{
    subnets::{self, SUBNETS, all_placed, one_subnet},
    vpcs::{VPCS, one_vpc, page_of_vpcs},
};

/// Facts with the VPCs of the subnets that they name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed<F> {
    /// What is true of the resource.
    pub of: F,
    /// Ids of its subnets, each with the id of its VPC; absent when the account sees no such subnet.
    pub vpcs: Vec<(String, Fact<String>)>,
    /// Ids of those VPCs, each with whether it is the default VPC of its Region.
    pub defaults: Vec<(String, Fact<bool>)>,
}

impl<F> Placed<F> {
    /// Id of the VPC of a subnet that the resource names.
    #[must_use]
    pub fn vpc_of(&self, subnet: &str) -> Fact<String> {
        let found = self.vpcs.iter().find(|(id, _)| id == subnet);
        found.map_or_else(|| Fact::Unread(format!("subnet {subnet} was not looked up")), |(_, vpc)| vpc.clone())
    }

    /// Whether the VPC of one of its subnets is the default VPC of its Region.
    #[must_use]
    pub fn is_default(&self, vpc: &str) -> Fact<bool> {
        let found = self.defaults.iter().find(|(id, _)| id == vpc);
        found.map_or_else(|| Fact::Unread(format!("VPC {vpc} was not looked up")), |(_, is_default)| is_default.clone())
    }
}

/// What to ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlacedQuery<Q> {
    /// Of the resource.
    pub of: Q,
    /// Of its subnets.
    pub look_up: LookUp,
}

/// What to ask of subnets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LookUp {
    /// Nothing: EC2 is not called.
    #[default]
    Nothing,
    /// Their VPCs.
    Vpcs,
    /// Their VPCs, and whether those are the default VPC.
    VpcsAndDefault,
}

/// Where resources may be: parameters `subnetIds` and `vpcIds`, and the default VPC for rules that ask about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedPlaces {
    /// Subnets that they may be in; any if empty.
    pub subnets: Vec<String>,
    /// VPCs that they may be in; any if empty.
    pub vpcs: Vec<String>,
    /// Whether the default VPC is no such place, even where `vpcs` names it.
    pub forbid_default_vpc: bool,
}

impl AllowedPlaces {
    /// Takes the two lists out of a rule's parameters.
    pub fn take(given: &mut Parameters) -> Self {
        Self { subnets: given.list("subnetIds"), vpcs: given.list("vpcIds"), forbid_default_vpc: false }
    }

    /// What has to be known of subnets.
    #[must_use]
    pub const fn look_up(&self) -> LookUp {
        match (self.forbid_default_vpc, self.vpcs.is_empty()) {
            (true, _) => LookUp::VpcsAndDefault,
            (false, false) => LookUp::Vpcs,
            (false, true) => LookUp::Nothing,
        }
    }

    /// The first subnet that is not one of `subnetIds`.
    #[must_use]
    pub fn stranger<'a>(&self, subnets: &'a [String]) -> Option<&'a String> {
        subnets.iter().find(|of| !self.subnets.is_empty() && !self.subnets.contains(of))
    }

    /// The verdict on what is in these subnets. `gone` is the verdict where the account sees no such subnet, deleted or no longer
    /// shared, so that nobody can tell its VPC. What is certain comes first; that one is unknown outweighs any that are not.
    #[must_use]
    pub fn judge<F>(&self, placed: &Placed<F>, subnets: &[String], gone: impl Fn(&str) -> Verdict) -> Verdict {
        if subnets.is_empty() {
            return Verdict::undecided("its VpcConfig has no subnets");
        }
        if let Some(subnet) = self.stranger(subnets) {
            return Verdict::non_compliant(format!("subnet {subnet} is not one of subnetIds"));
        }
        if self.look_up() == LookUp::Nothing {
            return Verdict::COMPLIANT;
        }
        let (mut unread, mut lost) = (None, None);
        for subnet in subnets {
            let vpc = match placed.vpc_of(subnet) {
                Fact::Known(vpc) => vpc,
                Fact::Unread(reason) => {
                    unread = unread.or(Some(reason));
                    continue;
                }
                Fact::Absent => {
                    lost = lost.or(Some(gone(subnet)));
                    continue;
                }
            };
            if !self.vpcs.is_empty() && !self.vpcs.contains(&vpc) {
                return Verdict::non_compliant(format!("subnet {subnet} is in {vpc}, which is not one of vpcIds"));
            }
            if self.forbid_default_vpc {
                match placed.is_default(&vpc) {
                    Fact::Known(false) => {}
                    Fact::Known(true) => {
                        return Verdict::non_compliant(format!(
                            "subnet {subnet} is in {vpc}, which is the default VPC"
                        ));
                    }
                    Fact::Absent => unread = unread.or_else(|| Some(format!("{VPCS} gave no IsDefault of {vpc}"))),
                    Fact::Unread(reason) => unread = unread.or(Some(reason)),
                }
            }
        }
        match (unread, lost) {
            (_, Some(fails @ Verdict::NonCompliant(_))) => fails,
            (Some(reason), _) => Verdict::undecided(reason),
            (None, Some(verdict)) => verdict,
            (None, None) => Verdict::COMPLIANT,
        }
    }
}

impl<F: Facts> Facts for Placed<F> {
    type Query = PlacedQuery<F::Query>;

    fn settled(&self) -> bool {
        self.of.settled()
    }

    fn details(&self) -> Details {
        self.of.details()
    }
}

/// A Source whose resources name subnets, with the VPCs of those: `DescribeSubnets`, and `DescribeVpcs` if somebody asks which of
/// them is the default VPC.
#[derive(Clone, Debug)]
pub struct WithVpcs<S: Source> {
    source: S,
    client: Client,
    subnets_of: fn(&S::Facts) -> Vec<&str>,
    /// The VPC of each subnet that the account sees: one list, read once, when somebody asks.
    all: OnceCell<Result<HashMap<String, String>, String>>,
    later: Once<Fact<String>>,
    /// Whether each VPC that the account sees is the default one, read in the same way.
    defaults: OnceCell<Result<HashMap<String, Fact<bool>>, String>>,
    later_defaults: Once<Fact<bool>>,
}

impl<S: Source> WithVpcs<S> {
    /// `source` on the account and Region of `config`, with the VPCs of the subnets that `subnets_of` finds in its facts.
    #[must_use]
    pub fn new(config: &SdkConfig, source: S, subnets_of: fn(&S::Facts) -> Vec<&str>) -> Self {
        Self {
            source,
            client: Client::new(config),
            subnets_of,
            all: OnceCell::new(),
            later: Once::default(),
            defaults: OnceCell::new(),
            later_defaults: Once::default(),
        }
    }

    async fn placed(&self, facts: S::Facts, look_up: LookUp) -> Placed<S::Facts> {
        let (mut vpcs, mut defaults) = (Vec::new(), Vec::<(String, _)>::new());
        if look_up != LookUp::Nothing {
            for subnet in (self.subnets_of)(&facts) {
                vpcs.push((subnet.to_owned(), self.vpc_of(subnet).await));
            }
        }
        if look_up == LookUp::VpcsAndDefault {
            for vpc in vpcs.iter().filter_map(|(_, vpc)| vpc.known()) {
                if !defaults.iter().any(|(id, _)| id == vpc) {
                    defaults.push((vpc.clone(), self.is_default(vpc).await));
                }
            }
        }
        Placed { of: facts, vpcs, defaults }
    }

    async fn vpc_of(&self, subnet: &str) -> Fact<String> {
        match self.all.get_or_init(|| self.all()).await {
            Ok(all) => match all.get(subnet) {
                Some(vpc) => Fact::Known(vpc.clone()),
                // It may be younger than the list.
                None => self.later.get(subnet, async || self.look_up(subnet).await).await,
            },
            Err(reason) => Fact::Unread(reason.clone()),
        }
    }

    async fn all(&self) -> Result<HashMap<String, String>, String> {
        Ok(all_placed(&self.client).await?.into_iter().map(|subnet| (subnet.id, subnet.vpc)).collect())
    }

    /// The VPC of one subnet by its id.
    async fn look_up(&self, id: &str) -> Fact<String> {
        match one_subnet(&self.client, id).await {
            Ok(Some(subnet)) => match subnets::Placed::of(&subnet) {
                Some(subnet) => Fact::Known(subnet.vpc),
                None => Fact::Unread(format!("{SUBNETS} does not show {id}")),
            },
            Ok(None) => Fact::Absent,
            Err(reason) => Fact::Unread(reason),
        }
    }

    async fn is_default(&self, vpc: &str) -> Fact<bool> {
        match self.defaults.get_or_init(|| self.all_defaults()).await {
            Ok(all) => match all.get(vpc) {
                Some(is_default) => is_default.clone(),
                None => self.later_defaults.get(vpc, async || self.look_up_default(vpc).await).await,
            },
            Err(reason) => Fact::Unread(reason.clone()),
        }
    }

    async fn all_defaults(&self) -> Result<HashMap<String, Fact<bool>>, String> {
        let mut all = HashMap::new();
        let ask = async |token| {
            let page = page_of_vpcs(&self.client, token).await?;
            let found = page.vpcs().iter().map(is_default).collect::<Option<Vec<_>>>();
            let found = found.ok_or_else(|| format!("{VPCS} listed a VPC without its id"))?;
            Ok((found, page.next_token().map(str::to_owned)))
        };
        aws::each_page(VPCS, ask, |page| all.extend(page)).await?;
        Ok(all)
    }

    /// One VPC by its id. There is no subnet without its VPC, so one that is not in the answer was not read.
    async fn look_up_default(&self, id: &str) -> Fact<bool> {
        match one_vpc(&self.client, id).await {
            Ok(Some(vpc)) => vpc.is_default().map_or(Fact::Absent, Fact::Known),
            Ok(None) => Fact::Unread(format!("{VPCS} does not show {id}")),
            Err(reason) => Fact::Unread(reason),
        }
    }
}

fn is_default(vpc: &types::Vpc) -> Option<(String, Fact<bool>)> {
    Some((aws::given(vpc.vpc_id())?, vpc.is_default().map_or(Fact::Absent, Fact::Known)))
}

impl<S: Source> Source for WithVpcs<S> {
    type Facts = Placed<S::Facts>;

    async fn get(&self, resource: &Resource, query: &<Self::Facts as Facts>::Query) -> Read<Self::Facts> {
        match self.source.get(resource, &query.of).await {
            Read::Here { resource, facts } => Read::Here { resource, facts: self.placed(facts, query.look_up).await },
            Read::Gone => Read::Gone,
            Read::Unread(reason) => Read::Unread(reason),
        }
    }

    async fn list(
        &self,
        query: &<Self::Facts as Facts>::Query,
        token: Option<String>,
    ) -> Result<Page<Self::Facts>, String> {
        /// Resources whose subnets are looked up at a time.
        const AT_A_TIME: usize = 16;
        let Page { items, unchanged, unreadable, reach, next } = self.source.list(&query.of, token).await?;
        let items = stream::iter(items).map(async |Listed { resource, facts }| Listed {
            resource,
            facts: match facts {
                Some(facts) => Some(self.placed(facts, query.look_up).await),
                None => None,
            },
        });
        Ok(Page { items: items.buffered(AT_A_TIME).collect().await, unchanged, unreadable, reach, next })
    }

    async fn tags(&self, resource: &Resource, facts: &Self::Facts) -> Result<Tags, String> {
        self.source.tags(resource, &facts.of).await
    }
}

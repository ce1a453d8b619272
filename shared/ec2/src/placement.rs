use std::collections::HashMap;

use aws::{Once, SdkConfig};
use aws_sdk_ec2::{Client, types};
use futures::{StreamExt, stream};
use rule::{Details, Fact, Facts, Listed, Page, Read, Resource, Source, Tags};
use tokio::sync::OnceCell;

use crate::subnets::{SUBNETS, page};

/// Facts with the VPCs of the subnets that they name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed<F> {
    /// What is true of the resource.
    pub of: F,
    /// Ids of its subnets, each with the id of its VPC; absent when the account sees no such subnet.
    pub vpcs: Vec<(String, Fact<String>)>,
}

impl<F> Placed<F> {
    /// Id of the VPC of a subnet that the resource names.
    #[must_use]
    pub fn vpc_of(&self, subnet: &str) -> Fact<String> {
        let found = self.vpcs.iter().find(|(id, _)| id == subnet);
        found.map_or_else(|| Fact::Unread(format!("subnet {subnet} was not looked up")), |(_, vpc)| vpc.clone())
    }
}

/// What to ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlacedQuery<Q> {
    /// Of the resource.
    pub of: Q,
    /// Whether to ask for the VPCs of its subnets.
    pub look_up: bool,
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

/// A Source whose resources name subnets, with the VPCs of those.
#[derive(Clone, Debug)]
pub struct WithVpcs<S: Source> {
    source: S,
    client: Client,
    subnets_of: fn(&S::Facts) -> Vec<&str>,
    /// The VPC of each subnet that the account sees: one list, read once, when somebody asks.
    all: OnceCell<Result<HashMap<String, String>, String>>,
    later: Once<Fact<String>>,
}

impl<S: Source> WithVpcs<S> {
    /// `source` on the account and Region of `config`, with the VPCs of the subnets that `subnets_of` finds in its facts.
    #[must_use]
    pub fn new(config: &SdkConfig, source: S, subnets_of: fn(&S::Facts) -> Vec<&str>) -> Self {
        Self { source, client: Client::new(config), subnets_of, all: OnceCell::new(), later: Once::default() }
    }

    async fn placed(&self, facts: S::Facts, look_up: bool) -> Placed<S::Facts> {
        let mut vpcs = Vec::new();
        if look_up {
            for subnet in (self.subnets_of)(&facts) {
                vpcs.push((subnet.to_owned(), self.vpc_of(subnet).await));
            }
        }
        Placed { of: facts, vpcs }
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
        let mut all = HashMap::new();
        let ask = async |token| {
            let page = page(&self.client, token).await?;
            let placed = page.subnets().iter().map(placed).collect::<Option<Vec<_>>>();
            let placed = placed.ok_or_else(|| format!("{SUBNETS} listed a subnet without its id or its VPC"))?;
            Ok((placed, page.next_token().map(str::to_owned)))
        };
        aws::each_page(SUBNETS, ask, |page| all.extend(page)).await?;
        Ok(all)
    }

    /// One subnet by its id; a filter does not fail for one that does not exist.
    async fn look_up(&self, id: &str) -> Fact<String> {
        let filter = types::Filter::builder().name("subnet-id").values(id).build();
        match self.client.describe_subnets().filters(filter).send().await {
            Ok(answer) => {
                let found = answer.subnets().iter().filter_map(placed).find(|(subnet, _)| subnet == id);
                found.map_or(Fact::Absent, |(_, vpc)| Fact::Known(vpc))
            }
            Err(error) => Fact::Unread(aws::reason(SUBNETS, &error)),
        }
    }
}

fn placed(subnet: &types::Subnet) -> Option<(String, String)> {
    Some((aws::given(subnet.subnet_id())?, aws::given(subnet.vpc_id())?))
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

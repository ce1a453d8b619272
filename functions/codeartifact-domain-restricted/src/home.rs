//! What the rule judges, put together from two services.

use aws::SdkConfig;
use codeartifact::{Domain, Domains, Policy};
use organizations::{Membership, OwnOrganization};
use rule::{Details, Fact, Facts, Page, Read, Resource, Source, Tags};

use crate::outsiders::{Access, Home, access};

/// What is true of a domain, and of the organization that it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainAtHome {
    /// The domain.
    pub domain: Domain,
    /// The organization of the account, none if it is in none; absent where no policy depends on it.
    pub organization: Fact<Option<Membership>>,
}

impl DomainAtHome {
    /// The policies: that of the domain, and those of its repositories with their names.
    pub(crate) fn policies(domain: &Domain) -> impl Iterator<Item = (Option<&str>, &Fact<Policy>)> {
        let repositories = domain.repositories.known().into_iter().flatten();
        [(None, &domain.policy)].into_iter().chain(repositories.map(|of| (Some(of.name.as_str()), &of.policy)))
    }
}

impl Facts for DomainAtHome {
    type Query = ();

    fn details(&self) -> Details {
        self.domain.details()
    }
}

/// Reads domains, and the organization if one of their policies depends on it.
#[derive(Clone, Debug)]
pub struct Homes {
    domains: Domains,
    organization: OwnOrganization,
}

impl Homes {
    /// A source on the account and Region of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { domains: Domains::new(config), organization: OwnOrganization::new(config) }
    }

    async fn at_home(&self, domain: Domain) -> DomainAtHome {
        let account = domain.owner.known().map_or("", String::as_str);
        let home = Home { account, organization: &Fact::Absent };
        let depends = |policy: &Policy| matches!(access(policy, domain.policy.known(), &home), Access::Unknown(_));
        let organization = if DomainAtHome::policies(&domain).filter_map(|(_, of)| of.known()).any(depends) {
            self.organization.get().await.map_or_else(Fact::Unread, Fact::Known)
        } else {
            Fact::Absent
        };
        DomainAtHome { domain, organization }
    }
}

impl Source for Homes {
    type Facts = DomainAtHome;

    async fn get(&self, resource: &Resource, (): &()) -> Read<DomainAtHome> {
        match self.domains.get(resource, &()).await {
            Read::Here { resource, facts } => Read::Here { resource, facts: self.at_home(facts).await },
            Read::Gone => Read::Gone,
            Read::Unread(reason) => Read::Unread(reason),
        }
    }

    async fn list(&self, (): &(), token: Option<String>) -> Result<Page<DomainAtHome>, String> {
        Ok(self.domains.list(&(), token).await?.without_facts())
    }

    async fn tags(&self, resource: &Resource, of: &DomainAtHome) -> Result<Tags, String> {
        self.domains.tags(resource, &of.domain).await
    }
}

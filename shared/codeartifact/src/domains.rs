use std::collections::BTreeMap;

use aws::SdkConfig;
use aws_sdk_codeartifact::{
    Client,
    config::Builder,
    operation::{
        describe_domain::DescribeDomainError, describe_repository::DescribeRepositoryError,
        get_domain_permissions_policy::GetDomainPermissionsPolicyError,
        get_repository_permissions_policy::GetRepositoryPermissionsPolicyError,
    },
    types,
};
use futures::{StreamExt, stream};
use rule::{Details, Fact, Facts, Listed, Page, Read, Resource, Source, Tags};

use crate::Policy;

const TYPE: &str = "AWS::CodeArtifact::Domain";
const DESCRIBE_DOMAIN: &str = "codeartifact:DescribeDomain";
const DESCRIBE_REPOSITORY: &str = "codeartifact:DescribeRepository";

/// What is true of a domain: what its repositories hold is kept in it, under its key and its policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// Where it is in its life.
    pub status: Fact<DomainStatus>,
    /// The account that it belongs to.
    pub owner: Fact<String>,
    /// ARN of the KMS key for what it holds, one of AWS's too.
    pub key: Fact<String>,
    /// Its policy, which is about its repositories too; absent where it has none.
    pub policy: Fact<Policy>,
    /// Its repositories; never absent. Those that could not be read are among them.
    pub repositories: Fact<Vec<Repository>>,
    /// What findings show of it.
    pub details: Details,
}

/// `status` of `DescribeDomain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DomainStatus {
    /// It is there.
    Active,
    /// It was deleted.
    Deleted,
}

/// What is true of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// Its name, which is its own in the domain.
    pub name: String,
    /// The repositories of the domain in which it looks for what it does not have; never absent.
    pub upstreams: Fact<Vec<String>>,
    /// The public repositories in which it does, such as `public:pypi`; never absent.
    pub connections: Fact<Vec<String>>,
    /// Its policy; absent where it has none.
    pub policy: Fact<Policy>,
}

impl Facts for Domain {
    type Query = ();

    fn details(&self) -> Details {
        self.details.clone()
    }
}

/// Reads domains with what is in them: `ListDomains`, `DescribeDomain`, `GetDomainPermissionsPolicy`,
/// `ListRepositoriesInDomain`, and of each repository `DescribeRepository` and `GetRepositoryPermissionsPolicy`.
#[derive(Clone, Debug)]
pub struct Domains {
    client: Client,
}

impl Domains {
    /// A source on the account and Region of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        // It has no FIPS endpoint (AWS General Reference), and a client that is asked for one calls a host that there is not.
        let config = Builder::from(config).use_fips(false).build();
        Self { client: Client::from_conf(config) }
    }

    async fn policy(&self, domain: &str) -> Fact<Policy> {
        const GET: &str = "codeartifact:GetDomainPermissionsPolicy";
        match self.client.get_domain_permissions_policy().domain(domain).send().await {
            Ok(answer) => policy(GET, answer.policy()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(GetDomainPermissionsPolicyError::is_resource_not_found_exception) =>
            {
                Fact::Absent
            }
            Err(error) => Fact::Unread(aws::reason(GET, &error)),
        }
    }

    async fn repositories(&self, domain: &str) -> Fact<Vec<Repository>> {
        const LIST: &str = "codeartifact:ListRepositoriesInDomain";
        /// Repositories that are read at a time.
        const AT_A_TIME: usize = 8;
        let ask = async |token| {
            let page = self.client.list_repositories_in_domain().domain(domain).max_results(100);
            let page = page.set_next_token(token).send().await.map_err(|error| aws::reason(LIST, &error))?;
            let list = page.repositories.ok_or_else(|| format!("{LIST} gave no list"))?;
            let name = |of: &types::RepositorySummary| {
                aws::given(of.name()).ok_or_else(|| format!("{LIST} listed a repository without a name"))
            };
            Ok((list.iter().map(name).collect::<Result<_, _>>()?, page.next_token))
        };
        let mut wanted = Vec::new();
        if let Err(reason) = aws::each_page(LIST, ask, |names: Vec<_>| wanted.extend(names)).await {
            return Fact::Unread(reason);
        }
        let mut read = BTreeMap::new();
        // An upstream that is not in the list came after it was read, or is gone. Either way AWS says so.
        while !wanted.is_empty() {
            let answers = stream::iter(wanted).map(async |name: String| (self.repository(domain, &name).await, name));
            let answers: Vec<_> = answers.buffer_unordered(AT_A_TIME).collect().await;
            read.extend(answers.into_iter().map(|(repository, name)| (name, repository)));
            let upstreams = read.values().flatten().filter_map(|of: &Repository| of.upstreams.known()).flatten();
            let mut others: Vec<_> = upstreams.filter(|name| !read.contains_key(*name)).cloned().collect();
            others.sort();
            others.dedup();
            wanted = others;
        }
        Fact::Known(read.into_values().flatten().collect())
    }

    /// None if it does not exist.
    async fn repository(&self, domain: &str, name: &str) -> Option<Repository> {
        let answer = self.client.describe_repository().domain(domain).repository(name).send().await;
        let answer = match answer {
            Ok(answer) => answer.repository.ok_or_else(|| format!("{DESCRIBE_REPOSITORY} gave no repository")),
            Err(error)
                if error.as_service_error().is_some_and(DescribeRepositoryError::is_resource_not_found_exception) =>
            {
                return None;
            }
            Err(error) => Err(aws::reason(DESCRIBE_REPOSITORY, &error)),
        };
        let (upstreams, connections) = match answer {
            Ok(of) => (upstreams(&of), connections(&of)),
            Err(reason) => (Fact::Unread(reason.clone()), Fact::Unread(reason)),
        };
        let policy = self.repository_policy(domain, name).await;
        Some(Repository { name: name.to_owned(), upstreams, connections, policy })
    }

    async fn repository_policy(&self, domain: &str, repository: &str) -> Fact<Policy> {
        const GET: &str = "codeartifact:GetRepositoryPermissionsPolicy";
        let ask = self.client.get_repository_permissions_policy().domain(domain).repository(repository);
        match ask.send().await {
            Ok(answer) => policy(GET, answer.policy()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(GetRepositoryPermissionsPolicyError::is_resource_not_found_exception) =>
            {
                Fact::Absent
            }
            Err(error) => Fact::Unread(aws::reason(GET, &error)),
        }
    }
}

impl Source for Domains {
    type Facts = Domain;

    async fn get(&self, resource: &Resource, (): &()) -> Read<Domain> {
        // Its name is all that the API takes; its ARN ends with it.
        let arn = resource.arn.as_deref().unwrap_or(&resource.id);
        let last = || arn.rsplit('/').next().unwrap_or_default().to_owned();
        let name = resource.name.clone().unwrap_or_else(last);
        let answer = match self.client.describe_domain().domain(&name).send().await {
            Ok(answer) => answer,
            Err(error)
                if error.as_service_error().is_some_and(DescribeDomainError::is_resource_not_found_exception) =>
            {
                return Read::Gone;
            }
            Err(error) => return Read::Unread(aws::reason(DESCRIBE_DOMAIN, &error)),
        };
        let Some(of) = answer.domain() else { return Read::Unread(format!("{DESCRIBE_DOMAIN} gave no domain")) };
        let arn = aws::given(of.arn());
        if let (Some(asked), Some(arn)) = (&resource.arn, &arn)
            && asked != arn
        {
            return Read::Unread(format!("{DESCRIBE_DOMAIN} answered about {arn}"));
        }
        let status = status(of.status());
        // Of what is gone, nothing is left to read.
        let (policy, repositories) = if status == Fact::Known(DomainStatus::Active) {
            (self.policy(&name).await, self.repositories(&name).await)
        } else {
            (Fact::Absent, Fact::Known(Vec::new()))
        };
        let facts = Domain {
            status,
            owner: aws::given(of.owner()).map_or(Fact::Absent, Fact::Known),
            key: aws::given(of.encryption_key()).map_or(Fact::Absent, Fact::Known),
            policy,
            repositories,
            details: details(of),
        };
        let resource = Resource {
            resource_type: TYPE.to_owned(),
            id: resource.id.clone(),
            arn: resource.arn.clone().or(arn),
            name: Some(name),
            created_at: aws::created_at(of.created_time()).or(resource.created_at),
        };
        Read::Here { resource, facts }
    }

    async fn list(&self, (): &(), token: Option<String>) -> Result<Page<Domain>, String> {
        const LIST: &str = "codeartifact:ListDomains";
        let answer = self.client.list_domains().max_results(100).set_next_token(token).send().await;
        let answer = answer.map_err(|error| aws::reason(LIST, &error))?;
        let domains = answer.domains.ok_or_else(|| format!("{LIST} gave no list"))?;
        let mut page = Page { next: answer.next_token, ..Page::default() };
        for domain in domains {
            match aws::given(domain.arn()).zip(aws::given(domain.name())) {
                // CloudFormation's primary identifier of a domain is its ARN.
                Some((arn, name)) => {
                    let resource = Resource {
                        resource_type: TYPE.to_owned(),
                        id: arn.clone(),
                        arn: Some(arn),
                        name: Some(name),
                        created_at: aws::created_at(domain.created_time()),
                    };
                    page.items.push(Listed { resource, facts: None });
                }
                None => page.unreadable.push(format!("{LIST} listed a domain without a name or an ARN")),
            }
        }
        Ok(page)
    }

    async fn tags(&self, resource: &Resource, _: &Domain) -> Result<Tags, String> {
        const LIST: &str = "codeartifact:ListTagsForResource";
        let arn = resource.arn.as_ref().ok_or_else(|| format!("{LIST} needs the ARN, which is not known"))?;
        let answer = self.client.list_tags_for_resource().resource_arn(arn).send().await;
        let tags = answer.map_err(|error| aws::reason(LIST, &error))?.tags;
        let tags = tags.ok_or_else(|| format!("{LIST} gave no list"))?;
        let tag = |tag: &types::Tag| {
            let key = aws::given(Some(tag.key())).ok_or_else(|| format!("{LIST} listed a tag without a key"))?;
            Ok((key, tag.value().to_owned()))
        };
        tags.iter().map(tag).collect()
    }
}

fn policy(operation: &str, of: Option<&types::ResourcePolicy>) -> Fact<Policy> {
    let Some(document) = of.and_then(|of| aws::given(of.document())) else {
        return Fact::Unread(format!("{operation} gave no policy"));
    };
    Policy::parse(&document).map_or_else(Fact::Unread, Fact::Known)
}

fn status(status: Option<&types::DomainStatus>) -> Fact<DomainStatus> {
    match status {
        None => Fact::Absent,
        Some(types::DomainStatus::Active) => Fact::Known(DomainStatus::Active),
        Some(types::DomainStatus::Deleted) => Fact::Known(DomainStatus::Deleted),
        Some(other) => Fact::Unread(aws::unknown("status", other.as_str())),
    }
}

/// The list is there, be it an empty one (CodeArtifact User Guide, "View or modify a repository configuration").
fn upstreams(of: &types::RepositoryDescription) -> Fact<Vec<String>> {
    let Some(list) = &of.upstreams else { return Fact::Unread(format!("{DESCRIBE_REPOSITORY} gave no upstreams")) };
    let names = list.iter().map(|of| aws::given(of.repository_name())).collect::<Option<_>>();
    names.map_or_else(|| Fact::Unread(format!("{DESCRIBE_REPOSITORY} gave an upstream without a name")), Fact::Known)
}

/// The same. A connection has one status, `Available`; one that has none is a connection all the same.
fn connections(of: &types::RepositoryDescription) -> Fact<Vec<String>> {
    let Some(list) = &of.external_connections else {
        return Fact::Unread(format!("{DESCRIBE_REPOSITORY} gave no externalConnections"));
    };
    let mut names = Vec::new();
    for of in list {
        let Some(name) = aws::given(of.external_connection_name()) else {
            return Fact::Unread(format!("{DESCRIBE_REPOSITORY} gave an external connection without a name"));
        };
        match of.status() {
            None | Some(types::ExternalConnectionStatus::Available) => names.push(name),
            Some(other) => return Fact::Unread(aws::unknown(&format!("status of {name}"), other.as_str())),
        }
    }
    Fact::Known(names)
}

fn details(of: &types::DomainDescription) -> Details {
    aws::details([
        ("Name", of.name()),
        ("Owner", of.owner()),
        ("Status", of.status().map(types::DomainStatus::as_str)),
        ("EncryptionKey", of.encryption_key()),
    ])
}

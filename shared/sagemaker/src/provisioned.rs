use aws::SdkConfig;
use aws_sdk_sagemaker::{Client, types};
use rule::{Details, Fact, Facts, Listed, Page, Read, Resource, Source, Tags};

use crate::{DomainStatus, EndpointStatus, NotebookStatus, domains, endpoints, listed, notebooks, tags};

/// What is true of a notebook instance, a domain or an endpoint, as far as it tells where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provisioned {
    /// Where it is in its life, as the list of its kind tells.
    pub status: Fact<ProvisionedStatus>,
    /// Its tags; absent unless it is standing, since nobody asks for them then.
    pub tags: Fact<Tags>,
    /// What findings show of it.
    pub details: Details,
}

/// Where a resource is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProvisionedStatus {
    /// It is there, stopped or not.
    Standing,
    /// It is being made.
    Creating,
    /// It could not be created or updated.
    Failed,
    /// It takes no requests (an endpoint).
    OutOfService,
    /// It is on its way out, or stuck there.
    Deleting,
}

impl Facts for Provisioned {
    type Query = ();

    fn details(&self) -> Details {
        self.details.clone()
    }
}

/// Reads notebook instances, domains and endpoints, each by its list and its tags.
///
/// The status stands in the lists, so nothing is described: what the list does not call standing is told by the list, and only of the
/// others are the tags read. A resource that is named without a list counts as standing.
#[derive(Clone, Debug)]
pub struct Provisioning {
    client: Client,
}

/// The kinds, in the order in which they are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Notebook,
    Domain,
    Endpoint,
}

/// An entry of one of the lists.
struct Entry {
    resource: Option<Resource>,
    status: Fact<ProvisionedStatus>,
    /// The status in AWS's words.
    word: Option<String>,
}

/// A page of one of the lists, with the token of the next.
type Entries = Result<(Vec<Entry>, Option<String>), String>;

impl Kind {
    const ALL: [Self; 3] = [Self::Notebook, Self::Domain, Self::Endpoint];

    const fn resource_type(self) -> &'static str {
        match self {
            Self::Notebook => "AWS::SageMaker::NotebookInstance",
            Self::Domain => "AWS::SageMaker::Domain",
            Self::Endpoint => "AWS::SageMaker::Endpoint",
        }
    }

    /// What to say of an entry that names no resource, or has no status.
    const fn list(self) -> &'static str {
        match self {
            Self::Notebook => "ListNotebookInstances",
            Self::Domain => "ListDomains",
            Self::Endpoint => "ListEndpoints",
        }
    }

    /// How the API calls its status.
    const fn status_field(self) -> &'static str {
        match self {
            Self::Notebook => "NotebookInstanceStatus",
            Self::Domain => "Status",
            Self::Endpoint => "EndpointStatus",
        }
    }

    const fn name_field(self) -> &'static str {
        match self {
            Self::Notebook => "NotebookInstanceName",
            Self::Domain => "DomainName",
            Self::Endpoint => "EndpointName",
        }
    }

    fn details(self, resource: &Resource, status: Option<&str>) -> Details {
        aws::details([(self.name_field(), resource.name.as_deref()), (self.status_field(), status)])
    }
}

/// Most that a page of the lists takes.
const PAGE: i32 = 100;

impl Provisioning {
    /// A source on the account and Region of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    async fn entries(&self, kind: Kind, token: Option<String>) -> Entries {
        match kind {
            Kind::Notebook => self.notebooks(token).await,
            Kind::Domain => self.domains(token).await,
            Kind::Endpoint => self.endpoints(token).await,
        }
    }

    async fn notebooks(&self, token: Option<String>) -> Entries {
        let page = self.client.list_notebook_instances().max_results(PAGE).set_next_token(token).send().await;
        let page = page.map_err(|error| aws::reason("sagemaker:ListNotebookInstances", &error))?;
        let entries = page.notebook_instances().iter().map(|of| {
            let named = [of.notebook_instance_arn(), of.notebook_instance_name()];
            Entry {
                resource: listed(Kind::Notebook.resource_type(), named, of.creation_time()),
                status: standing(notebooks::status(of.notebook_instance_status()), |status| match status {
                    NotebookStatus::Present => ProvisionedStatus::Standing,
                    NotebookStatus::Failed => ProvisionedStatus::Failed,
                    NotebookStatus::Deleting => ProvisionedStatus::Deleting,
                }),
                word: of.notebook_instance_status().map(|status| status.as_str().to_owned()),
            }
        });
        Ok((entries.collect(), page.next_token().map(str::to_owned)))
    }

    async fn domains(&self, token: Option<String>) -> Entries {
        let page = self.client.list_domains().max_results(PAGE).set_next_token(token).send().await;
        let page = page.map_err(|error| aws::reason("sagemaker:ListDomains", &error))?;
        let entries = page.domains().iter().map(|of| {
            let resource =
                listed(Kind::Domain.resource_type(), [of.domain_arn(), of.domain_name()], of.creation_time());
            Entry {
                // CloudFormation's primary identifier of a domain is its id.
                resource: resource.zip(aws::given(of.domain_id())).map(|(resource, id)| Resource { id, ..resource }),
                status: standing(domains::status(of.status()), |status| match status {
                    DomainStatus::Present => ProvisionedStatus::Standing,
                    DomainStatus::Pending => ProvisionedStatus::Creating,
                    DomainStatus::Failed => ProvisionedStatus::Failed,
                    DomainStatus::Deleting | DomainStatus::Stuck => ProvisionedStatus::Deleting,
                }),
                word: of.status().map(|status| status.as_str().to_owned()),
            }
        });
        Ok((entries.collect(), page.next_token().map(str::to_owned)))
    }

    async fn endpoints(&self, token: Option<String>) -> Entries {
        let page = self.client.list_endpoints().max_results(PAGE).set_next_token(token).send().await;
        let page = page.map_err(|error| aws::reason("sagemaker:ListEndpoints", &error))?;
        let entries = page.endpoints().iter().map(|of| Entry {
            resource: listed(
                Kind::Endpoint.resource_type(),
                [of.endpoint_arn(), of.endpoint_name()],
                of.creation_time(),
            ),
            status: standing(endpoints::status(of.endpoint_status()), |status| match status {
                EndpointStatus::Serving | EndpointStatus::Mixed => ProvisionedStatus::Standing,
                EndpointStatus::Creating => ProvisionedStatus::Creating,
                EndpointStatus::Failed => ProvisionedStatus::Failed,
                EndpointStatus::OutOfService => ProvisionedStatus::OutOfService,
                EndpointStatus::Deleting => ProvisionedStatus::Deleting,
            }),
            word: of.endpoint_status().map(|status: &types::EndpointStatus| status.as_str().to_owned()),
        });
        Ok((entries.collect(), page.next_token().map(str::to_owned)))
    }
}

fn standing<S>(status: Fact<S>, of: impl Fn(S) -> ProvisionedStatus) -> Fact<ProvisionedStatus> {
    match status {
        Fact::Known(status) => Fact::Known(of(status)),
        Fact::Absent => Fact::Absent,
        Fact::Unread(reason) => Fact::Unread(reason),
    }
}

impl Source for Provisioning {
    type Facts = Provisioned;

    async fn get(&self, resource: &Resource, (): &()) -> Read<Provisioned> {
        let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.resource_type() == resource.resource_type) else {
            return Read::Unread(format!("{} is not read here", resource.resource_type));
        };
        match tags(&self.client, resource).await {
            Ok(tags) => {
                let mut details = kind.details(resource, None);
                let own = tags.iter().filter(|(key, _)| key.starts_with("aws:"));
                details.extend(own.map(|(key, value)| (key.clone().into(), value.clone())));
                let status = Fact::Known(ProvisionedStatus::Standing);
                Read::Here {
                    resource: resource.clone(),
                    facts: Provisioned { status, tags: Fact::Known(tags), details },
                }
            }
            Err(reason) => Read::Unread(reason),
        }
    }

    async fn list(&self, (): &(), token: Option<String>) -> Result<Page<Provisioned>, String> {
        // A token is the number of the kind and the token of its own list.
        let (at, token) = match token.as_deref() {
            None => (0, None),
            Some(token) => {
                let (at, token) = token.split_once(' ').unwrap_or((token, ""));
                let at = at.parse().map_err(|_| format!("{at} is no list of resources"))?;
                (at, aws::given(Some(token)))
            }
        };
        let Some(kind) = Kind::ALL.get(at).copied() else { return Ok(Page::default()) };
        let after_this = (at + 1 < Kind::ALL.len()).then(|| format!("{} ", at + 1));
        let (entries, next) = match self.entries(kind, token).await {
            Ok(entries) => entries,
            // The other kinds are none the worse for it.
            Err(reason) => return Ok(Page { unreadable: vec![reason], next: after_this, ..Page::default() }),
        };
        let next = next.filter(|token| !token.is_empty()).map(|token| format!("{at} {token}"));
        let mut page = Page { next: next.or(after_this), ..Page::default() };
        for Entry { resource, status, word } in entries {
            let Some(resource) = resource else {
                page.unreadable.push(format!("sagemaker:{} listed a resource without a name or an id", kind.list()));
                continue;
            };
            let facts = match status {
                Fact::Known(ProvisionedStatus::Standing) => None,
                Fact::Absent => {
                    let status = Fact::Unread(format!("{} gave no {}", kind.list(), kind.status_field()));
                    Some(status)
                }
                status => Some(status),
            };
            let facts = facts.map(|status| Provisioned {
                status,
                tags: Fact::Absent,
                details: kind.details(&resource, word.as_deref()),
            });
            page.items.push(Listed { resource, facts });
        }
        Ok(page)
    }

    async fn tags(&self, _: &Resource, facts: &Provisioned) -> Result<Tags, String> {
        match &facts.tags {
            Fact::Known(tags) => Ok(tags.clone()),
            Fact::Absent => Err("its tags were not read".to_owned()),
            Fact::Unread(reason) => Err(reason.clone()),
        }
    }
}

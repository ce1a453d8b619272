use aws::SdkConfig;
use aws_sdk_sagemaker::{
    Client,
    operation::describe_domain::{DescribeDomainError, DescribeDomainOutput},
    types,
};
use rule::{Details, Fact, Facts, Listed, Page, Read, Resource, Source, Tags, Verdict};

use crate::{completed, is_not_found, listed, tags};

const TYPE: &str = "AWS::SageMaker::Domain";

/// What is true of a domain of SageMaker Studio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// Where it is in its life.
    pub status: Fact<DomainStatus>,
    /// The KMS key for its volumes, as it was given: key id, key ARN, alias or alias ARN. Absent where none was.
    pub kms_key: Fact<String>,
    /// Over which network the traffic of its apps goes (`AppNetworkAccessType`), apart from that to its file system.
    pub network_access: Fact<NetworkAccess>,
    /// Ids of its subnets (`SubnetIds`). Absent where it is in no VPC of the customer's, as some that Unified Studio makes.
    pub subnets: Fact<Vec<String>>,
    /// Ids of the security groups that it gives to its apps: by default, for spaces, and of its own. Those of single user profiles are
    /// not among them.
    pub security_groups: Vec<String>,
    /// What findings show of it.
    pub details: Details,
}

/// `DomainStatus` of `DescribeDomain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DomainStatus {
    /// It can be used: in service, being updated, or as it was before an update that failed.
    Present,
    /// It is being made.
    Pending,
    /// It could not be created.
    Failed,
    /// It is on its way out.
    Deleting,
    /// It is stuck there (`Delete_Failed`): what it has may still be there.
    Stuck,
}

/// `AppNetworkAccessType` of `DescribeDomain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkAccess {
    /// Over the domain's subnets.
    VpcOnly,
    /// Over a VPC of SageMaker's, which leads to the internet.
    PublicInternetOnly,
}

impl Domain {
    /// The verdict that `decide` gives, unless there is nothing to judge or the status is not known.
    pub fn judge(&self, decide: impl FnOnce() -> Verdict) -> Verdict {
        match &self.status {
            Fact::Known(DomainStatus::Present) => decide(),
            Fact::Known(DomainStatus::Pending) => Verdict::not_applicable("the domain is being created"),
            Fact::Known(DomainStatus::Failed) => Verdict::not_applicable("the domain failed"),
            Fact::Known(DomainStatus::Deleting | DomainStatus::Stuck) => {
                Verdict::not_applicable("the domain is being deleted")
            }
            Fact::Absent => Verdict::undecided("DescribeDomain gave no Status"),
            Fact::Unread(reason) => Verdict::undecided(reason),
        }
    }
}

impl Facts for Domain {
    type Query = ();

    fn details(&self) -> Details {
        self.details.clone()
    }
}

/// Reads domains: `ListDomains` and `DescribeDomain`.
#[derive(Clone, Debug)]
pub struct Domains {
    client: Client,
}

impl Domains {
    /// A source on the account and Region of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }
}

impl Source for Domains {
    type Facts = Domain;

    async fn get(&self, resource: &Resource, (): &()) -> Read<Domain> {
        // Its id is all that the API takes; AWS Config may name it by its ARN, which ends with the id.
        let id = resource.id.rsplit('/').next().unwrap_or_default();
        let answer = match self.client.describe_domain().domain_id(id).send().await {
            Ok(answer) => answer,
            Err(error)
                if error.as_service_error().is_some_and(DescribeDomainError::is_resource_not_found)
                    || is_not_found(&error, "Could not find domain") =>
            {
                return Read::Gone;
            }
            Err(error) => return Read::Unread(aws::reason("sagemaker:DescribeDomain", &error)),
        };
        match completed(resource, TYPE, [answer.domain_arn(), answer.domain_name()], answer.creation_time()) {
            Ok(resource) => Read::Here { resource, facts: facts(&answer) },
            Err(other) => Read::Unread(format!("sagemaker:DescribeDomain answered about {other}")),
        }
    }

    async fn list(&self, (): &(), token: Option<String>) -> Result<Page<Domain>, String> {
        let answer = self.client.list_domains().max_results(100).set_next_token(token).send().await;
        let answer = answer.map_err(|error| aws::reason("sagemaker:ListDomains", &error))?;
        let mut page = Page { next: answer.next_token().map(str::to_owned), ..Page::default() };
        for domain in answer.domains() {
            let resource = listed(TYPE, [domain.domain_arn(), domain.domain_name()], domain.creation_time());
            match resource.zip(aws::given(domain.domain_id())) {
                // CloudFormation's primary identifier of a domain is its id.
                Some((resource, id)) => {
                    page.items.push(Listed { resource: Resource { id, ..resource }, facts: None });
                }
                None => page
                    .unreadable
                    .push("sagemaker:ListDomains listed a domain without a name, an id or an ARN".to_owned()),
            }
        }
        Ok(page)
    }

    async fn tags(&self, resource: &Resource, _: &Domain) -> Result<Tags, String> {
        tags(&self.client, resource).await
    }
}

fn facts(answer: &DescribeDomainOutput) -> Domain {
    // The second is the deprecated name of the first.
    #[expect(deprecated, reason = "an old domain may have its key under the old name")]
    let key = aws::given(answer.kms_key_id()).or_else(|| aws::given(answer.home_efs_file_system_kms_key_id()));
    Domain {
        status: status(answer.status()),
        subnets: subnets(answer),
        security_groups: security_groups(answer),
        network_access: match answer.app_network_access_type() {
            None => Fact::Absent,
            Some(types::AppNetworkAccessType::VpcOnly) => Fact::Known(NetworkAccess::VpcOnly),
            Some(types::AppNetworkAccessType::PublicInternetOnly) => Fact::Known(NetworkAccess::PublicInternetOnly),
            Some(other) => Fact::Unread(aws::unknown("AppNetworkAccessType", other.as_str())),
        },
        details: details(answer, key.as_deref()),
        kms_key: key.map_or(Fact::Absent, Fact::Known),
    }
}

fn subnets(answer: &DescribeDomainOutput) -> Fact<Vec<String>> {
    match answer.subnet_ids() {
        [] if aws::given(answer.vpc_id()).is_some() => {
            Fact::Unread("sagemaker:DescribeDomain gave a VpcId and no SubnetIds".to_owned())
        }
        [] => Fact::Absent,
        subnets => Fact::Known(subnets.to_vec()),
    }
}

fn security_groups(answer: &DescribeDomainOutput) -> Vec<String> {
    let users = answer.default_user_settings().map(types::UserSettings::security_groups);
    let spaces = answer.default_space_settings().map(types::DefaultSpaceSettings::security_groups);
    let own = answer.domain_settings().map(types::DomainSettings::security_group_ids);
    let boundary = aws::given(answer.security_group_id_for_domain_boundary());
    [users, spaces, own].into_iter().flatten().flatten().cloned().chain(boundary).collect()
}

pub(crate) fn status(status: Option<&types::DomainStatus>) -> Fact<DomainStatus> {
    use types::DomainStatus as Status;
    match status {
        None => Fact::Absent,
        Some(Status::InService | Status::UpdateFailed | Status::Updating) => Fact::Known(DomainStatus::Present),
        Some(Status::Pending) => Fact::Known(DomainStatus::Pending),
        Some(Status::Failed) => Fact::Known(DomainStatus::Failed),
        Some(Status::Deleting) => Fact::Known(DomainStatus::Deleting),
        Some(Status::DeleteFailed) => Fact::Known(DomainStatus::Stuck),
        Some(other) => Fact::Unread(aws::unknown("Status", other.as_str())),
    }
}

fn details(answer: &DescribeDomainOutput, key: Option<&str>) -> Details {
    aws::details([
        ("DomainId", answer.domain_id()),
        ("DomainName", answer.domain_name()),
        ("Status", answer.status().map(types::DomainStatus::as_str)),
        ("KmsKeyId", key),
        ("AppNetworkAccessType", answer.app_network_access_type().map(types::AppNetworkAccessType::as_str)),
        ("VpcId", answer.vpc_id()),
    ])
}

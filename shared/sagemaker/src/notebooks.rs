use aws::SdkConfig;
use aws_sdk_sagemaker::{
    Client,
    operation::describe_notebook_instance::DescribeNotebookInstanceOutput,
    types::{DirectInternetAccess, NotebookInstanceStatus, RootAccess},
};
use rule::{Details, Fact, Facts, Listed, Page, ParameterSpec, Read, Resource, Source, Tags, Values, Verdict};

use crate::{completed, get_by_name, is_not_found, listed, tags};

const TYPE: &str = "AWS::SageMaker::NotebookInstance";

/// The parameter that rules about notebook instances share ([`Notebook::judge`]).
pub const EVALUATE_FAILED: ParameterSpec = ParameterSpec {
    name: "evaluateFailed",
    default: "false",
    values: Values::Flag,
    about: "judge instances in status `Failed` too",
};

/// What is true of a notebook instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notebook {
    /// Where it is in its life.
    pub status: Fact<NotebookStatus>,
    /// Whether SageMaker gives it a way to the internet of its own (`DirectInternetAccess`).
    pub direct_internet_access: Fact<bool>,
    /// Whether its users are root on it (`RootAccess`).
    pub root_access: Fact<bool>,
    /// Id of its subnet (`SubnetId`). Absent where none was given, so that it is in no VPC of the customer's.
    pub subnet: Fact<String>,
    /// Ids of the security groups of its network interface (`SecurityGroups`).
    pub security_groups: Vec<String>,
    /// The KMS key for its volume, as it was given: key id, key ARN, alias or alias ARN. Absent where none was.
    pub kms_key: Fact<String>,
    /// What findings show of it.
    pub details: Details,
}

/// `NotebookInstanceStatus` of `DescribeNotebookInstance`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotebookStatus {
    /// It has an instance, or a stopped one whose volume and settings are kept: everything but the two below.
    Present,
    /// Creation or an update failed. An instance or a volume may or may not exist.
    Failed,
    /// It is on its way out.
    Deleting,
}

impl Notebook {
    /// The verdict that `decide` gives, unless there is nothing to judge or the status is not known.
    pub fn judge(&self, evaluate_failed: bool, decide: impl FnOnce() -> Verdict) -> Verdict {
        match &self.status {
            Fact::Known(NotebookStatus::Deleting) => Verdict::not_applicable("the notebook instance is being deleted"),
            Fact::Known(NotebookStatus::Failed) if !evaluate_failed => {
                Verdict::not_applicable("the notebook instance failed; set evaluateFailed to judge it all the same")
            }
            Fact::Known(NotebookStatus::Present | NotebookStatus::Failed) => decide(),
            Fact::Absent => Verdict::undecided("DescribeNotebookInstance gave no NotebookInstanceStatus"),
            Fact::Unread(reason) => Verdict::undecided(reason),
        }
    }
}

impl Facts for Notebook {
    type Query = ();

    fn details(&self) -> Details {
        self.details.clone()
    }
}

/// Reads notebook instances: `ListNotebookInstances` and `DescribeNotebookInstance`.
#[derive(Clone, Debug)]
pub struct Notebooks {
    client: Client,
}

impl Notebooks {
    /// A source on the account and Region of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    async fn describe(&self, resource: &Resource, name: &str) -> Read<Notebook> {
        match self.client.describe_notebook_instance().notebook_instance_name(name).send().await {
            Ok(answer) => here(resource, &answer),
            // SageMaker has no error of its own for an unknown notebook instance.
            Err(error) if is_not_found(&error, "RecordNotFound") => Read::Gone,
            Err(error) => Read::Unread(aws::reason("sagemaker:DescribeNotebookInstance", &error)),
        }
    }
}

impl Source for Notebooks {
    type Facts = Notebook;

    async fn get(&self, resource: &Resource, (): &()) -> Read<Notebook> {
        get_by_name(self, resource, &(), async |name| self.describe(resource, name).await).await
    }

    async fn list(&self, (): &(), token: Option<String>) -> Result<Page<Notebook>, String> {
        // 100 is the most that the API takes; its default is 10.
        let answer = self.client.list_notebook_instances().max_results(100).set_next_token(token).send().await;
        let answer = answer.map_err(|error| aws::reason("sagemaker:ListNotebookInstances", &error))?;
        let mut page = Page { next: answer.next_token().map(str::to_owned), ..Page::default() };
        for summary in answer.notebook_instances() {
            let (arn, name) = (summary.notebook_instance_arn(), summary.notebook_instance_name());
            match listed(TYPE, [arn, name], summary.creation_time()) {
                Some(resource) => page.items.push(Listed { resource, facts: None }),
                None => page.unreadable.push(
                    "sagemaker:ListNotebookInstances listed a notebook instance without a name or an ARN".to_owned(),
                ),
            }
        }
        Ok(page)
    }

    async fn tags(&self, resource: &Resource, _: &Notebook) -> Result<Tags, String> {
        tags(&self.client, resource).await
    }
}

fn here(asked: &Resource, answer: &DescribeNotebookInstanceOutput) -> Read<Notebook> {
    let (arn, name) = (answer.notebook_instance_arn(), answer.notebook_instance_name());
    match completed(asked, TYPE, [arn, name], answer.creation_time()) {
        Ok(resource) => Read::Here { resource, facts: facts(answer) },
        Err(other) => Read::Unread(format!("sagemaker:DescribeNotebookInstance answered about {other}")),
    }
}

fn facts(answer: &DescribeNotebookInstanceOutput) -> Notebook {
    Notebook {
        status: status(answer.notebook_instance_status()),
        direct_internet_access: match answer.direct_internet_access() {
            None => Fact::Absent,
            Some(DirectInternetAccess::Enabled) => Fact::Known(true),
            Some(DirectInternetAccess::Disabled) => Fact::Known(false),
            Some(other) => Fact::Unread(aws::unknown("DirectInternetAccess", other.as_str())),
        },
        root_access: match answer.root_access() {
            None => Fact::Absent,
            Some(RootAccess::Enabled) => Fact::Known(true),
            Some(RootAccess::Disabled) => Fact::Known(false),
            Some(other) => Fact::Unread(aws::unknown("RootAccess", other.as_str())),
        },
        subnet: subnet(answer),
        security_groups: answer.security_groups().to_vec(),
        kms_key: aws::given(answer.kms_key_id()).map_or(Fact::Absent, Fact::Known),
        details: details(answer),
    }
}

fn subnet(answer: &DescribeNotebookInstanceOutput) -> Fact<String> {
    match aws::given(answer.subnet_id()) {
        Some(subnet) => Fact::Known(subnet),
        // They are those of an interface in a subnet.
        None if !answer.security_groups().is_empty() => {
            Fact::Unread("sagemaker:DescribeNotebookInstance gave SecurityGroups and no SubnetId".to_owned())
        }
        None => Fact::Absent,
    }
}

pub(crate) fn status(status: Option<&NotebookInstanceStatus>) -> Fact<NotebookStatus> {
    use NotebookInstanceStatus as Status;
    match status {
        None => Fact::Absent,
        Some(
            Status::InMaintenance
            | Status::InService
            | Status::Pending
            | Status::PendingMaintenance
            | Status::Stopped
            | Status::Stopping
            | Status::Updating,
        ) => Fact::Known(NotebookStatus::Present),
        Some(Status::Failed) => Fact::Known(NotebookStatus::Failed),
        Some(Status::Deleting) => Fact::Known(NotebookStatus::Deleting),
        Some(other) => Fact::Unread(aws::unknown("NotebookInstanceStatus", other.as_str())),
    }
}

/// The fields that `AwsSageMakerNotebookInstanceDetails` has and that say how exposed the instance is.
fn details(answer: &DescribeNotebookInstanceOutput) -> Details {
    let mut details = aws::details([
        ("NotebookInstanceName", answer.notebook_instance_name()),
        ("NotebookInstanceArn", answer.notebook_instance_arn()),
        ("NotebookInstanceStatus", answer.notebook_instance_status().map(NotebookInstanceStatus::as_str)),
        ("DirectInternetAccess", answer.direct_internet_access().map(DirectInternetAccess::as_str)),
        ("RootAccess", answer.root_access().map(RootAccess::as_str)),
        ("InstanceType", answer.instance_type().map(aws_sdk_sagemaker::types::InstanceType::as_str)),
        ("SubnetId", answer.subnet_id()),
        ("KmsKeyId", answer.kms_key_id()),
        ("RoleArn", answer.role_arn()),
        ("PlatformIdentifier", answer.platform_identifier()),
    ]);
    for group in answer.security_groups() {
        details.extend(aws::details([("SecurityGroups", Some(group))]));
    }
    details
}

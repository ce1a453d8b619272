use aws::SdkConfig;
use aws_sdk_ec2::{Client, operation::describe_volumes::builders::DescribeVolumesFluentBuilder, types};
use rule::{Details, Fact, Facts, Listed, Page, Read, Resource, Source, Tags};

use crate::tags;

const TYPE: &str = "AWS::EC2::Volume";
const DESCRIBE: &str = "ec2:DescribeVolumes";

/// What is true of an EBS volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Where it is in its life.
    pub state: Fact<VolumeState>,
    /// Whether EBS encrypts it.
    pub encrypted: Fact<bool>,
    /// The KMS key that it is encrypted with; AWS gives its ARN. Absent where none is told.
    pub kms_key: Fact<String>,
    /// Its tags.
    pub tags: Tags,
    /// What findings show of it.
    pub details: Details,
}

/// `State` of `DescribeVolumes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VolumeState {
    /// It is attached to an instance.
    InUse,
    /// It is there and attached to nothing, or it is being made.
    Unattached,
    /// It is on its way out, or gone.
    Deleting,
    /// Creating it failed, or its data are lost.
    Error,
}

impl Facts for Volume {
    type Query = ();

    fn details(&self) -> Details {
        self.details.clone()
    }
}

/// Reads EBS volumes: `DescribeVolumes`.
#[derive(Clone, Debug)]
pub struct Volumes {
    client: Client,
}

impl Volumes {
    /// A source on the account and Region of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    /// Volumes of instances that AWS manages hold the customer's data too, and an account can hide them from a plain call.
    fn describe(&self) -> DescribeVolumesFluentBuilder {
        self.client.describe_volumes().include_managed_resources(true)
    }
}

impl Source for Volumes {
    type Facts = Volume;

    async fn get(&self, resource: &Resource, (): &()) -> Read<Volume> {
        // A filter finds nothing where a call by id fails, with codes that AWS does not document.
        let filter = types::Filter::builder().name("volume-id").values(&resource.id).build();
        let answer = match self.describe().filters(filter).send().await {
            Ok(answer) => answer,
            Err(error) => return Read::Unread(aws::reason(DESCRIBE, &error)),
        };
        match answer.volumes().iter().find(|volume| volume.volume_id() == Some(&resource.id)) {
            Some(volume) => {
                let created_at = volume.create_time().and_then(aws::timestamp).or(resource.created_at);
                Read::Here { resource: Resource { created_at, ..resource.clone() }, facts: facts(volume) }
            }
            None if answer.volumes().is_empty() && aws::given(answer.next_token()).is_none() => Read::Gone,
            None => Read::Unread(format!("{DESCRIBE} did not answer what was asked")),
        }
    }

    async fn list(&self, (): &(), token: Option<String>) -> Result<Page<Volume>, String> {
        // 500 is the most that the API takes for sure.
        let answer = self.describe().max_results(500).set_next_token(token).send().await;
        let answer = answer.map_err(|error| aws::reason(DESCRIBE, &error))?;
        let mut page = Page { next: answer.next_token().map(str::to_owned), ..Page::default() };
        for volume in answer.volumes() {
            let Some(id) = aws::given(volume.volume_id()) else {
                page.unreadable.push(format!("{DESCRIBE} listed a volume without an id"));
                continue;
            };
            let created_at = volume.create_time().and_then(aws::timestamp);
            let resource = Resource { resource_type: TYPE.to_owned(), id, created_at, ..Resource::default() };
            page.items.push(Listed { resource, facts: Some(facts(volume)) });
        }
        Ok(page)
    }

    async fn tags(&self, _: &Resource, volume: &Volume) -> Result<Tags, String> {
        Ok(volume.tags.clone())
    }
}

fn facts(volume: &types::Volume) -> Volume {
    use types::VolumeState as State;
    Volume {
        state: match volume.state() {
            None => Fact::Absent,
            Some(State::InUse) => Fact::Known(VolumeState::InUse),
            Some(State::Available | State::Creating) => Fact::Known(VolumeState::Unattached),
            Some(State::Deleted | State::Deleting) => Fact::Known(VolumeState::Deleting),
            Some(State::Error) => Fact::Known(VolumeState::Error),
            Some(other) => Fact::Unread(aws::unknown("State", other.as_str())),
        },
        encrypted: volume.encrypted().map_or(Fact::Absent, Fact::Known),
        kms_key: aws::given(volume.kms_key_id()).map_or(Fact::Absent, Fact::Known),
        tags: tags(volume.tags()),
        details: details(volume),
    }
}

/// The fields that `AwsEc2VolumeDetails` has and that say what is on the volume's disk.
fn details(volume: &types::Volume) -> Details {
    let mut details = aws::details([
        ("VolumeId", volume.volume_id()),
        ("Status", volume.state().map(types::VolumeState::as_str)),
        ("Encrypted", volume.encrypted().map(|encrypted| if encrypted { "true" } else { "false" })),
        ("KmsKeyId", volume.kms_key_id()),
        ("VolumeType", volume.volume_type().map(types::VolumeType::as_str)),
    ]);
    for attachment in volume.attachments() {
        details.extend(aws::details([("Attachments", attachment.instance_id())]));
    }
    details
}

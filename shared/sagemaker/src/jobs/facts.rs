use rule::{Details, Fact, Facts, SoFar, Timestamp};

use super::JobParameters;

/// What is true of a job, or of what starts jobs: a job definition or a monitoring schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// What kind of job it is.
    pub kind: JobKind,
    /// Where it stands.
    pub status: Fact<JobStatus>,
    /// What started it, where that is a job or a schedule itself: two, where an `AutoML` job tuned.
    pub parents: Vec<Parent>,
    /// What it is made of: one part, or one for each training job definition of a tuning job. Absent when a monitoring schedule names a
    /// job definition that does not exist.
    pub parts: Fact<Vec<JobPart>>,
    /// What findings show of it.
    pub details: Details,
}

/// The kinds of jobs, each a CloudFormation type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobKind {
    /// `TrainingJob`.
    Training,
    /// `ProcessingJob`.
    Processing,
    /// `TransformJob`.
    Transform,
    /// `HyperParameterTuningJob`.
    Tuning,
    /// `AutoMLJob`, of either version of the API.
    AutoMl,
    /// `LabelingJob`.
    Labeling,
    /// `DataQualityJobDefinition`.
    DataQuality,
    /// `ModelQualityJobDefinition`.
    ModelQuality,
    /// `ModelBiasJobDefinition`.
    ModelBias,
    /// `ModelExplainabilityJobDefinition`.
    ModelExplainability,
    /// `MonitoringSchedule`.
    MonitoringSchedule,
}

impl JobKind {
    /// All kinds.
    pub const ALL: [Self; 11] = [
        Self::Training,
        Self::Processing,
        Self::Transform,
        Self::Tuning,
        Self::AutoMl,
        Self::Labeling,
        Self::DataQuality,
        Self::ModelQuality,
        Self::ModelBias,
        Self::ModelExplainability,
        Self::MonitoringSchedule,
    ];

    /// The CloudFormation types of all kinds.
    pub const RESOURCE_TYPES: [&str; 11] = {
        let mut types = [""; 11];
        let mut at = 0;
        while at < types.len() {
            types[at] = Self::ALL[at].resource_type();
            at += 1;
        }
        types
    };

    /// Its CloudFormation type.
    #[must_use]
    pub const fn resource_type(self) -> &'static str {
        match self {
            Self::Training => "AWS::SageMaker::TrainingJob",
            Self::Processing => "AWS::SageMaker::ProcessingJob",
            Self::Transform => "AWS::SageMaker::TransformJob",
            Self::Tuning => "AWS::SageMaker::HyperParameterTuningJob",
            Self::AutoMl => "AWS::SageMaker::AutoMLJob",
            Self::Labeling => "AWS::SageMaker::LabelingJob",
            Self::DataQuality => "AWS::SageMaker::DataQualityJobDefinition",
            Self::ModelQuality => "AWS::SageMaker::ModelQualityJobDefinition",
            Self::ModelBias => "AWS::SageMaker::ModelBiasJobDefinition",
            Self::ModelExplainability => "AWS::SageMaker::ModelExplainabilityJobDefinition",
            Self::MonitoringSchedule => "AWS::SageMaker::MonitoringSchedule",
        }
    }

    /// Its name in `jobTypes`.
    #[must_use]
    pub const fn short(self) -> &'static str {
        match self {
            Self::Training => "training",
            Self::Processing => "processing",
            Self::Transform => "transform",
            Self::Tuning => "tuning",
            Self::AutoMl => "automl",
            Self::Labeling => "labeling",
            Self::DataQuality => "data-quality",
            Self::ModelQuality => "model-quality",
            Self::ModelBias => "model-bias",
            Self::ModelExplainability => "model-explainability",
            Self::MonitoringSchedule => "monitoring-schedule",
        }
    }

    /// Whether it runs once and is over then. Definitions and schedules stay until they are deleted.
    #[must_use]
    pub const fn ends(self) -> bool {
        matches!(
            self,
            Self::Training | Self::Processing | Self::Transform | Self::Tuning | Self::AutoMl | Self::Labeling
        )
    }
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobStatus {
    /// It runs, is about to, or is being stopped.
    Running,
    /// It is over, well or not: nothing of it changes any more.
    Over,
    /// It is being deleted.
    Deleting,
    /// A job definition or a schedule, whatever its status: it starts jobs, or can be made to again.
    Standing,
}

/// What started a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
    /// What kind it is.
    pub kind: JobKind,
    /// Its ARN.
    pub arn: String,
}

/// A job, or one of the training job definitions of a tuning job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobPart {
    /// The definition's name, where there are several.
    pub name: Option<String>,
    /// What it runs on.
    pub instances: Instances,
    /// The KMS key for the volumes of its instances.
    pub volume_key: Setting<String>,
    /// The KMS keys for what it writes to S3, each with what is written.
    pub output_keys: Vec<(&'static str, Setting<String>)>,
    /// Whether what its instances send each other is encrypted.
    pub encrypts_traffic: Setting<bool>,
    /// Whether its containers are kept from the network.
    pub isolated: Setting<bool>,
    /// The subnets that its instances have network interfaces in.
    pub subnets: Setting<Vec<String>>,
    /// The security groups of those network interfaces.
    pub security_groups: Vec<String>,
}

/// A setting of a job, as the API tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting<T> {
    /// It is set to this.
    Is(T),
    /// It is not in the answer.
    Absent,
    /// It could not be read; says why.
    Unread(String),
    /// There is nothing that it could be set for; says why.
    Moot(String),
}

/// What a job runs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instances {
    /// Instances that the answer names.
    Told {
        /// Their types, such as `ml.g5.xlarge`; several where there are groups of them, or where one is chosen from a list.
        types: Vec<String>,
        /// How many there are, or can be.
        count: Fact<u32>,
        /// SageMaker chooses one of the types, and does not tell yet which.
        undetermined: bool,
    },
    /// Instances that SageMaker chooses and does not tell of.
    Untold,
}

/// What is asked of jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobQuery {
    /// Kinds to list.
    pub kinds: Vec<JobKind>,
    /// Of kinds that end, those are listed that were created since then, and those that run.
    pub since: Timestamp,
    /// How far earlier runs came, and what time it is.
    pub so_far: SoFar,
    /// Whether a transform job's model is read, which has its network settings.
    pub models: bool,
}

impl JobQuery {
    /// What these parameters ask for. `models` if network settings are asked for.
    #[must_use]
    pub fn new(params: &JobParameters, so_far: &SoFar, models: bool) -> Self {
        const DAY: i64 = 24 * 60 * 60 * 1000;
        let since = Timestamp::from_millis(so_far.at.millis() - i64::from(params.lookback_days) * DAY);
        Self { kinds: params.kinds.clone(), since, so_far: so_far.clone(), models }
    }
}

impl Job {
    /// Whether it is a job, which uses its key and its network once, and no definition or schedule, whose jobs are yet to come.
    #[must_use]
    pub const fn is_job(&self) -> bool {
        self.kind.ends()
    }
}

impl Facts for Job {
    type Query = JobQuery;

    /// What a job was created with cannot be changed while it runs either. Only what SageMaker chooses is told later.
    fn settled(&self) -> bool {
        let waits = |part: &JobPart| matches!(part.instances, Instances::Told { undetermined: true, .. });
        match (&self.status, &self.parts) {
            (Fact::Known(JobStatus::Over), Fact::Known(_)) => true,
            (Fact::Known(JobStatus::Running), Fact::Known(parts)) => self.is_job() && !parts.iter().any(waits),
            _ => false,
        }
    }

    fn details(&self) -> Details {
        self.details.clone()
    }
}

#[cfg(test)]
mod tests;

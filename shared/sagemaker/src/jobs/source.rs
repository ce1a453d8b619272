use aws::{Once, SdkConfig};
use aws_sdk_sagemaker::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    primitives::DateTime,
    types,
};
use rule::{Fact, Listed, Page, Read, Resource, Source, Tags, Timestamp};

use super::{
    Job, JobKind, JobPart, JobQuery, JobStatus, Parent, Setting,
    legs::{Leg, Position, SETTLING, later},
    parts,
};
use crate::{completed, listed, tags};

/// Reads jobs of all kinds: for each kind its `List...` and its `Describe...`, and `DescribeModel` where
/// [`JobQuery::models`] asks for it.
///
/// The list of a kind that ends comes in legs: first those that no earlier run read, oldest first, so that the run can say how far it
/// came, then those that may still run and are older than the look-back window, and then those that an earlier run read. None asks
/// for a status: with one, `ListTrainingJobs` fills its pages before it filters them, so there are as many.
#[derive(Clone, Debug)]
pub struct Jobs {
    client: Client,
    models: Once<Fact<Model>>,
}

/// What a transform job takes from its model.
#[derive(Clone, Debug)]
struct Model {
    isolated: Setting<bool>,
    subnets: Setting<Vec<String>>,
    created_at: Option<Timestamp>,
}

/// A job as a list tells of it.
struct Entry {
    arn: Option<String>,
    name: Option<String>,
    created: Option<DateTime>,
    status: Option<String>,
}

/// What a list is asked for.
struct Ask {
    after: Option<DateTime>,
    before: Option<DateTime>,
    token: Option<String>,
}

/// A page of a list, with the token of the next.
type Entries = Result<(Vec<Entry>, Option<String>), String>;

/// What is read of a job.
struct Described {
    arn: Option<String>,
    name: Option<String>,
    created: Option<DateTime>,
    /// A definition has none.
    status: Option<String>,
    role: Option<String>,
    parents: Vec<Parent>,
    parts: Fact<Vec<JobPart>>,
}

/// Why a job was not read.
enum Failure {
    Gone,
    Unread(String),
}

/// Most that a page of the lists takes.
const PAGE: i32 = 100;

impl Jobs {
    /// A source on the account and Region of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config), models: Once::default() }
    }

    async fn entries(&self, kind: JobKind, ask: Ask) -> Entries {
        match kind {
            JobKind::Training => self.list_training(ask).await,
            JobKind::Processing => self.list_processing(ask).await,
            JobKind::Transform => self.list_transform(ask).await,
            JobKind::Tuning => self.list_tuning(ask).await,
            JobKind::AutoMl => self.list_auto_ml(ask).await,
            JobKind::Labeling => self.list_labeling(ask).await,
            JobKind::DataQuality => self.list_data_quality(ask).await,
            JobKind::ModelQuality => self.list_model_quality(ask).await,
            JobKind::ModelBias => self.list_model_bias(ask).await,
            JobKind::ModelExplainability => self.list_model_explainability(ask).await,
            JobKind::MonitoringSchedule => self.list_schedules(ask).await,
        }
    }

    async fn described(&self, kind: JobKind, name: &str, models: bool) -> Result<Described, Failure> {
        match kind {
            JobKind::Training => self.training(name).await,
            JobKind::Processing => self.processing(name).await,
            JobKind::Transform => self.transform(name, models).await,
            JobKind::Tuning => self.tuning(name).await,
            JobKind::AutoMl => self.auto_ml(name).await,
            JobKind::Labeling => self.labeling(name).await,
            JobKind::DataQuality | JobKind::ModelQuality | JobKind::ModelBias | JobKind::ModelExplainability => {
                self.definition(kind, name).await
            }
            JobKind::MonitoringSchedule => self.schedule(name).await,
        }
    }

    async fn list_training(&self, ask: Ask) -> Entries {
        let Ask { after, before, token } = ask;
        let list = self.client.list_training_jobs().max_results(PAGE).set_next_token(token);
        let list = list.set_creation_time_after(after).set_creation_time_before(before);
        let list = list.sort_by(types::SortBy::CreationTime).sort_order(types::SortOrder::Ascending);
        let page = list.send().await.map_err(|error| aws::reason("sagemaker:ListTrainingJobs", &error))?;
        let entries = page.training_job_summaries().iter().map(|of| Entry {
            arn: aws::given(of.training_job_arn()),
            name: aws::given(of.training_job_name()),
            created: of.creation_time().copied(),
            status: of.training_job_status().map(|status| status.as_str().to_owned()),
        });
        Ok((entries.collect(), page.next_token().map(str::to_owned)))
    }

    async fn list_processing(&self, ask: Ask) -> Entries {
        let Ask { after, before, token } = ask;
        let list = self.client.list_processing_jobs().max_results(PAGE).set_next_token(token);
        let list = list.set_creation_time_after(after).set_creation_time_before(before);
        let list = list.sort_by(types::SortBy::CreationTime).sort_order(types::SortOrder::Ascending);
        let page = list.send().await.map_err(|error| aws::reason("sagemaker:ListProcessingJobs", &error))?;
        let entries = page.processing_job_summaries().iter().map(|of| Entry {
            arn: aws::given(of.processing_job_arn()),
            name: aws::given(of.processing_job_name()),
            created: of.creation_time().copied(),
            status: of.processing_job_status().map(|status| status.as_str().to_owned()),
        });
        Ok((entries.collect(), page.next_token().map(str::to_owned)))
    }

    async fn list_transform(&self, ask: Ask) -> Entries {
        let Ask { after, before, token } = ask;
        let list = self.client.list_transform_jobs().max_results(PAGE).set_next_token(token);
        let list = list.set_creation_time_after(after).set_creation_time_before(before);
        let list = list.sort_by(types::SortBy::CreationTime).sort_order(types::SortOrder::Ascending);
        let page = list.send().await.map_err(|error| aws::reason("sagemaker:ListTransformJobs", &error))?;
        let entries = page.transform_job_summaries().iter().map(|of| Entry {
            arn: aws::given(of.transform_job_arn()),
            name: aws::given(of.transform_job_name()),
            created: of.creation_time().copied(),
            status: of.transform_job_status().map(|status| status.as_str().to_owned()),
        });
        Ok((entries.collect(), page.next_token().map(str::to_owned)))
    }

    async fn list_tuning(&self, ask: Ask) -> Entries {
        let Ask { after, before, token } = ask;
        let list = self.client.list_hyper_parameter_tuning_jobs().max_results(PAGE).set_next_token(token);
        let list = list.set_creation_time_after(after).set_creation_time_before(before);
        let list = list.sort_by(types::HyperParameterTuningJobSortByOptions::CreationTime);
        let page = list.sort_order(types::SortOrder::Ascending).send().await;
        let page = page.map_err(|error| aws::reason("sagemaker:ListHyperParameterTuningJobs", &error))?;
        let entries = page.hyper_parameter_tuning_job_summaries().iter().map(|of| Entry {
            arn: aws::given(of.hyper_parameter_tuning_job_arn()),
            name: aws::given(of.hyper_parameter_tuning_job_name()),
            created: of.creation_time().copied(),
            status: of.hyper_parameter_tuning_job_status().map(|status| status.as_str().to_owned()),
        });
        Ok((entries.collect(), page.next_token().map(str::to_owned)))
    }

    async fn list_auto_ml(&self, ask: Ask) -> Entries {
        let Ask { after, before, token } = ask;
        let list = self.client.list_auto_ml_jobs().max_results(PAGE).set_next_token(token);
        let list = list.set_creation_time_after(after).set_creation_time_before(before);
        let list = list.sort_by(types::AutoMlSortBy::CreationTime).sort_order(types::AutoMlSortOrder::Ascending);
        let page = list.send().await.map_err(|error| aws::reason("sagemaker:ListAutoMLJobs", &error))?;
        let entries = page.auto_ml_job_summaries().iter().map(|of| Entry {
            arn: aws::given(of.auto_ml_job_arn()),
            name: aws::given(of.auto_ml_job_name()),
            created: of.creation_time().copied(),
            status: of.auto_ml_job_status().map(|status| status.as_str().to_owned()),
        });
        Ok((entries.collect(), page.next_token().map(str::to_owned)))
    }

    async fn list_labeling(&self, ask: Ask) -> Entries {
        let Ask { after, before, token } = ask;
        let list = self.client.list_labeling_jobs().max_results(PAGE).set_next_token(token);
        let list = list.set_creation_time_after(after).set_creation_time_before(before);
        let list = list.sort_by(types::SortBy::CreationTime).sort_order(types::SortOrder::Ascending);
        let page = list.send().await.map_err(|error| aws::reason("sagemaker:ListLabelingJobs", &error))?;
        let entries = page.labeling_job_summary_list().iter().map(|of| Entry {
            arn: aws::given(of.labeling_job_arn()),
            name: aws::given(of.labeling_job_name()),
            created: of.creation_time().copied(),
            status: of.labeling_job_status().map(|status| status.as_str().to_owned()),
        });
        Ok((entries.collect(), page.next_token().map(str::to_owned)))
    }

    async fn list_data_quality(&self, ask: Ask) -> Entries {
        let list = self.client.list_data_quality_job_definitions().max_results(PAGE).set_next_token(ask.token);
        let page = list.send().await;
        let page = page.map_err(|error| aws::reason("sagemaker:ListDataQualityJobDefinitions", &error))?;
        Ok((definitions(page.job_definition_summaries()), page.next_token().map(str::to_owned)))
    }

    async fn list_model_quality(&self, ask: Ask) -> Entries {
        let list = self.client.list_model_quality_job_definitions().max_results(PAGE).set_next_token(ask.token);
        let page = list.send().await;
        let page = page.map_err(|error| aws::reason("sagemaker:ListModelQualityJobDefinitions", &error))?;
        Ok((definitions(page.job_definition_summaries()), page.next_token().map(str::to_owned)))
    }

    async fn list_model_bias(&self, ask: Ask) -> Entries {
        let list = self.client.list_model_bias_job_definitions().max_results(PAGE).set_next_token(ask.token);
        let page = list.send().await;
        let page = page.map_err(|error| aws::reason("sagemaker:ListModelBiasJobDefinitions", &error))?;
        Ok((definitions(page.job_definition_summaries()), page.next_token().map(str::to_owned)))
    }

    async fn list_model_explainability(&self, ask: Ask) -> Entries {
        let list = self.client.list_model_explainability_job_definitions().max_results(PAGE);
        let page = list.set_next_token(ask.token).send().await;
        let page = page.map_err(|error| aws::reason("sagemaker:ListModelExplainabilityJobDefinitions", &error))?;
        Ok((definitions(page.job_definition_summaries()), page.next_token().map(str::to_owned)))
    }

    async fn list_schedules(&self, ask: Ask) -> Entries {
        let list = self.client.list_monitoring_schedules().max_results(PAGE).set_next_token(ask.token);
        let page = list.send().await.map_err(|error| aws::reason("sagemaker:ListMonitoringSchedules", &error))?;
        let entries = page.monitoring_schedule_summaries().iter().map(|of| Entry {
            arn: aws::given(of.monitoring_schedule_arn()),
            name: aws::given(of.monitoring_schedule_name()),
            created: of.creation_time().copied(),
            status: None,
        });
        Ok((entries.collect(), page.next_token().map(str::to_owned)))
    }

    async fn training(&self, name: &str) -> Result<Described, Failure> {
        let answer = self.client.describe_training_job().training_job_name(name).send().await;
        let answer = answer.map_err(|error| failure("sagemaker:DescribeTrainingJob", &error))?;
        Ok(Described {
            arn: aws::given(answer.training_job_arn()),
            name: aws::given(answer.training_job_name()),
            created: answer.creation_time().copied(),
            status: answer.training_job_status().map(|status| status.as_str().to_owned()),
            role: aws::given(answer.role_arn()),
            parents: parents([
                (JobKind::Tuning, answer.tuning_job_arn()),
                (JobKind::AutoMl, answer.auto_ml_job_arn()),
                (JobKind::Labeling, answer.labeling_job_arn()),
            ]),
            parts: Fact::Known(vec![parts::training(&answer)]),
        })
    }

    async fn processing(&self, name: &str) -> Result<Described, Failure> {
        let answer = self.client.describe_processing_job().processing_job_name(name).send().await;
        let answer = answer.map_err(|error| failure("sagemaker:DescribeProcessingJob", &error))?;
        Ok(Described {
            arn: aws::given(answer.processing_job_arn()),
            name: aws::given(answer.processing_job_name()),
            created: answer.creation_time().copied(),
            status: answer.processing_job_status().map(|status| status.as_str().to_owned()),
            role: aws::given(answer.role_arn()),
            parents: parents([
                (JobKind::MonitoringSchedule, answer.monitoring_schedule_arn()),
                (JobKind::AutoMl, answer.auto_ml_job_arn()),
                // Debugger and profiler run their rules so, for the training job and with no settings of its owner's.
                (JobKind::Training, answer.training_job_arn()),
            ]),
            parts: Fact::Known(vec![parts::processing(&answer)]),
        })
    }

    async fn transform(&self, name: &str, models: bool) -> Result<Described, Failure> {
        let answer = self.client.describe_transform_job().transform_job_name(name).send().await;
        let answer = answer.map_err(|error| failure("sagemaker:DescribeTransformJob", &error))?;
        let created = aws::created_at(answer.creation_time());
        let network = match aws::given(answer.model_name()) {
            _ if !models => unread("its model was not asked for"),
            Some(model) => self.network_of(&model, created).await,
            None => unread("DescribeTransformJob gave no ModelName"),
        };
        Ok(Described {
            arn: aws::given(answer.transform_job_arn()),
            name: aws::given(answer.transform_job_name()),
            created: answer.creation_time().copied(),
            status: answer.transform_job_status().map(|status| status.as_str().to_owned()),
            role: None,
            parents: parents([
                (JobKind::AutoMl, answer.auto_ml_job_arn()),
                (JobKind::Labeling, answer.labeling_job_arn()),
            ]),
            parts: Fact::Known(vec![parts::transform(&answer, network)]),
        })
    }

    /// The network settings that a transform job of this time has from its model. One that is gone, or came after the job under the
    /// same name, tells nothing any more, and never will.
    async fn network_of(&self, name: &str, job_created: Option<Timestamp>) -> (Setting<bool>, Setting<Vec<String>>) {
        let read = async || match self.client.describe_model().model_name(name).send().await {
            Ok(answer) => Fact::Known(Model {
                isolated: answer.enable_network_isolation().map_or(Setting::Absent, Setting::Is),
                subnets: crate::subnets(answer.vpc_config()).into(),
                created_at: aws::created_at(answer.creation_time()),
            }),
            Err(error) if crate::is_not_found(&error, "Could not find model") => Fact::Absent,
            Err(error) => Fact::Unread(aws::reason("sagemaker:DescribeModel", &error)),
        };
        let moot = |what: &str| {
            let reason = format!("model {name} {what}, so nobody can tell what it had");
            (Setting::Moot(reason.clone()), Setting::Moot(reason))
        };
        match self.models.get(name, read).await {
            Fact::Known(model) => match model.created_at.zip(job_created) {
                Some((model, job)) if model > job => moot("is younger than the job"),
                Some(_) => (model.isolated, model.subnets),
                None => unread("a CreationTime is missing, so nobody can tell whether its model is the one it had"),
            },
            Fact::Absent => moot("no longer exists"),
            Fact::Unread(reason) => unread(&reason),
        }
    }

    async fn tuning(&self, name: &str) -> Result<Described, Failure> {
        let call = self.client.describe_hyper_parameter_tuning_job().hyper_parameter_tuning_job_name(name);
        let answer = call.send().await;
        let answer = answer.map_err(|error| failure("sagemaker:DescribeHyperParameterTuningJob", &error))?;
        let several = answer.training_job_definitions();
        let one = answer.training_job_definition().map(|one| parts::tuning(one, false));
        let parts = several.iter().map(|each| parts::tuning(each, true)).chain(one).collect();
        Ok(Described {
            arn: aws::given(answer.hyper_parameter_tuning_job_arn()),
            name: aws::given(answer.hyper_parameter_tuning_job_name()),
            created: answer.creation_time().copied(),
            status: answer.hyper_parameter_tuning_job_status().map(|status| status.as_str().to_owned()),
            role: None,
            parents: Vec::new(),
            parts: Fact::Known(parts),
        })
    }

    async fn auto_ml(&self, name: &str) -> Result<Described, Failure> {
        let answer = self.client.describe_auto_ml_job_v2().auto_ml_job_name(name).send().await;
        let answer = answer.map_err(|error| failure("sagemaker:DescribeAutoMLJobV2", &error))?;
        Ok(Described {
            arn: aws::given(answer.auto_ml_job_arn()),
            name: aws::given(answer.auto_ml_job_name()),
            created: answer.creation_time().copied(),
            status: answer.auto_ml_job_status().map(|status| status.as_str().to_owned()),
            role: aws::given(answer.role_arn()),
            parents: Vec::new(),
            parts: Fact::Known(vec![parts::auto_ml(&answer)]),
        })
    }

    async fn labeling(&self, name: &str) -> Result<Described, Failure> {
        let answer = self.client.describe_labeling_job().labeling_job_name(name).send().await;
        let answer = answer.map_err(|error| failure("sagemaker:DescribeLabelingJob", &error))?;
        Ok(Described {
            arn: aws::given(answer.labeling_job_arn()),
            name: aws::given(answer.labeling_job_name()),
            created: answer.creation_time().copied(),
            status: answer.labeling_job_status().map(|status| status.as_str().to_owned()),
            role: aws::given(answer.role_arn()),
            parents: Vec::new(),
            parts: Fact::Known(vec![parts::labeling(&answer)]),
        })
    }

    async fn definition(&self, kind: JobKind, name: &str) -> Result<Described, Failure> {
        let (arn, name, created, role, part) = match kind {
            JobKind::DataQuality => {
                let answer = self.client.describe_data_quality_job_definition().job_definition_name(name).send().await;
                let of = answer.map_err(|error| failure("sagemaker:DescribeDataQualityJobDefinition", &error))?;
                let part =
                    parts::definition(of.job_resources(), of.data_quality_job_output_config(), of.network_config());
                (of.job_definition_arn, of.job_definition_name, of.creation_time, of.role_arn, part)
            }
            JobKind::ModelQuality => {
                let answer = self.client.describe_model_quality_job_definition().job_definition_name(name).send().await;
                let of = answer.map_err(|error| failure("sagemaker:DescribeModelQualityJobDefinition", &error))?;
                let part =
                    parts::definition(of.job_resources(), of.model_quality_job_output_config(), of.network_config());
                (of.job_definition_arn, of.job_definition_name, of.creation_time, of.role_arn, part)
            }
            JobKind::ModelBias => {
                let answer = self.client.describe_model_bias_job_definition().job_definition_name(name).send().await;
                let of = answer.map_err(|error| failure("sagemaker:DescribeModelBiasJobDefinition", &error))?;
                let part =
                    parts::definition(of.job_resources(), of.model_bias_job_output_config(), of.network_config());
                (of.job_definition_arn, of.job_definition_name, of.creation_time, of.role_arn, part)
            }
            _ => {
                let call = self.client.describe_model_explainability_job_definition().job_definition_name(name);
                let of = call.send().await;
                let of = of.map_err(|error| failure("sagemaker:DescribeModelExplainabilityJobDefinition", &error))?;
                let results = of.model_explainability_job_output_config();
                let part = parts::definition(of.job_resources(), results, of.network_config());
                (of.job_definition_arn, of.job_definition_name, of.creation_time, of.role_arn, part)
            }
        };
        let (arn, name, role) = (aws::given(arn.as_deref()), aws::given(name.as_deref()), aws::given(role.as_deref()));
        let parts = Fact::Known(vec![part]);
        Ok(Described { arn, name, created, status: None, role, parents: Vec::new(), parts })
    }

    async fn schedule(&self, name: &str) -> Result<Described, Failure> {
        let answer = self.client.describe_monitoring_schedule().monitoring_schedule_name(name).send().await;
        let answer = answer.map_err(|error| failure("sagemaker:DescribeMonitoringSchedule", &error))?;
        let config = answer.monitoring_schedule_config();
        let inline = config.and_then(types::MonitoringScheduleConfig::monitoring_job_definition);
        let named = config.and_then(|of| aws::given(of.monitoring_job_definition_name()));
        let monitoring_type = config.and_then(types::MonitoringScheduleConfig::monitoring_type);
        let monitoring_type = monitoring_type.or_else(|| answer.monitoring_type());
        let parts = match (inline, named) {
            (_, Some(definition)) => self.parts_of_definition(&definition, monitoring_type).await,
            (Some(inline), None) => Fact::Known(vec![parts::inline(inline)]),
            (None, None) => {
                Fact::Unread("DescribeMonitoringSchedule gave no job definition, nor the name of one".to_owned())
            }
        };
        Ok(Described {
            arn: aws::given(answer.monitoring_schedule_arn()),
            name: aws::given(answer.monitoring_schedule_name()),
            created: answer.creation_time().copied(),
            status: answer.monitoring_schedule_status().map(|status| status.as_str().to_owned()),
            role: None,
            parents: Vec::new(),
            parts,
        })
    }

    /// The job definition that a schedule names; absent when there is none of that name.
    async fn parts_of_definition(
        &self,
        name: &str,
        monitoring_type: Option<&types::MonitoringType>,
    ) -> Fact<Vec<JobPart>> {
        let kind = match monitoring_type {
            Some(types::MonitoringType::DataQuality) => JobKind::DataQuality,
            Some(types::MonitoringType::ModelQuality) => JobKind::ModelQuality,
            Some(types::MonitoringType::ModelBias) => JobKind::ModelBias,
            Some(types::MonitoringType::ModelExplainability) => JobKind::ModelExplainability,
            Some(other) => return Fact::Unread(aws::unknown("MonitoringType", other.as_str())),
            None => return Fact::Unread("DescribeMonitoringSchedule gave no MonitoringType".to_owned()),
        };
        match self.definition(kind, name).await {
            Ok(definition) => definition.parts,
            Err(Failure::Gone) => Fact::Absent,
            Err(Failure::Unread(reason)) => Fact::Unread(reason),
        }
    }
}

impl Source for Jobs {
    type Facts = Job;

    async fn get(&self, resource: &Resource, query: &JobQuery) -> Read<Job> {
        let Some(kind) = JobKind::ALL.into_iter().find(|kind| kind.resource_type() == resource.resource_type) else {
            return Read::Unread(format!("{} is no type of job", resource.resource_type));
        };
        let last = |id: &str| id.rsplit('/').next().unwrap_or(id).to_owned();
        // Job names come from the list; Config's items of definitions and schedules have them too.
        let name = resource.name.clone().unwrap_or_else(|| last(resource.arn.as_deref().unwrap_or(&resource.id)));
        let described = match self.described(kind, &name, query.models).await {
            Ok(described) => described,
            Err(Failure::Gone) => return Read::Gone,
            Err(Failure::Unread(reason)) => return Read::Unread(reason),
        };
        let named = [described.arn.as_deref(), described.name.as_deref()];
        match completed(resource, kind.resource_type(), named, described.created.as_ref()) {
            Ok(resource) => Read::Here { resource, facts: facts(kind, described) },
            Err(other) => Read::Unread(format!("the answer about job {name} is about {other}")),
        }
    }

    async fn list(&self, query: &JobQuery, token: Option<String>) -> Result<Page<Job>, String> {
        let legs = query.legs();
        let (mut position, token) = match &token {
            Some(token) => Position::read(token)?,
            None => (query.start_of(0), None),
        };
        let Some((kind, leg)) = legs.get(position.leg).copied() else { return Ok(Page::default()) };
        let [after, before] = query.between(kind, leg).map(|time| time.map(aws::date_time));
        let after_this = || (position.leg + 1 < legs.len()).then(|| query.start_of(position.leg + 1).write(""));
        let mut page = Page::default();
        let (entries, next) = match self.entries(kind, Ask { after, before, token }).await {
            Ok(entries) => entries,
            // The other kinds are none the worse for it.
            Err(reason) => return Ok(Page { unreadable: vec![reason], next: after_this(), ..page }),
        };
        for entry in entries {
            let created_at = entry.created.as_ref().and_then(aws::timestamp);
            position.last = position.last.zip(created_at).filter(|(last, this)| last <= this).map(|(_, this)| this);
            if !query.is_of(kind, leg, created_at) {
                continue;
            }
            let named = [entry.arn.as_deref(), entry.name.as_deref()];
            let Some(resource) = listed(kind.resource_type(), named, entry.created.as_ref()) else {
                page.unreadable.push(format!("a {} job was listed without a name or an ARN", kind.short()));
                position.nameless = true;
                continue;
            };
            let is_over = status_of(entry.status.as_deref()) == Fact::Known(JobStatus::Over);
            match leg {
                Leg::Older if is_over => {}
                // Without its time, nobody can tell that an earlier run read it.
                Leg::Read if is_over && created_at.is_some() => page.unchanged.push(resource),
                Leg::New => page.items.push(Listed { resource, facts: None }),
                // Whether they can be read says nothing of how far the run came.
                Leg::Standing | Leg::Older | Leg::Read => {
                    page.items.push(Listed { resource: Resource { created_at: None, ..resource }, facts: None });
                }
            }
        }
        let next = next.filter(|token| !token.is_empty());
        if leg == Leg::New && !position.nameless {
            let certain = later(query.so_far.at, -SETTLING);
            let reach = match (position.last, &next) {
                // Others of the same moment may come.
                (Some(last), Some(_)) => Some(later(last, -1).min(certain)),
                // Out of order, nobody can tell before the end.
                (None, Some(_)) => None,
                (_, None) => Some(certain),
            };
            page.reach = reach.map(|reach| (kind.resource_type(), reach));
        }
        page.next = match next {
            Some(token) => Some(position.write(&token)),
            None => after_this(),
        };
        Ok(page)
    }

    async fn tags(&self, resource: &Resource, _: &Job) -> Result<Tags, String> {
        tags(&self.client, resource).await
    }
}

fn definitions(summaries: &[types::MonitoringJobDefinitionSummary]) -> Vec<Entry> {
    let entries = summaries.iter().map(|of| Entry {
        arn: aws::given(of.monitoring_job_definition_arn()),
        name: aws::given(of.monitoring_job_definition_name()),
        created: of.creation_time().copied(),
        status: None,
    });
    entries.collect()
}

/// The SDK models `ResourceNotFound` for all kinds; training jobs are answered with `ValidationException: Requested resource not
/// found.` (boto/boto3, issue 2808), and nobody says which of the two others are.
fn failure<E>(operation: &str, error: &SdkError<E>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let words = ["Requested resource not found", "Could not find"];
    let is_gone = aws::code(error) == Some("ResourceNotFound") || words.iter().any(|of| crate::is_not_found(error, of));
    if is_gone { Failure::Gone } else { Failure::Unread(aws::reason(operation, error)) }
}

fn unread(reason: &str) -> (Setting<bool>, Setting<Vec<String>>) {
    (Setting::Unread(reason.to_owned()), Setting::Unread(reason.to_owned()))
}

/// Those of these that the answer names.
fn parents<const N: usize>(arns: [(JobKind, Option<&str>); N]) -> Vec<Parent> {
    arns.into_iter().filter_map(|(kind, arn)| Some(Parent { kind, arn: aws::given(arn)? })).collect()
}

fn facts(kind: JobKind, described: Described) -> Job {
    let Described { name, status, role, parents, parts, .. } = described;
    let details = aws::details([
        ("Name", name.as_deref()),
        ("Status", status.as_deref()),
        ("StartedBy", parents.first().map(|parent| parent.arn.as_str())),
        ("RoleArn", role.as_deref()),
    ]);
    let status = match kind {
        JobKind::MonitoringSchedule => status_of_schedule(status.as_deref()),
        _ if kind.ends() => status_of(status.as_deref()),
        _ => Fact::Known(JobStatus::Standing),
    };
    Job { kind, status, parents, parts, details }
}

/// A schedule starts jobs, or can be made to again, whatever its status.
fn status_of_schedule(status: Option<&str>) -> Fact<JobStatus> {
    match status {
        None | Some("" | aws::NOT_SENT) => Fact::Absent,
        Some("Failed" | "Pending" | "Scheduled" | "Stopped") => Fact::Known(JobStatus::Standing),
        Some(other) => Fact::Unread(aws::unknown("the status", other)),
    }
}

/// The status of a job, by the words that the six kinds share.
pub(super) fn status_of(status: Option<&str>) -> Fact<JobStatus> {
    match status {
        None | Some("" | aws::NOT_SENT) => Fact::Absent,
        Some("Initializing" | "InProgress" | "Stopping") => Fact::Known(JobStatus::Running),
        Some("Completed" | "Failed" | "Stopped" | "DeleteFailed") => Fact::Known(JobStatus::Over),
        Some("Deleting") => Fact::Known(JobStatus::Deleting),
        Some(other) => Fact::Unread(aws::unknown("the status", other)),
    }
}

#[cfg(test)]
mod tests;

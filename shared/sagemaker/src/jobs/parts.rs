//! What the settings of each kind are called in the SDK, and what it means where they are not there. JOBS.md is the table.

use aws_sdk_sagemaker::{
    operation::{
        describe_auto_ml_job_v2::DescribeAutoMlJobV2Output, describe_labeling_job::DescribeLabelingJobOutput,
        describe_processing_job::DescribeProcessingJobOutput, describe_training_job::DescribeTrainingJobOutput,
        describe_transform_job::DescribeTransformJobOutput,
    },
    types,
};
use rule::Fact;

use super::{Instances, JobPart, Setting};
use crate::{security_groups, subnets};

const SERVERLESS: &str = "serverless: it runs on instances of SageMaker's, on which nothing can be set";

pub(super) fn training(answer: &DescribeTrainingJobOutput) -> JobPart {
    let resources = answer.resource_config();
    let part = JobPart {
        name: None,
        instances: of_resources(resources),
        volume_key: key(resources.and_then(types::ResourceConfig::volume_kms_key_id)),
        output_keys: vec![output(answer.output_data_config())],
        encrypts_traffic: flag(answer.enable_inter_container_traffic_encryption()),
        isolated: flag(answer.enable_network_isolation()),
        subnets: network(answer.vpc_config()),
        security_groups: security_groups(answer.vpc_config()),
    };
    if answer.serverless_job_config().is_some() { serverless(part) } else { part }
}

/// What is set all the same counts; what is not cannot be.
fn serverless(part: JobPart) -> JobPart {
    fn or_moot<T>(setting: Setting<T>, is_off: impl Fn(&T) -> bool) -> Setting<T> {
        let is_set = match &setting {
            Setting::Is(value) => !is_off(value),
            Setting::Unread(_) => true,
            Setting::Absent | Setting::Moot(_) => false,
        };
        if is_set { setting } else { Setting::Moot(SERVERLESS.to_owned()) }
    }
    JobPart {
        instances: Instances::Untold,
        volume_key: or_moot(part.volume_key, |_| false),
        encrypts_traffic: or_moot(part.encrypts_traffic, |on| !on),
        isolated: or_moot(part.isolated, |on| !on),
        subnets: or_moot(part.subnets, |_| false),
        ..part
    }
}

pub(super) fn processing(answer: &DescribeProcessingJobOutput) -> JobPart {
    let cluster = answer.processing_resources().and_then(types::ProcessingResources::cluster_config);
    let network_config = answer.network_config();
    JobPart {
        name: None,
        instances: match cluster {
            Some(of) if given(of.selected_instance_type().map(types::ProcessingInstanceType::as_str)).is_some() => {
                let selected = of.selected_instance_type().map(types::ProcessingInstanceType::as_str);
                told([selected], [of.selected_instance_count()])
            }
            Some(of) if !of.instance_preferences().is_empty() => {
                let preferred = of.instance_preferences();
                let types = preferred.iter().map(|of| of.instance_type().map(types::ProcessingInstanceType::as_str));
                one_of(types, preferred.iter().map(|each| each.instance_count().or(of.instance_count())))
            }
            of => {
                let named = of.and_then(|of| of.instance_type()).map(types::ProcessingInstanceType::as_str);
                told([named], [of.and_then(types::ProcessingClusterConfig::instance_count)])
            }
        },
        volume_key: key(cluster.and_then(types::ProcessingClusterConfig::volume_kms_key_id)),
        output_keys: vec![("output", processing_output(answer.processing_output_config()))],
        encrypts_traffic: flag(
            network_config.and_then(types::NetworkConfig::enable_inter_container_traffic_encryption),
        ),
        isolated: flag(network_config.and_then(types::NetworkConfig::enable_network_isolation)),
        subnets: network(network_config.and_then(types::NetworkConfig::vpc_config)),
        security_groups: security_groups(network_config.and_then(types::NetworkConfig::vpc_config)),
    }
}

fn processing_output(config: Option<&types::ProcessingOutputConfig>) -> Setting<String> {
    let outputs = config.map(types::ProcessingOutputConfig::outputs).unwrap_or_default();
    if outputs.is_empty() {
        Setting::Moot("it has no output".to_owned())
    } else if outputs.iter().all(|of| of.s3_output().is_none()) {
        Setting::Moot("its outputs go to a feature store, which has a key of its own".to_owned())
    } else {
        key(config.and_then(types::ProcessingOutputConfig::kms_key_id))
    }
}

/// The network settings of a transform job are its model's.
pub(super) fn transform(
    answer: &DescribeTransformJobOutput,
    (isolated, subnets): (Setting<bool>, Setting<Vec<String>>),
) -> JobPart {
    let (resources, results) = (answer.transform_resources(), answer.transform_output());
    let captured = answer.data_capture_config().filter(|of| aws::given(of.destination_s3_uri()).is_some());
    let path = results.and_then(|of| of.s3_output_path());
    let results = output_key(path, results.and_then(types::TransformOutput::kms_key_id));
    let captured = captured.map(|of| ("captured data", key(of.kms_key_id())));
    JobPart {
        name: None,
        instances: told(
            [resources.and_then(|of| of.instance_type()).map(types::TransformInstanceType::as_str)],
            [resources.and_then(types::TransformResources::instance_count)],
        ),
        volume_key: key(resources.and_then(types::TransformResources::volume_kms_key_id)),
        output_keys: [("output", results)].into_iter().chain(captured).collect(),
        encrypts_traffic: Setting::Moot("instances of a transform job do not talk to each other".to_owned()),
        isolated,
        subnets,
        security_groups: Vec::new(),
    }
}

/// One of the training job definitions of a tuning job; named where there are several.
pub(super) fn tuning(definition: &types::HyperParameterTrainingJobDefinition, named: bool) -> JobPart {
    let (resources, flexible) = (definition.resource_config(), definition.hyper_parameter_tuning_resource_config());
    let volume_key = flexible.and_then(types::HyperParameterTuningResourceConfig::volume_kms_key_id);
    JobPart {
        name: aws::given(definition.definition_name()).filter(|_| named),
        instances: flexible.map_or_else(|| of_resources(resources), of_tuning_resources),
        volume_key: key(volume_key.or_else(|| resources.and_then(types::ResourceConfig::volume_kms_key_id))),
        output_keys: vec![output(definition.output_data_config())],
        encrypts_traffic: flag(definition.enable_inter_container_traffic_encryption()),
        isolated: flag(definition.enable_network_isolation()),
        subnets: network(definition.vpc_config()),
        security_groups: security_groups(definition.vpc_config()),
    }
}

pub(super) fn auto_ml(answer: &DescribeAutoMlJobV2Output) -> JobPart {
    let (security, results) = (answer.security_config(), answer.output_data_config());
    JobPart {
        name: None,
        instances: Instances::Untold,
        volume_key: key(security.and_then(types::AutoMlSecurityConfig::volume_kms_key_id)),
        output_keys: vec![(
            "output",
            output_key(
                results.and_then(|of| of.s3_output_path()),
                results.and_then(types::AutoMlOutputDataConfig::kms_key_id),
            ),
        )],
        encrypts_traffic: flag(
            security.and_then(types::AutoMlSecurityConfig::enable_inter_container_traffic_encryption),
        ),
        isolated: Setting::Moot("AutoML jobs have no such setting".to_owned()),
        subnets: network(security.and_then(types::AutoMlSecurityConfig::vpc_config)),
        security_groups: security_groups(security.and_then(types::AutoMlSecurityConfig::vpc_config)),
    }
}

pub(super) fn labeling(answer: &DescribeLabelingJobOutput) -> JobPart {
    let results = answer.output_config();
    let moot = || "without automated data labeling, no instance runs for it".to_owned();
    let (volume_key, subnets, groups) = match answer.labeling_job_algorithms_config() {
        Some(algorithms) => {
            let resources = algorithms.labeling_job_resource_config();
            (
                key(resources.and_then(types::LabelingJobResourceConfig::volume_kms_key_id)),
                network(resources.and_then(types::LabelingJobResourceConfig::vpc_config)),
                security_groups(resources.and_then(types::LabelingJobResourceConfig::vpc_config)),
            )
        }
        None => (Setting::Moot(moot()), Setting::Moot(moot()), Vec::new()),
    };
    let path = results.and_then(|of| of.s3_output_path());
    let results = output_key(path, results.and_then(types::LabelingJobOutputConfig::kms_key_id));
    JobPart {
        name: None,
        instances: Instances::Untold,
        volume_key,
        output_keys: vec![("output", results)],
        encrypts_traffic: Setting::Moot("labeling jobs have no such setting".to_owned()),
        isolated: Setting::Moot("labeling jobs have no such setting".to_owned()),
        subnets,
        security_groups: groups,
    }
}

/// A job definition of a monitor: resources, output and network, which all four kinds have in the same shape.
pub(super) fn definition(
    resources: Option<&types::MonitoringResources>,
    results: Option<&types::MonitoringOutputConfig>,
    network_config: Option<&types::MonitoringNetworkConfig>,
) -> JobPart {
    let of_network = network_config.map(|of| Network {
        encrypts_traffic: of.enable_inter_container_traffic_encryption(),
        isolated: of.enable_network_isolation(),
        vpc: of.vpc_config(),
    });
    monitoring(resources, results, of_network.unwrap_or_default())
}

/// A job definition that stands in its schedule.
pub(super) fn inline(definition: &types::MonitoringJobDefinition) -> JobPart {
    let network_config = definition.network_config();
    let of_network = network_config.map(|of| Network {
        encrypts_traffic: of.enable_inter_container_traffic_encryption(),
        isolated: of.enable_network_isolation(),
        vpc: of.vpc_config(),
    });
    monitoring(definition.monitoring_resources(), definition.monitoring_output_config(), of_network.unwrap_or_default())
}

/// The network settings of a monitor, which the API has in two types of the same shape.
#[derive(Clone, Copy, Default)]
struct Network<'a> {
    encrypts_traffic: Option<bool>,
    isolated: Option<bool>,
    vpc: Option<&'a types::VpcConfig>,
}

fn monitoring(
    resources: Option<&types::MonitoringResources>,
    results: Option<&types::MonitoringOutputConfig>,
    of_network: Network<'_>,
) -> JobPart {
    let cluster = resources.and_then(types::MonitoringResources::cluster_config);
    JobPart {
        name: None,
        instances: told(
            [cluster.and_then(|of| of.instance_type()).map(types::ProcessingInstanceType::as_str)],
            [cluster.and_then(types::MonitoringClusterConfig::instance_count)],
        ),
        volume_key: key(cluster.and_then(types::MonitoringClusterConfig::volume_kms_key_id)),
        output_keys: vec![("output", monitoring_output(results))],
        encrypts_traffic: flag(of_network.encrypts_traffic),
        isolated: flag(of_network.isolated),
        subnets: network(of_network.vpc),
        security_groups: security_groups(of_network.vpc),
    }
}

/// A monitor has one output at least, so that no output stands for a configuration that was not sent.
fn monitoring_output(config: Option<&types::MonitoringOutputConfig>) -> Setting<String> {
    match key(config.and_then(types::MonitoringOutputConfig::kms_key_id)) {
        Setting::Absent if config.is_none_or(|of| of.monitoring_outputs().is_empty()) => {
            Setting::Unread(NO_OUTPUT.to_owned())
        }
        key => key,
    }
}

fn of_resources(resources: Option<&types::ResourceConfig>) -> Instances {
    let name = |of: Option<&types::TrainingInstanceType>| given(of.map(types::TrainingInstanceType::as_str));
    let Some(of) = resources else { return told([None], [None]) };
    let selected = name(of.selected_instance_type());
    if selected.is_some() {
        return told([selected.as_deref()], [of.selected_instance_count()]);
    }
    let (groups, preferred) = (of.instance_groups(), of.instance_preferences());
    if !groups.is_empty() {
        let types: Vec<_> = groups.iter().map(|of| name(of.instance_type())).collect();
        return told(types.iter().map(Option::as_deref), groups.iter().map(types::InstanceGroup::instance_count));
    }
    if !preferred.is_empty() {
        let types: Vec<_> = preferred.iter().map(|of| name(of.instance_type())).collect();
        let counts = preferred.iter().map(|each| each.instance_count().or(of.instance_count()));
        return one_of(types.iter().map(Option::as_deref), counts);
    }
    told([name(of.instance_type()).as_deref()], [of.instance_count()])
}

/// A tuning job's training jobs run on any of the configurations, whichever there is capacity for: each of them counts.
fn of_tuning_resources(resources: &types::HyperParameterTuningResourceConfig) -> Instances {
    let name = |of: Option<&types::TrainingInstanceType>| given(of.map(types::TrainingInstanceType::as_str));
    let configs = resources.instance_configs();
    if configs.is_empty() {
        return told([name(resources.instance_type()).as_deref()], [resources.instance_count()]);
    }
    let types: Vec<_> = configs.iter().map(|of| name(of.instance_type())).collect();
    let counts = configs.iter().map(types::HyperParameterTuningInstanceConfig::instance_count);
    match one_of(types.iter().map(Option::as_deref), counts) {
        Instances::Told { types, count, .. } => Instances::Told { types, count, undetermined: false },
        Instances::Untold => Instances::Untold,
    }
}

/// Instances of all of these types, so many of each. One type that is not told leaves the others in doubt.
fn told<'a>(
    types: impl IntoIterator<Item = Option<&'a str>>,
    counts: impl IntoIterator<Item = Option<i32>>,
) -> Instances {
    let types = types.into_iter().map(given).collect::<Option<Vec<_>>>().unwrap_or_default();
    let count = counts.into_iter().try_fold(0_u32, |sum, count| sum.checked_add(aws::counted(count)?));
    Instances::Told { types, count: count.map_or(Fact::Absent, Fact::Known), undetermined: false }
}

/// Instances of one of these types, which SageMaker has yet to choose.
fn one_of<'a>(
    types: impl IntoIterator<Item = Option<&'a str>>,
    counts: impl IntoIterator<Item = Option<i32>>,
) -> Instances {
    let types = types.into_iter().map(given).collect::<Option<Vec<_>>>().unwrap_or_default();
    let counts = counts.into_iter().map(aws::counted).collect::<Option<Vec<_>>>();
    let most = counts.and_then(|counts| counts.into_iter().max());
    Instances::Told { types, count: most.map_or(Fact::Absent, Fact::Known), undetermined: true }
}

/// The name of an instance type, unless it stands for one that was not sent.
fn given(name: Option<&str>) -> Option<String> {
    aws::given(name.filter(|name| *name != aws::NOT_SENT))
}

fn key(reference: Option<&str>) -> Setting<String> {
    aws::given(reference).map_or(Setting::Absent, Setting::Is)
}

fn flag(value: Option<bool>) -> Setting<bool> {
    value.map_or(Setting::Absent, Setting::Is)
}

fn network(config: Option<&types::VpcConfig>) -> Setting<Vec<String>> {
    subnets(config).into()
}

impl<T> From<Fact<T>> for Setting<T> {
    fn from(fact: Fact<T>) -> Self {
        match fact {
            Fact::Known(value) => Self::Is(value),
            Fact::Absent => Self::Absent,
            Fact::Unread(reason) => Self::Unread(reason),
        }
    }
}

const DIRECTORY_BUCKET: &str =
    "it is written to a directory bucket (S3 Express One Zone), for which SageMaker takes no KMS key";

/// The output of training. Only of it does the API say that it takes no key for directory buckets.
fn output(config: Option<&types::OutputDataConfig>) -> (&'static str, Setting<String>) {
    let path = config.and_then(|of| of.s3_output_path());
    let key = match output_key(path, config.and_then(types::OutputDataConfig::kms_key_id)) {
        Setting::Absent if path.is_some_and(is_in_directory_bucket) => Setting::Moot(DIRECTORY_BUCKET.to_owned()),
        key => key,
    };
    ("output", key)
}

const NO_OUTPUT: &str = "the answer does not say where the output goes";

/// The key of an output, which goes somewhere: no path stands for a configuration that was not sent.
fn output_key(path: Option<&str>, reference: Option<&str>) -> Setting<String> {
    match key(reference) {
        Setting::Absent if aws::given(path).is_none() => Setting::Unread(NO_OUTPUT.to_owned()),
        key => key,
    }
}

/// Names of directory buckets end so (Amazon S3 User Guide, "Directory bucket naming rules").
fn is_in_directory_bucket(path: &str) -> bool {
    let bucket = path.strip_prefix("s3://").unwrap_or(path).split('/').next().unwrap_or_default();
    bucket.ends_with("--x-s3")
}

#[cfg(test)]
mod tests;

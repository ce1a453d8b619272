use aws_sdk_sagemaker::{
    operation::{
        describe_auto_ml_job_v2::builders::DescribeAutoMlJobV2OutputBuilder,
        describe_labeling_job::builders::DescribeLabelingJobOutputBuilder,
        describe_processing_job::builders::DescribeProcessingJobOutputBuilder,
        describe_training_job::builders::DescribeTrainingJobOutputBuilder,
        describe_transform_job::builders::DescribeTransformJobOutputBuilder,
    },
    types::{
        ProcessingInstanceType as Processing, TrainingInstanceType as Training, TransformInstanceType as Transform,
    },
};

use super::*;

fn is(key: &str) -> Setting<String> {
    Setting::Is(key.to_owned())
}

fn moot<T>(reason: &str) -> Setting<T> {
    Setting::Moot(reason.to_owned())
}

/// Instances of these types; no count is `None`.
fn told_of(types: &[&str], count: Option<u32>, undetermined: bool) -> Instances {
    Instances::Told {
        types: types.iter().map(|of| (*of).to_owned()).collect(),
        count: count.map_or(Fact::Absent, Fact::Known),
        undetermined,
    }
}

fn subnet() -> Setting<Vec<String>> {
    Setting::Is(vec!["subnet-a".to_owned()])
}

/// A part of which everything is set, on three instances of a type.
fn full() -> JobPart {
    JobPart {
        name: None,
        instances: told_of(&["ml.m5.large"], Some(3), false),
        volume_key: is("volume"),
        output_keys: vec![("output", is("output"))],
        encrypts_traffic: Setting::Is(true),
        isolated: Setting::Is(false),
        subnets: subnet(),
        security_groups: groups(),
    }
}

/// A part of which nothing is.
fn empty() -> JobPart {
    JobPart {
        name: None,
        instances: told_of(&[], None, false),
        volume_key: Setting::Absent,
        output_keys: vec![("output", Setting::Unread(NO_OUTPUT.to_owned()))],
        encrypts_traffic: Setting::Absent,
        isolated: Setting::Absent,
        subnets: Setting::Absent,
        security_groups: Vec::new(),
    }
}

fn groups() -> Vec<String> {
    vec!["sg-a".to_owned()]
}

fn vpc() -> types::VpcConfig {
    types::VpcConfig::builder().subnets("subnet-a").security_group_ids("sg-a").build()
}

fn resources() -> types::ResourceConfig {
    let of = types::ResourceConfig::builder().instance_type(Training::MlM5Large).instance_count(3);
    of.volume_kms_key_id("volume").build()
}

fn results(path: &str, key: Option<&str>) -> types::OutputDataConfig {
    types::OutputDataConfig::builder().s3_output_path(path).set_kms_key_id(key.map(str::to_owned)).build()
}

const BUCKET: &str = "s3://bucket/path";
const EXPRESS: &str = "s3://bucket--use1-az4--x-s3/path";

fn full_training() -> DescribeTrainingJobOutputBuilder {
    let of = DescribeTrainingJobOutputBuilder::default().resource_config(resources()).vpc_config(vpc());
    let of = of.output_data_config(results(BUCKET, Some("output")));
    of.enable_inter_container_traffic_encryption(true).enable_network_isolation(false)
}

#[test]
fn a_training_job_has_all_settings() {
    assert_eq!(training(&full_training().build()), full());
    assert_eq!(training(&DescribeTrainingJobOutputBuilder::default().build()), empty());
    let odd = DescribeTrainingJobOutputBuilder::default()
        .resource_config(types::ResourceConfig::builder().volume_kms_key_id("").build())
        .output_data_config(results("", Some("")))
        .vpc_config(types::VpcConfig::builder().build());
    assert_eq!(training(&odd.build()), empty());
    let groups_only = types::VpcConfig::builder().security_group_ids("sg-a").build();
    let odd = DescribeTrainingJobOutputBuilder::default().vpc_config(groups_only);
    let subnets = Setting::Unread("its VpcConfig has security groups and no subnets".to_owned());
    assert_eq!(training(&odd.build()), JobPart { subnets, security_groups: groups(), ..empty() });
}

#[test]
fn training_may_tell_its_instances_in_many_ways() {
    let config = types::ResourceConfig::builder;
    let group = |of: Option<Training>, count: Option<i32>| {
        types::InstanceGroup::builder().set_instance_type(of).set_instance_count(count).build()
    };
    let preferred = |of: Training, count: Option<i32>| {
        types::InstancePreference::builder().instance_type(of).set_instance_count(count).build()
    };
    let (m5, g5) = (Training::MlM5Large, Training::MlG5Xlarge);
    let both = ["ml.m5.large", "ml.g5.xlarge"];
    let unsent = Training::from(aws::NOT_SENT);
    for (resources, expected) in [
        (config(), told_of(&[], None, false)),
        (config().instance_type(m5.clone()), told_of(&["ml.m5.large"], None, false)),
        (config().instance_count(2), told_of(&[], Some(2), false)),
        (config().instance_type(m5.clone()).instance_count(-1), told_of(&["ml.m5.large"], None, false)),
        (config().instance_type(unsent.clone()).instance_count(1), told_of(&[], Some(1), false)),
        (config().instance_type("ml.x99.large".into()).instance_count(1), told_of(&["ml.x99.large"], Some(1), false)),
        // Groups are summed up; one that tells no type leaves the others in doubt.
        (
            config()
                .instance_groups(group(Some(m5.clone()), Some(1)))
                .instance_groups(group(Some(g5.clone()), Some(2))),
            told_of(&both, Some(3), false),
        ),
        (
            config().instance_groups(group(Some(m5.clone()), Some(1))).instance_groups(group(None, Some(1))),
            told_of(&[], Some(2), false),
        ),
        (
            config().instance_groups(group(Some(m5.clone()), Some(1))).instance_groups(group(Some(g5.clone()), None)),
            told_of(&both, None, false),
        ),
        // One is chosen of those that are preferred; each may have a count of its own.
        (
            config()
                .instance_count(1)
                .instance_preferences(preferred(m5.clone(), None))
                .instance_preferences(preferred(g5.clone(), None)),
            told_of(&both, Some(1), true),
        ),
        (
            config()
                .instance_count(1)
                .instance_preferences(preferred(m5.clone(), None))
                .instance_preferences(preferred(g5.clone(), Some(4))),
            told_of(&both, Some(4), true),
        ),
        (config().instance_preferences(preferred(m5.clone(), None)), told_of(&["ml.m5.large"], None, true)),
        (
            config()
                .instance_count(1)
                .instance_preferences(preferred(m5.clone(), None))
                .instance_preferences(preferred(unsent.clone(), None)),
            told_of(&[], Some(1), true),
        ),
        // Once it is chosen, that counts.
        (
            config()
                .instance_count(1)
                .instance_preferences(preferred(m5.clone(), None))
                .instance_preferences(preferred(g5.clone(), None))
                .selected_instance_type(g5)
                .selected_instance_count(2),
            told_of(&["ml.g5.xlarge"], Some(2), false),
        ),
        (
            config().instance_preferences(preferred(m5.clone(), Some(2))).selected_instance_type(unsent),
            told_of(&["ml.m5.large"], Some(2), true),
        ),
        (config().instance_count(1).selected_instance_type(m5), told_of(&["ml.m5.large"], None, false)),
    ] {
        let resources = resources.build();
        let part = training(&DescribeTrainingJobOutputBuilder::default().resource_config(resources.clone()).build());
        assert_eq!(part.instances, expected, "{resources:?}");
        // Of a tuning job's definition, the same.
        let definition = types::HyperParameterTrainingJobDefinition::builder().resource_config(resources.clone());
        assert_eq!(tuning(&definition.build(), false).instances, expected, "{resources:?}");
    }
}

#[test]
fn serverless_training_has_no_instances() {
    let config = types::ServerlessJobConfig::builder().base_model_arn("arn:model");
    let config = config.job_type(types::ServerlessJobType::FineTuning).build().unwrap();
    let bare = DescribeTrainingJobOutputBuilder::default().serverless_job_config(config.clone()).build();
    let nothing = JobPart {
        name: None,
        instances: Instances::Untold,
        volume_key: moot(SERVERLESS),
        output_keys: vec![("output", Setting::Unread(NO_OUTPUT.to_owned()))],
        encrypts_traffic: moot(SERVERLESS),
        isolated: moot(SERVERLESS),
        subnets: moot(SERVERLESS),
        security_groups: Vec::new(),
    };
    assert_eq!(training(&bare), nothing);
    let off = DescribeTrainingJobOutputBuilder::default().serverless_job_config(config.clone());
    let off = off.enable_inter_container_traffic_encryption(false).enable_network_isolation(false);
    assert_eq!(training(&off.vpc_config(types::VpcConfig::builder().build()).build()), nothing);
    // What is set all the same counts.
    let on = full_training().serverless_job_config(config).enable_network_isolation(true);
    let set = JobPart { instances: Instances::Untold, isolated: Setting::Is(true), ..full() };
    assert_eq!(training(&on.build()), set);
}

/// The SDK puts an empty configuration in the place of one that was not sent: only what says where the output goes has no key.
#[test]
fn an_output_without_a_key_is_one_that_goes_somewhere() {
    for path in [Some(BUCKET), Some(""), None] {
        let path = || path.map(str::to_owned);
        let expected =
            if path().as_deref() == Some(BUCKET) { Setting::Absent } else { Setting::Unread(NO_OUTPUT.to_owned()) };
        let of_transform = types::TransformOutput::builder().set_s3_output_path(path()).build();
        let of_auto_ml = types::AutoMlOutputDataConfig::builder().set_s3_output_path(path()).build();
        let of_labeling = types::LabelingJobOutputConfig::builder().set_s3_output_path(path()).build();
        let outputs = path().filter(|path| !path.is_empty()).map(|_| vec![types::MonitoringOutput::builder().build()]);
        let of_monitor = types::MonitoringOutputConfig::builder().set_monitoring_outputs(outputs).build();
        for part in [
            transform(
                &DescribeTransformJobOutputBuilder::default().transform_output(of_transform).build(),
                (Setting::Absent, Setting::Absent),
            ),
            auto_ml(&DescribeAutoMlJobV2OutputBuilder::default().output_data_config(of_auto_ml).build()),
            labeling(&DescribeLabelingJobOutputBuilder::default().output_config(of_labeling).build()),
            definition(None, Some(&of_monitor), None),
        ] {
            assert_eq!(part.output_keys, [("output", expected.clone())], "{:?}", path());
        }
    }
}

#[test]
fn a_directory_bucket_takes_no_key() {
    for (path, key, expected) in [
        (BUCKET, None, Setting::Absent),
        (BUCKET, Some("output"), is("output")),
        (EXPRESS, None, moot(DIRECTORY_BUCKET)),
        (EXPRESS, Some("output"), is("output")),
        ("s3://bucket--use1-az4--x-s3", None, moot(DIRECTORY_BUCKET)),
        ("s3://bucket/path--x-s3", None, Setting::Absent),
        ("s3://bucket--x-s3-not/path", None, Setting::Absent),
        ("", None, Setting::Unread(NO_OUTPUT.to_owned())),
        ("", Some("output"), is("output")),
    ] {
        let key = || key.map(str::to_owned);
        let of_training =
            DescribeTrainingJobOutputBuilder::default().output_data_config(results(path, key().as_deref()));
        assert_eq!(training(&of_training.build()).output_keys, [("output", expected.clone())], "{path}");
        let of_tuning = types::HyperParameterTrainingJobDefinition::builder();
        let of_tuning = of_tuning.output_data_config(results(path, key().as_deref())).build();
        assert_eq!(tuning(&of_tuning, false).output_keys, [("output", expected)], "{path}");
    }
    // Of what other kinds write the API says nothing like it.
    let of_transform = types::TransformOutput::builder().s3_output_path(EXPRESS).build();
    let of_transform = DescribeTransformJobOutputBuilder::default().transform_output(of_transform).build();
    let part = transform(&of_transform, (Setting::Absent, Setting::Absent));
    assert_eq!(part.output_keys, [("output", Setting::Absent)]);
}

fn to_s3(path: &str) -> types::ProcessingOutput {
    types::ProcessingOutput::builder().s3_output(types::ProcessingS3Output::builder().s3_uri(path).build()).build()
}

fn to_feature_store() -> types::ProcessingOutput {
    let store = types::ProcessingFeatureStoreOutput::builder().feature_group_name("group").build();
    types::ProcessingOutput::builder().feature_store_output(store).build()
}

fn processed(cluster: types::ProcessingClusterConfig) -> types::ProcessingResources {
    types::ProcessingResources::builder().cluster_config(cluster).build()
}

fn network_config() -> types::NetworkConfig {
    let of = types::NetworkConfig::builder().enable_inter_container_traffic_encryption(true);
    of.enable_network_isolation(false).vpc_config(vpc()).build()
}

#[test]
fn a_processing_job_has_all_settings() {
    let cluster = types::ProcessingClusterConfig::builder().instance_type(Processing::MlM5Large).instance_count(3);
    let outputs = types::ProcessingOutputConfig::builder().outputs(to_s3(BUCKET)).kms_key_id("output").build();
    let of = DescribeProcessingJobOutputBuilder::default()
        .processing_resources(processed(cluster.volume_kms_key_id("volume").build()))
        .processing_output_config(outputs)
        .network_config(network_config());
    assert_eq!(processing(&of.build()), full());
    let no_output = JobPart { output_keys: vec![("output", moot("it has no output"))], ..empty() };
    assert_eq!(processing(&DescribeProcessingJobOutputBuilder::default().build()), no_output);
    let odd = DescribeProcessingJobOutputBuilder::default()
        .processing_resources(types::ProcessingResources::builder().build())
        .processing_output_config(types::ProcessingOutputConfig::builder().build())
        .network_config(types::NetworkConfig::builder().build());
    assert_eq!(processing(&odd.build()), no_output);
}

#[test]
fn processing_may_tell_its_instances_in_many_ways() {
    let config = types::ProcessingClusterConfig::builder;
    let preferred = |of: Processing, count: Option<i32>| {
        types::ProcessingInstancePreference::builder().instance_type(of).set_instance_count(count).build()
    };
    let (m5, g5) = (Processing::MlM5Large, Processing::MlG5Xlarge);
    let both = ["ml.m5.large", "ml.g5.xlarge"];
    let unsent = Processing::from(aws::NOT_SENT);
    for (cluster, expected) in [
        (config(), told_of(&[], None, false)),
        (config().instance_type(m5.clone()).instance_count(1), told_of(&["ml.m5.large"], Some(1), false)),
        (config().instance_type(unsent.clone()).instance_count(1), told_of(&[], Some(1), false)),
        (
            config()
                .instance_count(1)
                .instance_preferences(preferred(m5.clone(), None))
                .instance_preferences(preferred(g5.clone(), Some(2))),
            told_of(&both, Some(2), true),
        ),
        (
            config()
                .instance_preferences(preferred(m5.clone(), Some(2)))
                .instance_preferences(preferred(g5.clone(), None)),
            told_of(&both, None, true),
        ),
        (
            config()
                .instance_count(1)
                .instance_preferences(preferred(m5.clone(), None))
                .selected_instance_type(g5)
                .selected_instance_count(2),
            told_of(&["ml.g5.xlarge"], Some(2), false),
        ),
        (
            config().instance_preferences(preferred(m5, Some(2))).selected_instance_type(unsent),
            told_of(&["ml.m5.large"], Some(2), true),
        ),
    ] {
        let cluster = cluster.build();
        let of = DescribeProcessingJobOutputBuilder::default().processing_resources(processed(cluster.clone()));
        assert_eq!(processing(&of.build()).instances, expected, "{cluster:?}");
    }
}

#[test]
fn processing_writes_to_s3_or_not() {
    let store = || moot("its outputs go to a feature store, which has a key of its own");
    let no_path = || types::ProcessingOutput::builder().s3_output(types::ProcessingS3Output::builder().build()).build();
    for (outputs, expected) in [
        (vec![], moot("it has no output")),
        (vec![to_s3(BUCKET)], Setting::Absent),
        (vec![to_feature_store()], store()),
        (vec![to_feature_store(), to_feature_store()], store()),
        (vec![to_feature_store(), to_s3(BUCKET)], Setting::Absent),
        (vec![to_s3(BUCKET), to_feature_store()], Setting::Absent),
        (vec![no_path()], Setting::Absent),
    ] {
        // A key for outputs that there are not is none.
        let keyed = if expected == Setting::Absent { is("output") } else { expected.clone() };
        for (key, expected) in [(None, expected), (Some("output"), keyed)] {
            let config = types::ProcessingOutputConfig::builder().set_outputs(Some(outputs.clone()));
            let config = config.set_kms_key_id(key.map(str::to_owned)).build();
            let of = DescribeProcessingJobOutputBuilder::default().processing_output_config(config.clone());
            assert_eq!(processing(&of.build()).output_keys, [("output", expected)], "{config:?}");
        }
    }
}

#[test]
fn a_transform_job_has_its_network_from_its_model() {
    let no_traffic = || moot("instances of a transform job do not talk to each other");
    let resources = types::TransformResources::builder().instance_type(Transform::MlM5Large).instance_count(3);
    let of = DescribeTransformJobOutputBuilder::default()
        .transform_resources(resources.volume_kms_key_id("volume").build())
        .transform_output(types::TransformOutput::builder().s3_output_path(BUCKET).kms_key_id("output").build());
    let network = || (Setting::Is(false), subnet());
    let part = JobPart { encrypts_traffic: no_traffic(), security_groups: Vec::new(), ..full() };
    assert_eq!(transform(&of.clone().build(), network()), part);
    let nothing = transform(&DescribeTransformJobOutputBuilder::default().build(), (Setting::Absent, Setting::Absent));
    assert_eq!(nothing, JobPart { encrypts_traffic: no_traffic(), ..empty() });
    // Captured data is written as well.
    for (path, key, expected) in [
        (Some(BUCKET), Some("captured"), Some(is("captured"))),
        (Some(BUCKET), None, Some(Setting::Absent)),
        (Some(""), Some("captured"), None),
        (None, Some("captured"), None),
    ] {
        let capture = types::BatchDataCaptureConfig::builder();
        let capture = capture.set_destination_s3_uri(path.map(str::to_owned)).set_kms_key_id(key.map(str::to_owned));
        let captured = expected.map(|key| ("captured data", key));
        let output_keys = [("output", is("output"))].into_iter().chain(captured).collect();
        let answer = of.clone().data_capture_config(capture.build()).build();
        assert_eq!(transform(&answer, network()), JobPart { output_keys, ..part.clone() }, "{path:?} {key:?}");
    }
}

#[test]
fn a_definition_of_a_tuning_job_has_all_settings() {
    let of = types::HyperParameterTrainingJobDefinition::builder().definition_name("a").vpc_config(vpc());
    let of = of.enable_inter_container_traffic_encryption(true).enable_network_isolation(false);
    let of = of.output_data_config(results(BUCKET, Some("output")));
    let plain = of.clone().resource_config(resources()).build();
    assert_eq!(tuning(&plain, false), full());
    assert_eq!(tuning(&plain, true), JobPart { name: Some("a".to_owned()), ..full() });
    assert_eq!(tuning(&types::HyperParameterTrainingJobDefinition::builder().build(), true), empty());
    let flexible = types::HyperParameterTuningResourceConfig::builder().instance_type(Training::MlM5Large);
    let flexible = flexible.instance_count(3).volume_kms_key_id("volume").build();
    let flexible = of.hyper_parameter_tuning_resource_config(flexible).build();
    assert_eq!(tuning(&flexible, false), full());
}

#[test]
fn tuning_may_run_on_any_of_its_configurations() {
    let config = types::HyperParameterTuningResourceConfig::builder;
    let each = |of: Option<Training>, count: Option<i32>| {
        types::HyperParameterTuningInstanceConfig::builder().set_instance_type(of).set_instance_count(count).build()
    };
    let (m5, g5) = (Training::MlM5Large, Training::MlG5Xlarge);
    for (resources, expected) in [
        (config(), told_of(&[], None, false)),
        (config().instance_type(m5.clone()).instance_count(1), told_of(&["ml.m5.large"], Some(1), false)),
        (
            config().instance_configs(each(Some(m5.clone()), Some(1))).instance_configs(each(Some(g5), Some(4))),
            told_of(&["ml.m5.large", "ml.g5.xlarge"], Some(4), false),
        ),
        (
            config().instance_configs(each(Some(m5.clone()), Some(1))).instance_configs(each(None, Some(1))),
            told_of(&[], Some(1), false),
        ),
        (
            config().instance_configs(each(Some(m5.clone()), Some(1))).instance_configs(each(Some(m5), None)),
            told_of(&["ml.m5.large", "ml.m5.large"], None, false),
        ),
    ] {
        let resources = resources.build();
        let of = types::HyperParameterTrainingJobDefinition::builder();
        let of = of.hyper_parameter_tuning_resource_config(resources.clone()).build();
        assert_eq!(tuning(&of, false).instances, expected, "{resources:?}");
    }
    // The key is wherever it was given.
    let of = types::HyperParameterTrainingJobDefinition::builder().resource_config(resources());
    let of = of.hyper_parameter_tuning_resource_config(config().build()).build();
    assert_eq!(tuning(&of, false).volume_key, is("volume"));
}

#[test]
fn an_auto_ml_job_does_not_tell_its_instances() {
    let no_isolation = || moot("AutoML jobs have no such setting");
    let security = types::AutoMlSecurityConfig::builder().volume_kms_key_id("volume").vpc_config(vpc());
    let results = types::AutoMlOutputDataConfig::builder().s3_output_path(BUCKET).kms_key_id("output").build();
    let of = DescribeAutoMlJobV2OutputBuilder::default()
        .security_config(security.enable_inter_container_traffic_encryption(true).build())
        .output_data_config(results);
    let part = JobPart { instances: Instances::Untold, isolated: no_isolation(), ..full() };
    assert_eq!(auto_ml(&of.build()), part);
    let nothing = JobPart { instances: Instances::Untold, isolated: no_isolation(), ..empty() };
    assert_eq!(auto_ml(&DescribeAutoMlJobV2OutputBuilder::default().build()), nothing);
}

#[test]
fn labeling_without_automation_has_no_instances() {
    let none = || moot("labeling jobs have no such setting");
    let without = "without automated data labeling, no instance runs for it";
    let resources = types::LabelingJobResourceConfig::builder().volume_kms_key_id("volume").vpc_config(vpc()).build();
    let algorithms = types::LabelingJobAlgorithmsConfig::builder();
    let results = types::LabelingJobOutputConfig::builder().s3_output_path(BUCKET).kms_key_id("output").build();
    let of = DescribeLabelingJobOutputBuilder::default().output_config(results);
    let automated =
        of.clone().labeling_job_algorithms_config(algorithms.clone().labeling_job_resource_config(resources).build());
    let bare = DescribeLabelingJobOutputBuilder::default().labeling_job_algorithms_config(algorithms.build());
    let part = |of| JobPart { instances: Instances::Untold, encrypts_traffic: none(), isolated: none(), ..of };
    assert_eq!(labeling(&automated.build()), part(full()));
    assert_eq!(labeling(&bare.build()), part(empty()));
    let (volume_key, subnets) = (moot(without), moot(without));
    let by_hand = JobPart { volume_key, subnets, security_groups: Vec::new(), ..part(full()) };
    assert_eq!(labeling(&of.build()), by_hand);
    let by_hand = JobPart { volume_key: moot(without), subnets: moot(without), ..part(empty()) };
    assert_eq!(labeling(&DescribeLabelingJobOutputBuilder::default().build()), by_hand);
}

#[test]
fn a_monitor_has_all_settings_wherever_it_is_defined() {
    let cluster = types::MonitoringClusterConfig::builder().instance_type(Processing::MlM5Large).instance_count(3);
    let cluster = cluster.volume_kms_key_id("volume").build();
    let resources = types::MonitoringResources::builder().cluster_config(cluster).build();
    let results = types::MonitoringOutputConfig::builder().kms_key_id("output").build();
    let network = types::MonitoringNetworkConfig::builder().enable_inter_container_traffic_encryption(true);
    let network = network.enable_network_isolation(false).vpc_config(vpc()).build();
    assert_eq!(definition(Some(&resources), Some(&results), Some(&network)), full());
    assert_eq!(definition(None, None, None), empty());
    let of = types::MonitoringJobDefinition::builder().network_config(network_config());
    let of = of.monitoring_resources(resources).monitoring_output_config(results).build();
    assert_eq!(inline(&of), full());
    assert_eq!(inline(&types::MonitoringJobDefinition::builder().build()), empty());
    let odd = types::MonitoringJobDefinition::builder().network_config(types::NetworkConfig::builder().build());
    assert_eq!(inline(&odd.monitoring_resources(types::MonitoringResources::builder().build()).build()), empty());
}

//! Jobs, and definitions and schedules of monitoring.

use serde_json::{Map, Value, json};

use super::{
    AUTOML, DEFINITIONS, LABELING, NO_KEY, PLATFORM_KEY, PROCESSING, RUNNING, SCHEDULES, TRAINING, TRANSFORM, TUNED,
    TUNING, keys::with_key, network::Network,
};
use crate::{
    Error, Fault, FrontDoor, Place, When,
    account::{
        create_automl_job, create_job_definition, create_labeling_job, create_model_with, create_monitoring_schedule,
        create_processing_job, create_training_job, create_transform_job, create_tuning_job, keep_running,
        monitoring_output, monitors, tuning_definition,
    },
};

/// A job, in the words that all kinds of them have in common.
#[derive(Clone, Copy)]
pub(super) struct Job {
    pub(super) name: &'static str,
    pub(super) instance: &'static str,
    pub(super) instances: u32,
    pub(super) volume_key: &'static str,
    pub(super) output_key: &'static str,
    pub(super) is_in_vpc: bool,
    pub(super) is_isolated: bool,
    /// Whether the traffic between its instances is encrypted.
    pub(super) has_encrypted_traffic: bool,
}

impl Job {
    /// What the platform's blueprint makes.
    pub(super) const BLUEPRINT: Self = Self {
        name: "",
        instance: "ml.m5.xlarge",
        instances: 2,
        volume_key: PLATFORM_KEY,
        output_key: PLATFORM_KEY,
        is_in_vpc: true,
        is_isolated: true,
        has_encrypted_traffic: true,
    };

    /// The same on one instance, which has nobody to talk to.
    pub(super) const ALONE: Self = Self { instances: 1, has_encrypted_traffic: false, ..Self::BLUEPRINT };

    /// As the examples start it.
    pub(super) const EXAMPLE: Self =
        Self { volume_key: NO_KEY, output_key: NO_KEY, is_in_vpc: false, is_isolated: false, ..Self::ALONE };

    /// Its instances.
    fn cluster(&self) -> Value {
        let mut cluster = json!({"InstanceType": self.instance, "InstanceCount": self.instances, "VolumeSizeInGB": 30});
        if self.volume_key != NO_KEY {
            cluster["VolumeKmsKeyId"] = json!(self.volume_key);
        }
        cluster
    }

    /// Its network, as members that are there only where they are set.
    fn network(&self, network: &Network) -> Map<String, Value> {
        let members = [
            ("VpcConfig", self.is_in_vpc.then(|| network.private())),
            ("EnableNetworkIsolation", self.is_isolated.then_some(json!(true))),
            ("EnableInterContainerTrafficEncryption", self.has_encrypted_traffic.then_some(json!(true))),
        ];
        members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }

    /// The same as `NetworkConfig`, where it sets anything.
    fn with_network_config(&self, network: &Network, mut settings: Value) -> Value {
        let network = self.network(network);
        if !network.is_empty() {
            settings["NetworkConfig"] = Value::Object(network);
        }
        settings
    }

    /// `CreateTrainingJob`, and what a tuning job trains.
    fn training(&self, network: &Network) -> Value {
        let mut settings = self.network(network);
        settings.insert("ResourceConfig".to_owned(), self.cluster());
        let models = with_key(json!({"S3OutputPath": "s3://models/"}), self.output_key);
        settings.insert("OutputDataConfig".to_owned(), models);
        Value::Object(settings)
    }

    /// `CreateProcessingJob`.
    fn processing(&self, network: &Network) -> Value {
        let output =
            json!({"S3Uri": "s3://features/", "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"});
        let output = json!({"Outputs": [{"OutputName": "features", "S3Output": output}]});
        let settings = json!({
            "ProcessingResources": {"ClusterConfig": self.cluster()},
            "ProcessingOutputConfig": with_key(output, self.output_key),
        });
        self.with_network_config(network, settings)
    }

    /// `CreateTransformJob`.
    fn transform(&self) -> Value {
        let mut instances = json!({"InstanceType": self.instance, "InstanceCount": self.instances});
        if self.volume_key != NO_KEY {
            instances["VolumeKmsKeyId"] = json!(self.volume_key);
        }
        json!({
            "ModelName": self.name,
            "TransformOutput": with_key(json!({"S3OutputPath": "s3://scores/"}), self.output_key),
            "TransformResources": instances,
        })
    }
}

/// A labeling job.
pub(super) struct LabelingJob {
    pub(super) name: &'static str,
    /// Whether it trains a model that labels what is easy.
    pub(super) is_automated: bool,
}

/// A definition of monitoring jobs.
pub(super) struct Definition {
    /// `DataQuality`, `ModelQuality`, `ModelBias` or `ModelExplainability`.
    pub(super) kind: &'static str,
    pub(super) job: Job,
}

/// A monitoring schedule.
pub(super) struct Schedule {
    pub(super) name: &'static str,
    /// The definition that it runs, and the endpoint of that; without, it says everything itself.
    pub(super) runs: Option<[&'static str; 2]>,
}

pub(super) async fn create(door: &FrontDoor, place: &Place, network: &Network) -> Result<(), Error> {
    for job in TRAINING {
        create_training_job(door, place, job.name, job.training(network)).await?;
    }
    for job in PROCESSING {
        create_processing_job(door, place, job.name, job.processing(network)).await?;
    }
    for job in TRANSFORM {
        create_model_with(
            door,
            place,
            job.name,
            Value::Object(Job { has_encrypted_traffic: false, ..job }.network(network)),
        )
        .await?;
    }
    for job in TRANSFORM {
        create_transform_job(door, place, job.name, job.transform()).await?;
    }

    let (name, started) = TUNED;
    let definitions = TUNING.map(|job| tuning_definition(place, job.name, job.training(network)));
    let search = create_tuning_job(door, place, name, json!({"TrainingJobDefinitions": definitions})).await?;
    // moto knows of no training job that another job made it, so the front door says it for it.
    let child = Fault::patch(move |answer| answer["TuningJobArn"] = json!(search.arn));
    door.fault(place, When::calls("DescribeTrainingJob").mentioning(started), child);

    let automl = json!({"SecurityConfig": {"VolumeKmsKeyId": AUTOML.volume_key}});
    create_automl_job(door, place, AUTOML.name, automl).await?;

    for LabelingJob { name, is_automated } in LABELING {
        let mut settings = json!({"OutputConfig": {"S3OutputPath": "s3://labels/", "KmsKeyId": PLATFORM_KEY}});
        if is_automated {
            let algorithm = "labeling-job-algorithm-specification/image-classification";
            let algorithm = format!("arn:aws:sagemaker:{}:027400017018:{algorithm}", place.region);
            settings["LabelingJobAlgorithmsConfig"] = json!({"LabelingJobAlgorithmSpecificationArn": algorithm});
        }
        create_labeling_job(door, place, name, settings).await?;
    }
    for (kind, name) in RUNNING {
        keep_running(door, place, kind, name);
    }
    Ok(())
}

pub(super) async fn monitor(door: &FrontDoor, place: &Place, network: &Network) -> Result<(), Error> {
    for Definition { kind, job } in DEFINITIONS {
        let settings = json!({
            "JobResources": {"ClusterConfig": job.cluster()},
            format!("{kind}JobOutputConfig"): monitoring_output(job.output_key),
        });
        create_job_definition(door, place, kind, job.name, job.with_network_config(network, settings)).await?;
    }
    for Schedule { name, runs } in SCHEDULES {
        let mut config = json!({});
        if let Some([definition, endpoint]) = runs {
            config["MonitoringJobDefinitionName"] = json!(definition);
            // The endpoint stands in the definition, where AWS looks it up.
            monitors(door, place, name, endpoint, json!({"MonitoringExecutionStatus": "Completed"}));
        }
        create_monitoring_schedule(door, place, name, json!({"MonitoringScheduleConfig": config})).await?;
    }
    Ok(())
}

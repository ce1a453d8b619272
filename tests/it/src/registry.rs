//! Written by `cargo bless` from the folders of `functions/`.

use crate::{Registered, registered};

/// Every rule there is.
#[must_use]
pub fn registry() -> Vec<Registered> {
    vec![
        registered::<ai_services_opt_out::AiServicesOptOut>(),
        registered::<codeartifact_domain_restricted::DomainRestricted>(),
        registered::<config_recorder_coverage::ConfigRecorderCoverage>(),
        registered::<ebs_volume_encrypted::VolumeEncrypted>(),
        registered::<sagemaker_domain_kms_encrypted::DomainKmsEncrypted>(),
        registered::<sagemaker_domain_vpc_only::DomainVpcOnly>(),
        registered::<sagemaker_endpoint_autoscaling::Autoscaling>(),
        registered::<sagemaker_endpoint_config_kms_encrypted::EndpointConfigKmsEncrypted>(),
        registered::<sagemaker_endpoint_data_capture::DataCapture>(),
        registered::<sagemaker_endpoint_model_approved::ModelApproved>(),
        registered::<sagemaker_endpoint_monitoring::Monitoring>(),
        registered::<sagemaker_endpoint_multi_az::MultiAz>(),
        registered::<sagemaker_job_in_vpc::JobInVpc>(),
        registered::<sagemaker_job_inter_container_encryption::JobInterContainerEncryption>(),
        registered::<sagemaker_job_network_isolation::JobNetworkIsolation>(),
        registered::<sagemaker_job_output_kms_encrypted::JobOutputKmsEncrypted>(),
        registered::<sagemaker_job_volume_kms_encrypted::JobVolumeKmsEncrypted>(),
        registered::<sagemaker_model_in_vpc::ModelInVpc>(),
        registered::<sagemaker_model_network_isolation::ModelNetworkIsolation>(),
        registered::<sagemaker_notebook_in_vpc::NotebookInVpc>(),
        registered::<sagemaker_notebook_kms_encrypted::NotebookKmsEncrypted>(),
        registered::<sagemaker_notebook_no_direct_internet_access::NoDirectInternetAccess>(),
        registered::<sagemaker_notebook_root_access_disabled::RootAccessDisabled>(),
        registered::<sagemaker_provisioned_by_service_catalog::ByServiceCatalog>(),
        registered::<sagemaker_security_group_https_only::HttpsOnly>(),
        registered::<sagemaker_subnet_no_internet_route::NoInternetRoute>(),
        registered::<scp_sagemaker_guardrails::ScpSagemakerGuardrails>(),
        registered::<subnet_no_auto_public_ip::NoAutoPublicIp>(),
        registered::<vpc_flow_logs_enabled::FlowLogsEnabled>(),
        registered::<vpc_no_internet_gateway::NoInternetGateway>(),
        registered::<vpc_sagemaker_endpoints::HasEndpoints>(),
    ]
}

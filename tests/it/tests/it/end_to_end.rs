//! Each rule's own tests, which are in its folder. Written by `cargo bless`.

#[path = "../../../../functions/ai-services-opt-out/end_to_end.rs"]
mod ai_services_opt_out;
#[path = "../../../../functions/codeartifact-domain-restricted/end_to_end.rs"]
mod codeartifact_domain_restricted;
#[path = "../../../../functions/config-recorder-coverage/end_to_end.rs"]
mod config_recorder_coverage;
#[path = "../../../../functions/ebs-volume-encrypted/end_to_end.rs"]
mod ebs_volume_encrypted;
#[path = "../../../../functions/sagemaker-domain-vpc-only/end_to_end.rs"]
mod sagemaker_domain_vpc_only;
#[path = "../../../../functions/sagemaker-endpoint-autoscaling/end_to_end.rs"]
mod sagemaker_endpoint_autoscaling;
#[path = "../../../../functions/sagemaker-endpoint-data-capture/end_to_end.rs"]
mod sagemaker_endpoint_data_capture;
#[path = "../../../../functions/sagemaker-endpoint-model-approved/end_to_end.rs"]
mod sagemaker_endpoint_model_approved;
#[path = "../../../../functions/sagemaker-endpoint-monitoring/end_to_end.rs"]
mod sagemaker_endpoint_monitoring;
#[path = "../../../../functions/sagemaker-endpoint-multi-az/end_to_end.rs"]
mod sagemaker_endpoint_multi_az;
#[path = "../../../../functions/sagemaker-model-in-vpc/end_to_end.rs"]
mod sagemaker_model_in_vpc;
#[path = "../../../../functions/sagemaker-model-network-isolation/end_to_end.rs"]
mod sagemaker_model_network_isolation;
#[path = "../../../../functions/sagemaker-notebook-in-vpc/end_to_end.rs"]
mod sagemaker_notebook_in_vpc;
#[path = "../../../../functions/sagemaker-notebook-no-direct-internet-access/end_to_end.rs"]
mod sagemaker_notebook_no_direct_internet_access;
#[path = "../../../../functions/sagemaker-notebook-root-access-disabled/end_to_end.rs"]
mod sagemaker_notebook_root_access_disabled;
#[path = "../../../../functions/sagemaker-provisioned-by-service-catalog/end_to_end.rs"]
mod sagemaker_provisioned_by_service_catalog;
#[path = "../../../../functions/sagemaker-security-group-https-only/end_to_end.rs"]
mod sagemaker_security_group_https_only;
#[path = "../../../../functions/sagemaker-subnet-no-internet-route/end_to_end.rs"]
mod sagemaker_subnet_no_internet_route;
#[path = "../../../../functions/scp-sagemaker-guardrails/end_to_end.rs"]
mod scp_sagemaker_guardrails;
#[path = "../../../../functions/subnet-no-auto-public-ip/end_to_end.rs"]
mod subnet_no_auto_public_ip;
#[path = "../../../../functions/vpc-flow-logs-enabled/end_to_end.rs"]
mod vpc_flow_logs_enabled;
#[path = "../../../../functions/vpc-no-internet-gateway/end_to_end.rs"]
mod vpc_no_internet_gateway;
#[path = "../../../../functions/vpc-sagemaker-endpoints/end_to_end.rs"]
mod vpc_sagemaker_endpoints;

//! Each rule's own tests, which are in its folder. Written by `cargo bless`.

#[path = "../../../../functions/ai-services-opt-out/end_to_end.rs"]
mod ai_services_opt_out;
#[path = "../../../../functions/ebs-volume-encrypted/end_to_end.rs"]
mod ebs_volume_encrypted;
#[path = "../../../../functions/sagemaker-endpoint-model-approved/end_to_end.rs"]
mod sagemaker_endpoint_model_approved;
#[path = "../../../../functions/sagemaker-endpoint-multi-az/end_to_end.rs"]
mod sagemaker_endpoint_multi_az;
#[path = "../../../../functions/sagemaker-notebook-no-direct-internet-access/end_to_end.rs"]
mod sagemaker_notebook_no_direct_internet_access;
#[path = "../../../../functions/sagemaker-provisioned-by-service-catalog/end_to_end.rs"]
mod sagemaker_provisioned_by_service_catalog;
#[path = "../../../../functions/vpc-flow-logs-enabled/end_to_end.rs"]
mod vpc_flow_logs_enabled;

//! AWS Config: what it records.

use serde_json::{Value, json};

use crate::{Error, FrontDoor, Place};

/// Calls an operation of AWS Config, past faults and records.
///
/// # Errors
/// The sandbox's AWS Config does not take it.
pub async fn config(door: &FrontDoor, place: &Place, operation: &str, input: Value) -> Result<Value, Error> {
    door.call(place, "config", &format!("StarlingDoveService.{operation}"), &input).await.map_err(Error::Account)
}

/// Lets AWS Config record from now on, or otherwise than before: with this `recordingGroup` and this `recordingMode`.
///
/// # Errors
/// The sandbox's AWS Config does not take it.
pub async fn record(door: &FrontDoor, place: &Place, group: Value, mode: Value) -> Result<(), Error> {
    let role = "role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig";
    let role = format!("arn:aws:iam::{}:{role}", place.account);
    let recorder = json!({"name": "default", "roleARN": role, "recordingGroup": group, "recordingMode": mode});
    config(door, place, "PutConfigurationRecorder", json!({"ConfigurationRecorder": recorder})).await?;
    let name = json!({"ConfigurationRecorderName": "default"});
    config(door, place, "StartConfigurationRecorder", name).await.map(drop)
}

//! AWS KMS: keys.

use serde_json::{Value, json};

use super::id;
use crate::{Error, FrontDoor, Place};

/// Creates a KMS key with an alias and returns the key's ARN.
///
/// # Errors
/// moto does not take it.
pub async fn create_key(door: &FrontDoor, place: &Place, alias: &str) -> Result<String, Error> {
    let key = id(&kms(door, place, "CreateKey", json!({})).await?, "/KeyMetadata/Arn")?;
    let key_id = key.rsplit('/').next().unwrap_or_default();
    kms(door, place, "CreateAlias", json!({"AliasName": alias, "TargetKeyId": key_id})).await?;
    Ok(key)
}

/// Calls an operation of KMS, past faults and records.
///
/// # Errors
/// moto does not take it.
pub async fn kms(door: &FrontDoor, place: &Place, operation: &str, input: Value) -> Result<Value, Error> {
    door.call(place, "kms", &format!("TrentService.{operation}"), &input).await.map_err(Error::Account)
}

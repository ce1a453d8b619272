//! Keys, and volumes that they could encrypt.

use serde_json::{Value, json};

use super::{KEYS, NO_KEY, VOLUMES};
use crate::{
    Error, FrontDoor, Place, When,
    account::{create_key, create_volume, kms, rewrite_item},
};

/// A KMS key.
pub(super) struct Key {
    pub(super) alias: &'static str,
    /// Whether it is scheduled for deletion.
    pub(super) is_being_deleted: bool,
}

/// An EBS volume.
pub(super) struct Volume {
    pub(super) is_encrypted: bool,
    pub(super) is_being_deleted: bool,
}

pub(super) async fn create(door: &FrontDoor, place: &Place) -> Result<(), Error> {
    for Key { alias, is_being_deleted } in KEYS {
        let key = create_key(door, place, alias).await?;
        if is_being_deleted {
            let key_id = key.rsplit('/').next();
            let input = json!({"KeyId": key_id, "PendingWindowInDays": 7});
            kms(door, place, "ScheduleKeyDeletion", input).await?;
        }
    }
    Ok(())
}

pub(super) async fn create_volumes(door: &FrontDoor, place: &Place) -> Result<(), Error> {
    for Volume { is_encrypted, is_being_deleted } in VOLUMES {
        let encrypted = if is_encrypted { "true" } else { "false" };
        let volume = create_volume(door, place, &[("Encrypted", encrypted)]).await?;
        if is_being_deleted {
            let status = ["<status>available</status>", "<status>deleting</status>"];
            door.fault(place, When::calls("DescribeVolumes"), rewrite_item(&volume.id, status));
        }
    }
    Ok(())
}

/// Settings with a KMS key, if somebody chose one.
pub(super) fn with_key(mut settings: Value, key: &str) -> Value {
    if key != NO_KEY {
        settings["KmsKeyId"] = json!(key);
    }
    settings
}

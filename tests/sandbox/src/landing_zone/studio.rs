//! Domains of SageMaker Studio.

use serde_json::json;

use super::{DOMAINS, PLATFORM_KEY, keys::with_key, provisioned};
use crate::{
    Error, Fault, FrontDoor, Place, When,
    account::{create_domain, of_list},
};

/// A domain.
pub(super) struct Domain {
    pub(super) name: &'static str,
    pub(super) key: &'static str,
    /// Whether its apps have the VPC only.
    pub(super) is_vpc_only: bool,
    pub(super) is_being_deleted: bool,
}

impl Domain {
    /// What the platform's blueprint makes.
    pub(super) const BLUEPRINT: Self = Self { name: "", key: PLATFORM_KEY, is_vpc_only: true, is_being_deleted: false };
}

pub(super) async fn create(door: &FrontDoor, place: &Place) -> Result<(), Error> {
    for Domain { name, key, is_vpc_only, .. } in DOMAINS {
        let settings = if is_vpc_only { json!({"AppNetworkAccessType": "VpcOnly"}) } else { json!({}) };
        create_domain(door, place, name, provisioned(place, name, with_key(settings, key))).await?;
    }
    for Domain { name, .. } in DOMAINS.iter().filter(|domain| domain.is_being_deleted) {
        let described = Fault::patch(|answer| answer["Status"] = json!("Deleting"));
        door.fault(place, When::calls("DescribeDomain").mentioning(&format!("d-{name}")), described);
        let listed = Fault::patch(|answer| {
            of_list(answer, "Domains", ["DomainName", name], |domain| domain["Status"] = json!("Deleting"));
        });
        door.fault(place, When::calls("ListDomains"), listed);
    }
    Ok(())
}

//! Where packages come from: domains and repositories of CodeArtifact.

use serde_json::json;

use super::{NO_KEY, PACKAGE_DOMAINS, PLATFORM_KEY};
use crate::{
    Error, Fault, FrontDoor, Place, When,
    account::{allow, create_package_domain, create_repository, kms, merged, put_domain_policy, put_repository_policy},
};

/// A domain of CodeArtifact.
#[derive(Clone, Copy)]
pub(super) struct PackageDomain {
    pub(super) name: &'static str,
    pub(super) key: &'static str,
    /// Whom its policy lets in: nobody beyond the account if it has none.
    pub(super) lets_in: LetsIn,
    pub(super) repositories: &'static [Repository],
    pub(super) is_deleted: bool,
}

impl PackageDomain {
    /// A mirror of nothing yet, with the platform's key, and closed to everybody outside the account.
    pub(super) const BLUEPRINT: Self =
        Self { name: "", key: PLATFORM_KEY, lets_in: LetsIn::Nobody, repositories: &[], is_deleted: false };
}

/// Whom the policy of a domain lets in.
#[derive(Clone, Copy)]
pub(super) enum LetsIn {
    /// It has no policy.
    Nobody,
    /// Everybody in AWS.
    TheWorld,
    /// Everybody of an organization.
    Organization(&'static str),
}

/// A repository of a domain.
pub(super) struct Repository {
    pub(super) name: &'static str,
    pub(super) upstreams: &'static [&'static str],
    /// Its external connection; none if empty.
    pub(super) connection: &'static str,
}

/// Puts them into the account.
pub(super) async fn create(door: &FrontDoor, place: &Place) -> Result<(), Error> {
    for PackageDomain { name, key, lets_in, repositories, is_deleted } in PACKAGE_DOMAINS {
        let settings = if key == NO_KEY {
            json!({})
        } else {
            let key = kms(door, place, "DescribeKey", json!({"KeyId": key})).await?;
            json!({"encryptionKey": key.pointer("/KeyMetadata/Arn")})
        };
        create_package_domain(door, place, name, settings).await?;
        for Repository { name: repository, upstreams, connection } in repositories {
            create_repository(door, place, name, repository, upstreams, connection).await?;
        }
        let condition = match lets_in {
            LetsIn::Nobody => None,
            LetsIn::TheWorld => Some(json!({})),
            LetsIn::Organization(id) => Some(json!({"StringEquals": {"aws:PrincipalOrgID": id}})),
        };
        if let Some(condition) = condition {
            let statement = merged(allow(&json!("*")), json!({"Condition": condition}));
            put_domain_policy(door, place, name, &[statement]).await?;
        }
        if is_deleted {
            // Nobody knows how long AWS shows a domain that was deleted.
            let deleted = Fault::patch(|answer| answer["domain"]["status"] = json!("Deleted"));
            door.fault(place, When::calls("DescribeDomain").mentioning(&format!("\"{name}\"")), deleted);
        }
    }
    // The administrators of one repository said once more what goes without saying: the account itself may use it.
    let own = allow(&json!({"AWS": place.account}));
    put_repository_policy(door, place, PACKAGE_DOMAINS[0].name, "training", &[own]).await
}

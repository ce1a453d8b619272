//! CodeArtifact.

use serde_json::{Value, json};

use super::{discovered, id, merged};
use crate::{Error, FrontDoor, Place, events::Item};

/// Creates a domain of CodeArtifact, with a key of AWS's unless `settings`, those of `CreateDomain`, have another, and
/// puts it into Config's inventory under its ARN.
///
/// # Errors
/// It is not taken.
pub async fn create_package_domain(
    door: &FrontDoor,
    place: &Place,
    name: &str,
    settings: Value,
) -> Result<Item, Error> {
    let answer = codeartifact(door, place, "CreateDomain", merged(json!({"domain": name}), settings)).await?;
    let arn = id(&answer, "/domain/arn")?;
    Ok(discovered(door, place, "AWS::CodeArtifact::Domain", Some(name), arn.clone(), arn))
}

/// Creates a repository in a domain, with an external connection unless that is empty.
///
/// # Errors
/// It is not taken.
pub async fn create_repository(
    door: &FrontDoor,
    place: &Place,
    domain: &str,
    name: &str,
    upstreams: &[&str],
    connection: &str,
) -> Result<(), Error> {
    let upstreams: Vec<_> = upstreams.iter().map(|of| json!({"repositoryName": of})).collect();
    let of = json!({"domain": domain, "repository": name});
    let input = merged(of.clone(), json!({"upstreams": upstreams}));
    codeartifact(door, place, "CreateRepository", input).await?;
    if !connection.is_empty() {
        let input = merged(of, json!({"external-connection": connection}));
        codeartifact(door, place, "AssociateExternalConnection", input).await?;
    }
    Ok(())
}

/// A statement of a policy that lets this principal do everything in CodeArtifact.
#[must_use]
pub fn allow(principal: &Value) -> Value {
    json!({"Effect": "Allow", "Principal": principal, "Action": "codeartifact:*", "Resource": "*"})
}

/// Puts a policy of these statements on a domain.
///
/// # Errors
/// It is not taken.
pub async fn put_domain_policy(
    door: &FrontDoor,
    place: &Place,
    domain: &str,
    statements: &[Value],
) -> Result<(), Error> {
    let document = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    let input = json!({"domain": domain, "policyDocument": document});
    codeartifact(door, place, "PutDomainPermissionsPolicy", input).await.map(drop)
}

/// Puts a policy of these statements on a repository.
///
/// # Errors
/// It is not taken.
pub async fn put_repository_policy(
    door: &FrontDoor,
    place: &Place,
    domain: &str,
    repository: &str,
    statements: &[Value],
) -> Result<(), Error> {
    let document = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    let input = json!({"domain": domain, "repository": repository, "policyDocument": document});
    codeartifact(door, place, "PutRepositoryPermissionsPolicy", input).await.map(drop)
}

/// Calls an operation of CodeArtifact, past faults and records. What its query has is among the input, as it is called
/// there.
///
/// # Errors
/// It is not taken.
pub async fn codeartifact(door: &FrontDoor, place: &Place, operation: &str, input: Value) -> Result<Value, Error> {
    door.call(place, "codeartifact", &format!("CodeArtifact.{operation}"), &input).await.map_err(Error::Account)
}

//! CodeArtifact's domains, repositories and their policies, which moto does not have.

use std::{collections::BTreeMap, str};

use axum::{
    body::Bytes,
    http::{Method, Uri},
};
use serde_json::{Map, Value, json};

use crate::{Answer, Call, Place, sagemaker_jobs::time};

/// What the front door keeps of the domains of one place.
#[derive(Clone, Debug, Default)]
pub struct CodeArtifact {
    /// By name.
    domains: BTreeMap<String, Domain>,
    /// By ARN, of domains and repositories.
    policies: BTreeMap<String, Value>,
    /// The same.
    tags: BTreeMap<String, BTreeMap<String, Value>>,
}

#[derive(Clone, Debug)]
struct Domain {
    /// As it is described.
    described: Value,
    /// As they are described, by name.
    repositories: BTreeMap<String, Value>,
}

/// The external connections that there are (`AssociateExternalConnection`), and the formats of their packages.
const CONNECTIONS: [(&str, &str); 10] = [
    ("public:crates-io", "cargo"),
    ("public:maven-central", "maven"),
    ("public:maven-clojars", "maven"),
    ("public:maven-commonsware", "maven"),
    ("public:maven-googleandroid", "maven"),
    ("public:maven-gradleplugins", "maven"),
    ("public:npmjs", "npm"),
    ("public:nuget-org", "nuget"),
    ("public:pypi", "pypi"),
    ("public:ruby-gems-org", "ruby"),
];

/// Id of the key that AWS manages for CodeArtifact in an account.
const KEY_OF_AWS: &str = "0c0de0a2-71fa-4c70-a000-000000000aa5";

/// The operation of a call, which its method and path name.
pub(crate) fn operation(method: &Method, path: &str) -> Option<&'static str> {
    Some(match (method.as_str(), path) {
        ("POST", "/v1/domain") => "CreateDomain",
        ("GET", "/v1/domain") => "DescribeDomain",
        ("DELETE", "/v1/domain") => "DeleteDomain",
        ("POST", "/v1/domains") => "ListDomains",
        ("GET", "/v1/domain/permissions/policy") => "GetDomainPermissionsPolicy",
        ("PUT", "/v1/domain/permissions/policy") => "PutDomainPermissionsPolicy",
        ("DELETE", "/v1/domain/permissions/policy") => "DeleteDomainPermissionsPolicy",
        ("POST", "/v1/domain/repositories") => "ListRepositoriesInDomain",
        ("POST", "/v1/repository") => "CreateRepository",
        ("GET", "/v1/repository") => "DescribeRepository",
        ("PUT", "/v1/repository") => "UpdateRepository",
        ("DELETE", "/v1/repository") => "DeleteRepository",
        ("POST", "/v1/repository/external-connection") => "AssociateExternalConnection",
        ("DELETE", "/v1/repository/external-connection") => "DisassociateExternalConnection",
        ("GET", "/v1/repository/permissions/policy") => "GetRepositoryPermissionsPolicy",
        ("PUT", "/v1/repository/permissions/policy") => "PutRepositoryPermissionsPolicy",
        ("DELETE", "/v1/repository/permissions/policies") => "DeleteRepositoryPermissionsPolicy",
        ("POST", "/v1/tags") => "ListTagsForResource",
        ("POST", "/v1/tag") => "TagResource",
        ("POST", "/v1/untag") => "UntagResource",
        _ => return None,
    })
}

/// The members of a call in one: those of the body, and those that its query has, as they are called there.
pub(crate) fn input(uri: &Uri, body: &Bytes) -> Bytes {
    let mut members: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
    for pair in uri.query().unwrap_or_default().split('&') {
        if let Some((name, value)) = pair.split_once('=') {
            members.insert(name.to_owned(), json!(decoded(value)));
        }
    }
    Value::Object(members).to_string().into()
}

/// A value of a query, without `%3A` and its like.
fn decoded(value: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = value.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| *first == b'%').and_then(|hex| str::from_utf8(hex).ok());
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(if *first == b'+' { b' ' } else { *first });
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl CodeArtifact {
    /// Answers a call; `None` if it is not known.
    pub fn answer(&mut self, call: &Call) -> Option<Answer> {
        let input = call.json();
        let (Ok(answer) | Err(answer)) = match call.operation.as_str() {
            "CreateDomain" => self.create_domain(&call.place, &input),
            "DescribeDomain" => self.domain(&input).map(|of| Answer::ok(json!({"domain": described(of)}))),
            "DeleteDomain" => self.delete_domain(&input),
            "ListDomains" => self.list_domains(&input),
            "ListRepositoriesInDomain" => self.list_repositories(&input),
            "CreateRepository" => self.create_repository(&call.place, &input),
            "DescribeRepository" => self.repository(&input).map(|of| Answer::ok(json!({"repository": of}))),
            "UpdateRepository" => self.update_repository(&input),
            "DeleteRepository" => self.delete_repository(&input),
            "AssociateExternalConnection" => self.connect(&input),
            "DisassociateExternalConnection" => self.disconnect(&input),
            "PutDomainPermissionsPolicy" | "PutRepositoryPermissionsPolicy" => self.put_policy(&input),
            "GetDomainPermissionsPolicy" | "GetRepositoryPermissionsPolicy" => self.policy(&input, false),
            "DeleteDomainPermissionsPolicy" | "DeleteRepositoryPermissionsPolicy" => self.policy(&input, true),
            "ListTagsForResource" => self.list_tags(&input),
            "TagResource" => self.tag(&input),
            "UntagResource" => self.untag(&input),
            _ => return None,
        };
        Some(answer)
    }

    /// What KMS says of the key that AWS manages for CodeArtifact; `None` if the call is about another.
    pub fn key_of_aws(call: &Call) -> Option<Answer> {
        let arn = key_of_aws(&call.place);
        let is_asked = call.operation == "DescribeKey" && call.json()["KeyId"] == *arn;
        is_asked.then(|| {
            Answer::ok(json!({"KeyMetadata": {
                "AWSAccountId": call.place.account, "KeyId": KEY_OF_AWS, "Arn": arn, "Enabled": true, "KeyManager": "AWS",
                "KeyState": "Enabled", "KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS",
                "Description": "Default key that protects my CodeArtifact data when no other key is defined",
            }}))
        })
    }

    fn create_domain(&mut self, place: &Place, input: &Value) -> Result<Answer, Answer> {
        let name = name(input, "domain")?;
        if self.domains.contains_key(&name) {
            return Err(Answer::error(409, "ConflictException", &format!("Domain '{name}' already exists.")));
        }
        let key = match input["encryptionKey"].as_str() {
            None => key_of_aws(place),
            Some(key) if key.contains(":key/") => key.to_owned(),
            // AWS takes ids and aliases too, and answers with the key's ARN.
            Some(_) => return Err(invalid("the sandbox takes a key by its ARN only")),
        };
        let arn = place.arn("codeartifact", &format!("domain/{name}"));
        let described = json!({
            "name": name, "owner": place.account, "arn": arn, "status": "Active", "encryptionKey": key,
            "createdTime": time(crate::now().millis()), "assetSizeBytes": 0,
            "s3BucketArn": format!("arn:{}:s3:::assets-193858265520-{}", place.partition(), place.region),
        });
        self.set_tags(&arn, input);
        let domain = Domain { described, repositories: BTreeMap::new() };
        let answer = Answer::ok(json!({"domain": self::described(&domain)}));
        self.domains.insert(name, domain);
        Ok(answer)
    }

    fn domain(&self, input: &Value) -> Result<&Domain, Answer> {
        let name = name(input, "domain")?;
        let owner = &input["domain-owner"];
        let found = self.domains.get(&name).filter(|of| owner.is_null() || of.described["owner"] == *owner);
        found.ok_or_else(|| not_found(&format!("Domain not found. Domain '{name}' does not exist.")))
    }

    fn delete_domain(&mut self, input: &Value) -> Result<Answer, Answer> {
        let domain = self.domain(input)?;
        if !domain.repositories.is_empty() {
            return Err(Answer::error(409, "ConflictException", "The domain contains repositories."));
        }
        let answer = Answer::ok(json!({"domain": described(domain)}));
        self.domains.remove(&name(input, "domain")?);
        Ok(answer)
    }

    fn list_domains(&self, input: &Value) -> Result<Answer, Answer> {
        let summary = |of: &Domain| {
            let members = ["name", "owner", "arn", "status", "createdTime", "encryptionKey"];
            members.into_iter().map(|member| (member.to_owned(), of.described[member].clone())).collect::<Value>()
        };
        let all = self.domains.values().map(summary).collect();
        page("domains", all, &input["maxResults"], &input["nextToken"])
    }

    fn list_repositories(&self, input: &Value) -> Result<Answer, Answer> {
        let prefix = input["repository-prefix"].as_str().unwrap_or_default();
        let summary = |of: &Value| {
            let members = ["name", "administratorAccount", "domainName", "domainOwner", "arn", "createdTime"];
            members.into_iter().map(|member| (member.to_owned(), of[member].clone())).collect::<Value>()
        };
        let all = self.domain(input)?.repositories.iter().filter(|(name, _)| name.starts_with(prefix));
        let all = all.map(|(_, of)| summary(of)).collect();
        page("repositories", all, &input["max-results"], &input["next-token"])
    }

    fn create_repository(&mut self, place: &Place, input: &Value) -> Result<Answer, Answer> {
        let (domain, name) = (name(input, "domain")?, name(input, "repository")?);
        if self.domain(input)?.repositories.contains_key(&name) {
            return Err(Answer::error(409, "ConflictException", &format!("Repository '{name}' already exists.")));
        }
        let arn = place.arn("codeartifact", &format!("repository/{domain}/{name}"));
        let repository = json!({
            "name": name, "administratorAccount": place.account, "domainName": domain, "domainOwner": place.account,
            "arn": arn, "upstreams": self.upstreams(input)?, "externalConnections": [],
            "createdTime": time(crate::now().millis()),
        });
        self.set_tags(&arn, input);
        if let Some(of) = self.domains.get_mut(&domain) {
            of.repositories.insert(name, repository.clone());
        }
        Ok(Answer::ok(json!({"repository": repository})))
    }

    /// `upstreams`, which are repositories of the domain.
    fn upstreams(&self, input: &Value) -> Result<Value, Answer> {
        let domain = self.domain(input)?;
        let upstreams = input["upstreams"].as_array().cloned().unwrap_or_default();
        let is_there =
            |of: &Value| of["repositoryName"].as_str().is_some_and(|of| domain.repositories.contains_key(of));
        match upstreams.iter().find(|of| !is_there(of)) {
            None => Ok(json!(upstreams)),
            Some(other) => Err(not_found(&format!("Repository not found: {}", other["repositoryName"]))),
        }
    }

    fn repository(&self, input: &Value) -> Result<&Value, Answer> {
        let name = name(input, "repository")?;
        let found = self.domain(input)?.repositories.get(&name);
        found.ok_or_else(|| not_found(&format!("Repository not found. Repository '{name}' does not exist.")))
    }

    fn change_repository(&mut self, input: &Value, change: impl FnOnce(&mut Value)) -> Result<Answer, Answer> {
        let (domain, name) = (name(input, "domain")?, name(input, "repository")?);
        let mut repository = self.repository(input)?.clone();
        change(&mut repository);
        if let Some(of) = self.domains.get_mut(&domain) {
            of.repositories.insert(name, repository.clone());
        }
        Ok(Answer::ok(json!({"repository": repository})))
    }

    fn update_repository(&mut self, input: &Value) -> Result<Answer, Answer> {
        let upstreams = if input["upstreams"].is_null() { None } else { Some(self.upstreams(input)?) };
        self.change_repository(input, |of| {
            if let Some(upstreams) = upstreams {
                of["upstreams"] = upstreams;
            }
        })
    }

    fn delete_repository(&mut self, input: &Value) -> Result<Answer, Answer> {
        let (domain, name) = (name(input, "domain")?, name(input, "repository")?);
        let repository = self.repository(input)?.clone();
        self.domains.get_mut(&domain).map(|of| of.repositories.remove(&name));
        Ok(Answer::ok(json!({"repository": repository})))
    }

    /// A repository has one external connection at most.
    fn connect(&mut self, input: &Value) -> Result<Answer, Answer> {
        let connection = name(input, "external-connection")?;
        let Some((_, format)) = CONNECTIONS.iter().find(|(name, _)| *name == connection) else {
            return Err(not_found(&format!("External connection '{connection}' does not exist.")));
        };
        if self.repository(input)?["externalConnections"].as_array().is_some_and(|list| !list.is_empty()) {
            return Err(Answer::error(
                402,
                "ServiceQuotaExceededException",
                "The repository has an external connection.",
            ));
        }
        let connection = json!({"externalConnectionName": connection, "packageFormat": format, "status": "Available"});
        self.change_repository(input, |of| of["externalConnections"] = json!([connection]))
    }

    fn disconnect(&mut self, input: &Value) -> Result<Answer, Answer> {
        let connection = name(input, "external-connection")?;
        if self.repository(input)?["externalConnections"][0]["externalConnectionName"] != *connection {
            return Err(not_found(&format!("External connection '{connection}' is not of the repository.")));
        }
        self.change_repository(input, |of| of["externalConnections"] = json!([]))
    }

    /// ARN of the repository that a call is about, or else of the domain.
    fn arn(&self, input: &Value) -> Result<String, Answer> {
        let of = if input["repository"].is_null() { &self.domain(input)?.described } else { self.repository(input)? };
        Ok(of["arn"].as_str().unwrap_or_default().to_owned())
    }

    fn put_policy(&mut self, input: &Value) -> Result<Answer, Answer> {
        let arn = self.arn(input)?;
        let document = input["policyDocument"].as_str().ok_or_else(|| invalid("policyDocument is missing"))?;
        if !serde_json::from_str::<Value>(document).is_ok_and(|policy| policy["Statement"].is_array()) {
            return Err(invalid("The policy document is not valid."));
        }
        let policy = json!({"resourceArn": arn, "revision": "1", "document": document});
        self.policies.insert(arn, policy.clone());
        Ok(Answer::ok(json!({"policy": policy})))
    }

    fn policy(&mut self, input: &Value, delete: bool) -> Result<Answer, Answer> {
        let arn = self.arn(input)?;
        let found = if delete { self.policies.remove(&arn) } else { self.policies.get(&arn).cloned() };
        let policy = found.ok_or_else(|| not_found("Policy not found. The resource has no policy."))?;
        Ok(Answer::ok(json!({"policy": policy})))
    }

    fn set_tags(&mut self, arn: &str, input: &Value) {
        let tags = input["tags"].as_array().into_iter().flatten();
        let tags = tags.filter_map(|tag| Some((tag["key"].as_str()?.to_owned(), tag["value"].clone())));
        self.tags.entry(arn.to_owned()).or_default().extend(tags);
    }

    fn tags_of(&mut self, input: &Value) -> Result<&mut BTreeMap<String, Value>, Answer> {
        let arn = input["resourceArn"].as_str().unwrap_or_default();
        self.tags.get_mut(arn).ok_or_else(|| not_found(&format!("There is no {arn}.")))
    }

    fn list_tags(&mut self, input: &Value) -> Result<Answer, Answer> {
        let tags = self.tags_of(input)?.iter().map(|(key, value)| json!({"key": key, "value": value}));
        Ok(Answer::ok(json!({"tags": tags.collect::<Vec<_>>()})))
    }

    fn tag(&mut self, input: &Value) -> Result<Answer, Answer> {
        self.tags_of(input)?;
        self.set_tags(input["resourceArn"].as_str().unwrap_or_default(), input);
        Ok(Answer::ok(json!({})))
    }

    fn untag(&mut self, input: &Value) -> Result<Answer, Answer> {
        let keys = input["tagKeys"].as_array().cloned().unwrap_or_default();
        self.tags_of(input)?.retain(|key, _| !keys.iter().any(|of| of == key));
        Ok(Answer::ok(json!({})))
    }
}

fn described(domain: &Domain) -> Value {
    let mut described = domain.described.clone();
    described["repositoryCount"] = json!(domain.repositories.len());
    described
}

fn key_of_aws(place: &Place) -> String {
    place.arn("kms", &format!("key/{KEY_OF_AWS}"))
}

/// A page of a list: of 100 unless somebody says otherwise. Numbers of a query are texts.
fn page(list: &str, mut all: Vec<Value>, most: &Value, token: &Value) -> Result<Answer, Answer> {
    let most = most.as_u64().or_else(|| most.as_str()?.parse().ok()).unwrap_or(100);
    let Some(most) = usize::try_from(most).ok().filter(|most| (1..=1000).contains(most)) else {
        return Err(invalid("maxResults is from 1 to 1000"));
    };
    let start = match token.as_str() {
        None => 0,
        Some(token) => {
            let start = token.strip_prefix("from-").and_then(|start| start.parse::<usize>().ok());
            start.ok_or_else(|| invalid("the token is invalid"))?
        }
    };
    let is_more = start + most < all.len();
    let page: Vec<_> = all.drain(start.min(all.len())..(start + most).min(all.len())).collect();
    let mut answer = json!({list: page});
    if is_more {
        answer["nextToken"] = json!(format!("from-{}", start + most));
    }
    Ok(Answer::ok(answer))
}

fn name(input: &Value, member: &str) -> Result<String, Answer> {
    let name = input[member].as_str().filter(|name| name.len() >= 2);
    name.map(str::to_owned).ok_or_else(|| invalid(&format!("{member} is missing or too short")))
}

fn not_found(message: &str) -> Answer {
    Answer::error(404, "ResourceNotFoundException", message)
}

fn invalid(message: &str) -> Answer {
    Answer::refuse("ValidationException", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_its_body_and_its_query() {
        let uri =
            "/v1/tags?resourceArn=arn%3Aaws%3Acodeartifact%3Aeu-west-1%3A1%3Adomain%2Fa-b&x=a+b%2".parse().unwrap();
        let members: Value = serde_json::from_slice(&input(&uri, &Bytes::from_static(b"{\"y\":1}"))).unwrap();
        let arn = "arn:aws:codeartifact:eu-west-1:1:domain/a-b";
        assert_eq!(members, json!({"resourceArn": arn, "x": "a b%2", "y": 1}));
        let none = input(&"/v1/domains".parse().unwrap(), &Bytes::new());
        assert_eq!(serde_json::from_slice::<Value>(&none).unwrap(), json!({}));
    }
}

use std::fmt;

use axum::{
    body::Bytes,
    http::{HeaderMap, Method, Uri},
};
use serde_json::Value;

use crate::{cbor, codeartifact};

/// The account that callers are in whose access key does not name one.
pub const DEFAULT_ACCOUNT: &str = "123456789012";

/// One account in one Region: nothing in one is seen from another.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The account, twelve digits.
    pub account: String,
    /// The Region.
    pub region: String,
    /// Which [copy](crate::FrontDoor::copy) of it; 0 is the place itself.
    pub(crate) copy: u32,
}

impl Place {
    /// A place from its two names.
    #[must_use]
    pub fn new(account: &str, region: &str) -> Self {
        Self { account: account.to_owned(), region: region.to_owned(), copy: 0 }
    }

    /// The partition that its Region is in, as ARNs begin with it.
    #[must_use]
    pub fn partition(&self) -> &'static str {
        match self.region.split_once('-') {
            Some(("cn", _)) => "aws-cn",
            Some(("us", rest)) if rest.starts_with("gov-") => "aws-us-gov",
            _ => "aws",
        }
    }

    /// The ARN of something here.
    #[must_use]
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition(), self.region, self.account)
    }

    /// The ARN of a role of the account.
    #[must_use]
    pub fn role(&self, name: &str) -> String {
        format!("arn:{}:iam::{}:role/{name}", self.partition(), self.account)
    }

    /// What a client in this place signs with: nothing else tells the front door whose a call is.
    #[must_use]
    pub fn access_key(&self) -> String {
        match self.copy {
            0 => self.account.clone(),
            copy => format!("{}-{copy}", self.account),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.account, self.region)
    }
}

/// One call of an AWS operation, as the front door reads it off the wire.
#[derive(Clone, Debug)]
pub struct Call {
    /// Whose it is. The access key says so: in the sandbox it is the account's number, with that of the copy.
    pub place: Place,
    /// Whose role the caller has, as its session token says: a function's name, or nothing.
    pub role: String,
    /// The service as IAM's prefix names it: as the signature does, for all services here but CloudWatch.
    pub service: String,
    /// The operation, for example `PutEvaluations`; `GET /path` where the protocol does not name it.
    pub operation: String,
    /// The body as it came; what came in CBOR is JSON here, and what came in CodeArtifact's query is in it too.
    pub body: Bytes,
}

impl Call {
    /// Reads what is called from the signature's scope, the target header, the form or the path, in whichever of these the
    /// service's protocol has it. CBOR has been translated before.
    #[must_use]
    pub fn read(method: &Method, uri: &Uri, headers: &HeaderMap, body: Bytes) -> Self {
        let scope = header(headers, "authorization").split_once("Credential=").map_or("", |(_, scope)| scope);
        let mut scope = scope.split(['/', ',']);
        let key = scope.next().unwrap_or_default();
        let (account, copy) = key.split_once('-').unwrap_or((key, "0"));
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        let account = if is_account { account } else { DEFAULT_ACCOUNT };
        let region = scope.nth(1).unwrap_or("us-east-1");
        let place = Place { copy: copy.parse().unwrap_or(0), ..Place::new(account, region) };
        let service = match scope.next().unwrap_or_default() {
            "monitoring" => "cloudwatch",
            service => service,
        };
        let target = header(headers, "x-amz-target");
        let operation = match target.rsplit_once('.') {
            Some((_, operation)) => operation.to_owned(),
            None if cbor::is_spoken(headers) => cbor::operation(uri).unwrap_or_default().to_owned(),
            None => form_action(&body).unwrap_or_else(|| of_path(service, method, uri.path())),
        };
        let role = header(headers, "x-amz-security-token").to_owned();
        // Of the services here, the only one that has names in the query.
        let body = if service == "codeartifact" { codeartifact::input(uri, &body) } else { body };
        Self { place, role, service: service.to_owned(), operation, body }
    }

    /// The body as JSON; null when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The IAM action that allows the call.
    #[must_use]
    pub fn action(&self) -> String {
        format!("{}:{}", self.service, self.operation)
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// `Action` of the Query protocol, which EC2 and STS speak.
fn form_action(body: &Bytes) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    text.split('&').find_map(|pair| pair.strip_prefix("Action=")).map(str::to_owned)
}

fn of_path(service: &str, method: &Method, path: &str) -> String {
    let operation = match (service, method.as_str(), path) {
        ("securityhub", "POST", "/findings/import") => "BatchImportFindings",
        ("securityhub", "POST", "/findings") => "GetFindings",
        ("securityhub", "POST", "/accounts") => "EnableSecurityHub",
        ("securityhub", "DELETE", "/accounts") => "DisableSecurityHub",
        ("securityhub", "GET", "/accounts") => "DescribeHub",
        ("codeartifact", ..) => match codeartifact::operation(method, path) {
            Some(operation) => operation,
            None => return format!("{method} {path}"),
        },
        _ => return format!("{method} {path}"),
    };
    operation.to_owned()
}

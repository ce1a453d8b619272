//! AWS Config's part of the sandbox: rules, result tokens, evaluations, inventory, the recorder, with the limits and error codes of the real
//! service (botocore's model of AWS Config, and the Developer Guide).
//!
//! One thing is not documented and decided here: a result whose `OrderingTimestamp` is older than the one that is kept does
//! not replace it.

mod recorder;

use std::collections::{BTreeMap, HashMap, HashSet};

use rule::Timestamp;
use serde_json::{Map, Value, json};

use crate::{Answer, Call, Place};

use recorder::Recorder;

/// A Config rule as it was put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigRule {
    /// `ConfigRuleName`.
    pub name: String,
    /// `InputParameters`, a JSON object in a string; empty when there are none.
    pub parameters: String,
    /// ARN of the function that it invokes.
    pub function: String,
}

impl ConfigRule {
    /// `ConfigRuleId`, which the real service makes up and this one derives from the name.
    #[must_use]
    pub fn id(&self) -> String {
        let hash = self.name.bytes().fold(7_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
        format!("config-rule-{:06x}", hash & 0xff_ffff)
    }

    /// `ConfigRuleArn`.
    #[must_use]
    pub fn arn(&self, place: &Place) -> String {
        place.arn("config", &format!("config-rule/{}", self.id()))
    }
}

/// One result that Config keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// `COMPLIANT`, `NON_COMPLIANT` or `NOT_APPLICABLE`.
    pub compliance: String,
    /// The annotation, if there is one.
    pub annotation: Option<String>,
    /// `OrderingTimestamp`.
    pub at: Timestamp,
}

/// Rule name, resource type, resource id.
pub type Key = (String, String, String);

/// A resource of Config's inventory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovered {
    /// Its type.
    pub resource_type: String,
    /// Config's id for it.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
}

/// What AWS Config knows of one place.
#[derive(Clone, Debug, Default)]
pub struct ConfigService {
    rules: BTreeMap<String, ConfigRule>,
    /// The rule that each result token was handed out for.
    tokens: HashMap<String, String>,
    kept: BTreeMap<Key, Kept>,
    inventory: Vec<Discovered>,
    recorder: Recorder,
    /// Types whose results are refused although the model allows them.
    refused_types: HashSet<String>,
    /// Ids whose evaluations come back in `FailedEvaluations`, with how many times more.
    failing: HashMap<String, u32>,
    /// Evaluations that were taken, test ones left out, in the order of their coming.
    posted: Vec<(Key, Kept)>,
    tested: usize,
}

impl ConfigService {
    /// Puts a rule.
    pub fn put_rule(&mut self, rule: ConfigRule) {
        self.rules.insert(rule.name.clone(), rule);
    }

    /// The rules.
    pub fn rules(&self) -> impl Iterator<Item = &ConfigRule> {
        self.rules.values()
    }

    /// Makes `token` good for results of `rule`.
    pub fn issue_token(&mut self, token: &str, rule: &str) {
        self.tokens.insert(token.to_owned(), rule.to_owned());
    }

    /// Puts a resource into the inventory.
    pub fn discover(&mut self, resource_type: &str, id: &str, name: Option<&str>) {
        self.inventory.push(Discovered {
            resource_type: resource_type.to_owned(),
            id: id.to_owned(),
            name: name.map(str::to_owned),
        });
    }

    /// Takes a resource out of the inventory.
    pub fn forget(&mut self, resource_type: &str, name: &str) {
        self.inventory.retain(|found| found.resource_type != resource_type || found.name.as_deref() != Some(name));
    }

    /// Refuses results of a type from now on, as Config does with types that it does not know.
    pub fn refuse_type(&mut self, resource_type: &str) {
        self.refused_types.insert(resource_type.to_owned());
    }

    /// Returns the next `times` evaluations of the resource with this id in `FailedEvaluations`.
    pub fn fail_evaluations(&mut self, resource_id: &str, times: u32) {
        self.failing.insert(resource_id.to_owned(), times);
    }

    /// The results that are kept, by rule, type and id.
    #[must_use]
    pub const fn results(&self) -> &BTreeMap<Key, Kept> {
        &self.kept
    }

    /// The same, for a test that changes what is kept.
    pub const fn results_mut(&mut self) -> &mut BTreeMap<Key, Kept> {
        &mut self.kept
    }

    /// The name that the inventory has for a resource.
    #[must_use]
    pub fn name_of(&self, resource_type: &str, id: &str) -> Option<String> {
        let mut found = self.inventory.iter().filter(|found| found.resource_type == resource_type && found.id == id);
        found.next()?.name.clone()
    }

    /// Every evaluation that was taken, in the order of their coming.
    #[must_use]
    pub fn posted(&self) -> &[(Key, Kept)] {
        &self.posted
    }

    /// How many evaluations came in test mode.
    #[must_use]
    pub const fn tested(&self) -> usize {
        self.tested
    }

    /// Answers a call; `None` if this stand-in does not know the operation.
    pub fn answer(&mut self, call: &Call) -> Option<Answer> {
        let input = call.json();
        let answer = match call.operation.as_str() {
            "PutConfigRule" => self.put_config_rule(&input),
            "DescribeConfigRules" => self.describe_config_rules(&input, &call.place),
            "PutEvaluations" => self.put_evaluations(&input),
            "GetComplianceDetailsByConfigRule" => self.compliance_details(&input),
            "GetComplianceDetailsByResource" => self.compliance_of_resource(&input),
            "DescribeComplianceByConfigRule" => self.compliance_by_rule(&input),
            "ListDiscoveredResources" => self.list_discovered(&input),
            other => self.recorder.answer(other, &input, &call.place)?,
        };
        Some(answer.unwrap_or_else(|refusal| refusal))
    }

    fn put_config_rule(&mut self, input: &Value) -> Result<Answer, Answer> {
        let rule = &input["ConfigRule"];
        let name = text(rule, "ConfigRuleName", 1, 128)?;
        let parameters = rule["InputParameters"].as_str().unwrap_or_default();
        if parameters.len() > 1024 {
            return Err(too_long("InputParameters", 1024));
        }
        self.put_rule(ConfigRule {
            name,
            parameters: parameters.to_owned(),
            function: rule["Source"]["SourceIdentifier"].as_str().unwrap_or_default().to_owned(),
        });
        Ok(Answer::ok(json!({})))
    }

    fn describe_config_rules(&self, input: &Value, place: &Place) -> Result<Answer, Answer> {
        let rules = self.named_rules(input)?.into_iter().map(|rule| {
            json!({
                "ConfigRuleName": rule.name,
                "ConfigRuleArn": rule.arn(place),
                "ConfigRuleId": rule.id(),
                "InputParameters": rule.parameters,
                "ConfigRuleState": "ACTIVE",
                "Source": {"Owner": "CUSTOM_LAMBDA", "SourceIdentifier": rule.function},
            })
        });
        Ok(Answer::ok(json!({"ConfigRules": rules.collect::<Vec<_>>()})))
    }

    fn put_evaluations(&mut self, input: &Value) -> Result<Answer, Answer> {
        let token = text(input, "ResultToken", 1, usize::MAX)?;
        let test = input["TestMode"].as_bool().unwrap_or(false);
        let none = Vec::new();
        let evaluations = input["Evaluations"].as_array().unwrap_or(&none);
        if evaluations.len() > 100 {
            return Err(too_long("evaluations", 100));
        }
        if evaluations.is_empty() {
            return Err(invalid("The Evaluations object in your request cannot be null or empty"));
        }
        let parsed = evaluations.iter().map(|evaluation| self.evaluation(evaluation)).collect::<Result<Vec<_>, _>>()?;
        if test {
            self.tested += parsed.len();
            return Ok(Answer::ok(json!({"FailedEvaluations": []})));
        }
        let Some(rule) = self.tokens.get(&token).cloned() else {
            return Err(Answer::refuse("InvalidResultTokenException", "The specified ResultToken is not valid."));
        };
        let mut failed = Vec::new();
        for ((resource_type, id, mut result), raw) in parsed.into_iter().zip(evaluations) {
            if token.starts_with(crate::account::SAMPLE) {
                result.at = crate::now();
            }
            if let Some(times) = self.failing.get_mut(&id).filter(|times| **times > 0) {
                *times -= 1;
                failed.push(raw.clone());
                continue;
            }
            let key = (rule.clone(), resource_type, id);
            self.posted.push((key.clone(), result.clone()));
            if self.kept.get(&key).is_none_or(|kept| kept.at <= result.at) {
                self.kept.insert(key, result);
            }
        }
        Ok(Answer::ok(json!({"FailedEvaluations": failed})))
    }

    fn evaluation(&self, raw: &Value) -> Result<(String, String, Kept), Answer> {
        let resource_type = text(raw, "ComplianceResourceType", 1, 256)?;
        let id = text(raw, "ComplianceResourceId", 1, 768)?;
        let compliance = text(raw, "ComplianceType", 1, usize::MAX)?;
        if !matches!(compliance.as_str(), "COMPLIANT" | "NON_COMPLIANT" | "NOT_APPLICABLE") {
            return Err(invalid(&format!("The compliance type {compliance} is not valid for PutEvaluations.")));
        }
        let annotation = match &raw["Annotation"] {
            Value::Null => None,
            _ => Some(text(raw, "Annotation", 1, 256)?),
        };
        let at = raw["OrderingTimestamp"].as_f64().ok_or_else(|| missing("orderingTimestamp"))?;
        if self.refused_types.contains(&resource_type) {
            return Err(invalid(&format!(
                "The resource type {resource_type} is invalid. Only the following values are permitted: \
                 [AWS::::Account, AWS::EC2::Volume, AWS::EC2::VPC, AWS::S3::Bucket]"
            )));
        }
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds of this century")]
        let at = Timestamp::from_millis((at * 1000.0).round() as i64);
        Ok((resource_type, id, Kept { compliance, annotation, at }))
    }

    fn compliance_details(&self, input: &Value) -> Result<Answer, Answer> {
        let rule = text(input, "ConfigRuleName", 1, 64)?;
        if !self.rules.contains_key(&rule) {
            return Err(no_such_rule(&rule));
        }
        let meant = meant(input)?;
        // There may be half a million of them, so no page collects them all.
        let of_rule =
            self.kept.range((rule.clone(), String::new(), String::new())..).take_while(|(key, _)| key.0 == rule);
        let (start, size) = place_of_page(input, "Limit")?;
        let mut found = of_rule.filter(|(_, kept)| meant(kept)).skip(start);
        let shown: Vec<_> = found.by_ref().take(size).map(|(key, kept)| shown(key, kept)).collect();
        let next = found.next().map(|_| token_of(start + size));
        Ok(Answer::ok(with_token(json!({"EvaluationResults": shown}), "NextToken", next)))
    }

    fn compliance_of_resource(&self, input: &Value) -> Result<Answer, Answer> {
        let (resource_type, id) = (text(input, "ResourceType", 1, 256)?, text(input, "ResourceId", 1, 768)?);
        let meant = meant(input)?;
        let results: Vec<_> =
            self.kept.iter().filter(|(key, kept)| key.1 == resource_type && key.2 == id && meant(kept)).collect();
        let (page, next) = page(&results, input, "Limit")?;
        let shown: Vec<_> = page.iter().map(|(key, kept)| shown(key, kept)).collect();
        Ok(Answer::ok(with_token(json!({"EvaluationResults": shown}), "NextToken", next)))
    }

    fn compliance_by_rule(&self, input: &Value) -> Result<Answer, Answer> {
        let rules = self.named_rules(input)?.into_iter().map(|rule| {
            let of = |compliance: &str| {
                self.kept.iter().filter(|(key, kept)| key.0 == rule.name && kept.compliance == compliance).count()
            };
            let compliance = match (of("NON_COMPLIANT"), of("COMPLIANT")) {
                (0, 0) => json!({"ComplianceType": "INSUFFICIENT_DATA"}),
                (0, _) => json!({"ComplianceType": "COMPLIANT"}),
                (failing, _) => json!({
                    "ComplianceType": "NON_COMPLIANT",
                    "ComplianceContributorCount": {"CappedCount": failing.min(25), "CapExceeded": failing > 25},
                }),
            };
            json!({"ConfigRuleName": rule.name, "Compliance": compliance})
        });
        Ok(Answer::ok(json!({"ComplianceByConfigRules": rules.collect::<Vec<_>>()})))
    }

    fn list_discovered(&self, input: &Value) -> Result<Answer, Answer> {
        let resource_type = text(input, "resourceType", 1, 256)?;
        let found: Vec<_> = self.inventory.iter().filter(|found| found.resource_type == resource_type).collect();
        let (page, next) = page(&found, input, "limit")?;
        let shown = page.iter().map(|found| {
            let mut shown = json!({"resourceType": found.resource_type, "resourceId": found.id});
            if let Some(name) = &found.name {
                shown["resourceName"] = json!(name);
            }
            shown
        });
        Ok(Answer::ok(with_token(json!({"resourceIdentifiers": shown.collect::<Vec<_>>()}), "nextToken", next)))
    }

    fn named_rules(&self, input: &Value) -> Result<Vec<&ConfigRule>, Answer> {
        match input["ConfigRuleNames"].as_array() {
            None => Ok(self.rules.values().collect()),
            Some(names) => {
                let names = names.iter().filter_map(Value::as_str);
                names.map(|name| self.rules.get(name).ok_or_else(|| no_such_rule(name))).collect()
            }
        }
    }
}

/// Which results a call asks for.
fn meant(input: &Value) -> Result<impl Fn(&Kept) -> bool, Answer> {
    let types = input["ComplianceTypes"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let types: Vec<_> = types.map(str::to_owned).collect();
    if types.iter().any(|of| of == "INSUFFICIENT_DATA") {
        return Err(invalid("INSUFFICIENT_DATA is not a valid filter."));
    }
    Ok(move |kept: &Kept| match types.as_slice() {
        // Config drops what is not applicable, so it shows only if it is asked for.
        [] => kept.compliance != "NOT_APPLICABLE",
        types => types.contains(&kept.compliance),
    })
}

/// A result as the API shows it.
fn shown((rule, resource_type, id): &Key, kept: &Kept) -> Value {
    let at = seconds(kept.at);
    let mut result = json!({
        "EvaluationResultIdentifier": {
            "EvaluationResultQualifier": {
                "ConfigRuleName": rule, "ResourceType": resource_type, "ResourceId": id, "EvaluationMode": "DETECTIVE",
            },
            "OrderingTimestamp": at,
        },
        "ComplianceType": kept.compliance,
        "ResultRecordedTime": at,
        "ConfigRuleInvokedTime": at,
    });
    if let Some(annotation) = &kept.annotation {
        result["Annotation"] = json!(annotation);
    }
    result
}

/// A page of at most `limit` (10 unless given, at most 100), with the token of the next.
fn page<'a, T>(all: &'a [T], input: &Value, limit: &str) -> Result<(&'a [T], Option<String>), Answer> {
    let (start, size) = place_of_page(input, limit)?;
    let end = (start + size).min(all.len());
    let next = (end < all.len()).then(|| token_of(end));
    Ok((all.get(start..end).unwrap_or_default(), next))
}

/// Where the page that is asked for starts, and how long it may be.
fn place_of_page(input: &Value, limit: &str) -> Result<(usize, usize), Answer> {
    let token = if limit == "Limit" { "NextToken" } else { "nextToken" };
    let size = match input[limit].as_u64() {
        None | Some(0) => 10,
        Some(size @ 1..=100) => usize::try_from(size).unwrap_or(100),
        Some(_) => {
            return Err(Answer::refuse("InvalidLimitException", "The specified limit is outside the allowable range."));
        }
    };
    let start = match input[token].as_str() {
        None | Some("") => 0,
        Some(text) => text
            .strip_prefix("from-")
            .and_then(|at| at.parse().ok())
            .ok_or_else(|| Answer::refuse("InvalidNextTokenException", "The specified next token is not valid."))?,
    };
    Ok((start, size))
}

fn token_of(start: usize) -> String {
    format!("from-{start}")
}

fn with_token(mut body: Value, name: &str, token: Option<String>) -> Value {
    if let (Some(token), Some(body)) = (token, body.as_object_mut()) {
        Map::insert(body, name.to_owned(), json!(token));
    }
    body
}

/// A string member, whose length the model bounds.
fn text(input: &Value, name: &str, min: usize, max: usize) -> Result<String, Answer> {
    let value = input[name].as_str().ok_or_else(|| missing(name))?;
    match value.chars().count() {
        length if length < min => Err(Answer::refuse(
            "ValidationException",
            &format!(
                "1 validation error detected: Value at '{name}' failed to satisfy constraint: Member must have length greater than or equal to {min}"
            ),
        )),
        length if length > max => Err(too_long(name, max)),
        _ => Ok(value.to_owned()),
    }
}

fn too_long(name: &str, max: usize) -> Answer {
    Answer::refuse(
        "ValidationException",
        &format!(
            "1 validation error detected: Value at '{name}' failed to satisfy constraint: Member must have length less than or equal to {max}"
        ),
    )
}

fn missing(name: &str) -> Answer {
    Answer::refuse(
        "ValidationException",
        &format!(
            "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
        ),
    )
}

fn invalid(message: &str) -> Answer {
    Answer::refuse("InvalidParameterValueException", message)
}

fn no_such_rule(name: &str) -> Answer {
    Answer::refuse("NoSuchConfigRuleException", &format!("The ConfigRule '{name}' provided in the request is invalid."))
}

/// A time as JSON 1.1 carries it: seconds with a fraction.
#[expect(clippy::cast_precision_loss, reason = "milliseconds of this century")]
fn seconds(at: Timestamp) -> f64 {
    at.millis() as f64 / 1000.0
}

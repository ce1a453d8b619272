//! Security Hub's part of the sandbox: findings, with the limits, the update rule and the filters of the real service
//! (botocore's model of Security Hub, and the User Guide's page on `BatchImportFindings`).

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::{Answer, Call, Place};

/// What Security Hub knows of one place.
#[derive(Clone, Debug)]
pub struct SecurityHub {
    enabled: bool,
    /// In the order of their first coming.
    findings: Vec<Value>,
    /// Where each is, by its Id: there may be tens of thousands.
    places: HashMap<String, usize>,
    /// Ids of findings that are refused, with how many times more.
    refused: Vec<(String, u32)>,
    /// Findings that were imported, those ignored as not newer left out, in the order of their coming.
    imported: Vec<Value>,
}

impl Default for SecurityHub {
    fn default() -> Self {
        Self { enabled: true, findings: Vec::new(), places: HashMap::new(), refused: Vec::new(), imported: Vec::new() }
    }
}

impl SecurityHub {
    /// Switches the hub on or off in this place.
    pub const fn enable(&mut self, enabled: bool) {
        self.enabled = enabled;
    }

    /// The findings as they are kept.
    #[must_use]
    pub fn findings(&self) -> &[Value] {
        &self.findings
    }

    /// Every import that had an effect, in the order of their coming.
    #[must_use]
    pub fn imported(&self) -> &[Value] {
        &self.imported
    }

    /// Puts a finding as it is, whoever it is of.
    pub fn plant(&mut self, finding: Value) {
        self.places.entry(id(&finding)).or_insert(self.findings.len());
        self.findings.push(finding);
    }

    /// Refuses the next `times` imports of findings whose resource id ends so.
    pub fn refuse_findings(&mut self, resource_id_end: &str, times: u32) {
        self.refused.push((resource_id_end.to_owned(), times));
    }

    /// Answers a call; `None` if this stand-in does not know the operation.
    pub fn answer(&mut self, call: &Call) -> Option<Answer> {
        let input = call.json();
        let known = ["BatchImportFindings", "GetFindings", "EnableSecurityHub", "DisableSecurityHub", "DescribeHub"];
        if !known.contains(&call.operation.as_str()) {
            return None;
        }
        if call.operation == "EnableSecurityHub" {
            self.enabled = true;
            return Some(Answer::ok(json!({})));
        }
        if !self.enabled {
            let message = format!("Account {} is not subscribed to AWS Security Hub", call.place.account);
            return Some(Answer::error(401, "InvalidAccessException", &message));
        }
        let answer = match call.operation.as_str() {
            "BatchImportFindings" => self.import(&input, &call.place),
            "GetFindings" => self.find(&input),
            "DisableSecurityHub" => {
                self.enabled = false;
                Ok(Answer::ok(json!({})))
            }
            _ => Ok(Answer::ok(json!({"HubArn": call.place.arn("securityhub", "hub/default")}))),
        };
        Some(answer.unwrap_or_else(|refusal| refusal))
    }

    fn import(&mut self, input: &Value, place: &Place) -> Result<Answer, Answer> {
        let none = Vec::new();
        let findings = input["Findings"].as_array().unwrap_or(&none);
        if !(1..=100).contains(&findings.len()) {
            return Err(Answer::refuse("InvalidInputException", "Invalid parameter 'Findings'. 1 to 100 are allowed"));
        }
        if findings.iter().any(|finding| finding["AwsAccountId"] != place.account.as_str()) {
            let message = "Account is not authorized to import findings of another account with this product";
            return Err(Answer::error(403, "AccessDeniedException", message));
        }
        let mut failed = Vec::new();
        for finding in findings {
            if let Err(reason) = check(finding, place).and_then(|()| self.refuse(finding)) {
                failed.push(json!({"Id": finding["Id"], "ErrorCode": "InvalidInput", "ErrorMessage": reason}));
            } else {
                self.upsert(finding, place);
            }
        }
        Ok(Answer::ok(json!({
            "FailedCount": failed.len(),
            "SuccessCount": findings.len() - failed.len(),
            "FailedFindings": failed,
        })))
    }

    fn refuse(&mut self, finding: &Value) -> Result<(), String> {
        let id = finding["Resources"][0]["Id"].as_str().unwrap_or_default();
        for (end, times) in &mut self.refused {
            if *times > 0 && id.ends_with(end.as_str()) {
                *times -= 1;
                return Err("internal error, try again".to_owned());
            }
        }
        Ok(())
    }

    /// The whole finding replaces the one with its Id if it is newer; what belongs to whoever works on it stays.
    fn upsert(&mut self, finding: &Value, place: &Place) {
        let mut finding = finding.clone();
        let provided = finding["FindingProviderFields"].clone();
        finding["Severity"] = provided["Severity"].clone();
        finding["Severity"]["Normalized"] = json!(normalized(&provided["Severity"]["Label"]));
        finding["Types"] = provided["Types"].clone();
        finding["Region"] = json!(place.region);
        finding["ProductName"] = json!("Default");
        finding["CompanyName"] = json!("Personal");
        if finding["RecordState"].is_null() {
            finding["RecordState"] = json!("ACTIVE");
        }
        finding["Workflow"] = json!({"Status": "NEW"});
        self.imported.push(finding.clone());
        let Some(old) = self.places.get(&id(&finding)).and_then(|place| self.findings.get_mut(*place)) else {
            self.plant(finding);
            return;
        };
        let updated_at = |finding: &Value| finding["UpdatedAt"].as_str().and_then(rule::Timestamp::parse);
        if updated_at(&finding) <= updated_at(old) {
            self.imported.pop();
            return;
        }
        let reopened = old["RecordState"] == "ARCHIVED" && finding["RecordState"] == "ACTIVE"
            || old["Compliance"]["Status"] == "PASSED" && finding["Compliance"]["Status"] != "PASSED";
        let worked_on = old["Workflow"]["Status"].as_str().unwrap_or("NEW");
        if !reopened || worked_on == "SUPPRESSED" {
            finding["Workflow"] = old["Workflow"].clone();
        }
        *old = finding;
    }

    fn find(&self, input: &Value) -> Result<Answer, Answer> {
        let refuse = |message: &str| Answer::refuse("InvalidInputException", message);
        let empty = serde_json::Map::new();
        let filters = input["Filters"].as_object().unwrap_or(&empty);
        if let Some(name) = filters.keys().find(|name| path(name).is_none()) {
            return Err(refuse(&format!("the sandbox does not know the filter {name}")));
        }
        let size = match input["MaxResults"].as_u64() {
            None => 100,
            Some(size @ 1..=100) => usize::try_from(size).unwrap_or(100),
            Some(_) => return Err(refuse("MaxResults has to be 1 to 100")),
        };
        let start = match input["NextToken"].as_str() {
            None | Some("") => 0,
            Some(token) => {
                token.strip_prefix("from-").and_then(|at| at.parse().ok()).ok_or_else(|| refuse("invalid NextToken"))?
            }
        };
        let meant = |finding: &&Value| filters.iter().all(|(name, wanted)| is_met(finding, name, wanted));
        let mut found = self.findings.iter().filter(meant).skip(start);
        let mut body = json!({"Findings": found.by_ref().take(size).collect::<Vec<_>>()});
        if found.next().is_some() {
            body["NextToken"] = json!(format!("from-{}", start + size));
        }
        Ok(Answer::ok(body))
    }
}

fn id(finding: &Value) -> String {
    finding["Id"].as_str().unwrap_or_default().to_owned()
}

/// Where the value of a filter stands in a finding.
fn path(filter: &str) -> Option<&'static str> {
    Some(match filter {
        "Id" => "/Id",
        "ProductArn" => "/ProductArn",
        "GeneratorId" => "/GeneratorId",
        "AwsAccountId" => "/AwsAccountId",
        "Region" => "/Region",
        "Title" => "/Title",
        "RecordState" => "/RecordState",
        "ComplianceStatus" => "/Compliance/Status",
        "SeverityLabel" => "/Severity/Label",
        "WorkflowStatus" => "/Workflow/Status",
        "ResourceId" => "/Resources/0/Id",
        "ResourceType" => "/Resources/0/Type",
        _ => return None,
    })
}

/// Whether one of the wanted values is met.
fn is_met(finding: &Value, filter: &str, wanted: &Value) -> bool {
    let value = path(filter).and_then(|path| finding.pointer(path)).and_then(Value::as_str).unwrap_or_default();
    let any = |wanted: &Value| {
        let text = wanted["Value"].as_str().unwrap_or_default();
        match wanted["Comparison"].as_str() {
            Some("PREFIX") => value.starts_with(text),
            Some("NOT_EQUALS") => value != text,
            _ => value == text,
        }
    };
    wanted.as_array().is_some_and(|wanted| wanted.is_empty() || wanted.iter().any(any))
}

fn normalized(label: &Value) -> u32 {
    match label.as_str() {
        Some("LOW") => 1,
        Some("MEDIUM") => 40,
        Some("HIGH") => 70,
        Some("CRITICAL") => 90,
        _ => 0,
    }
}

/// Whether the finding is one that Security Hub takes.
fn check(finding: &Value, place: &Place) -> Result<(), String> {
    for (name, longest) in [
        ("SchemaVersion", 32),
        ("Id", 512),
        ("ProductArn", 2048),
        ("GeneratorId", 512),
        ("CreatedAt", 64),
        ("UpdatedAt", 64),
        ("Title", 256),
        ("Description", 1024),
    ] {
        match finding[name].as_str().map_or(0, |text| text.chars().count()) {
            0 => return Err(format!("data should have required property '{name}'")),
            length if length > longest => {
                return Err(format!("data.{name} should NOT be longer than {longest} characters"));
            }
            _ => {}
        }
    }
    if finding["ProductArn"] != place.arn("securityhub", &format!("product/{}/default", place.account)) {
        return Err("data.ProductArn is not this account's default product in this Region".to_owned());
    }
    for name in ["CreatedAt", "UpdatedAt"] {
        if finding[name].as_str().and_then(rule::Timestamp::parse).is_none() {
            return Err(format!("data.{name} should match format \"date-time\""));
        }
    }
    let provided = &finding["FindingProviderFields"];
    if !provided["Severity"]["Label"].is_string() || !provided["Types"].is_array() {
        return Err("data should have required property 'FindingProviderFields'".to_owned());
    }
    let resources = finding["Resources"].as_array().map_or(0, Vec::len);
    if !(1..=32).contains(&resources) {
        return Err("data.Resources should have 1 to 32 items".to_owned());
    }
    for resource in finding["Resources"].as_array().into_iter().flatten() {
        let other = resource["Details"]["Other"].as_object();
        if other.is_some_and(|other| other.len() > 50) {
            return Err("data.Resources.Details.Other should NOT have more than 50 properties".to_owned());
        }
        let long = |value: &Value| value.as_str().map_or(0, |text| text.chars().count()) >= 1024;
        if other.is_some_and(|other| other.values().any(long)) {
            return Err("data.Resources.Details.Other should NOT be longer than 1024 characters".to_owned());
        }
    }
    let recommendation = finding["Remediation"]["Recommendation"]["Text"].as_str().unwrap_or_default();
    if recommendation.chars().count() > 512 {
        return Err("data.Remediation.Recommendation.Text should NOT be longer than 512 characters".to_owned());
    }
    if finding["Compliance"]["RelatedRequirements"].as_array().map_or(0, Vec::len) > 32 {
        return Err("data.Compliance.RelatedRequirements should NOT have more than 32 items".to_owned());
    }
    match empty_string(finding) {
        Some(path) => Err(format!("data{path} should NOT be shorter than 1 characters")),
        None => Ok(()),
    }
}

/// Path of an empty string, which Security Hub takes nowhere.
fn empty_string(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => text.is_empty().then(String::new),
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(at, item)| empty_string(item).map(|path| format!("[{at}]{path}")))
        }
        Value::Object(members) => {
            members.iter().find_map(|(name, member)| empty_string(member).map(|path| format!(".{name}{path}")))
        }
        _ => None,
    }
}

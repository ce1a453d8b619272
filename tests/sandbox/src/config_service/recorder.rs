//! The customer managed configuration recorder of a place. There is none until somebody puts one, as in a new account.
//!
//! Answers have the members that a public transcript of AWS's has (`recordingMode` with an empty list of overrides, `recordingScope`),
//! and `lastStatus` in capitals, as the Developer Guide shows it and the model does not. Unlike AWS it starts without a delivery channel,
//! which the sandbox does not have.

use serde_json::{Value, json};

use super::seconds;
use crate::{Answer, Place};

/// The recorder, and its status.
#[derive(Clone, Debug, Default)]
pub(super) struct Recorder(Option<(Value, Value)>);

impl Recorder {
    /// Answers a call; `None` if it is about something else.
    pub(super) fn answer(&mut self, operation: &str, input: &Value, place: &Place) -> Option<Result<Answer, Answer>> {
        Some(match operation {
            "PutConfigurationRecorder" => self.put(&input["ConfigurationRecorder"], place),
            "StartConfigurationRecorder" => self.run(input, true),
            "StopConfigurationRecorder" => self.run(input, false),
            "DescribeConfigurationRecorders" => self.described(input, "ConfigurationRecorders", |(of, _)| of),
            "DescribeConfigurationRecorderStatus" => {
                self.described(input, "ConfigurationRecordersStatus", |(_, status)| status)
            }
            _ => return None,
        })
    }

    fn put(&mut self, given: &Value, place: &Place) -> Result<Answer, Answer> {
        let name = given["name"].as_str().unwrap_or("default");
        if self.0.as_ref().is_some_and(|(there, _)| there["name"] != name) {
            let message =
                "Failed to put configuration recorder because the maximum number of recorders (1) is reached.";
            return Err(Answer::refuse("MaxNumberOfConfigurationRecordersExceededException", message));
        }
        let role = given["roleARN"].as_str().filter(|role| !role.is_empty());
        let Some(role) = role else { return Err(Answer::refuse("InvalidRoleException", "A role is required.")) };
        let arn = place.arn("config", &format!("configuration-recorder/{name}/a1b2c3d4e5f6g7h8"));
        let mode = &given["recordingMode"];
        let mut recorder = json!({
            "arn": arn, "name": name, "roleARN": role, "recordingScope": "PAID",
            "recordingGroup": group(&given["recordingGroup"])?,
            "recordingMode": {
                "recordingFrequency": mode["recordingFrequency"].as_str().unwrap_or("CONTINUOUS"),
                "recordingModeOverrides": list(&mode["recordingModeOverrides"]),
            },
        });
        match &mut self.0 {
            Some((there, _)) => std::mem::swap(there, &mut recorder),
            none => *none = Some((recorder, json!({"arn": arn, "name": name, "recording": false}))),
        }
        Ok(Answer::ok(json!({})))
    }

    fn run(&mut self, input: &Value, on: bool) -> Result<Answer, Answer> {
        let name = &input["ConfigurationRecorderName"];
        let Some((_, status)) = self.0.as_mut().filter(|(there, _)| there["name"] == *name) else {
            return Err(no_such(name));
        };
        let now = json!(seconds(crate::now()));
        status["recording"] = json!(on);
        status[if on { "lastStartTime" } else { "lastStopTime" }] = now.clone();
        if on {
            status["lastStatus"] = json!("SUCCESS");
            status["lastStatusChangeTime"] = now;
        }
        Ok(Answer::ok(json!({})))
    }

    fn described(
        &self,
        input: &Value,
        member: &str,
        part: impl Fn(&(Value, Value)) -> &Value,
    ) -> Result<Answer, Answer> {
        let is_there = |name: &&Value| self.0.as_ref().is_some_and(|(there, _)| there["name"] == **name);
        let names = input["ConfigurationRecorderNames"].as_array();
        match names.into_iter().flatten().find(|name| !is_there(name)) {
            Some(name) => Err(no_such(name)),
            None => Ok(Answer::ok(json!({member: self.0.iter().map(part).collect::<Vec<_>>()}))),
        }
    }
}

/// A recording group with all members, if its parts agree.
fn group(given: &Value) -> Result<Value, Answer> {
    let (only, but) = (list(&given["resourceTypes"]), list(&given["exclusionByResourceTypes"]["resourceTypes"]));
    let all = given.is_null() || given["allSupported"] == true;
    let implied = if all { "ALL_SUPPORTED_RESOURCE_TYPES" } else { "INCLUSION_BY_RESOURCE_TYPES" };
    let strategy = given["recordingStrategy"]["useOnly"].as_str().unwrap_or(implied);
    let agrees = match strategy {
        "ALL_SUPPORTED_RESOURCE_TYPES" => all && only.is_empty() && but.is_empty(),
        "INCLUSION_BY_RESOURCE_TYPES" => !all && !only.is_empty() && but.is_empty(),
        "EXCLUSION_BY_RESOURCE_TYPES" => !all && only.is_empty() && !but.is_empty(),
        _ => false,
    };
    if !agrees {
        return Err(Answer::refuse("InvalidRecordingGroupException", "The recording group provided is not valid"));
    }
    Ok(json!({
        "allSupported": all, "includeGlobalResourceTypes": given["includeGlobalResourceTypes"] == true, "resourceTypes": only,
        "exclusionByResourceTypes": {"resourceTypes": but}, "recordingStrategy": {"useOnly": strategy},
    }))
}

fn list(given: &Value) -> Vec<Value> {
    given.as_array().cloned().unwrap_or_default()
}

fn no_such(name: &Value) -> Answer {
    let message = format!("Cannot find configuration recorder with the specified name {name}.");
    Answer::refuse("NoSuchConfigurationRecorderException", &message)
}

//! What moto does not know of SageMaker's jobs: labeling jobs and monitoring schedules, which it answers with HTTP 500, some of
//! what the others were created with, and how their lists go.

use std::{collections::HashMap, io, time::Duration};

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{Response, request::Parts},
};
use serde_json::{Map, Value, json};

use crate::{Answer, Call, FrontDoor, Place};

/// What the front door keeps of the jobs of one place.
#[derive(Clone, Debug, Default)]
pub struct SageMakerJobs {
    labeling_jobs: Vec<Created>,
    schedules: Vec<Created>,
    /// Of what moto has, the members that it loses, by kind and name.
    lost: HashMap<(String, String), Map<String, Value>>,
}

/// Something that was created here.
#[derive(Clone, Debug)]
struct Created {
    name: String,
    arn: String,
    /// As AWS writes times.
    time: Value,
    input: Value,
}

/// A kind that lives here: how the ARN and the API name it.
struct Kind {
    noun: &'static str,
    name: &'static str,
    arn: &'static str,
}

const LABELING_JOB: Kind = Kind { noun: "labeling-job", name: "LabelingJobName", arn: "LabelingJobArn" };
const SCHEDULE: Kind =
    Kind { noun: "monitoring-schedule", name: "MonitoringScheduleName", arn: "MonitoringScheduleArn" };

/// The members that moto loses between create and describe, as seen with moto 5, of the eleven kinds of jobs and of models;
/// with the member that names the thing. moto says of every model that it is not isolated.
const LOST: [(&str, &str, &[&str]); 4] = [
    ("Model", "ModelName", &["EnableNetworkIsolation"]),
    (
        "TrainingJob",
        "TrainingJobName",
        &["Environment", "InfraCheckConfig", "ProfilerConfig", "RemoteDebugConfig", "RetryStrategy"],
    ),
    ("ProcessingJob", "ProcessingJobName", &["Environment", "ProcessingResources"]),
    ("ModelExplainabilityJobDefinition", "JobDefinitionName", &["StoppingCondition"]),
];

/// A list: what is in it, and what the API calls the parts.
struct List {
    operation: &'static str,
    member: &'static str,
    name: &'static str,
    status: &'static str,
    /// Whether the API reference has the newest first by default.
    newest_first: bool,
}

const LABELING_JOBS: List = List {
    operation: "ListLabelingJobs",
    member: "LabelingJobSummaryList",
    name: "LabelingJobName",
    status: "LabelingJobStatus",
    newest_first: false,
};

const SCHEDULES: List = List {
    operation: "ListMonitoringSchedules",
    member: "MonitoringScheduleSummaries",
    name: "MonitoringScheduleName",
    status: "MonitoringScheduleStatus",
    newest_first: true,
};

/// Lists that moto gives whole when asked for nothing in particular, and otherwise wrong: of jobs it filters each page after it
/// has cut it, knows no order and has no page without `MaxResults`; of definitions it knows neither pages nor filters.
const MOTOS: [List; 5] = [
    List {
        operation: "ListTrainingJobs",
        member: "TrainingJobSummaries",
        name: "TrainingJobName",
        status: "TrainingJobStatus",
        newest_first: false,
    },
    List {
        operation: "ListProcessingJobs",
        member: "ProcessingJobSummaries",
        name: "ProcessingJobName",
        status: "ProcessingJobStatus",
        newest_first: false,
    },
    List {
        operation: "ListTransformJobs",
        member: "TransformJobSummaries",
        name: "TransformJobName",
        status: "TransformJobStatus",
        newest_first: true,
    },
    List {
        operation: "ListDataQualityJobDefinitions",
        member: "JobDefinitionSummaries",
        name: "MonitoringJobDefinitionName",
        status: "",
        newest_first: true,
    },
    List {
        operation: "ListModelBiasJobDefinitions",
        member: "JobDefinitionSummaries",
        name: "MonitoringJobDefinitionName",
        status: "",
        newest_first: true,
    },
];

impl SageMakerJobs {
    /// Answers a call; `None` if it is moto's.
    pub fn answer(&mut self, call: &Call) -> Option<Answer> {
        let input = call.json();
        let (Ok(answer) | Err(answer)) = match call.operation.as_str() {
            "CreateLabelingJob" => create(&mut self.labeling_jobs, &LABELING_JOB, &call.place, input),
            "CreateMonitoringSchedule" => create(&mut self.schedules, &SCHEDULE, &call.place, input),
            "DescribeLabelingJob" => {
                find(&self.labeling_jobs, &LABELING_JOB, &input).map(|at| Answer::ok(self.labeling_jobs[at].labeled()))
            }
            "DescribeMonitoringSchedule" => {
                find(&self.schedules, &SCHEDULE, &input).map(|at| Answer::ok(self.schedules[at].scheduled()))
            }
            "DeleteMonitoringSchedule" => find(&self.schedules, &SCHEDULE, &input).map(|at| {
                self.schedules.remove(at);
                Answer::ok(json!({}))
            }),
            "ListLabelingJobs" => {
                LABELING_JOBS.page(self.labeling_jobs.iter().map(Created::labeling_summary).collect(), &input)
            }
            "ListMonitoringSchedules" => {
                SCHEDULES.page(self.schedules.iter().map(Created::schedule_summary).collect(), &input)
            }
            // Nobody can create one here.
            "ListTags" => self.tags(&input)?,
            _ => return None,
        };
        Some(answer)
    }

    /// Tags of what is here. moto answers HTTP 500 for an ARN that it does not know.
    fn tags(&self, input: &Value) -> Option<Result<Answer, Answer>> {
        let arn = input["ResourceArn"].as_str()?;
        let things = [(&LABELING_JOB, &self.labeling_jobs), (&SCHEDULE, &self.schedules)];
        let (kind, things) = things.into_iter().find(|(kind, _)| arn.contains(&format!(":{}/", kind.noun)))?;
        let found = things.iter().find(|thing| thing.arn == arn).ok_or_else(|| kind.not_found(arn));
        Some(found.map(|thing| {
            let tags = thing.input.get("Tags").cloned();
            Answer::ok(json!({"Tags": tags.unwrap_or_else(|| json!([]))}))
        }))
    }
}

impl Kind {
    fn not_found(&self, name: &str) -> Answer {
        Answer::refuse("ResourceNotFound", &format!("Could not find {} '{name}'.", self.noun))
    }
}

fn create(things: &mut Vec<Created>, kind: &Kind, place: &Place, input: Value) -> Result<Answer, Answer> {
    let Some(name) = input[kind.name].as_str().map(str::to_owned) else {
        return Err(invalid(&format!("{} is missing", kind.name)));
    };
    if things.iter().any(|thing| thing.name == name) {
        let message = format!("There is a {} '{name}' already.", kind.noun);
        return Err(Answer::refuse("ResourceInUse", &message));
    }
    // SageMaker writes names in ARNs in lower case; moto leaves them as they are.
    let arn = place.arn("sagemaker", &format!("{}/{}", kind.noun, name.to_lowercase()));
    let answer = Answer::ok(json!({kind.arn: arn}));
    things.push(Created { name, arn, time: time(crate::now().millis()), input });
    Ok(answer)
}

fn find(things: &[Created], kind: &Kind, input: &Value) -> Result<usize, Answer> {
    let name = input[kind.name].as_str().unwrap_or_default();
    things.iter().position(|thing| thing.name == name).ok_or_else(|| kind.not_found(name))
}

impl Created {
    fn labeling_summary(&self) -> Value {
        let task = &self.input["HumanTaskConfig"];
        without_nulls(json!({
            "LabelingJobName": self.name,
            "LabelingJobArn": self.arn,
            "CreationTime": self.time,
            "LastModifiedTime": self.time,
            "LabelingJobStatus": "Completed",
            "LabelCounters": {
                "TotalLabeled": 0, "HumanLabeled": 0, "MachineLabeled": 0, "FailedNonRetryableError": 0, "Unlabeled": 0,
            },
            "WorkteamArn": task["WorkteamArn"],
            "PreHumanTaskLambdaArn": task["PreHumanTaskLambdaArn"],
            "AnnotationConsolidationLambdaArn":
                task["AnnotationConsolidationConfig"]["AnnotationConsolidationLambdaArn"],
            "InputConfig": self.input["InputConfig"],
        }))
    }

    fn labeled(&self) -> Value {
        let mut described = self.input.clone();
        let summary = self.labeling_summary();
        for member in ["LabelingJobArn", "CreationTime", "LastModifiedTime", "LabelingJobStatus", "LabelCounters"] {
            described[member] = summary[member].clone();
        }
        described["JobReferenceCode"] = json!("c0ffee00c0ffee00c0ffee00c0ffee00");
        described
    }

    /// Where only a definition is named, neither this nor the description says the endpoint, which AWS looks up there.
    fn schedule_summary(&self) -> Value {
        let config = &self.input["MonitoringScheduleConfig"];
        without_nulls(json!({
            "MonitoringScheduleName": self.name,
            "MonitoringScheduleArn": self.arn,
            "CreationTime": self.time,
            "LastModifiedTime": self.time,
            "MonitoringScheduleStatus": "Scheduled",
            "EndpointName": config["MonitoringJobDefinition"]["MonitoringInputs"][0]["EndpointInput"]["EndpointName"],
            "MonitoringJobDefinitionName": config["MonitoringJobDefinitionName"],
            "MonitoringType": config["MonitoringType"],
        }))
    }

    fn scheduled(&self) -> Value {
        let mut described = self.schedule_summary();
        // It is in the configuration.
        described.as_object_mut().map(|described| described.remove("MonitoringJobDefinitionName"));
        described["MonitoringScheduleConfig"] = self.input["MonitoringScheduleConfig"].clone();
        described
    }
}

fn without_nulls(mut object: Value) -> Value {
    if let Some(object) = object.as_object_mut() {
        object.retain(|_, value| !value.is_null());
    }
    object
}

/// moto's answer to a call, with what it should have in it besides.
pub(crate) async fn ask_moto(door: &FrontDoor, parts: &Parts, call: &Call) -> io::Result<Response<Body>> {
    if let Some(list) = MOTOS.iter().find(|list| list.operation == call.operation) {
        // All of it.
        let mut parts = parts.clone();
        parts.headers.remove("content-length");
        let whole = Call { body: Bytes::from_static(b"{}"), ..call.clone() };
        let mut answer = json(door.forward(&parts, &whole).await?).await?;
        let Value::Array(summaries) = answer[list.member].take() else {
            return Err(io::Error::other(format!("moto's {} has no list", call.operation)));
        };
        let (Ok(answer) | Err(answer)) = list.page(summaries, &call.json());
        return Ok(answer.into_response());
    }
    let answer = door.forward(parts, call).await?;
    if call.operation == "CreateEndpointConfig" && answer.status().is_success() {
        door.with(&call.place, |state| state.sagemaker_endpoints.created(&call.json()));
    }
    if call.operation == "DescribeEndpoint" && answer.status().is_success() {
        let mut endpoint = json(answer).await?;
        door.with(&call.place, |state| state.sagemaker_endpoints.describe(&mut endpoint));
        return Ok(Answer::ok(endpoint).into_response());
    }
    let lost = LOST.iter().find_map(|(kind, named, members)| {
        let verb = call.operation.strip_suffix(kind)?;
        Some((verb, (*kind).to_owned(), *named, *members))
    });
    let Some((verb, kind, named, members)) = lost.filter(|_| answer.status().is_success()) else { return Ok(answer) };
    let input = call.json();
    let key = (kind, input[named].as_str().unwrap_or_default().to_owned());
    match verb {
        "Create" => {
            let lost = members.iter().filter_map(|member| Some(((*member).to_owned(), input.get(*member)?.clone())));
            let lost = lost.collect();
            door.with(&call.place, |state| state.sagemaker_jobs.lost.insert(key, lost));
            Ok(answer)
        }
        "Describe" => {
            let lost = door.with(&call.place, |state| state.sagemaker_jobs.lost.get(&key).cloned());
            let mut answer = json(answer).await?;
            if let Some(answer) = answer.as_object_mut() {
                answer.extend(lost.unwrap_or_default());
            }
            Ok(Answer::ok(answer).into_response())
        }
        _ => Ok(answer),
    }
}

async fn json(answer: Response<Body>) -> io::Result<Value> {
    let body = to_bytes(answer.into_body(), usize::MAX).await.map_err(io::Error::other)?;
    serde_json::from_slice(&body).map_err(io::Error::other)
}

/// What a list is asked for.
#[derive(Debug)]
pub(crate) struct Asked {
    /// Only what was created later than this; like all times, in milliseconds of the epoch.
    pub(crate) after: Option<i64>,
    /// Only what was created earlier than this.
    pub(crate) before: Option<i64>,
    /// Only what has this status.
    pub(crate) status: Option<String>,
    /// Whether it goes down.
    pub(crate) is_descending: bool,
    /// How many a page holds.
    pub(crate) most: usize,
    /// Where the page starts.
    pub(crate) token: Option<String>,
}

impl Asked {
    /// Reads the input of a list, in which only these members are known beside those of this type.
    pub(crate) fn read(input: &Value, newest_first: bool, known: &[&str]) -> Result<Self, Answer> {
        const ALWAYS: [&str; 6] =
            ["CreationTimeAfter", "CreationTimeBefore", "StatusEquals", "SortOrder", "MaxResults", "NextToken"];
        let members = input.as_object().into_iter().flatten();
        let mut members = members.filter(|(_, value)| !value.is_null()).map(|(member, _)| member.as_str());
        if let Some(unknown) = members.find(|member| !ALWAYS.contains(member) && !known.contains(member)) {
            return Err(invalid(&format!("the sandbox does not know {unknown} of this list")));
        }
        let text = |member: &str| input[member].as_str().map(str::to_owned);
        let most = input["MaxResults"].as_i64().unwrap_or(10);
        let Some(most) = usize::try_from(most).ok().filter(|most| (1..=100).contains(most)) else {
            let bound = if most < 1 { "greater than or equal to 1" } else { "less than or equal to 100" };
            return Err(invalid(&format!(
                "1 validation error detected: Value '{most}' at 'maxResults' failed to satisfy constraint: Member must have \
                 value {bound}"
            )));
        };
        let is_descending = match input["SortOrder"].as_str() {
            None => newest_first,
            Some("Ascending") => false,
            Some("Descending") => true,
            Some(other) => return Err(invalid(&format!("there is no sort order '{other}'"))),
        };
        Ok(Self {
            after: millis(&input["CreationTimeAfter"]),
            before: millis(&input["CreationTimeBefore"]),
            status: text("StatusEquals"),
            is_descending,
            most,
            token: text("NextToken"),
        })
    }
}

impl List {
    /// A page of all these; those created at once in the order in which they come. The token names the first of the next page.
    fn page(&self, mut summaries: Vec<Value>, input: &Value) -> Result<Answer, Answer> {
        let known = ["LastModifiedTimeAfter", "LastModifiedTimeBefore", "NameContains", "SortBy"];
        let asked = Asked::read(input, self.newest_first, &known)?;
        let within = |summary: &Value, member: &str, after: Option<i64>, before: Option<i64>| {
            let time = millis(&summary[member]);
            after.is_none_or(|after| time > Some(after)) && before.is_none_or(|before| time < Some(before))
        };
        let modified = (millis(&input["LastModifiedTimeAfter"]), millis(&input["LastModifiedTimeBefore"]));
        summaries.retain(|summary| {
            within(summary, "CreationTime", asked.after, asked.before)
                && within(summary, "LastModifiedTime", modified.0, modified.1)
                && asked.status.as_ref().is_none_or(|status| summary[self.status] == **status)
                && input["NameContains"].as_str().is_none_or(|part| self.name_of(summary).contains(part))
        });
        let text = |summary: &Value, member: &str| summary[member].as_str().unwrap_or_default().to_owned();
        let order = |a: &Value, b: &Value| match input["SortBy"].as_str() {
            Some("Name") => self.name_of(a).cmp(self.name_of(b)),
            Some("Status") => text(a, self.status).cmp(&text(b, self.status)),
            _ => millis(&a["CreationTime"]).cmp(&millis(&b["CreationTime"])),
        };
        summaries.sort_by(order);
        if asked.is_descending {
            summaries.reverse();
        }
        let start = match &asked.token {
            None => 0,
            Some(token) => {
                let named = summaries.iter().position(|summary| self.name_of(summary) == token);
                named.ok_or_else(|| invalid("Invalid NextToken"))?
            }
        };
        let mut page = summaries.split_off(start);
        let next = if page.len() > asked.most { page.drain(asked.most..).next() } else { None };
        let mut answer = json!({self.member: page});
        if let Some(next) = next {
            answer["NextToken"] = json!(self.name_of(&next));
        }
        Ok(Answer::ok(answer))
    }

    fn name_of<'a>(&self, summary: &'a Value) -> &'a str {
        summary[self.name].as_str().unwrap_or_default()
    }
}

pub(crate) fn invalid(message: &str) -> Answer {
    Answer::refuse("ValidationException", message)
}

/// A time as AWS writes it: seconds of the epoch, to the millisecond.
pub(crate) fn time(millis: i64) -> Value {
    json!(format!("{}.{:03}", millis.div_euclid(1000), millis.rem_euclid(1000)).parse::<f64>().unwrap_or_default())
}

/// The milliseconds of a time as AWS and its clients write it.
pub(crate) fn millis(time: &Value) -> Option<i64> {
    let since = Duration::try_from_secs_f64(time.as_f64()?).ok()?;
    // A float has not all milliseconds.
    i64::try_from((since + Duration::from_micros(500)).as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(operation: &str, input: &Value) -> Call {
        Call {
            role: String::new(),
            place: Place::new("123456789012", "us-east-1"),
            service: "sagemaker".to_owned(),
            operation: operation.to_owned(),
            body: input.to_string().into(),
        }
    }

    async fn said(jobs: &mut SageMakerJobs, operation: &str, input: Value) -> Value {
        json(jobs.answer(&call(operation, &input)).unwrap().into_response()).await.unwrap()
    }

    /// Labeling jobs that were created a second apart, the first at one second.
    fn labeling_jobs(count: i64) -> SageMakerJobs {
        let job = |number: i64| Created {
            name: format!("job-{number}"),
            arn: format!("arn:job-{number}"),
            time: time(number * 1000),
            input: json!({"LabelingJobName": format!("job-{number}"), "HumanTaskConfig": {"WorkteamArn": "arn:team"}}),
        };
        SageMakerJobs { labeling_jobs: (1..=count).map(job).collect(), ..SageMakerJobs::default() }
    }

    /// The numbers of the jobs on all pages, page by page.
    async fn pages(jobs: &mut SageMakerJobs, mut input: Value) -> String {
        let mut pages = Vec::new();
        loop {
            let answer = said(jobs, "ListLabelingJobs", input.clone()).await;
            let names = answer["LabelingJobSummaryList"].as_array().unwrap().iter();
            let names: Vec<_> = names.map(|job| job["LabelingJobName"].as_str().unwrap().replace("job-", "")).collect();
            pages.push(names.join(" "));
            match &answer["NextToken"] {
                Value::Null => return pages.join(" | "),
                token => input["NextToken"] = token.clone(),
            }
        }
    }

    #[tokio::test]
    async fn lists_go_as_they_are_asked() {
        let jobs = &mut labeling_jobs(12);
        for (input, expected) in [
            (json!({}), "1 2 3 4 5 6 7 8 9 10 | 11 12"),
            (json!({"MaxResults": 6}), "1 2 3 4 5 6 | 7 8 9 10 11 12"),
            (json!({"MaxResults": 100, "SortOrder": "Descending"}), "12 11 10 9 8 7 6 5 4 3 2 1"),
            (json!({"CreationTimeAfter": 3.0, "CreationTimeBefore": 7.001}), "4 5 6 7"),
            (json!({"CreationTimeAfter": 2.999, "CreationTimeBefore": 7}), "3 4 5 6"),
            (json!({"CreationTimeAfter": 9, "MaxResults": 2, "SortOrder": "Descending"}), "12 11 | 10"),
            (json!({"StatusEquals": "Completed", "NameContains": "job-1", "SortBy": "Name"}), "1 10 11 12"),
            (json!({"StatusEquals": "InProgress"}), ""),
            (json!({"LastModifiedTimeBefore": 2}), "1"),
        ] {
            assert_eq!(pages(jobs, input.clone()).await, expected, "{input}");
        }
        for input in [
            json!({"MaxResults": 101}),
            json!({"MaxResults": 0}),
            json!({"NextToken": "none of these"}),
            json!({"SortOrder": "Sideways"}),
            json!({"WorkteamArn": "arn"}),
        ] {
            assert_eq!(said(jobs, "ListLabelingJobs", input.clone()).await["Code"], "ValidationException", "{input}");
        }
    }

    #[tokio::test]
    async fn what_is_created_is_described() {
        let jobs = &mut SageMakerJobs::default();
        let tags = json!([{"Key": "team", "Value": "a"}]);
        let input = json!({
            "LabelingJobName": "Receipts", "OutputConfig": {"KmsKeyId": "key"}, "HumanTaskConfig": {"WorkteamArn": "arn"},
            "Tags": tags,
        });
        let arn = "arn:aws:sagemaker:us-east-1:123456789012:labeling-job/receipts";
        assert_eq!(said(jobs, "CreateLabelingJob", input.clone()).await, json!({"LabelingJobArn": arn}));
        assert_eq!(said(jobs, "CreateLabelingJob", input).await["Code"], "ResourceInUse");
        let described = said(jobs, "DescribeLabelingJob", json!({"LabelingJobName": "Receipts"})).await;
        assert_eq!(described["LabelingJobArn"], arn);
        assert_eq!(described["LabelingJobStatus"], "Completed");
        assert_eq!(described["OutputConfig"]["KmsKeyId"], "key");
        assert_eq!(said(jobs, "ListTags", json!({"ResourceArn": arn})).await, json!({"Tags": tags}));

        let config = json!({"MonitoringJobDefinitionName": "quality", "MonitoringType": "DataQuality"});
        let input = json!({"MonitoringScheduleName": "hourly", "MonitoringScheduleConfig": config});
        let arn = said(jobs, "CreateMonitoringSchedule", input).await["MonitoringScheduleArn"].clone();
        let name = json!({"MonitoringScheduleName": "hourly"});
        let described = said(jobs, "DescribeMonitoringSchedule", name.clone()).await;
        assert_eq!(described["MonitoringScheduleStatus"], "Scheduled");
        assert_eq!(described["MonitoringScheduleConfig"], config);
        let listed = said(jobs, "ListMonitoringSchedules", json!({})).await;
        assert_eq!(listed["MonitoringScheduleSummaries"][0]["MonitoringJobDefinitionName"], "quality");
        assert_eq!(said(jobs, "ListTags", json!({"ResourceArn": arn})).await, json!({"Tags": []}));
        assert_eq!(said(jobs, "DeleteMonitoringSchedule", name.clone()).await, json!({}));
        assert_eq!(said(jobs, "DescribeMonitoringSchedule", name).await["Code"], "ResourceNotFound");
        assert_eq!(said(jobs, "ListTags", json!({"ResourceArn": arn})).await["Code"], "ResourceNotFound");
        let of_moto = json!({"ResourceArn": "arn:aws:sagemaker:us-east-1:123456789012:training-job/a"});
        assert!(jobs.answer(&call("ListTags", &of_moto)).is_none());
    }

    #[test]
    fn times_stay_what_they_are() {
        for moment in [0, 1, 1_795_271_139_675, 1_795_271_139_999] {
            assert_eq!(millis(&time(moment)), Some(moment));
        }
    }
}

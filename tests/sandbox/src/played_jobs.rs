//! A SageMaker with more training jobs than moto could hold.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::{Value, json};

use crate::{
    Answer, Call, Place,
    sagemaker_jobs::{Asked, invalid, time},
};

/// The list operations of the kinds of jobs that there are none of, with the member that says so.
const EMPTY: [(&str, &str); 10] = [
    ("ListProcessingJobs", "ProcessingJobSummaries"),
    ("ListTransformJobs", "TransformJobSummaries"),
    ("ListHyperParameterTuningJobs", "HyperParameterTuningJobSummaries"),
    ("ListAutoMLJobs", "AutoMLJobSummaries"),
    ("ListLabelingJobs", "LabelingJobSummaryList"),
    ("ListDataQualityJobDefinitions", "JobDefinitionSummaries"),
    ("ListModelQualityJobDefinitions", "JobDefinitionSummaries"),
    ("ListModelBiasJobDefinitions", "JobDefinitionSummaries"),
    ("ListModelExplainabilityJobDefinitions", "JobDefinitionSummaries"),
    ("ListMonitoringSchedules", "MonitoringScheduleSummaries"),
];

/// The key of the jobs that have one.
const KEY: &str = "alias/ml-platform";

/// The status of the jobs of which nobody said another.
const COMPLETED: &str = "Completed";

/// An actor for [`FrontDoor::play`](crate::FrontDoor::play): training jobs made up from their index, of any number in no memory.
/// Cheap to clone; all clones have the same jobs, which can change while they are played.
///
/// Job `i` is `job-00000i`, created one spacing after the one before. All are completed, on one `ml.m5.xlarge` whose volume has
/// the key `alias/ml-platform`, which is answered for too, in a VPC and isolated, but that
///
/// * of ten, the one with `i % 10 == 3` is on an `ml.g5.xlarge` without a key, since its storage is local;
/// * of seven, the one with `i % 7 == 5` has a `TuningJobArn`;
/// * of twenty, the one with `i % 20 == 11` has no key, unless it has a `TuningJobArn`.
///
/// What is changed for single jobs does not reorder them: they are listed where the formula has them, and times of creation are
/// compared with the formula's, not with those of [`set_created`](Self::set_created). Only the filters on times of creation and
/// on the status are known, and no order but that of creation.
#[derive(Clone, Debug)]
pub struct PlayedJobs {
    place: Place,
    jobs: Arc<Mutex<Jobs>>,
}

#[derive(Debug)]
struct Jobs {
    count: usize,
    /// When the first job was created, in milliseconds of the epoch.
    oldest: i64,
    spacing: i64,
    statuses: BTreeMap<usize, String>,
    removed: BTreeSet<usize>,
    created: BTreeMap<usize, Option<i64>>,
}

impl PlayedJobs {
    /// So many jobs in a place, the newest created at `newest` and each of the others `spacing_millis` before the next.
    #[must_use]
    pub fn new(place: &Place, count: usize, newest: i64, spacing_millis: i64) -> Self {
        let jobs = Jobs {
            count,
            oldest: newest - spacing_millis * (index(count) - 1),
            spacing: spacing_millis,
            statuses: BTreeMap::new(),
            removed: BTreeSet::new(),
            created: BTreeMap::new(),
        };
        Self { place: place.clone(), jobs: Arc::new(Mutex::new(jobs)) }
    }

    /// The actor.
    pub fn actor(&self) -> impl Fn(&Call) -> Option<Answer> + Send + Sync + 'static {
        let jobs = self.clone();
        move |call| jobs.answer(call)
    }

    /// Creates so many more after the newest.
    pub fn add(&self, count: usize) {
        self.lock().count += count;
    }

    /// How many there are, those that were removed counted.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lock().count
    }

    /// Gives a job another status.
    pub fn set_status(&self, index: usize, status: &str) {
        self.lock().statuses.insert(index, status.to_owned());
    }

    /// Takes a job away, from the list and from under whoever describes it.
    pub fn remove(&self, index: usize) {
        self.lock().removed.insert(index);
    }

    /// Says of a job that it was created at this time, in milliseconds of the epoch; with `None`, not when.
    pub fn set_created(&self, index: usize, at: Option<i64>) {
        self.lock().created.insert(index, at);
    }

    /// Name of a job.
    #[must_use]
    pub fn name(index: usize) -> String {
        format!("job-{index:06}")
    }

    /// ARN of a job.
    #[must_use]
    pub fn arn(&self, index: usize) -> String {
        let Place { account, region, .. } = &self.place;
        format!("arn:aws:sagemaker:{region}:{account}:training-job/{}", Self::name(index))
    }

    /// Answers a call; `None` if it is somebody else's.
    #[must_use]
    pub fn answer(&self, call: &Call) -> Option<Answer> {
        if call.action() == "kms:DescribeKey" {
            return self.describe_key(&call.json());
        }
        if call.service != "sagemaker" {
            return None;
        }
        let input = call.json();
        match call.operation.as_str() {
            "ListTrainingJobs" => {
                let (Ok(answer) | Err(answer)) = self.list(&input);
                Some(answer)
            }
            "DescribeTrainingJob" => Some(self.describe(&input)),
            // moto answers HTTP 500 for the ARN of a job that it does not have.
            "ListTags" if input["ResourceArn"].as_str()?.contains(":training-job/job-") => {
                Some(Answer::ok(json!({"Tags": []})))
            }
            operation => {
                let (_, member) = EMPTY.iter().find(|(list, _)| *list == operation)?;
                Some(Answer::ok(json!({*member: []})))
            }
        }
    }

    fn list(&self, input: &Value) -> Result<Answer, Answer> {
        if input["SortBy"].as_str().is_some_and(|by| by != "CreationTime") {
            return Err(invalid("played jobs are sorted by CreationTime"));
        }
        let asked = Asked::read(input, false, &["SortBy"])?;
        let jobs = self.lock();
        let page = jobs.page(&asked)?;
        let summaries: Vec<_> = page.indexes.iter().map(|index| self.summary(&jobs, *index)).collect();
        let mut answer = json!({"TrainingJobSummaries": summaries});
        if let Some(next) = page.next {
            answer["NextToken"] = json!(format!("from-{next}"));
        }
        Ok(Answer::ok(answer))
    }

    fn summary(&self, jobs: &Jobs, index: usize) -> Value {
        let mut summary = json!({
            "TrainingJobName": Self::name(index),
            "TrainingJobArn": self.arn(index),
            "TrainingJobStatus": jobs.status(index),
        });
        if let Some(created) = jobs.created(index) {
            summary["CreationTime"] = time(created);
        }
        summary
    }

    fn describe(&self, input: &Value) -> Answer {
        let name = input["TrainingJobName"].as_str().unwrap_or_default();
        let jobs = self.lock();
        let found = name.strip_prefix("job-").and_then(|index| index.parse().ok());
        let found = found.filter(|index| *index < jobs.count && Self::name(*index) == name);
        let Some(index) = found.filter(|index| !jobs.removed.contains(index)) else {
            // What AWS says, whatever its model says that it would.
            return invalid("Requested resource not found.");
        };
        let is_local = index % 10 == 3;
        let is_child = index % 7 == 5;
        let mut job = self.summary(&jobs, index);
        job["SecondaryStatus"] = job["TrainingJobStatus"].clone();
        let output = format!("s3://models/{name}/output/model.tar.gz");
        job["ModelArtifacts"] = json!({"S3ModelArtifacts": output});
        job["OutputDataConfig"] = json!({"S3OutputPath": "s3://models/", "KmsKeyId": KEY});
        let instance = if is_local { "ml.g5.xlarge" } else { "ml.m5.xlarge" };
        job["ResourceConfig"] = json!({"InstanceType": instance, "InstanceCount": 1, "VolumeSizeInGB": 30});
        if !is_local && (is_child || index % 20 != 11) {
            job["ResourceConfig"]["VolumeKmsKeyId"] = json!(KEY);
        }
        job["VpcConfig"] = json!({"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]});
        job["StoppingCondition"] = json!({"MaxRuntimeInSeconds": 3600});
        job["EnableNetworkIsolation"] = json!(true);
        job["EnableInterContainerTrafficEncryption"] = json!(true);
        if is_child {
            let Place { account, region, .. } = &self.place;
            let tuning = format!("arn:aws:sagemaker:{region}:{account}:hyper-parameter-tuning-job/search");
            job["TuningJobArn"] = json!(tuning);
        }
        Answer::ok(job)
    }

    /// The key behind the alias, by any of its names.
    fn describe_key(&self, input: &Value) -> Option<Answer> {
        let Place { account, region, .. } = &self.place;
        let id = "5ca1ab1e-0000-4000-8000-00000000f00d";
        let arn = format!("arn:aws:kms:{region}:{account}:key/{id}");
        let alias = format!("arn:aws:kms:{region}:{account}:{KEY}");
        let named = input["KeyId"].as_str()?;
        [KEY, id, &arn, &alias].contains(&named).then(|| {
            Answer::ok(json!({"KeyMetadata": {
                "AWSAccountId": account, "KeyId": id, "Arn": arn, "Enabled": true, "KeyState": "Enabled",
                "KeyManager": "CUSTOMER", "KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS",
            }}))
        })
    }

    fn lock(&self) -> MutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Jobs of one page, and the first of the next.
struct Page {
    indexes: Vec<usize>,
    next: Option<usize>,
}

impl Jobs {
    /// Walks the page, not the jobs.
    fn page(&self, asked: &Asked) -> Result<Page, Answer> {
        let mut range = self.within(asked);
        if let Some(token) = &asked.token {
            let from = token.strip_prefix("from-").and_then(|from| from.parse::<usize>().ok());
            let from = from.ok_or_else(|| invalid("Invalid NextToken"))?;
            if asked.is_descending {
                range.end = range.end.min(from.saturating_add(1));
            } else {
                range.start = range.start.max(from);
            }
        }
        // Filters and token can leave nothing.
        range.end = range.end.max(range.start);
        let candidates: Box<dyn DoubleEndedIterator<Item = usize> + '_> = match asked.status.as_deref() {
            None | Some(COMPLETED) => Box::new(range),
            Some(_) => Box::new(self.statuses.range(range).map(|(index, _)| *index)),
        };
        let wanted = |index: &usize| {
            !self.removed.contains(index) && asked.status.as_ref().is_none_or(|status| self.status(*index) == status)
        };
        let mut matching = candidates.filter(wanted);
        let mut following = || if asked.is_descending { matching.next_back() } else { matching.next() };
        let indexes = (0..asked.most).map_while(|_| following()).collect();
        Ok(Page { indexes, next: following() })
    }

    /// The jobs created between the times that are asked for.
    fn within(&self, asked: &Asked) -> Range<usize> {
        let start = asked.after.map_or(0, |after| self.first(|created| created > after));
        let end = asked.before.map_or(self.count, |before| self.first(|created| created >= before));
        start..end
    }

    /// The first job whose time of creation is so, as are those of all that follow.
    fn first(&self, is_so: impl Fn(i64) -> bool) -> usize {
        let (mut start, mut end) = (0, self.count);
        while start < end {
            let middle = start.midpoint(end);
            if is_so(self.formula(middle)) {
                end = middle;
            } else {
                start = middle + 1;
            }
        }
        start
    }

    const fn formula(&self, at: usize) -> i64 {
        self.oldest + self.spacing * index(at)
    }

    fn created(&self, index: usize) -> Option<i64> {
        self.created.get(&index).copied().unwrap_or_else(|| Some(self.formula(index)))
    }

    fn status(&self, index: usize) -> &str {
        self.statuses.get(&index).map_or(COMPLETED, String::as_str)
    }
}

#[expect(clippy::cast_possible_wrap, reason = "there are not that many jobs")]
const fn index(count: usize) -> i64 {
    count as i64
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use std::time::{Duration, Instant};

    use super::*;

    /// Jobs a second apart, the last at 1000 s.
    fn played(count: usize) -> PlayedJobs {
        PlayedJobs::new(&Place::new("123456789012", "us-east-1"), count, 1_000_000, 1000)
    }

    async fn said(jobs: &PlayedJobs, action: &str, input: &Value) -> Option<Value> {
        let (service, operation) = action.split_once(':').unwrap();
        let call = Call {
            role: String::new(),
            place: jobs.place.clone(),
            service: service.to_owned(),
            operation: operation.to_owned(),
            body: input.to_string().into(),
        };
        let body = jobs.actor()(&call)?.into_response().into_body();
        Some(serde_json::from_slice(&to_bytes(body, usize::MAX).await.unwrap()).unwrap())
    }

    /// The numbers of the jobs on all pages, page by page.
    async fn pages(jobs: &PlayedJobs, mut input: Value) -> String {
        let mut pages = Vec::new();
        loop {
            let answer = said(jobs, "sagemaker:ListTrainingJobs", &input).await.unwrap();
            let names = answer["TrainingJobSummaries"].as_array().unwrap().iter();
            let numbers = names.map(|job| job["TrainingJobName"].as_str().unwrap()[4..].parse::<u32>().unwrap());
            pages.push(numbers.map(|number| number.to_string()).collect::<Vec<_>>().join(" "));
            match &answer["NextToken"] {
                Value::Null => return pages.join(" | "),
                token => input["NextToken"] = token.clone(),
            }
        }
    }

    async fn describe(jobs: &PlayedJobs, index: usize) -> Value {
        let input = json!({"TrainingJobName": PlayedJobs::name(index)});
        said(jobs, "sagemaker:DescribeTrainingJob", &input).await.unwrap()
    }

    #[tokio::test]
    async fn lists_go_as_they_are_asked() {
        let jobs = &played(12);
        jobs.set_status(4, "InProgress");
        jobs.set_status(8, "Failed");
        jobs.set_status(9, "InProgress");
        jobs.remove(6);
        for (input, expected) in [
            (json!({}), "0 1 2 3 4 5 7 8 9 10 | 11"),
            (json!({"MaxResults": 100}), "0 1 2 3 4 5 7 8 9 10 11"),
            (json!({"MaxResults": 4, "SortOrder": "Descending"}), "11 10 9 8 | 7 5 4 3 | 2 1 0"),
            (json!({"CreationTimeAfter": 991.0, "CreationTimeBefore": 995.001}), "3 4 5"),
            (json!({"CreationTimeAfter": 990.999, "CreationTimeBefore": 995}), "2 3 4 5"),
            (json!({"CreationTimeAfter": 995, "MaxResults": 3, "SortOrder": "Descending"}), "11 10 9 | 8 7"),
            (json!({"CreationTimeAfter": 2000}), ""),
            (json!({"CreationTimeAfter": 999, "CreationTimeBefore": 990}), ""),
            (json!({"StatusEquals": "InProgress"}), "4 9"),
            (json!({"StatusEquals": "InProgress", "MaxResults": 1, "SortOrder": "Descending"}), "9 | 4"),
            (json!({"StatusEquals": "Completed", "MaxResults": 5}), "0 1 2 3 5 | 7 10 11"),
        ] {
            assert_eq!(pages(jobs, input.clone()).await, expected, "{input}");
        }
        for input in [json!({"MaxResults": 101}), json!({"NextToken": "x"}), json!({"NameContains": "job"})] {
            let answer = said(jobs, "sagemaker:ListTrainingJobs", &input).await.unwrap();
            assert_eq!(answer["Code"], "ValidationException", "{input}");
        }
        assert_eq!(pages(&played(0), json!({})).await, "");
    }

    #[tokio::test]
    async fn jobs_come_between_pages() {
        let jobs = played(3);
        let first = said(&jobs, "sagemaker:ListTrainingJobs", &json!({"MaxResults": 2})).await.unwrap();
        jobs.add(2);
        assert_eq!(pages(&jobs, json!({"MaxResults": 9, "NextToken": first["NextToken"]})).await, "2 3 4");
        assert_eq!(pages(&jobs, json!({"CreationTimeAfter": 1000})).await, "3 4");
    }

    #[tokio::test]
    async fn jobs_are_what_their_index_says() {
        let jobs = &played(200);
        for (index, instance, key, is_child) in [
            (0, "ml.m5.xlarge", json!(KEY), false),
            (3, "ml.g5.xlarge", Value::Null, false),
            (5, "ml.m5.xlarge", json!(KEY), true),
            (11, "ml.m5.xlarge", Value::Null, false),
            (33, "ml.g5.xlarge", Value::Null, true),
            (131, "ml.m5.xlarge", json!(KEY), true),
        ] {
            let job = describe(jobs, index).await;
            assert_eq!(job["ResourceConfig"]["InstanceType"], instance, "{index}");
            assert_eq!(job["ResourceConfig"]["VolumeKmsKeyId"], key, "{index}");
            assert_eq!(job["TuningJobArn"].is_string(), is_child, "{index}");
            assert_eq!(job["TrainingJobArn"], jobs.arn(index));
        }
        assert_eq!(describe(jobs, 200).await["Code"], "ValidationException");
    }

    #[tokio::test]
    async fn single_jobs_are_changed() {
        let jobs = &played(5);
        jobs.set_created(1, None);
        jobs.set_created(2, Some(5000));
        jobs.set_status(3, "Stopped");
        jobs.remove(4);
        assert_eq!(describe(jobs, 0).await["CreationTime"], 996.0);
        assert!(describe(jobs, 1).await.get("CreationTime").is_none());
        assert_eq!(describe(jobs, 2).await["CreationTime"], 5.0);
        assert_eq!(describe(jobs, 3).await["TrainingJobStatus"], "Stopped");
        assert_eq!(describe(jobs, 4).await["Code"], "ValidationException");
        let listed = said(jobs, "sagemaker:ListTrainingJobs", &json!({})).await.unwrap();
        assert!(listed["TrainingJobSummaries"][1].get("CreationTime").is_none());
        assert_eq!(listed["TrainingJobSummaries"][2]["CreationTime"], 5.0);
    }

    #[tokio::test]
    async fn the_rest_is_there_or_somebody_elses() {
        let jobs = &played(1);
        for (list, member) in EMPTY {
            assert_eq!(said(jobs, &format!("sagemaker:{list}"), &json!({})).await, Some(json!({member: []})));
        }
        let tags = said(jobs, "sagemaker:ListTags", &json!({"ResourceArn": jobs.arn(0)})).await;
        assert_eq!(tags, Some(json!({"Tags": []})));
        let key = said(jobs, "kms:DescribeKey", &json!({"KeyId": KEY})).await.unwrap();
        assert_eq!(key["KeyMetadata"]["KeyManager"], "CUSTOMER");
        for (action, input) in [
            ("kms:DescribeKey", json!({"KeyId": "alias/other"})),
            ("sagemaker:ListTags", json!({"ResourceArn": "arn:aws:sagemaker:us-east-1:123456789012:model/m"})),
            ("sagemaker:ListModels", json!({})),
            ("config:DescribeConfigRules", json!({})),
        ] {
            assert_eq!(said(jobs, action, &input).await, None, "{action}");
        }
    }

    #[tokio::test]
    async fn a_page_does_not_walk_the_jobs() {
        let jobs = &played(500_000_000);
        let start = Instant::now();
        for input in [
            json!({"CreationTimeAfter": 900, "MaxResults": 100}),
            json!({"SortOrder": "Descending", "StatusEquals": "Completed"}),
            json!({"StatusEquals": "InProgress"}),
        ] {
            said(jobs, "sagemaker:ListTrainingJobs", &input).await;
        }
        assert!(start.elapsed() < Duration::from_secs(1));
    }
}

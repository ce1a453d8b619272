use aws::SdkConfig;
use aws_sdk_sagemaker::{
    Client,
    types::{self, MonitoringExecutionSummary, MonitoringScheduleSummary},
};
use futures::future::join_all;
use rule::{Fact, Timestamp};
use tokio::sync::OnceCell;

/// A monitoring schedule of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonitoringSchedule {
    /// Its name.
    pub name: String,
    /// Whether it starts jobs.
    pub status: Fact<ScheduleStatus>,
    /// When it was created.
    pub created_at: Fact<Timestamp>,
    /// The last job that it started; absent while there is none. Asked for only where it starts jobs.
    pub last: Fact<Execution>,
}

/// `MonitoringScheduleStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScheduleStatus {
    /// It is being created or changed.
    Pending,
    /// It could not be created or changed.
    Failed,
    /// It starts jobs.
    Scheduled,
    /// It starts none.
    Stopped,
}

/// A job that a schedule started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// What has become of it.
    pub status: Fact<ExecutionStatus>,
    /// The time that it was scheduled for.
    pub scheduled_for: Fact<Timestamp>,
}

/// `MonitoringExecutionStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecutionStatus {
    /// It waits or runs.
    Running,
    /// It came to its end, whatever it found.
    Completed,
    /// It failed because there was nothing for it to look at: nobody called the endpoint, or nothing was captured.
    NoData,
    /// It failed.
    Failed,
    /// It was stopped, or is being stopped.
    Stopped,
}

/// Reads monitoring schedules: `ListMonitoringSchedules`, all of them in one list that is read once, and
/// `DescribeMonitoringSchedule`.
#[derive(Clone, Debug)]
pub struct MonitoringSchedules {
    client: Client,
    all: OnceCell<Result<Vec<MonitoringScheduleSummary>, String>>,
}

impl MonitoringSchedules {
    /// The schedules in the account and Region of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config), all: OnceCell::new() }
    }

    /// The schedules that monitor an endpoint. Those of batch transform jobs name none.
    ///
    /// # Errors
    /// Why they could not all be read, in words for a reader.
    pub async fn of_endpoint(&self, endpoint: &str) -> Result<Vec<MonitoringSchedule>, String> {
        let all = self.all.get_or_init(|| self.list()).await.as_ref().map_err(Clone::clone)?;
        // Names of endpoints do not differ in case alone (`CreateEndpoint`).
        let of_it = |summary: &&MonitoringScheduleSummary| {
            summary.endpoint_name().is_some_and(|name| name.eq_ignore_ascii_case(endpoint))
        };
        let read = join_all(all.iter().filter(of_it).map(|summary| self.read(summary))).await;
        read.into_iter().filter_map(Result::transpose).collect()
    }

    async fn list(&self) -> Result<Vec<MonitoringScheduleSummary>, String> {
        const LIST: &str = "sagemaker:ListMonitoringSchedules";
        let mut all = Vec::new();
        let ask = async |token| {
            // 100 is the most that the API takes; its default is 10.
            let page = self.client.list_monitoring_schedules().max_results(100).set_next_token(token).send().await;
            let page = page.map_err(|error| aws::reason(LIST, &error))?;
            Ok((page.monitoring_schedule_summaries().to_vec(), page.next_token().map(str::to_owned)))
        };
        aws::each_page(LIST, ask, |page: Vec<_>| all.extend(page)).await?;
        Ok(all)
    }

    /// One of the schedules in the list; none when it is gone.
    async fn read(&self, summary: &MonitoringScheduleSummary) -> Result<Option<MonitoringSchedule>, String> {
        let name = aws::given(summary.monitoring_schedule_name()).ok_or_else(|| {
            "sagemaker:ListMonitoringSchedules listed a schedule of the endpoint without a name".to_owned()
        })?;
        let status = status(summary.monitoring_schedule_status());
        if matches!(status, Fact::Known(status) if status != ScheduleStatus::Scheduled) {
            return Ok(Some(MonitoringSchedule { name, status, created_at: Fact::Absent, last: Fact::Absent }));
        }
        let answer = match self.client.describe_monitoring_schedule().monitoring_schedule_name(&name).send().await {
            Ok(answer) => answer,
            Err(error) if aws::code(&error) == Some("ResourceNotFound") => return Ok(None),
            Err(error) => return Err(aws::reason("sagemaker:DescribeMonitoringSchedule", &error)),
        };
        Ok(Some(MonitoringSchedule {
            name,
            status: self::status(answer.monitoring_schedule_status()),
            created_at: aws::created_at(answer.creation_time()).map_or(Fact::Absent, Fact::Known),
            last: answer.last_monitoring_execution_summary().map_or(Fact::Absent, |last| Fact::Known(execution(last))),
        }))
    }
}

fn status(status: Option<&types::ScheduleStatus>) -> Fact<ScheduleStatus> {
    match status {
        None => Fact::Absent,
        Some(types::ScheduleStatus::Pending) => Fact::Known(ScheduleStatus::Pending),
        Some(types::ScheduleStatus::Failed) => Fact::Known(ScheduleStatus::Failed),
        Some(types::ScheduleStatus::Scheduled) => Fact::Known(ScheduleStatus::Scheduled),
        Some(types::ScheduleStatus::Stopped) => Fact::Known(ScheduleStatus::Stopped),
        Some(other) if other.as_str() == aws::NOT_SENT => Fact::Absent,
        Some(other) => Fact::Unread(aws::unknown("MonitoringScheduleStatus", other.as_str())),
    }
}

/// `FailureReason` of a job without data, as Model Monitor gives it; AWS documents none of them.
const NO_DATA: &str = "Job inputs had no data";

fn execution(last: &MonitoringExecutionSummary) -> Execution {
    use types::ExecutionStatus as Status;
    Execution {
        status: match last.monitoring_execution_status() {
            None => Fact::Absent,
            Some(Status::Pending | Status::InProgress) => Fact::Known(ExecutionStatus::Running),
            Some(Status::Completed | Status::CompletedWithViolations) => Fact::Known(ExecutionStatus::Completed),
            Some(Status::Failed) if last.failure_reason() == Some(NO_DATA) => Fact::Known(ExecutionStatus::NoData),
            Some(Status::Failed) => Fact::Known(ExecutionStatus::Failed),
            Some(Status::Stopping | Status::Stopped) => Fact::Known(ExecutionStatus::Stopped),
            Some(other) if other.as_str() == aws::NOT_SENT => Fact::Absent,
            Some(other) => Fact::Unread(aws::unknown("MonitoringExecutionStatus", other.as_str())),
        },
        scheduled_for: aws::created_at(last.scheduled_time()).map_or(Fact::Absent, Fact::Known),
    }
}

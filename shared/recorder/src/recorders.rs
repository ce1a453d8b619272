use std::collections::{BTreeMap, BTreeSet};

use aws::SdkConfig;
use aws_sdk_config::{
    Client,
    types::{self, ConfigurationRecorder, ConfigurationRecorderStatus, RecordingGroup, RecordingMode, ResourceType},
};
use rule::{ACCOUNT, Details, Fact, Facts, Listed, Page, Read, Resource, Source, Tags};

const DESCRIBE: &str = "config:DescribeConfigurationRecorders";
const STATUS: &str = "config:DescribeConfigurationRecorderStatus";

/// What AWS Config records of an account in a Region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recording {
    /// There is no recorder of the customer's.
    NoRecorder,
    /// There is one; more than one there cannot be.
    By(Recorder),
}

/// The customer managed configuration recorder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorder {
    /// The types that it records.
    pub scope: Fact<Scope>,
    /// How often, unless the type has a frequency of its own. Absent without a `recordingMode`.
    pub frequency: Fact<Frequency>,
    /// The types that have a frequency of their own.
    pub overrides: Fact<BTreeMap<String, Fact<Frequency>>>,
    /// Whether it is running. Absent where it has no status.
    pub is_running: Fact<bool>,
    /// What came of what it did last.
    pub last_status: Fact<LastStatus>,
    /// What findings show of it.
    pub details: Details,
}

/// The types that a recorder records, as CloudFormation names them. Types that AWS Config does not support in a Region are not recorded
/// there, whatever this says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All that AWS Config supports.
    All,
    /// These.
    Only(BTreeSet<String>),
    /// All but these.
    AllBut(BTreeSet<String>),
}

impl Scope {
    /// Whether a type is recorded, if AWS Config supports it.
    #[must_use]
    pub fn has(&self, resource_type: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(types) => types.contains(resource_type),
            Self::AllBut(types) => !types.contains(resource_type),
        }
    }
}

/// `recordingFrequency`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frequency {
    /// Every change, when it happens.
    Continuous,
    /// The last state, once a day.
    Daily,
}

/// `lastStatus`: what came of what a recorder did last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LastStatus {
    /// It recorded something.
    Success,
    /// There is nothing yet that could have gone wrong (`PENDING`, `NotApplicable`).
    Nothing,
    /// It could not record something, with the code of the error where there is one.
    Failure(Option<String>),
}

impl Recorder {
    /// How often it records a type. A recorder without `recordingMode` is from before there was anything but continuous recording.
    #[must_use]
    pub fn frequency_of(&self, resource_type: &str) -> Fact<Frequency> {
        match &self.overrides {
            Fact::Known(overrides) => match (overrides.get(resource_type), &self.frequency) {
                (None, Fact::Absent) => Fact::Known(Frequency::Continuous),
                (Some(frequency), _) | (None, frequency) => frequency.clone(),
            },
            Fact::Absent => Fact::Absent,
            Fact::Unread(reason) => Fact::Unread(reason.clone()),
        }
    }
}

impl Facts for Recording {
    type Query = ();

    fn details(&self) -> Details {
        match self {
            Self::NoRecorder => Details::new(),
            Self::By(recorder) => recorder.details.clone(),
        }
    }
}

/// Reads the recorder: `DescribeConfigurationRecorders` and `DescribeConfigurationRecorderStatus`. Without a name both are about the
/// customer managed one, of which an account has at most one in a Region.
///
/// Service-linked recorders are left out. They belong to an AWS service, which says what they record, and those of scope `INTERNAL`
/// deliver nothing to anybody else.
#[derive(Clone, Debug)]
pub struct Recorders {
    client: Client,
}

impl Recorders {
    /// A source on the account and Region of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    /// The customer's recorder, if there is one.
    async fn recorder(&self) -> Result<Option<ConfigurationRecorder>, String> {
        let answer = self.client.describe_configuration_recorders().send().await;
        let answer = answer.map_err(|error| aws::reason(DESCRIBE, &error))?;
        // An empty list says that there is none; no list says nothing.
        let recorders = answer.configuration_recorders.ok_or_else(|| format!("{DESCRIBE} gave no list"))?;
        let of_customer = |of: &ConfigurationRecorder| {
            aws::given(of.service_principal()).is_none() && aws::given(of.connector_arn()).is_none()
        };
        let mut recorders = recorders.into_iter().filter(of_customer);
        match (recorders.next(), recorders.count()) {
            (recorder, 0) => Ok(recorder),
            (_, others) => Err(format!("{DESCRIBE} listed {} recorders, of which there can be one", others + 1)),
        }
    }

    /// Its status, if there is one.
    async fn status(&self, name: &str) -> Result<Option<ConfigurationRecorderStatus>, String> {
        let answer = self.client.describe_configuration_recorder_status().send().await;
        let answer = answer.map_err(|error| aws::reason(STATUS, &error))?;
        let all = answer.configuration_recorders_status.ok_or_else(|| format!("{STATUS} gave no list"))?;
        Ok(all.into_iter().find(|of| of.name() == Some(name) && aws::given(of.service_principal()).is_none()))
    }

    async fn read(&self) -> Result<Recording, String> {
        let Some(recorder) = self.recorder().await? else { return Ok(Recording::NoRecorder) };
        let name = aws::given(recorder.name()).ok_or_else(|| format!("{DESCRIBE} listed a recorder without a name"))?;
        let status = self.status(&name).await?;
        Ok(Recording::By(facts(&recorder, status.as_ref())))
    }
}

impl Source for Recorders {
    type Facts = Recording;

    async fn get(&self, account: &Resource, (): &()) -> Read<Recording> {
        match self.read().await {
            Ok(facts) => Read::Here { resource: account.clone(), facts },
            Err(reason) => Read::Unread(reason),
        }
    }

    async fn list(&self, (): &(), _: Option<String>) -> Result<Page<Recording>, String> {
        // There is one account, and whoever asks knows its id.
        let resource = Resource { resource_type: ACCOUNT.to_owned(), ..Resource::default() };
        Ok(Page { items: vec![Listed { resource, facts: None }], ..Page::default() })
    }

    async fn tags(&self, _: &Resource, _: &Recording) -> Result<Tags, String> {
        // The account's are in AWS Organizations, where hardly anybody may read them; the recorder's are not the account's.
        Ok(Tags::new())
    }
}

fn facts(recorder: &ConfigurationRecorder, status: Option<&ConfigurationRecorderStatus>) -> Recorder {
    let mode = recorder.recording_mode();
    Recorder {
        scope: match recorder.recording_scope().map(types::RecordingScope::as_str) {
            None | Some("PAID") => scope(recorder.recording_group()),
            Some("INTERNAL") => {
                Fact::Unread("recordingScope is `INTERNAL`: what is recorded reaches nobody here".to_owned())
            }
            Some(other) => Fact::Unread(aws::unknown("recordingScope", other)),
        },
        frequency: mode.map_or(Fact::Absent, |mode| frequency(mode.recording_frequency().as_str())),
        overrides: mode.map_or(Fact::Known(BTreeMap::new()), overrides),
        is_running: status.map_or(Fact::Absent, is_running),
        last_status: status.map_or(Fact::Absent, last_status),
        details: details(recorder, status),
    }
}

/// The strategy says it; where there is none, the flag and the list of before there were strategies do. They contradict each other in no
/// recorder that AWS takes, so where they do, something else is wrong.
fn scope(group: Option<&RecordingGroup>) -> Fact<Scope> {
    let Some(group) = group else { return Fact::Unread(format!("{DESCRIBE} gave no recordingGroup")) };
    let strings = |types: &Vec<ResourceType>| types.iter().map(|of| of.as_str().to_owned()).collect::<BTreeSet<_>>();
    let only = group.resource_types.as_ref().map(strings);
    let but = group.exclusion_by_resource_types().and_then(|of| of.resource_types.as_ref()).map(strings);
    let empty = |types: &Option<BTreeSet<_>>| types.as_ref().is_none_or(BTreeSet::is_empty);
    let (names_some, names_others) = (!empty(&only), !empty(&but));
    let all = group.all_supported();
    let strategy = group.recording_strategy().map(|of| of.use_only().map(types::RecordingStrategyType::as_str));
    let unclear = || Fact::Unread(format!("{DESCRIBE} gave a recordingGroup that does not show what is recorded"));
    let no_list = |of: &str| Fact::Unread(format!("{DESCRIBE} gave no {of}"));
    match strategy {
        Some(Some("ALL_SUPPORTED_RESOURCE_TYPES")) | None if all && !names_some && !names_others => {
            Fact::Known(Scope::All)
        }
        Some(Some("INCLUSION_BY_RESOURCE_TYPES")) if !all && !names_others => {
            only.map_or_else(|| no_list("resourceTypes"), |only| Fact::Known(Scope::Only(only)))
        }
        Some(Some("EXCLUSION_BY_RESOURCE_TYPES")) if !all && !names_some => {
            but.map_or_else(|| no_list("exclusionByResourceTypes"), |but| Fact::Known(Scope::AllBut(but)))
        }
        // No flag at all looks like this too, so an empty list says nothing.
        None if !all && names_some && !names_others => {
            only.map_or_else(|| no_list("resourceTypes"), |only| Fact::Known(Scope::Only(only)))
        }
        Some(Some("ALL_SUPPORTED_RESOURCE_TYPES" | "INCLUSION_BY_RESOURCE_TYPES" | "EXCLUSION_BY_RESOURCE_TYPES"))
        | None => unclear(),
        Some(Some(other)) => Fact::Unread(aws::unknown("recordingStrategy", other)),
        Some(None) => no_list("useOnly of the recordingStrategy"),
    }
}

fn frequency(frequency: &str) -> Fact<Frequency> {
    match frequency {
        "CONTINUOUS" => Fact::Known(Frequency::Continuous),
        "DAILY" => Fact::Known(Frequency::Daily),
        other => Fact::Unread(aws::unknown("recordingFrequency", other)),
    }
}

fn overrides(mode: &RecordingMode) -> Fact<BTreeMap<String, Fact<Frequency>>> {
    let mut overrides = BTreeMap::new();
    for given in mode.recording_mode_overrides() {
        // The types are what an override is about; without them it may be about any.
        if given.resource_types().is_empty() {
            return Fact::Unread(format!("{DESCRIBE} gave a recordingModeOverride without resourceTypes"));
        }
        let frequency = frequency(given.recording_frequency().as_str());
        for of in given.resource_types() {
            let twice = overrides.insert(of.as_str().to_owned(), frequency.clone());
            if twice.is_some_and(|other| other != frequency) {
                let two = format!("{DESCRIBE} gave two frequencies of {}", of.as_str());
                overrides.insert(of.as_str().to_owned(), Fact::Unread(two));
            }
        }
    }
    Fact::Known(overrides)
}

/// The SDK does not tell `false` from what was not sent. One that was started and not stopped since is not stopped.
fn is_running(status: &ConfigurationRecorderStatus) -> Fact<bool> {
    let is_stopped = match (status.last_start_time(), status.last_stop_time()) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(start), Some(stop)) => start.as_nanos() <= stop.as_nanos(),
    };
    match (status.recording(), is_stopped) {
        (true, _) => Fact::Known(true),
        (false, true) => Fact::Known(false),
        (false, false) => Fact::Unread(format!("{STATUS} gave neither that it records nor when it was stopped")),
    }
}

/// The model writes `Success`, the API's documented answers `SUCCESS`.
fn last_status(status: &ConfigurationRecorderStatus) -> Fact<LastStatus> {
    let Some(last) = status.last_status().map(types::RecorderStatus::as_str) else { return Fact::Absent };
    match last.to_ascii_uppercase().as_str() {
        "SUCCESS" => Fact::Known(LastStatus::Success),
        "PENDING" | "NOTAPPLICABLE" | "NOT_APPLICABLE" => Fact::Known(LastStatus::Nothing),
        "FAILURE" => Fact::Known(LastStatus::Failure(aws::given(status.last_error_code()))),
        _ => Fact::Unread(aws::unknown("lastStatus", last)),
    }
}

fn details(recorder: &ConfigurationRecorder, status: Option<&ConfigurationRecorderStatus>) -> Details {
    let strategy = recorder.recording_group().and_then(RecordingGroup::recording_strategy);
    let last = status.and_then(ConfigurationRecorderStatus::last_status);
    aws::details([
        ("Recorder", recorder.name()),
        ("RecordingStrategy", strategy.and_then(|of| of.use_only()).map(types::RecordingStrategyType::as_str)),
        ("RecordingFrequency", recorder.recording_mode().map(|mode| mode.recording_frequency().as_str())),
        ("LastStatus", last.map(types::RecorderStatus::as_str)),
        ("LastErrorCode", status.and_then(ConfigurationRecorderStatus::last_error_code)),
    ])
}

#[cfg(test)]
mod tests {
    use aws_sdk_config::{
        primitives::DateTime,
        types::{
            ExclusionByResourceTypes, RecorderStatus, RecordingFrequency, RecordingModeOverride, RecordingStrategy,
        },
    };

    use super::*;

    fn types(names: &[&str]) -> Vec<ResourceType> {
        names.iter().map(|name| ResourceType::from(*name)).collect()
    }

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn every_recording_group_has_a_meaning() {
        type Types<'a> = Option<&'a [&'a str]>;
        const ALL: Option<&str> = Some("ALL_SUPPORTED_RESOURCE_TYPES");
        const ONLY: Option<&str> = Some("INCLUSION_BY_RESOURCE_TYPES");
        const BUT: Option<&str> = Some("EXCLUSION_BY_RESOURCE_TYPES");
        let group = |all: bool, strategy: Option<&str>, only: Types<'_>, but: Types<'_>| {
            let but =
                but.map(|names| ExclusionByResourceTypes::builder().set_resource_types(Some(types(names))).build());
            let strategy = strategy.map(|of| RecordingStrategy::builder().use_only(of.into()).build());
            RecordingGroup::builder()
                .all_supported(all)
                .set_resource_types(only.map(types))
                .set_exclusion_by_resource_types(but)
                .set_recording_strategy(strategy)
                .build()
        };
        // The SDK knows no such type, and AWS does.
        let notebook: Types<'_> = Some(&["AWS::SageMaker::NotebookInstance"]);
        let these = || Fact::Known(Scope::Only(set(&["AWS::SageMaker::NotebookInstance"])));
        let but_these = || Fact::Known(Scope::AllBut(set(&["AWS::SageMaker::NotebookInstance"])));
        let odd = || Fact::Unread(format!("{DESCRIBE} gave a recordingGroup that does not show what is recorded"));
        let lacks = |what: &str| Fact::Unread(format!("{DESCRIBE} gave no {what}"));
        for (row, group, expected) in [
            (1, group(true, ALL, None, None), Fact::Known(Scope::All)),
            (2, group(true, ALL, Some(&[]), Some(&[])), Fact::Known(Scope::All)),
            (3, group(false, ALL, None, None), odd()),
            (4, group(true, ALL, notebook, None), odd()),
            (5, group(true, ALL, None, notebook), odd()),
            (6, group(false, ONLY, notebook, None), these()),
            (7, group(false, ONLY, notebook, Some(&[])), these()),
            (8, group(false, ONLY, Some(&[]), None), Fact::Known(Scope::Only(set(&[])))),
            (9, group(false, ONLY, None, None), lacks("resourceTypes")),
            (10, group(true, ONLY, notebook, None), odd()),
            (11, group(false, ONLY, notebook, notebook), odd()),
            (12, group(false, BUT, None, notebook), but_these()),
            (13, group(false, BUT, Some(&[]), notebook), but_these()),
            (14, group(false, BUT, None, Some(&[])), Fact::Known(Scope::AllBut(set(&[])))),
            (15, group(false, BUT, None, None), lacks("exclusionByResourceTypes")),
            (16, group(true, BUT, None, notebook), odd()),
            (17, group(false, BUT, notebook, notebook), odd()),
            (18, group(true, None, None, None), Fact::Known(Scope::All)),
            (19, group(true, None, Some(&[]), None), Fact::Known(Scope::All)),
            (20, group(true, None, notebook, None), odd()),
            (21, group(false, None, notebook, None), these()),
            (22, group(false, None, Some(&[]), None), odd()),
            (23, group(false, None, None, None), odd()),
            (24, group(false, None, None, notebook), odd()),
            (25, group(true, None, None, notebook), odd()),
            (
                26,
                group(true, Some("NEW"), None, None),
                Fact::Unread("recordingStrategy is `NEW`, which this release does not know".to_owned()),
            ),
        ] {
            assert_eq!(scope(Some(&group)), expected, "row {row}");
        }
        let no_use = RecordingGroup::builder().all_supported(true);
        let no_use = no_use.recording_strategy(RecordingStrategy::builder().build()).build();
        assert_eq!(scope(Some(&no_use)), lacks("useOnly of the recordingStrategy"));
        assert_eq!(scope(None), lacks("recordingGroup"));
    }

    #[test]
    fn a_type_is_recorded_as_often_as_its_override_says() {
        use Frequency::{Continuous, Daily};
        let unknown = || Fact::Unread("recordingFrequency is `HOURLY`, which this release does not know".to_owned());
        let nameless = || Fact::Unread(format!("{DESCRIBE} gave a recordingModeOverride without resourceTypes"));
        for (default, overrides, expected) in [
            ("CONTINUOUS", &[] as &[(&[&str], &str)], Fact::Known(Continuous)),
            ("DAILY", &[], Fact::Known(Daily)),
            ("HOURLY", &[], unknown()),
            ("CONTINUOUS", &[(&["AWS::EC2::VPC", "a"], "DAILY")], Fact::Known(Daily)),
            ("CONTINUOUS", &[(&["a"], "DAILY")], Fact::Known(Continuous)),
            ("CONTINUOUS", &[(&["a"], "HOURLY")], Fact::Known(Continuous)),
            ("CONTINUOUS", &[(&["AWS::EC2::VPC"], "HOURLY")], unknown()),
            ("CONTINUOUS", &[(&[], "DAILY")], nameless()),
            ("DAILY", &[(&["AWS::EC2::VPC"], "CONTINUOUS")], Fact::Known(Continuous)),
            ("HOURLY", &[(&["AWS::EC2::VPC"], "CONTINUOUS")], Fact::Known(Continuous)),
            ("DAILY", &[(&["AWS::EC2::VPC"], "DAILY"), (&["AWS::EC2::VPC"], "DAILY")], Fact::Known(Daily)),
            (
                "DAILY",
                &[(&["AWS::EC2::VPC"], "CONTINUOUS"), (&["AWS::EC2::VPC"], "DAILY")],
                Fact::Unread(format!("{DESCRIBE} gave two frequencies of AWS::EC2::VPC")),
            ),
        ] {
            let mut mode = RecordingMode::builder().recording_frequency(RecordingFrequency::from(default));
            for (names, frequency) in overrides {
                let of = RecordingModeOverride::builder().set_resource_types(Some(types(names)));
                mode = mode.recording_mode_overrides(of.recording_frequency((*frequency).into()).build().unwrap());
            }
            let recorder = ConfigurationRecorder::builder().recording_mode(mode.build().unwrap()).build();
            let read = facts(&recorder, None).frequency_of("AWS::EC2::VPC");
            assert_eq!(read, expected, "{default} {overrides:?}");
        }
        let old = ConfigurationRecorder::builder().build();
        assert_eq!(facts(&old, None).frequency_of("AWS::EC2::VPC"), Fact::Known(Continuous));
    }

    #[test]
    fn only_what_was_stopped_is_stopped() {
        let unsaid = || Fact::Unread(format!("{STATUS} gave neither that it records nor when it was stopped"));
        for (recording, start, stop, expected) in [
            (true, Some(2), Some(1), Fact::Known(true)),
            (true, Some(2), None, Fact::Known(true)),
            (true, None, None, Fact::Known(true)),
            (false, None, None, Fact::Known(false)),
            (false, Some(1), Some(2), Fact::Known(false)),
            (false, Some(2), Some(2), Fact::Known(false)),
            (false, Some(2), Some(1), unsaid()),
            (false, Some(2), None, unsaid()),
        ] {
            let status = ConfigurationRecorderStatus::builder()
                .recording(recording)
                .set_last_start_time(start.map(DateTime::from_secs))
                .set_last_stop_time(stop.map(DateTime::from_secs))
                .build();
            assert_eq!(is_running(&status), expected, "{recording} {start:?} {stop:?}");
        }
    }

    #[test]
    fn every_last_status_has_a_meaning() {
        for (last, code, expected) in [
            (Some("SUCCESS"), None, Fact::Known(LastStatus::Success)),
            (Some("Success"), Some("400"), Fact::Known(LastStatus::Success)),
            (Some("PENDING"), None, Fact::Known(LastStatus::Nothing)),
            (Some("Pending"), None, Fact::Known(LastStatus::Nothing)),
            (Some("NotApplicable"), None, Fact::Known(LastStatus::Nothing)),
            (Some("FAILURE"), None, Fact::Known(LastStatus::Failure(None))),
            (Some("Failure"), Some("AccessDenied"), Fact::Known(LastStatus::Failure(Some("AccessDenied".to_owned())))),
            (Some("Tired"), None, Fact::Unread("lastStatus is `Tired`, which this release does not know".to_owned())),
            (None, None, Fact::Absent),
        ] {
            let status = ConfigurationRecorderStatus::builder()
                .set_last_status(last.map(RecorderStatus::from))
                .set_last_error_code(code.map(str::to_owned))
                .build();
            assert_eq!(last_status(&status), expected, "{last:?}");
        }
    }

    #[test]
    fn what_is_recorded_for_others_only_is_not_known_to_be_recorded() {
        let unknown = || Fact::Unread("recordingScope is `FREE`, which this release does not know".to_owned());
        let group = RecordingGroup::builder().all_supported(true).build();
        for (of, expected) in [
            (None, Fact::Known(Scope::All)),
            (Some("PAID"), Fact::Known(Scope::All)),
            (
                Some("INTERNAL"),
                Fact::Unread("recordingScope is `INTERNAL`: what is recorded reaches nobody here".to_owned()),
            ),
            (Some("FREE"), unknown()),
        ] {
            let recorder = ConfigurationRecorder::builder()
                .recording_group(group.clone())
                .set_recording_scope(of.map(types::RecordingScope::from))
                .build();
            assert_eq!(facts(&recorder, None).scope, expected, "{of:?}");
        }
    }
}

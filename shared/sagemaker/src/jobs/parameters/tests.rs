use proptest::prelude::*;

use super::*;
use crate::{Instances, Parent, Setting};

fn take(pairs: &[(&str, &str)], kinds: &[JobKind]) -> Result<JobParameters, String> {
    let mut given = Parameters::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let params = JobParameters::take(&mut given, kinds).map_err(|error| error.to_string())?;
    given.finish().map_err(|error| error.to_string())?;
    Ok(params)
}

#[test]
fn parameters_have_their_defaults_and_limits() {
    use JobKind::{AutoMl, Labeling, Training};
    let kinds = [Training, AutoMl];
    let of = |kinds: &[JobKind], lookback_days, report_children| {
        Ok(JobParameters { kinds: kinds.to_vec(), lookback_days, report_children })
    };
    for (pairs, expected) in [
        (&[] as &[_], of(&[Training, AutoMl], 30, false)),
        (&[("jobTypes", "")], of(&[Training, AutoMl], 30, false)),
        (&[("jobTypes", " , ")], of(&[Training, AutoMl], 30, false)),
        (&[("jobTypes", "automl")], of(&[AutoMl], 30, false)),
        (&[("jobTypes", "automl, training ,automl")], of(&[AutoMl, Training], 30, false)),
        (
            &[("jobTypes", "training,Automl")],
            Err("parameter `jobTypes` is `Automl`: allowed is `training`, `automl`".to_owned()),
        ),
        (
            &[("jobTypes", "labeling")],
            Err("parameter `jobTypes` is `labeling`: allowed is `training`, `automl`".to_owned()),
        ),
        (&[("lookbackDays", "1")], of(&[Training, AutoMl], 1, false)),
        (&[("lookbackDays", "365")], of(&[Training, AutoMl], 365, false)),
        (
            &[("lookbackDays", "0")],
            Err("parameter `lookbackDays` is `0`: allowed is a whole number from 1 to 365".to_owned()),
        ),
        (
            &[("lookbackDays", "366")],
            Err("parameter `lookbackDays` is `366`: allowed is a whole number from 1 to 365".to_owned()),
        ),
        (&[("reportChildJobs", "true")], of(&[Training, AutoMl], 30, true)),
        (
            &[("reportChildJobs", "1")],
            Err("parameter `reportChildJobs` is `1`: allowed is `true` or `false`".to_owned()),
        ),
    ] {
        assert_eq!(take(pairs, &kinds), expected, "{pairs:?}");
    }
    assert_eq!(take(&[("jobTypes", "labeling")], &[Labeling]), of(&[Labeling], 30, false));
}

#[test]
fn every_kind_has_its_name() {
    for kind in JobKind::ALL {
        assert_eq!(take(&[("jobTypes", kind.short())], &JobKind::ALL).unwrap().kinds, [kind]);
        assert!(JOB_PARAMETERS[0].about.contains(&format!("`{}`", kind.short())), "{kind:?}");
    }
}

/// A part that is known by its name.
fn part(name: Option<&str>) -> JobPart {
    JobPart {
        name: name.map(str::to_owned),
        instances: Instances::Untold,
        volume_key: Setting::Absent,
        output_keys: Vec::new(),
        encrypts_traffic: Setting::Absent,
        isolated: Setting::Absent,
        subnets: Setting::Absent,
        security_groups: Vec::new(),
    }
}

fn job(names: &[Option<&str>]) -> Job {
    Job {
        kind: JobKind::Tuning,
        status: Fact::Known(JobStatus::Over),
        parents: Vec::new(),
        parts: Fact::Known(names.iter().copied().map(part).collect()),
        details: Vec::new(),
    }
}

/// Parts are what their names say: passing, noted, open, moot; others fail.
fn verdict(part: &JobPart) -> Verdict {
    match part.name.as_deref() {
        Some("passing") => Verdict::COMPLIANT,
        Some("noted") => Verdict::compliant_but("note"),
        Some("open") => Verdict::undecided("odd"),
        Some("moot") => Verdict::not_applicable("nothing"),
        _ => Verdict::non_compliant("wrong"),
    }
}

#[test]
fn one_part_that_fails_is_one_too_many() {
    let params = take(&[], &JobKind::ALL).unwrap();
    for (names, expected) in [
        (&[None] as &[_], "NON_COMPLIANT wrong"),
        (&[Some("passing")], "COMPLIANT"),
        (&[Some("passing"), Some("noted")], "COMPLIANT definition noted: note"),
        (&[Some("noted"), Some("open")], "undecided definition open: odd"),
        (&[Some("bad"), Some("open"), Some("worse")], "NON_COMPLIANT definition bad: wrong"),
        (&[Some("moot"), Some("passing")], "COMPLIANT"),
        (&[Some("moot")], "NOT_APPLICABLE definition moot: nothing"),
        (&[], "undecided DescribeHyperParameterTuningJob gave no training job definition"),
    ] {
        assert_eq!(params.judge(&job(names), verdict).to_string(), expected, "{names:?}");
    }
}

#[test]
fn only_what_is_judged_speaks_for_its_children() {
    let judge = |pairs: &[(&str, &str)], parent| {
        let parents = vec![Parent { kind: parent, arn: "arn:p".to_owned() }];
        take(pairs, &JobKind::ALL).unwrap().judge(&Job { parents, ..job(&[None]) }, verdict).to_string()
    };
    for kind in JobKind::ALL {
        assert_eq!(judge(&[], kind), "NOT_APPLICABLE judged by what started it, arn:p");
        assert_eq!(judge(&[("reportChildJobs", "true")], kind), "NON_COMPLIANT wrong");
        let alone = [("jobTypes", if kind == JobKind::Transform { "training" } else { "transform" })];
        assert_eq!(judge(&alone, kind), "NON_COMPLIANT wrong");
    }
}

#[test]
fn what_is_missing_comes_before_the_parts() {
    let params = take(&[], &JobKind::ALL).unwrap();
    let parents = || vec![Parent { kind: JobKind::AutoMl, arn: "arn:p".to_owned() }];
    for (job, expected) in [
        (
            Job { status: Fact::Known(JobStatus::Deleting), parents: parents(), ..job(&[None]) },
            "NOT_APPLICABLE the job is being deleted",
        ),
        (
            Job { status: Fact::Absent, parents: parents(), ..job(&[None]) },
            "undecided the answer has no status of the job",
        ),
        (Job { status: Fact::Unread("odd".to_owned()), parents: parents(), ..job(&[None]) }, "undecided odd"),
        (
            Job { parents: parents(), parts: Fact::Unread("odd".to_owned()), ..job(&[]) },
            "NOT_APPLICABLE judged by what started it, arn:p",
        ),
        (
            Job { parts: Fact::Absent, ..job(&[]) },
            "NOT_APPLICABLE its job definition does not exist, so it cannot start any job",
        ),
        (Job { parts: Fact::Unread("odd".to_owned()), ..job(&[]) }, "undecided odd"),
        (Job { status: Fact::Known(JobStatus::Running), ..job(&[None]) }, "NON_COMPLIANT wrong"),
        (Job { status: Fact::Known(JobStatus::Standing), ..job(&[None]) }, "NON_COMPLIANT wrong"),
    ] {
        assert_eq!(params.judge(&job, verdict).to_string(), expected, "{job:?}");
    }
}

proptest! {
    /// Whatever the parts are, one that fails makes the job fail.
    #[test]
    fn a_part_that_fails_is_not_outweighed(
        names in prop::collection::vec(prop::sample::select(vec!["passing", "noted", "open", "moot", "bad"]), 0..5),
        at in 0_usize..5,
    ) {
        let mut names: Vec<_> = names.into_iter().map(Some).collect();
        names.insert(at.min(names.len()), None);
        let judged = take(&[], &JobKind::ALL).unwrap().judge(&job(&names), verdict);
        prop_assert!(matches!(judged, Verdict::NonCompliant(_)), "{:?}", judged);
    }
}

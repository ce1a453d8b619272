use ec2::LookUp;
use proptest::prelude::*;
use rule::{Fact, Timestamp};
use sagemaker::{Instances, JobPart, JobStatus, Parent};

use super::*;

/// A part in these subnets, and nothing else that this rule may pass it for.
fn part(subnets: Setting<Vec<String>>) -> JobPart {
    JobPart {
        name: None,
        instances: Instances::Untold,
        volume_key: Setting::Absent,
        output_keys: Vec::new(),
        encrypts_traffic: Setting::Absent,
        isolated: Setting::Absent,
        subnets,
        security_groups: Vec::new(),
    }
}

fn named(name: &str, part: JobPart) -> JobPart {
    JobPart { name: Some(name.to_owned()), ..part }
}

fn within(ids: &[&str]) -> Setting<Vec<String>> {
    Setting::Is(ids.iter().map(|id| (*id).to_owned()).collect())
}

/// A job that is over, or what starts jobs. `subnet-1a` and `subnet-1b` are in `vpc-1`, `subnet-2` is in `vpc-2`, `subnet-gone` does
/// not exist, `subnet-odd` could not be read, and nobody asked for others.
fn job(kind: JobKind, parts: Vec<JobPart>) -> Placed<Job> {
    let status = Fact::Known(if kind.ends() { JobStatus::Over } else { JobStatus::Standing });
    let of = Job { kind, status, parents: Vec::new(), parts: Fact::Known(parts), details: Vec::new() };
    let vpc = |id: &str| Fact::Known(id.to_owned());
    let vpcs = [
        ("subnet-1a", vpc("vpc-1")),
        ("subnet-1b", vpc("vpc-1")),
        ("subnet-2", vpc("vpc-2")),
        ("subnet-gone", Fact::Absent),
        ("subnet-odd", Fact::Unread("odd".to_owned())),
    ];
    Placed { of, vpcs: vpcs.into_iter().map(|(id, vpc)| (id.to_owned(), vpc)).collect(), defaults: Vec::new() }
}

fn training(subnets: Setting<Vec<String>>) -> Placed<Job> {
    job(JobKind::Training, vec![part(subnets)])
}

fn definition(subnets: &[&str]) -> Placed<Job> {
    job(JobKind::DataQuality, vec![part(within(subnets))])
}

fn with(mut job: Placed<Job>, change: impl FnOnce(&mut Job)) -> Placed<Job> {
    change(&mut job.of);
    job
}

fn started_by(kind: JobKind) -> Placed<Job> {
    with(training(Setting::Absent), |job| job.parents = vec![Parent { kind, arn: "arn:parent".to_owned() }])
}

fn in_status(status: Fact<JobStatus>) -> Placed<Job> {
    with(training(within(&["subnet-1a"])), |job| job.status = status)
}

fn params(pairs: &[(&str, &str)]) -> Result<Params, String> {
    let mut given = Parameters::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let params = JobInVpc::params(&mut given).map_err(|error| error.to_string())?;
    given.finish().map_err(|error| error.to_string())?;
    Ok(params)
}

/// Verdict and reason, on one line.
fn decide(job: &Placed<Job>, pairs: &[(&str, &str)]) -> String {
    JobInVpc::decide(job, &params(pairs).unwrap(), Context::default()).to_string()
}

const VPC_1: &[(&str, &str)] = &[("vpcIds", "vpc-1")];

#[test]
fn the_verdict_table() {
    use Setting::{Absent, Moot, Unread};
    const OUTSIDE: &str = "NON_COMPLIANT it runs outside any VPC of yours; set VpcConfig where it is started";
    const PARENT: &str = "NOT_APPLICABLE judged by what started it, arn:parent";
    const FOREIGN: &str = "NON_COMPLIANT subnet subnet-2 is in vpc-2, which is not one of vpcIds";
    const GONE: &str = "NOT_APPLICABLE subnet subnet-gone does not exist any more, so nobody can tell its VPC";
    const GONE_FOR_GOOD: &str = "NON_COMPLIANT subnet subnet-gone does not exist";
    const ONE: &[(&str, &str)] = &[("subnetIds", "subnet-1a")];
    let odd = || "odd".to_owned();
    let two_definitions = |a, b| job(JobKind::Tuning, vec![named("a", part(a)), named("b", part(b))]);
    for (job, pairs, expected) in [
        // Every value of the setting.
        (training(within(&["subnet-1a", "subnet-2"])), &[] as &[_], "COMPLIANT"),
        (training(Absent), &[], OUTSIDE),
        (training(Unread(odd())), &[], "undecided odd"),
        (training(Unread(odd())), VPC_1, "undecided odd"),
        (training(Moot("serverless".to_owned())), &[], "NOT_APPLICABLE serverless"),
        (training(Moot("serverless".to_owned())), VPC_1, "NOT_APPLICABLE serverless"),
        (
            job(JobKind::Transform, vec![part(Absent)]),
            &[],
            "NON_COMPLIANT it runs outside any VPC of yours; set VpcConfig of its model",
        ),
        (job(JobKind::Transform, vec![part(within(&["subnet-2"]))]), &[], "COMPLIANT"),
        (job(JobKind::Transform, vec![part(Moot("model m".to_owned()))]), &[], "NOT_APPLICABLE model m"),
        // Which subnets. Without vpcIds, nobody has to find them.
        (training(within(&["subnet-1a"])), ONE, "COMPLIANT"),
        (training(within(&["subnet-1a", "subnet-1b"])), ONE, "NON_COMPLIANT subnet subnet-1b is not one of subnetIds"),
        (training(within(&["subnet-1a", "subnet-1b"])), &[("subnetIds", "subnet-1b, subnet-1a")], "COMPLIANT"),
        (training(within(&["subnet-gone"])), &[], "COMPLIANT"),
        (training(within(&["subnet-odd"])), &[], "COMPLIANT"),
        (training(Absent), ONE, OUTSIDE),
        // Which VPC.
        (training(within(&["subnet-1a", "subnet-1b"])), VPC_1, "COMPLIANT"),
        (training(within(&["subnet-1a", "subnet-2"])), VPC_1, FOREIGN),
        (training(within(&["subnet-1a", "subnet-2"])), &[("vpcIds", "vpc-1,vpc-2")], "COMPLIANT"),
        (training(within(&["subnet-2"])), &[ONE[0], VPC_1[0]], "NON_COMPLIANT subnet subnet-2 is not one of subnetIds"),
        (training(within(&["subnet-2"])), &[("subnetIds", "subnet-2"), VPC_1[0]], FOREIGN),
        (training(Absent), VPC_1, OUTSIDE),
        // A subnet that does not exist: of a job, nobody can tell any more; a definition cannot start one.
        (training(within(&["subnet-gone"])), VPC_1, GONE),
        (training(within(&["subnet-1a", "subnet-gone"])), VPC_1, GONE),
        (training(within(&["subnet-gone", "subnet-2"])), VPC_1, FOREIGN),
        (definition(&["subnet-gone"]), VPC_1, GONE_FOR_GOOD),
        (definition(&["subnet-1a", "subnet-gone"]), VPC_1, GONE_FOR_GOOD),
        (definition(&["subnet-odd", "subnet-gone"]), VPC_1, GONE_FOR_GOOD),
        (job(JobKind::MonitoringSchedule, vec![part(within(&["subnet-gone"]))]), VPC_1, GONE_FOR_GOOD),
        // One that was not read.
        (training(within(&["subnet-1a", "subnet-odd"])), VPC_1, "undecided odd"),
        (training(within(&["subnet-gone", "subnet-odd"])), VPC_1, "undecided odd"),
        (training(within(&["subnet-odd", "subnet-2"])), VPC_1, FOREIGN),
        (training(within(&["subnet-new"])), VPC_1, "undecided subnet subnet-new was not looked up"),
        (definition(&["subnet-odd"]), VPC_1, "undecided odd"),
        (definition(&["subnet-1a"]), VPC_1, "COMPLIANT"),
        // Definitions of a tuning job.
        (
            two_definitions(within(&["subnet-1a"]), Absent),
            &[],
            "NON_COMPLIANT definition b: it runs outside any VPC of yours; set VpcConfig where it is started",
        ),
        (
            two_definitions(within(&["subnet-2"]), Unread(odd())),
            VPC_1,
            "NON_COMPLIANT definition a: subnet subnet-2 is in vpc-2, which is not one of vpcIds",
        ),
        (two_definitions(within(&["subnet-1a"]), within(&["subnet-gone"])), VPC_1, "COMPLIANT"),
        (
            job(JobKind::Tuning, vec![]),
            &[],
            "undecided DescribeHyperParameterTuningJob gave no training job definition",
        ),
        (
            with(job(JobKind::MonitoringSchedule, vec![]), |job| job.parts = Fact::Absent),
            &[],
            "NOT_APPLICABLE its job definition does not exist, so it cannot start any job",
        ),
        (
            with(job(JobKind::MonitoringSchedule, vec![]), |job| job.parts = Fact::Unread("denied".to_owned())),
            &[],
            "undecided denied",
        ),
        // Where it stands.
        (in_status(Fact::Known(JobStatus::Running)), &[], "COMPLIANT"),
        (in_status(Fact::Known(JobStatus::Over)), &[], "COMPLIANT"),
        (in_status(Fact::Known(JobStatus::Standing)), &[], "COMPLIANT"),
        (in_status(Fact::Known(JobStatus::Deleting)), &[], "NOT_APPLICABLE the job is being deleted"),
        (in_status(Fact::Absent), &[], "undecided the answer has no status of the job"),
        (in_status(Fact::Unread(odd())), &[], "undecided odd"),
        // What started it, and whether the rule judges that.
        (started_by(JobKind::Tuning), &[], PARENT),
        (started_by(JobKind::AutoMl), &[], PARENT),
        (started_by(JobKind::Labeling), &[], PARENT),
        (started_by(JobKind::MonitoringSchedule), &[], PARENT),
        (started_by(JobKind::Labeling), &[("jobTypes", "training")], OUTSIDE),
        (started_by(JobKind::Labeling), &[("reportChildJobs", "true")], OUTSIDE),
    ] {
        assert_eq!(decide(&job, pairs), expected, "{job:?} {pairs:?}");
    }
}

#[test]
fn parameters_have_their_limits() {
    let jobs = JobParameters { kinds: JobKind::ALL.to_vec(), lookback_days: 30, report_children: false };
    assert_eq!(params(&[]), Ok(Params { jobs, places: AllowedPlaces::default() }));
    let given = [
        ("jobTypes", "labeling"),
        ("lookbackDays", "1"),
        ("reportChildJobs", "true"),
        ("subnetIds", "subnet-1a, subnet-1b"),
        ("vpcIds", "vpc-1"),
    ];
    let jobs = JobParameters { kinds: vec![JobKind::Labeling], lookback_days: 1, report_children: true };
    let subnets = vec!["subnet-1a".to_owned(), "subnet-1b".to_owned()];
    let places = AllowedPlaces { subnets, vpcs: vec!["vpc-1".to_owned()], forbid_default_vpc: false };
    assert_eq!(params(&given), Ok(Params { jobs, places }));
    for (pairs, expected) in [
        (
            [("jobTypes", "endpoint")],
            "parameter `jobTypes` is `endpoint`: allowed is `training`, `processing`, `transform`, `tuning`, `automl`, `labeling`, \
             `data-quality`, `model-quality`, `model-bias`, `model-explainability`, `monitoring-schedule`",
        ),
        ([("lookbackDays", "ten")], "parameter `lookbackDays` is `ten`: allowed is a whole number from 1 to 365"),
        ([("reportChildJobs", "no")], "parameter `reportChildJobs` is `no`: allowed is `true` or `false`"),
        (
            [("vpcId", "vpc-1")],
            "unknown parameter `vpcId`: this rule takes `jobTypes`, `lookbackDays`, `reportChildJobs`, `subnetIds`, `vpcIds`",
        ),
    ] {
        assert_eq!(params(&pairs).unwrap_err(), expected);
    }
}

#[test]
fn subnets_are_looked_up_only_for_vpcs() {
    let so_far = SoFar { at: Timestamp::from_millis(31 * 24 * 60 * 60 * 1000), ..SoFar::default() };
    let since = Timestamp::from_millis(24 * 60 * 60 * 1000);
    let of = JobQuery { kinds: JobKind::ALL.to_vec(), since, so_far: so_far.clone(), models: true };
    for (pairs, look_up) in
        [(&[] as &[_], LookUp::Nothing), (&[("subnetIds", "subnet-1a")], LookUp::Nothing), (VPC_1, LookUp::Vpcs)]
    {
        let query = JobInVpc::query(&params(pairs).unwrap(), &so_far);
        assert_eq!(query, PlacedQuery { of: of.clone(), look_up }, "{pairs:?}");
    }
}

#[test]
fn the_subnets_of_all_parts_are_named() {
    let parts = vec![part(within(&["subnet-1a", "subnet-1b"])), part(Setting::Absent), part(within(&["subnet-2"]))];
    assert_eq!(subnets(&job(JobKind::Tuning, parts).of), ["subnet-1a", "subnet-1b", "subnet-2"]);
    assert!(subnets(&with(job(JobKind::Tuning, vec![]), |job| job.parts = Fact::Absent).of).is_empty());
}

const SUBNETS: [&str; 6] = ["subnet-1a", "subnet-1b", "subnet-2", "subnet-gone", "subnet-odd", "subnet-new"];
const VPCS: [&str; 3] = ["vpc-1", "vpc-2", "vpc-3"];

fn settings() -> impl Strategy<Value = Setting<Vec<String>>> {
    prop_oneof![
        4 => prop::sample::subsequence(&SUBNETS[..], 1..4).prop_shuffle().prop_map(|of| within(&of)),
        1 => Just(Setting::Absent),
        1 => Just(Setting::Unread("odd".to_owned())),
        1 => Just(Setting::Moot("moot".to_owned())),
    ]
}

fn jobs() -> impl Strategy<Value = Placed<Job>> {
    let kinds = prop::sample::select(vec![JobKind::Tuning, JobKind::DataQuality, JobKind::Transform]);
    (kinds, prop::collection::vec(settings(), 1..4))
        .prop_map(|(kind, parts)| job(kind, parts.into_iter().map(part).collect()))
}

fn some(of: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    prop::sample::subsequence(of, 0..=of.len())
}

proptest! {
    /// One definition more never makes a failing job pass.
    #[test]
    fn a_part_more_repairs_nothing(of in jobs(), more in settings(), first in any::<bool>(), ids in some(&SUBNETS), vpcs in some(&VPCS)) {
        let pairs = [("subnetIds", &*ids.join(",")), ("vpcIds", &*vpcs.join(","))];
        let before = decide(&of, &pairs);
        let after = with(of, |job| if let Fact::Known(parts) = &mut job.parts {
            parts.insert(if first { 0 } else { parts.len() }, part(more));
        });
        let after = decide(&after, &pairs);
        prop_assert!(!before.starts_with("NON_COMPLIANT") || after.starts_with("NON_COMPLIANT"), "{} to {}", before, after);
    }

    /// Shorter lists repair nothing, and what they pass had passed. An empty list is the longest: it names all there are.
    #[test]
    fn shorter_lists_repair_nothing(
        of in jobs(),
        ids in some(&SUBNETS),
        less_ids in prop::collection::vec(any::<bool>(), SUBNETS.len()),
        vpcs in some(&VPCS),
        less_vpcs in prop::collection::vec(any::<bool>(), VPCS.len()),
    ) {
        let shorter = |all: &[&'static str], of: &[&'static str], keep: &[bool]| {
            let of = if of.is_empty() { all } else { of };
            let kept: Vec<_> = of.iter().zip(keep).filter(|(_, keep)| **keep).map(|(id, _)| *id).collect();
            // None kept would be all.
            if kept.is_empty() { "none".to_owned() } else { kept.join(",") }
        };
        let [few_ids, few_vpcs] = [shorter(&SUBNETS, &ids, &less_ids), shorter(&VPCS, &vpcs, &less_vpcs)];
        let wide = decide(&of, &[("subnetIds", &*ids.join(",")), ("vpcIds", &*vpcs.join(","))]);
        let narrow = decide(&of, &[("subnetIds", &*few_ids), ("vpcIds", &*few_vpcs)]);
        prop_assert!(!wide.starts_with("NON_COMPLIANT") || narrow.starts_with("NON_COMPLIANT"), "{} to {}", wide, narrow);
        prop_assert!(!narrow.starts_with("COMPLIANT") || wide.starts_with("COMPLIANT"), "{} to {}", wide, narrow);
    }

    /// Nothing that was not read passes, nor a subnet of which nobody knows the VPC where that is asked.
    #[test]
    fn what_was_not_read_does_not_pass(of in jobs(), ids in some(&SUBNETS), vpcs in some(&VPCS), unread in 0_usize..3) {
        let pairs = [("subnetIds", &*ids.join(",")), ("vpcIds", &*vpcs.join(","))];
        let setting = match unread {
            0 => Setting::Unread("odd".to_owned()),
            1 if !vpcs.is_empty() => within(&["subnet-1a", "subnet-odd"]),
            2 if !vpcs.is_empty() => within(&["subnet-new"]),
            _ => return Ok(()),
        };
        let of = with(of, |job| if let Fact::Known(parts) = &mut job.parts { parts.push(part(setting)) });
        let verdict = decide(&of, &pairs);
        prop_assert!(verdict.starts_with("undecided") || verdict.starts_with("NON_COMPLIANT"), "{}", verdict);
    }
}

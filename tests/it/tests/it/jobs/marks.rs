//! Finished jobs are read once: how far the runs came stands in the account's own result.

use it::{Account, map};
use sandbox::{Answer, Fault, PlayedJobs, When};
use serde_json::json;

use super::{DAY, HOUR, ISOLATION, KINDS, MINUTE, OUTPUT, Played, TRAFFIC, VOLUME, VPC, counts, create, patch};

const FIRST: [(&str, usize); 2] = [("COMPLIANT", 9), ("NON_COMPLIANT", 1)];

#[tokio::test]
async fn finished_jobs_are_read_once() {
    let mut played = Played::new(14).await;
    let answer = played.after(0).await.unwrap();
    assert_eq!((&answer["compliant"], &answer["nonCompliant"]), (&json!(9), &json!(1)), "{answer}");
    assert_eq!((&answer["notApplicable"], &answer["unchanged"]), (&json!(4), &json!(0)), "{answer}");
    assert_eq!(answer["evaluationsPosted"], 11, "ten jobs and the account");
    assert_eq!(played.described(), 14);
    assert_eq!(played.tally(), counts(&FIRST));
    assert_eq!(played.account.findings(), map(&[("job-000011", "FAILED")]));
    let own = played.own();
    assert!(own.starts_with("NON_COMPLIANT resources fail; each has a result of its own [read to Training:"), "{own}");
    assert!(own.contains(" seal:") && own.ends_with(']'), "{own}");
    assert_eq!(played.mark(), Some(played.created(13)), "the creation time of the newest job");
    let newest = rule::Timestamp::from_millis(played.created(13)).to_string();
    assert_eq!(answer["readTo"], json!({"AWS::SageMaker::TrainingJob": newest}));

    let answer = played.after(HOUR).await.unwrap();
    assert_eq!((&answer["unchanged"], &answer["evaluationsPosted"]), (&json!(14), &json!(0)), "{answer}");
    assert_eq!((&answer["findingsSent"], &answer["resultsRetired"]), (&json!(0), &json!(0)), "{answer}");
    assert_eq!(answer["ignored"], json!(null), "{answer}");
    let calls = played.account.take_calls();
    for call in ["sagemaker:DescribeTrainingJob", "config:PutEvaluations", "securityhub:BatchImportFindings"] {
        assert!(!calls.iter().any(|made| made == call), "{call} in {calls:?}");
    }
    assert_eq!(played.own(), own, "nothing new to say");

    // One more.
    played.jobs.add(1);
    let answer = played.after(2 * HOUR).await.unwrap();
    assert_eq!((played.described(), &answer["unchanged"]), (1, &json!(14)));
    assert_eq!((played.verdict(14), played.mark()), ("COMPLIANT".to_owned(), Some(played.created(14))));
    assert!(played.own().starts_with("NON_COMPLIANT resources fail"), "it is still so: {}", played.own());
}

/// The lists make no promise how soon a job is in them.
#[tokio::test]
async fn what_is_younger_than_a_quarter_of_an_hour_is_read_again() {
    let mut played = Played::new(14).await;
    // As of then, the newest four are within the quarter.
    played.after(-HOUR + 11 * MINUTE + MINUTE / 2).await.unwrap();
    assert_eq!((played.described(), played.tally()), (14, counts(&FIRST)));
    assert_eq!(played.mark(), Some(played.created(9)));
    played.after(HOUR).await.unwrap();
    assert_eq!(played.described(), 4);
    assert_eq!((played.mark(), played.tally()), (Some(played.created(13)), counts(&FIRST)));
    played.after(2 * HOUR).await.unwrap();
    assert_eq!(played.described(), 0);
}

#[tokio::test]
async fn a_job_in_progress_is_read_until_it_is_over() {
    let mut played = Played::new(14).await;
    played.jobs.set_status(11, "InProgress");
    played.after(0).await.unwrap();
    assert_eq!((played.described(), played.verdict(11).as_str()), (14, "NON_COMPLIANT"));
    for hours in 1..3 {
        let answer = played.after(hours * HOUR).await.unwrap();
        assert_eq!((played.described(), &answer["unchanged"]), (1, &json!(13)), "{answer}");
        assert_eq!(played.tally(), counts(&FIRST));
    }
    played.jobs.set_status(11, "Completed");
    let answer = played.after(3 * HOUR).await.unwrap();
    assert_eq!((played.described(), &answer["unchanged"]), (0, &json!(14)), "{answer}");
    assert_eq!((played.tally(), answer["evaluationsPosted"].clone()), (counts(&FIRST), json!(0)));
    assert_eq!(played.account.findings(), map(&[("job-000011", "FAILED")]));
}

#[tokio::test]
async fn what_is_over_goes_with_the_window_and_what_runs_stays() {
    let mut played = Played::new(22).await;
    played.jobs.set_status(11, "InProgress");
    played.jobs.set_status(4, "Stopping");
    played.after(0).await.unwrap();
    let before = played.tally();
    assert_eq!(played.verdict(11), "NON_COMPLIANT");
    drop(played.account.take_calls());

    // A window of 30 days, of which the first ten jobs fall out.
    let answer = played.after(30 * DAY - HOUR - 12 * MINUTE + MINUTE / 2).await.unwrap();
    assert_eq!(played.described(), 2, "those that run: {answer}");
    assert_eq!(played.verdict(11), "NON_COMPLIANT");
    assert_eq!(played.verdict(4), "COMPLIANT");
    assert_eq!((played.verdict(2).as_str(), played.verdict(21).as_str()), ("NOT_APPLICABLE", "COMPLIANT"));
    assert!(answer["resultsRetired"].as_u64().unwrap() > 4, "{answer} {before:?}");

    let answer = played.after(31 * DAY).await.unwrap();
    assert_eq!(played.described(), 2, "{answer}");
    let verdicts: Vec<_> = (0..22).filter(|index| played.verdict(*index) != "NOT_APPLICABLE").collect();
    let of_window: Vec<_> = verdicts.into_iter().filter(|index| !played.verdict(*index).is_empty()).collect();
    assert_eq!(of_window, [4, 11], "those that run");
    assert_eq!(played.account.findings(), map(&[("job-000011", "FAILED")]));

    // And then they are over too.
    for index in [4, 11] {
        played.jobs.set_status(index, "Completed");
    }
    let answer = played.after(31 * DAY + HOUR).await.unwrap();
    assert_eq!((played.described(), &answer["resultsRetired"]), (0, &json!(2)), "{answer}");
    assert_eq!(played.account.findings(), map(&[("job-000011", "FAILED archived")]));
    assert!(played.own().starts_with("COMPLIANT no resource fails "), "{}", played.own());
}

#[tokio::test]
async fn a_deleted_job_is_retired() {
    let mut played = Played::new(14).await;
    played.after(0).await.unwrap();
    drop(played.account.take_calls());
    for index in [8, 11] {
        played.jobs.remove(index);
    }
    let answer = played.after(HOUR).await.unwrap();
    assert_eq!((played.described(), &answer["resultsRetired"]), (0, &json!(2)), "{answer}");
    assert_eq!(played.tally(), counts(&[("COMPLIANT", 8), ("NOT_APPLICABLE", 2)]));
    assert_eq!(played.account.findings(), map(&[("job-000011", "FAILED archived")]));
    assert!(played.own().starts_with("COMPLIANT no resource fails "), "{}", played.own());
}

#[tokio::test]
async fn a_job_that_cannot_be_read_holds_the_mark_back() {
    for fault in [Fault::Denied, Fault::Throttled, Fault::Garbled, Fault::Broken(500)] {
        let mut played = Played::new(14).await;
        let six = PlayedJobs::name(6);
        played.account.fault(When::calls("DescribeTrainingJob").mentioning(&six), fault.clone());
        let failure = played.after(0).await.unwrap_err();
        assert_eq!(failure.error_type, "ResourcesUndecided", "{fault:?}");
        assert_eq!(
            played.tally(),
            counts(&[("COMPLIANT", 8), ("NON_COMPLIANT", 1)]),
            "{fault:?}: the others are judged"
        );
        assert_eq!(played.account.findings()[&six], "NOT_AVAILABLE", "{fault:?}");
        assert_eq!(played.mark(), Some(played.created(5)), "{fault:?}");
        drop(played.account.take_calls());

        let failure = played.after(HOUR).await.unwrap_err();
        assert_eq!(failure.error_type, "ResourcesUndecided", "{fault:?}: it still cannot be");
        assert_eq!(played.mark(), Some(played.created(5)), "{fault:?}");
        drop(played.account.take_calls());

        played.account.no_faults();
        let answer = played.after(2 * HOUR).await.unwrap();
        assert_eq!((played.described(), &answer["unchanged"]), (8, &json!(6)), "{fault:?}: {answer}");
        assert_eq!(played.tally(), counts(&FIRST), "{fault:?}");
        assert_eq!(played.account.findings()[&six], "PASSED", "{fault:?}");
        assert_eq!(played.mark(), Some(played.created(13)), "{fault:?}");
    }
}

#[tokio::test]
async fn other_parameters_or_settings_have_everything_read_again() {
    let mut played = Played::new(14).await;
    played.after(0).await.unwrap();
    assert_eq!(played.described(), 14);
    played.account.rule.parameters = r#"{"localStorageResult":"NON_COMPLIANT"}"#.to_owned();
    let answer = played.after(HOUR).await.unwrap();
    assert_eq!((played.described(), &answer["unchanged"]), (14, &json!(0)), "{answer}");
    let ignored = answer["ignored"][0].as_str().unwrap();
    assert!(ignored.contains("for other parameters"), "{ignored}");
    assert_eq!(played.tally(), counts(&[("COMPLIANT", 9), ("NON_COMPLIANT", 3)]));
    played.after(2 * HOUR).await.unwrap();
    assert_eq!(played.described(), 0);

    // The function now sends passes too, which were not sent so far.
    let (place, parameters) = (played.account.place.clone(), played.account.rule.parameters.clone());
    played.account = Account::at(place, VOLUME, &parameters, &[("SECURITY_HUB_FINDINGS", "all")]).await;
    played.after(3 * HOUR).await.unwrap();
    assert_eq!(played.described(), 14);
    let passed = played.account.findings().values().filter(|status| *status == "PASSED").count();
    assert_eq!(passed, 9);
    played.after(4 * HOUR).await.unwrap();
    assert_eq!(played.described(), 0);
}

#[tokio::test]
async fn a_job_that_is_tagged_later_becomes_exempt_until_the_exemption_ends() {
    let mut played = Played::with(14, r#"{"exemptionTag":"exempt"}"#, &[]).await;
    played.after(0).await.unwrap();
    assert_eq!((played.described(), played.tally()), (14, counts(&FIRST)));
    played.after(HOUR).await.unwrap();
    assert_eq!(played.described(), 1, "what fails may have been tagged meanwhile");

    let until = rule::Timestamp::from_millis(played.start + 2 * DAY).to_string();
    let tags = json!([{"Key": "exempt", "Value": format!("until={} by=a why=b", &until[..10])}]);
    let eleven = PlayedJobs::name(11);
    let tagged = Fault::Instead(Answer::ok(json!({"Tags": tags})));
    played.account.fault(When::calls("ListTags").mentioning(&eleven), tagged);
    let answer = played.after(2 * HOUR).await.unwrap();
    assert_eq!(played.described(), 1, "{answer}");
    assert_eq!(played.tally(), counts(&[("COMPLIANT", 9), ("NOT_APPLICABLE", 1)]));
    assert_eq!(played.account.findings()[&eleven], "FAILED archived");
    assert!(played.own().starts_with("COMPLIANT no resource fails "), "{}", played.own());

    let answer = played.after(3 * HOUR).await.unwrap();
    assert_eq!((played.described(), &answer["unchanged"]), (0, &json!(14)), "{answer}");

    let answer = played.after(4 * DAY).await.unwrap();
    assert_eq!(played.described(), 14, "{answer}");
    assert_eq!(answer["ignored"], json!(["an exemption has ended, so everything is read again"]));
    assert_eq!(played.tally(), counts(&FIRST));
    assert_eq!(played.account.findings()[&eleven], "FAILED");
    let annotation = played.account.annotation(&eleven);
    assert!(annotation.starts_with("its exemption by a (tag exempt) expired on "), "{annotation}");
    played.after(4 * DAY + HOUR).await.unwrap();
    assert_eq!(played.described(), 1, "and once is enough");
}

#[tokio::test]
async fn what_security_hub_missed_comes_with_the_next_run() {
    for operation in ["BatchImportFindings", "GetFindings"] {
        let mut played = Played::new(11).await;
        played.after(0).await.unwrap();
        let mark = played.mark();
        assert_eq!(mark, Some(played.created(10)));
        drop(played.account.take_calls());
        played.jobs.add(3);
        played.account.fault(When::calls(operation), Fault::Broken(500));
        let failure = played.after(HOUR).await.unwrap_err();
        assert_eq!(failure.error_type, "FindingsNotRecorded", "{operation}");
        assert_eq!((played.verdict(11).as_str(), played.mark()), ("NON_COMPLIANT", mark), "{operation}");
        // What Security Hub holds is not needed to send it what is new.
        let sent = if operation == "GetFindings" { map(&[("job-000011", "FAILED")]) } else { map(&[]) };
        assert_eq!(played.account.findings(), sent, "{operation}");
        drop(played.account.take_calls());
        played.account.no_faults();
        played.after(2 * HOUR).await.unwrap();
        assert_eq!((played.described(), played.mark()), (3, Some(played.created(13))), "{operation}");
        assert_eq!(played.account.findings(), map(&[("job-000011", "FAILED")]), "{operation}");
    }
}

/// From the very first run on.
#[tokio::test]
async fn a_first_run_without_security_hub_has_to_be_repeated() {
    let mut played = Played::new(14).await;
    played.account.state(|state| state.security_hub.enable(false));
    let failure = played.after(0).await.unwrap_err();
    assert_eq!(failure.error_type, "FindingsNotRecorded");
    assert_eq!((played.mark(), played.tally()), (None, counts(&FIRST)));
    drop(played.account.take_calls());
    played.account.state(|state| state.security_hub.enable(true));
    played.after(HOUR).await.unwrap();
    assert_eq!((played.described(), played.mark()), (14, Some(played.created(13))));
    assert_eq!(played.account.findings(), map(&[("job-000011", "FAILED")]));
}

#[tokio::test]
async fn what_config_missed_comes_with_the_next_run() {
    let mut played = Played::new(14).await;
    let arn = played.jobs.arn(6);
    played.account.state(|state| state.config.fail_evaluations(&arn, u32::MAX));
    let failure = played.after(0).await.unwrap_err();
    assert_eq!(failure.error_type, "EvaluationsNotRecorded");
    assert_eq!((played.verdict(6).as_str(), played.mark()), ("", None));
    assert_eq!(played.tally(), counts(&[("COMPLIANT", 8), ("NON_COMPLIANT", 1)]));
    drop(played.account.take_calls());
    played.account.state(|state| state.config.fail_evaluations(&arn, 0));
    played.after(HOUR).await.unwrap();
    assert_eq!((played.described(), played.mark()), (14, Some(played.created(13))));
    assert_eq!(played.tally(), counts(&FIRST));

    // Once there is a mark, it stays where it is.
    played.jobs.add(3);
    let arn = played.jobs.arn(15);
    played.account.state(|state| state.config.fail_evaluations(&arn, u32::MAX));
    let failure = played.after(2 * HOUR).await.unwrap_err();
    assert_eq!(failure.error_type, "EvaluationsNotRecorded");
    assert_eq!(played.mark(), Some(played.created(13)));
    drop(played.account.take_calls());
    played.account.state(|state| state.config.fail_evaluations(&arn, 0));
    played.after(3 * HOUR).await.unwrap();
    assert_eq!((played.described(), played.verdict(15).as_str()), (3, "COMPLIANT"));
}

/// The account's own result can fail to be recorded like any other: what it should have said is found out again.
#[tokio::test]
async fn a_mark_that_was_not_recorded_costs_a_run() {
    let mut played = Played::new(14).await;
    let number = played.account.place.account.clone();
    played.account.state(|state| state.config.fail_evaluations(&number, u32::MAX));
    let failure = played.after(0).await.unwrap_err();
    assert_eq!(failure.error_type, "EvaluationsNotRecorded");
    assert_eq!((played.own().as_str(), played.tally()), ("", counts(&FIRST)));
    played.account.state(|state| state.config.fail_evaluations(&number, 0));
    drop(played.account.take_calls());
    let answer = played.after(HOUR).await.unwrap();
    assert_eq!((played.described(), &answer["evaluationsPosted"]), (14, &json!(1)), "{answer}");
    assert_eq!(played.mark(), Some(played.created(13)));
}

#[tokio::test]
async fn a_run_that_posts_everything_reads_everything() {
    let mut played = Played::with(14, "", &[("CONFIG_EVALUATIONS", "all")]).await;
    for hours in 0..3 {
        let answer = played.after(hours * HOUR).await.unwrap();
        assert_eq!((played.described(), &answer["unchanged"]), (14, &json!(0)), "{answer}");
        assert!(answer["evaluationsPosted"].as_u64().unwrap() >= 14, "{answer}");
    }
    let mut expected = counts(&FIRST);
    expected.insert("NOT_APPLICABLE".to_owned(), 4);
    assert_eq!(played.tally(), expected);
}

/// Two rules on one function, each with its own result about the account.
#[tokio::test]
async fn another_rules_mark_is_not_taken_for_ones_own() {
    let mut played = Played::new(14).await;
    played.after(0).await.unwrap();
    let mark = played.mark();
    drop(played.account.take_calls());
    let own = played.account.rule.clone();
    let second = sandbox::config_service::ConfigRule { name: "ml-second".to_owned(), ..own.clone() };
    played.account.state(|state| state.config.put_rule(second.clone()));
    played.account.rule = second;
    played.after(HOUR).await.unwrap();
    assert_eq!(played.described(), 14, "it has read nothing yet");
    played.after(2 * HOUR).await.unwrap();
    assert_eq!(played.described(), 0);
    played.account.rule = own;
    played.after(3 * HOUR).await.unwrap();
    assert_eq!((played.described(), played.mark()), (0, mark));
    let results = played.account.state(|state| state.config.results().len());
    assert_eq!(results, 22, "ten jobs and the account, twice");
}

/// A test invocation neither goes by a mark nor leaves one.
#[tokio::test]
async fn a_test_invocation_reads_everything_and_leaves_no_mark() {
    let mut played = Played::new(14).await;
    played.after(0).await.unwrap();
    let own = played.own();
    drop(played.account.take_calls());
    let at = rule::Timestamp::from_millis(played.start + HOUR).to_string();
    let event = sandbox::events::scheduled(&played.account.rule, &played.account.place, "TESTMODE", &at);
    let answer = played.account.invoke(&event).await.unwrap();
    assert_eq!((&answer["test"], played.described()), (&json!(true), 14), "{answer}");
    assert_eq!(played.own(), own);
}

/// Lambda delivers an event again.
#[tokio::test]
async fn the_same_event_twice_leaves_the_same_state() {
    let mut played = Played::new(14).await;
    for expected in [14, 0] {
        played.after(0).await.unwrap();
        assert_eq!((played.described(), played.tally()), (expected, counts(&FIRST)));
        assert_eq!(played.account.findings(), map(&[("job-000011", "FAILED")]));
    }
    let mark = played.mark();
    // An older one that comes late knows less, and takes nothing back.
    played.after(-2 * HOUR).await.unwrap();
    assert_eq!((played.described(), played.tally(), played.mark()), (0, counts(&FIRST), mark));
}

/// SageMaker has yet to choose its instances, which decide.
#[tokio::test]
async fn a_job_that_waits_for_its_instances_holds_the_mark_back() {
    let mut played = Played::new(14).await;
    let six = PlayedJobs::name(6);
    let preferences = |selected: Option<&'static str>| {
        Fault::patch(move |answer| {
            let choice = ["ml.g5.xlarge", "ml.m5.xlarge"].map(|of| json!({"InstanceType": of, "InstanceCount": 1}));
            answer["ResourceConfig"] = json!({"InstancePreferences": choice, "VolumeSizeInGB": 30});
            if let Some(selected) = selected {
                answer["ResourceConfig"]["SelectedInstanceType"] = json!(selected);
            }
        })
    };
    played.jobs.set_status(6, "InProgress");
    played.account.fault(When::calls("DescribeTrainingJob").mentioning(&six), preferences(None));
    for (hours, described) in [(0, 14), (1, 8)] {
        played.after(hours * HOUR).await.unwrap();
        assert_eq!((played.described(), played.verdict(6).as_str()), (described, ""));
        assert_eq!(played.mark(), Some(played.created(5)));
    }
    played.account.no_faults();
    played.account.fault(When::calls("DescribeTrainingJob").mentioning(&six), preferences(Some("ml.m5.xlarge")));
    played.after(2 * HOUR).await.unwrap();
    assert_eq!((played.described(), played.verdict(6).as_str()), (8, "NON_COMPLIANT"));
    assert_eq!(played.mark(), Some(played.created(13)));
    // It runs, so it is still read; what it has does not change any more.
    played.after(3 * HOUR).await.unwrap();
    assert_eq!((played.described(), played.verdict(6).as_str()), (1, "NON_COMPLIANT"));
}

#[tokio::test]
async fn kinds_that_are_not_asked_for_any_more_go() {
    let mut played = Played::new(14).await;
    played.after(0).await.unwrap();
    played.account.rule.parameters = r#"{"jobTypes":"processing"}"#.to_owned();
    let answer = played.after(HOUR).await.unwrap();
    assert_eq!(answer["resultsRetired"], 10, "{answer}");
    assert_eq!(played.account.findings(), map(&[("job-000011", "FAILED archived")]));
    assert!(played.own().starts_with("COMPLIANT no resource fails"), "{}", played.own());
    drop(played.account.take_calls());
    played.account.rule.parameters = String::new();
    played.after(2 * HOUR).await.unwrap();
    assert_eq!((played.described(), played.tally()), (14, counts(&FIRST)));
    assert_eq!(played.account.findings(), map(&[("job-000011", "FAILED")]));
}

/// Of real kinds, each with a mark of its own.
#[tokio::test]
async fn every_kind_of_job_is_read_once_and_what_stands_always() {
    for rule in [VOLUME, OUTPUT, TRAFFIC, ISOLATION, VPC] {
        let mut account = Account::new(rule).await;
        for kind in KINDS {
            create(&account, kind, kind, json!({})).await;
        }
        // moto's AutoML jobs never end.
        let listed = Fault::patch(|answer| {
            for job in answer["AutoMLJobSummaries"].as_array_mut().unwrap() {
                job["AutoMLJobStatus"] = json!("Completed");
            }
        });
        account.fault(When::calls("ListAutoMLJobs"), listed);
        patch(&account, "DescribeAutoMLJobV2", "automl", |answer| answer["AutoMLJobStatus"] = json!("Completed"));
        let at = |hours: i64| rule::Timestamp::from_millis(sandbox::now().millis() + hours * HOUR);
        account.scheduled_at(at(1)).await.unwrap();
        let (results, findings) = (account.results(), account.findings());
        let failing = findings.len();
        assert!(failing > 8 && findings.values().all(|status| status == "FAILED"), "{rule}: {findings:?}");
        drop(account.take_calls());
        let answer = account.scheduled_at(at(2)).await.unwrap();
        let calls = account.take_calls();
        let described = calls.iter().filter_map(|call| call.strip_prefix("sagemaker:Describe"));
        let ends = |kind: &str| kind.ends_with("Job") || kind.ends_with("JobV2") || kind == "Model";
        let again: Vec<_> = described.clone().filter(|kind| ends(kind)).collect();
        assert_eq!(again, [] as [&str; 0], "{rule}");
        assert_eq!(described.count(), 5, "{rule}: definitions and schedules are read by every run");
        assert_eq!(
            (&answer["unchanged"], &answer["evaluationsPosted"]),
            (&json!(failing - 5), &json!(0)),
            "{rule}: {answer}"
        );
        assert_eq!((account.results(), account.findings()), (results, findings), "{rule}");
        let own = account.annotation(&account.place.account.clone());
        assert_eq!(own.matches(':').count() - 1, failing - 5, "{rule}: a mark for each kind: {own}");
    }
}

/// It is behind the mark, and still read by every run.
#[tokio::test]
async fn a_job_in_progress_that_cannot_be_read_keeps_its_result() {
    let mut played = Played::new(14).await;
    played.jobs.set_status(11, "InProgress");
    played.after(0).await.unwrap();
    let (tally, mark) = (played.tally(), played.mark());
    let eleven = PlayedJobs::name(11);
    played.account.fault(When::calls("DescribeTrainingJob").mentioning(&eleven), Fault::Denied);
    let failure = played.after(HOUR).await.unwrap_err();
    assert_eq!(failure.error_type, "ResourcesUndecided");
    assert_eq!((played.tally(), played.mark()), (tally.clone(), mark));
    assert_eq!(played.account.findings()[&eleven], "FAILED");
    assert!(played.own().starts_with("NON_COMPLIANT "), "{}", played.own());
    played.account.no_faults();
    drop(played.account.take_calls());
    played.after(2 * HOUR).await.unwrap();
    assert_eq!((played.described(), played.tally(), played.mark()), (1, tally, mark));
}

/// Pages without entries are no end, and nothing to go by.
#[tokio::test]
async fn an_empty_page_is_no_end_of_the_list() {
    let mut played = Played::new(250).await;
    let empty = Fault::Instead(Answer::ok(json!({"TrainingJobSummaries": [], "NextToken": "from-0"})));
    // The first page of the jobs that are new; there are none that are older and run.
    played.account.fault(When::calls("ListTrainingJobs").mentioning("from-100").times(1), empty.clone());
    let failure = played.after(0).await;
    assert!(failure.is_ok(), "the list goes on from the start: {failure:?}");
    assert_eq!(played.tally().values().sum::<usize>() + skipped(250), 250);
    played.after(HOUR).await.unwrap();
    assert_eq!(played.mark(), Some(played.created(249)));
    drop(played.account.take_calls());
    played.after(2 * HOUR).await.unwrap();
    assert_eq!(played.described(), 0);
}

/// How many of so many jobs the rule says nothing of.
fn skipped(count: usize) -> usize {
    (0..count).filter(|index| index % 10 == 3 || index % 7 == 5).count()
}

/// The job is behind the mark, so no mark can be held back for it.
#[tokio::test]
async fn an_exemption_that_security_hub_missed_comes_with_the_next_run_and_ends_all_the_same() {
    let mut played = Played::with(14, r#"{"exemptionTag":"exempt"}"#, &[]).await;
    played.after(0).await.unwrap();
    let until = rule::Timestamp::from_millis(played.start + 2 * DAY).to_string();
    let tags = json!([{"Key": "exempt", "Value": format!("until={} by=a why=b", &until[..10])}]);
    let eleven = PlayedJobs::name(11);
    let tagged = Fault::Instead(Answer::ok(json!({"Tags": tags})));
    played.account.fault(When::calls("ListTags").mentioning(&eleven), tagged.clone());
    played.account.fault(When::calls("BatchImportFindings"), Fault::Broken(500));
    let failure = played.after(HOUR).await.unwrap_err();
    assert_eq!(failure.error_type, "FindingsNotRecorded");
    assert_eq!(played.account.findings(), map(&[("job-000011", "FAILED")]));
    played.account.no_faults();
    played.account.fault(When::calls("ListTags").mentioning(&eleven), tagged);
    played.after(2 * HOUR).await.unwrap();
    let exempt = played.account.findings()[&eleven].clone();
    played.after(4 * DAY).await.unwrap();
    let ended = played.account.findings()[&eleven].clone();
    let after = (exempt.as_str(), played.verdict(11), ended.as_str());
    assert_eq!(after, ("FAILED archived", "NON_COMPLIANT".to_owned(), "FAILED"));
}

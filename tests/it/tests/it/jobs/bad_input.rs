//! Marks, lists and parameters that are not what they should be: everything is read again then, and nothing is skipped.

use std::time::Duration;

use it::{Account, map, shared};
use rule::Timestamp;
use sandbox::{Fault, PlayedJobs, When};
use serde_json::{Value, json};

use super::{DAY, HOUR, ISOLATION, MINUTE, OUTPUT, Played, TRAFFIC, VOLUME, VPC, counts};

/// Somebody writes this into the account's own result, a moment after a run that was `millis` after the start.
async fn annotate(played: &mut Played, millis: i64, annotation: &str) {
    let (token, _) = played.account.next_event();
    let place = &played.account.place;
    let evaluation = json!({
        "ComplianceResourceType": "AWS::::Account", "ComplianceResourceId": place.account, "ComplianceType": "COMPLIANT",
        "Annotation": annotation, "OrderingTimestamp": (played.start + millis) / 1000 + 1,
    });
    let input = json!({"ResultToken": token, "Evaluations": [evaluation]});
    shared().door.call(place, "config", "StarlingDoveService.PutEvaluations", &input).await.unwrap();
}

#[tokio::test]
async fn a_mark_that_was_tampered_with_is_ignored() {
    let mut played = Played::new(14).await;
    played.after(0).await.unwrap();
    let own = played.own();
    let (_, journal) = own.split_once(" [").unwrap();
    let journal = format!("[{journal}");
    let mark = journal.split("Training:").nth(1).unwrap().split(' ').next().unwrap();
    for (hour, (annotation, why)) in [
        ("no resource fails".to_owned(), "does not say how far"),
        ("x".to_owned(), "does not say how far"),
        (journal.replace(mark, "zzzzzzzz"), "was edited"),
        (journal.replace(mark, &mark[1..]), "was edited"),
        (journal.replace("Training", "Processing"), "was edited"),
        (journal.replace("Training:", "Training:0"), "was edited"),
        (journal.replace(" seal", " until:1 seal"), "was edited"),
        (journal[..journal.len() - 1].to_owned(), "was cut off"),
        (journal[..journal.len() - 8].to_owned(), "was cut off"),
        ("[read to".to_owned(), "was cut off"),
        (format!("[read to{}", "x".repeat(240)), "was cut off"),
    ]
    .into_iter()
    .enumerate()
    {
        let after = i64::try_from(hour + 1).unwrap() * HOUR;
        annotate(&mut played, after - HOUR, &annotation).await;
        played.jobs.remove(11);
        played.jobs.add(1);
        let jobs = played.jobs.count() - 1;
        drop(played.account.take_calls());
        let answer = played.after(after).await.unwrap();
        assert_eq!((played.described(), &answer["unchanged"]), (jobs, &json!(0)), "{annotation}: {answer}");
        let ignored = answer["ignored"].as_array().unwrap_or_else(|| panic!("{annotation}: {answer}"));
        assert!(ignored.len() == 1 && ignored[0].as_str().unwrap().contains(why), "{annotation}: {ignored:?}");
        assert_eq!(played.mark(), Some(played.created(jobs)), "{annotation}");
        assert!(played.own().starts_with("COMPLIANT no resource fails ["), "{annotation}: {}", played.own());
        let log = played.account.function.log().join("\n");
        assert!(log.contains(why), "{annotation}: and a warning says so");
    }
    assert_eq!(played.account.findings(), map(&[("job-000011", "FAILED archived")]));
}

/// Nobody reads ahead, unless a clock was wrong once.
#[tokio::test]
async fn a_mark_from_the_future_is_ignored() {
    let mut played = Played::new(14).await;
    played.after(0).await.unwrap();
    // Until an event of in ten days there is a job of then.
    let late = PlayedJobs::new(&played.account.place, 14, played.start + 9 * DAY, MINUTE);
    shared().door.play(&played.account.place, Duration::ZERO, late.actor());
    played.after(10 * DAY).await.unwrap();
    assert_eq!(played.mark(), Some(played.start + 9 * DAY));
    shared().door.play(&played.account.place, Duration::ZERO, played.jobs.actor());
    drop(played.account.take_calls());
    let answer = played.after(HOUR).await.unwrap();
    assert_eq!((played.described(), &answer["unchanged"]), (14, &json!(0)), "{answer}");
    let ignored = answer["ignored"][0].as_str().unwrap();
    assert!(
        ignored.starts_with("Training resources were read up to ") && ignored.contains("in the future"),
        "{answer}"
    );
}

/// What the list does not date cannot be behind a mark.
#[tokio::test]
async fn a_job_without_a_creation_time_is_read_by_every_run() {
    let mut played = Played::new(14).await;
    for index in [4, 11] {
        played.jobs.set_created(index, None);
    }
    played.after(0).await.unwrap();
    assert_eq!((played.described(), played.tally()), (14, counts(&[("COMPLIANT", 9), ("NON_COMPLIANT", 1)])));
    for hours in 1..3 {
        let answer = played.after(hours * HOUR).await.unwrap();
        assert_eq!(played.tally(), counts(&[("COMPLIANT", 9), ("NON_COMPLIANT", 1)]), "{answer}");
        assert_eq!(played.account.findings(), map(&[("job-000011", "FAILED")]), "{answer}");
        assert_eq!(played.described(), 2, "{answer}");
    }
}

/// The true list up to this job, then the same page for ever.
fn stuck_at(played: &Played, index: usize) {
    let token = format!("from-{index}");
    let stuck = Fault::patch(move |answer| {
        if answer["NextToken"] != json!(null) {
            answer["NextToken"] = json!(token);
        }
    });
    played.account.fault(When::calls("ListTrainingJobs"), stuck);
}

#[tokio::test]
async fn a_page_token_that_repeats_moves_no_mark_past_what_was_not_listed() {
    let mut played = Played::new(250).await;
    stuck_at(&played, 100);
    let failure = played.after(0).await.unwrap_err();
    assert_eq!(failure.error_type, "ListIncomplete");
    let mark = played.mark();
    assert!(mark.is_none_or(|mark| mark < played.created(200)), "{mark:?} of {}", played.created(0));
    assert!(played.verdict(100) == "COMPLIANT" && played.verdict(200).is_empty(), "what was listed is judged");
    assert!(!played.own().contains("no resource fails"), "{}", played.own());
    played.account.no_faults();
    played.after(HOUR).await.unwrap();
    assert_eq!(played.verdict(200), "COMPLIANT");
    assert_eq!(played.mark(), Some(played.created(249)));
    let (results, findings) = (played.account.results(), played.account.findings());

    // Later, nothing is retired for it.
    stuck_at(&played, 100);
    played.jobs.remove(3);
    let failure = played.after(2 * HOUR).await.unwrap_err();
    assert_eq!(failure.error_type, "ListIncomplete");
    assert_eq!((played.account.results(), played.account.findings()), (results, findings));
}

/// Reverses every page.
fn reversed(answer: &mut Value) {
    answer["TrainingJobSummaries"].as_array_mut().unwrap().reverse();
}

#[tokio::test]
async fn a_list_out_of_order_is_read_to_its_end_before_anything_counts() {
    let mut played = Played::new(250).await;
    played.account.fault(When::calls("ListTrainingJobs").mentioning("from-200"), Fault::Broken(500));
    played.account.fault(When::calls("ListTrainingJobs"), Fault::patch(reversed));
    let failure = played.after(0).await.unwrap_err();
    assert_eq!(failure.error_type, "ListIncomplete");
    assert_eq!((played.described(), played.mark()), (200, None), "{}", played.own());
    played.account.no_faults();
    played.account.fault(When::calls("ListTrainingJobs"), Fault::patch(reversed));
    played.after(HOUR).await.unwrap();
    assert_eq!((played.described(), played.mark()), (250, Some(played.created(249))));
    let answer = played.after(2 * HOUR).await.unwrap();
    assert_eq!((played.described(), &answer["unchanged"]), (0, &json!(250)), "{answer}");
    assert_eq!(answer["resultsRetired"], 0);
}

/// In order, what came before the break counts.
#[tokio::test]
async fn a_list_that_breaks_off_moves_the_mark_over_what_it_named() {
    let mut played = Played::new(250).await;
    played.account.fault(When::calls("ListTrainingJobs").mentioning("from-200"), Fault::Broken(500));
    let failure = played.after(0).await.unwrap_err();
    assert_eq!(failure.error_type, "ListIncomplete");
    // Of the last moment there may be more.
    assert_eq!((played.described(), played.mark()), (200, Some(played.created(198))));
    let own = played.own();
    assert!(!own.contains("no resource fails"), "{own}");
    played.account.no_faults();
    let answer = played.after(HOUR).await.unwrap();
    assert_eq!((played.described(), &answer["unchanged"]), (51, &json!(199)), "{answer}");
}

#[tokio::test]
async fn an_entry_without_a_name_or_an_arn_holds_the_mark_back() {
    for member in ["TrainingJobName", "TrainingJobArn"] {
        let mut played = Played::new(14).await;
        let forget = Fault::patch(move |answer| {
            for job in answer["TrainingJobSummaries"].as_array_mut().unwrap() {
                if job["TrainingJobName"] == "job-000007" {
                    job.as_object_mut().unwrap().remove(member);
                }
            }
        });
        played.account.fault(When::calls("ListTrainingJobs"), forget);
        let result = played.after(0).await;
        if played.verdict(7).is_empty() {
            assert_eq!(result.unwrap_err().error_type, "ListIncomplete", "{member}");
            assert!(played.mark().is_none_or(|mark| mark < played.created(7)), "{member}");
            played.account.no_faults();
            played.after(HOUR).await.unwrap();
        }
        assert_eq!(played.verdict(7), "COMPLIANT", "{member}");
        assert_eq!(played.tally(), counts(&[("COMPLIANT", 9), ("NON_COMPLIANT", 1)]), "{member}");
    }
}

/// Two of one moment, of which one cannot be read.
#[tokio::test]
async fn jobs_of_one_moment_are_read_together() {
    let mut played = Played::new(14).await;
    let same = played.created(6);
    for index in [6, 7, 8] {
        played.jobs.set_created(index, Some(same));
    }
    played.account.fault(When::calls("DescribeTrainingJob").mentioning("job-000007"), Fault::Denied);
    played.after(0).await.unwrap_err();
    assert_eq!(played.mark(), Some(played.created(5)), "not up to that moment");
    drop(played.account.take_calls());
    played.account.no_faults();
    played.after(HOUR).await.unwrap();
    assert_eq!(played.verdict(7), "COMPLIANT");
}

#[tokio::test]
async fn parameters_that_mean_nothing_are_refused() {
    for rule in [VOLUME, OUTPUT, TRAFFIC, ISOLATION, VPC] {
        let mut account = Account::new(rule).await;
        for (parameters, says) in [
            (json!({"jobTypes": "compilation"}), "`jobTypes` is `compilation`: allowed is `training`, "),
            (json!({"jobTypes": "training, Processing"}), "`jobTypes` is `Processing`"),
            (json!({"lookbackDays": "0"}), "`lookbackDays` is `0`"),
            (json!({"lookbackDays": "366"}), "`lookbackDays` is `366`"),
            (json!({"lookbackDays": "-1"}), "`lookbackDays` is `-1`"),
            (json!({"lookbackDays": "a month"}), "`lookbackDays` is `a month`"),
            (json!({"reportChildJobs": "perhaps"}), "`reportChildJobs` is `perhaps`"),
            (json!({"lookBackDays": "7"}), "lookBackDays"),
        ] {
            account.rule.parameters = parameters.to_string();
            let failure = account.scheduled().await.unwrap_err();
            assert_eq!(failure.error_type, "InvalidParameter", "{rule} {parameters}");
            assert!(failure.message.contains(says), "{rule} {parameters}: {}", failure.message);
        }
        assert_eq!(account.take_calls(), [] as [&str; 0], "{rule}");
        for parameters in
            [json!({"lookbackDays": "1"}), json!({"lookbackDays": "365"}), json!({"jobTypes": "training"})]
        {
            account.rule.parameters = parameters.to_string();
            account.scheduled().await.unwrap_or_else(|failure| panic!("{rule} {parameters}: {failure}"));
        }
    }
}

/// A shorter window is another window: what falls out of it goes.
#[tokio::test]
async fn the_window_is_as_long_as_it_is_set() {
    let mut played = Played::with(14, r#"{"lookbackDays":"1"}"#, &[]).await;
    played.after(0).await.unwrap();
    assert_eq!(played.tally(), counts(&[("COMPLIANT", 9), ("NON_COMPLIANT", 1)]));
    let answer = played.after(DAY).await.unwrap();
    assert_eq!(answer["resultsRetired"], 10, "{answer}");
    assert_eq!(played.account.findings(), map(&[("job-000011", "FAILED archived")]));
    // And a longer one has them back.
    drop(played.account.take_calls());
    played.account.rule.parameters = r#"{"lookbackDays":"2"}"#.to_owned();
    played.account.scheduled_at(Timestamp::from_millis(played.start + DAY + HOUR)).await.unwrap();
    assert_eq!((played.described(), played.tally()), (14, counts(&[("COMPLIANT", 9), ("NON_COMPLIANT", 1)])));
    assert_eq!(played.account.findings(), map(&[("job-000011", "FAILED")]));
}

/// Where the result that carries the mark cannot be read, there is no mark.
#[tokio::test]
async fn a_mark_that_cannot_be_read_is_none() {
    for fault in [Fault::Denied, Fault::Throttled, Fault::Garbled, Fault::Broken(500)] {
        let mut played = Played::new(14).await;
        played.after(0).await.unwrap();
        let (results, own) = (played.account.results(), played.own());
        drop(played.account.take_calls());
        played.account.fault(When::calls("GetComplianceDetailsByResource"), fault.clone());
        let failure = played.after(HOUR).await.unwrap_err();
        assert_eq!(failure.error_type, "ResultsUnread", "{fault:?}");
        assert_eq!(played.described(), 14, "{fault:?}");
        assert_eq!((played.account.results(), played.own()), (results, own), "{fault:?}");
        played.account.no_faults();
        let answer = played.after(2 * HOUR).await.unwrap();
        assert_eq!((played.described(), &answer["unchanged"]), (0, &json!(14)), "{fault:?}: {answer}");
    }
}

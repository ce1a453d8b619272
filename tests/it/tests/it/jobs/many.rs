//! More jobs than one invocation reads.

use std::time::Duration;

use it::map;
use rule::Timestamp;
use sandbox::{Fault, PlayedJobs, When};
use serde_json::json;

use super::{HOUR, Played, counts};

/// Sends findings or not.
async fn many(findings: &str) {
    // In some six seconds of reading, about a third of them.
    let variables = [("MAX_REQUESTS_PER_SECOND", "50"), ("SECURITY_HUB_FINDINGS", findings)];
    let mut played = Played::with(1050, "", &variables).await;
    let (mut described, mut runs, mut mark) = (0, 0, None);
    let answer = loop {
        runs += 1;
        assert!(runs < 12, "it comes to no end");
        let at = Timestamp::from_millis(played.start + runs * HOUR);
        let result = played.account.scheduled_within(at, Duration::from_secs(9)).await;
        described += played.described();
        let tally = played.tally();
        assert!(!tally.contains_key("NOT_APPLICABLE"), "nothing is retired early: {tally:?}");
        let failure = match result {
            Ok(answer) => break answer,
            Err(failure) => failure,
        };
        assert_eq!(failure.error_type, "OutOfTime", "{failure}");
        assert!(
            played.mark() > mark,
            "run {runs}, with {described} reads so far, came no farther: {failure}; `{}`",
            played.own()
        );
        mark = played.mark();
        assert!(!played.own().contains("no resource fails"), "{}", played.own());
        assert!(mark.unwrap() < played.created(1049), "{}", played.own());
    };
    assert!(runs > 1, "one run did it all");
    assert_eq!((answer["resultsRetired"].clone(), played.mark()), (json!(0), Some(played.created(1049))), "{answer}");
    // Of those that a run reads at a time, some are read twice.
    let most = 1050 + usize::try_from(runs).unwrap() * 50;
    assert!((1050..most).contains(&described), "{described} reads in {runs} runs");

    let failing = (0..1050).filter(|index| index % 20 == 11 && index % 10 != 3 && index % 7 != 5).count();
    let skipped = (0..1050).filter(|index| index % 10 == 3 || index % 7 == 5).count();
    assert_eq!(played.tally(), counts(&[("COMPLIANT", 1050 - failing - skipped), ("NON_COMPLIANT", failing)]));
    assert_eq!(played.account.findings().len(), if findings == "off" { 0 } else { failing });

    let answer = played.after(20 * HOUR).await.unwrap();
    assert_eq!((played.described(), &answer["unchanged"]), (0, &json!(1050)), "{answer}");
}

#[tokio::test]
async fn a_first_look_at_many_jobs_takes_several_runs_and_ends() {
    many("failed").await;
}

#[tokio::test]
async fn so_it_does_without_security_hub() {
    many("off").await;
}

/// What was found before the time was up is told, so it needs no second look.
#[tokio::test]
async fn what_a_run_out_of_time_has_found_is_recorded_and_told() {
    let mut played = Played::new(14).await;
    let slow = Fault::Silent(Duration::from_secs(20));
    played.account.fault(When::calls("DescribeTrainingJob").mentioning(&PlayedJobs::name(13)), slow);
    let at = Timestamp::from_millis(played.start);
    let failure = played.account.scheduled_within(at, Duration::from_secs(6)).await.unwrap_err();
    assert_eq!(failure.error_type, "OutOfTime", "{failure}");
    assert_eq!(played.verdict(11), "NON_COMPLIANT");
    assert_eq!(played.account.findings(), map(&[("job-000011", "FAILED")]), "{failure}");
    assert!(!failure.message.contains("Security Hub is behind"), "{failure}");
    assert_eq!(played.mark(), Some(played.created(12)), "{failure}");
    played.account.no_faults();
    drop(played.account.take_calls());
    played.after(HOUR).await.unwrap();
    assert_eq!((played.described(), played.mark()), (1, Some(played.created(13))));
}

/// `cargo bench` has the same of 100,000 and of 500,000, with the memory that it takes.
#[tokio::test]
async fn golden_25_many_jobs_cost_their_list_and_one_look_each() {
    const COUNT: usize = 10_000;
    let mut played = Played::with(COUNT, "", &[]).await;
    for (hours, described, posted) in [(0, COUNT, true), (1, 0, false)] {
        let at = Timestamp::from_millis(played.start + hours * HOUR);
        let answer = played.account.scheduled_within(at, Duration::from_mins(10)).await.unwrap();
        let calls = played.account.take_calls();
        let times = |of: &str| calls.iter().filter(|call| call.ends_with(of)).count();
        // Its pages, and those of the legs on which there is nothing.
        let pages = times(":ListTrainingJobs");
        assert!((COUNT / 100..COUNT / 100 + 4).contains(&pages), "{pages} pages");
        assert_eq!(times(":DescribeTrainingJob"), described);
        assert_eq!(answer["unchanged"], COUNT - described);
        assert_eq!(answer["evaluationsPosted"] != 0, posted, "{answer}");
    }
}

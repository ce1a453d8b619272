//! Types that AWS Config takes no results for: the account's own result stands for their jobs.

use it::{Account, map};
use sandbox::{Failure, Fault, PlayedJobs, When};
use serde_json::{Value, json};

use super::{DAY, HOUR, Played, counts, create};

const TYPE: &str = "AWS::SageMaker::TrainingJob";

/// 14 jobs, of which `job-000011` fails, after a first run in which Config refused their type.
async fn refused() -> Played {
    let mut played = Played::new(14).await;
    played.account.state(|state| state.config.refuse_type(TYPE));
    played.after(0).await.unwrap();
    played
}

/// The verdict on the account.
fn verdict(played: &Played) -> String {
    played.own().split(' ').next().unwrap().to_owned()
}

/// At most two runs, the first `millis` after the start: a failure that is gone says nothing of the others.
async fn two_runs(played: &mut Played, millis: i64) -> Result<[Value; 2], Failure> {
    Ok([played.after(millis).await?, played.after(millis + HOUR).await?])
}

#[tokio::test]
async fn jobs_of_a_refused_type_are_summed_up_with_a_mark() {
    let mut played = refused().await;
    let own = played.own();
    assert!(own.starts_with("NON_COMPLIANT 1 of 10 TrainingJob fail: job-000011 [read to Training:"), "{own}");
    assert!(own.contains(" fails:") && own.contains(" seal:") && own.ends_with(']'), "{own}");
    assert_eq!((played.tally(), played.described()), (counts(&[]), 14));
    assert_eq!(played.account.findings(), map(&[("job-000011", "FAILED")]));
    assert_eq!(played.mark(), Some(played.created(13)));

    for hours in 1..4 {
        let answer = played.after(hours * HOUR).await.unwrap();
        assert_eq!((played.described(), &answer["unchanged"]), (0, &json!(14)), "{answer}");
        assert_eq!((&answer["evaluationsPosted"], &answer["findingsSent"]), (&json!(0), &json!(0)), "{answer}");
        assert_eq!(answer["resultsRetired"], 0, "{answer}");
        assert_eq!(played.own(), own);
    }
    assert_eq!(played.account.findings(), map(&[("job-000011", "FAILED")]), "it stays");
}

/// More that pass change nothing, and one more that fails is named.
#[tokio::test]
async fn what_is_new_of_a_refused_type_is_summed_up_with_what_was() {
    let mut played = refused().await;
    let before = played.own();
    drop(played.account.take_calls());
    played.jobs.add(3);
    played.after(HOUR).await.unwrap();
    assert_eq!((played.described(), verdict(&played).as_str()), (3, "NON_COMPLIANT"));
    let words = |own: &str| own.split(" [").next().unwrap().to_owned();
    assert_eq!(words(&played.own()), words(&before));
    assert_eq!(played.mark(), Some(played.created(16)));

    // The next that fails is 31.
    played.jobs.add(16);
    played.after(2 * HOUR).await.unwrap();
    assert_eq!(verdict(&played), "NON_COMPLIANT");
    assert!(played.own().contains("job-000031 [read to"), "{}", played.own());
    let failing = map(&[("job-000011", "FAILED"), ("job-000031", "FAILED")]);
    assert_eq!(played.account.findings(), failing);

    // The first of them goes, and the other still fails.
    played.jobs.remove(11);
    two_runs(&mut played, 3 * HOUR).await.unwrap();
    assert_eq!(verdict(&played), "NON_COMPLIANT");
    assert_eq!(played.account.findings()["job-000011"], "FAILED archived");
    assert_eq!(played.account.findings()["job-000031"], "FAILED");

    // And the other.
    played.jobs.remove(31);
    two_runs(&mut played, 5 * HOUR).await.unwrap();
    assert_eq!(verdict(&played), "COMPLIANT");
}

#[tokio::test]
async fn a_failure_of_a_refused_type_that_is_deleted_is_forgotten_within_two_runs() {
    let mut played = refused().await;
    played.jobs.remove(11);
    two_runs(&mut played, HOUR).await.unwrap();
    assert!(played.own().starts_with("COMPLIANT no resource fails ["), "{}", played.own());
    assert_eq!(played.account.findings(), map(&[("job-000011", "FAILED archived")]));
    drop(played.account.take_calls());
    let answer = played.after(3 * HOUR).await.unwrap();
    assert_eq!((played.described(), &answer["evaluationsPosted"]), (0, &json!(0)), "{answer}");
}

#[tokio::test]
async fn a_failure_of_a_refused_type_that_ages_out_is_forgotten_within_two_runs() {
    let mut played = refused().await;
    // 11 is out, and what is younger is not.
    let out = 30 * DAY - HOUR - 90 * 1000;
    played.after(out - 3 * 60 * 1000).await.unwrap();
    assert_eq!(verdict(&played), "NON_COMPLIANT", "not yet");
    two_runs(&mut played, out).await.unwrap();
    assert_eq!(verdict(&played), "COMPLIANT");
    assert_eq!(played.account.findings(), map(&[("job-000011", "FAILED archived")]));
}

/// In between, it is not said that nothing fails.
#[tokio::test]
async fn while_it_is_not_known_whether_another_fails_the_account_does_not_pass() {
    let mut played = Played::new(34).await;
    played.account.state(|state| state.config.refuse_type(TYPE));
    played.after(0).await.unwrap();
    // The journal names the younger of two.
    played.jobs.remove(31);
    played.after(HOUR).await.unwrap();
    assert_eq!(verdict(&played), "NON_COMPLIANT", "{}", played.own());
    played.after(2 * HOUR).await.unwrap();
    let own = played.own();
    assert!(own.starts_with("NON_COMPLIANT 1 of ") && own.contains("fail: job-000011 [read to"), "{own}");
    // The older of two goes: the other still fails, and has been read.
    played.jobs.add(20);
    played.after(3 * HOUR).await.unwrap();
    played.jobs.remove(11);
    for hours in 4..7 {
        played.after(hours * HOUR).await.unwrap();
        assert_eq!(verdict(&played), "NON_COMPLIANT", "job 51 fails: {}", played.own());
    }
}

/// One that cannot be read is no failure, nor does it pass.
#[tokio::test]
async fn what_cannot_be_read_of_a_refused_type_does_not_pass_the_account() {
    let mut played = Played::new(14).await;
    played.account.state(|state| state.config.refuse_type(TYPE));
    played.account.fault(When::calls("DescribeTrainingJob").mentioning(&PlayedJobs::name(11)), Fault::Denied);
    let failure = played.after(0).await.unwrap_err();
    assert_eq!(failure.error_type, "ResourcesUndecided");
    let own = played.own();
    assert!(!own.contains("no resource fails"), "{own}");
    assert_eq!(played.mark(), Some(played.created(10)), "{own}");
    played.account.no_faults();
    played.after(HOUR).await.unwrap();
    assert_eq!(verdict(&played), "NON_COMPLIANT", "{}", played.own());
}

/// A list that breaks off is no deletion.
#[tokio::test]
async fn a_list_that_breaks_off_does_not_pass_a_refused_type() {
    let mut played = refused().await;
    let own = played.own();
    for fault in [Fault::Denied, Fault::Garbled] {
        played.account.fault(When::calls("ListTrainingJobs"), fault);
        let failure = played.after(HOUR).await.unwrap_err();
        assert_eq!(failure.error_type, "ListIncomplete");
        assert_eq!(played.own(), own);
        played.account.no_faults();
    }
    played.after(2 * HOUR).await.unwrap();
    assert_eq!(played.own(), own);
}

/// Kinds that Config takes keep their own results.
#[tokio::test]
async fn only_the_refused_type_is_summed_up() {
    let mut account = Account::new(super::VOLUME).await;
    create(&account, "training", "trained", json!({})).await;
    create(&account, "processing", "processed", json!({})).await;
    create(&account, "data-quality", "defined", json!({})).await;
    account.state(|state| {
        state.config.refuse_type(TYPE);
        state.config.refuse_type("AWS::SageMaker::DataQualityJobDefinition");
    });
    // Then they are settled.
    let at = |hours: i64| rule::Timestamp::from_millis(sandbox::now().millis() + hours * HOUR);
    account.scheduled_at(at(1)).await.unwrap();
    let number = account.place.account.clone();
    assert_eq!(account.results(), map(&[("processed", "NON_COMPLIANT"), (&number, "NON_COMPLIANT")]));
    let own = account.annotation(&number);
    let words = "1 of 1 DataQualityJobDefinition fail: defined; 1 of 1 TrainingJob fail: trained [read to ";
    assert!(own.starts_with(words), "{own}");
    assert_eq!(account.findings().len(), 3);
    let answer = account.scheduled_at(at(2)).await.unwrap();
    assert_eq!((&answer["evaluationsPosted"], &answer["unchanged"]), (&json!(0), &json!(2)), "{answer}");
    assert_eq!(account.annotation(&number), own);

    // The definition is repaired by being deleted; the training job still fails.
    let input = json!({"JobDefinitionName": "defined"});
    sandbox::account::sagemaker(&it::shared().door, &account.place, "DeleteDataQualityJobDefinition", input)
        .await
        .unwrap();
    for hours in 3..6 {
        account.scheduled_at(at(hours)).await.unwrap();
        assert_eq!(account.results()[&number], "NON_COMPLIANT", "{}", account.annotation(&number));
    }
}

/// The words give way to the mark.
#[tokio::test]
async fn the_mark_is_whole_however_much_fails() {
    let mut account = Account::new(super::VOLUME).await;
    for kind in super::KINDS {
        for number in 0..3 {
            create(&account, kind, &format!("{kind}-with-a-name-that-goes-on-and-on-{number}"), json!({})).await;
        }
        account.state(|state| state.config.refuse_type(&format!("AWS::SageMaker::{}", super::of(kind))));
    }
    let at = |hours: i64| rule::Timestamp::from_millis(sandbox::now().millis() + hours * HOUR);
    account.scheduled_at(at(1)).await.unwrap();
    let number = account.place.account.clone();
    assert_eq!(account.results(), map(&[(&number, "NON_COMPLIANT")]));
    let own = account.annotation(&number);
    assert_eq!((own.chars().count(), own.ends_with(']')), (256, true), "{own}");
    let answer = account.scheduled_at(at(2)).await.unwrap();
    assert_eq!((&answer["ignored"], &answer["evaluationsPosted"]), (&json!(null), &json!(0)), "{answer}");
    assert!(answer["unchanged"].as_u64().unwrap() >= 15, "{answer}");
    assert_eq!(account.annotation(&number), own);
}

/// Without a result per job, Config does not tell which of them fail.
#[tokio::test]
async fn a_job_of_a_refused_type_that_is_tagged_later_becomes_exempt() {
    let mut played = Played::with(14, r#"{"exemptionTag":"exempt"}"#, &[]).await;
    played.account.state(|state| state.config.refuse_type(TYPE));
    played.after(0).await.unwrap();
    assert_eq!(verdict(&played), "NON_COMPLIANT");
    let tags = json!([{"Key": "exempt", "Value": "until=2099-01-31 by=a why=b"}]);
    let tagged = Fault::Instead(sandbox::Answer::ok(json!({"Tags": tags})));
    played.account.fault(When::calls("ListTags").mentioning(&PlayedJobs::name(11)), tagged);
    two_runs(&mut played, HOUR).await.unwrap();
    assert_eq!(played.account.findings(), map(&[("job-000011", "FAILED archived")]));
    assert_eq!(verdict(&played), "COMPLIANT", "{}", played.own());
}

/// Definitions are read by every run, so what is said of them is of today.
#[tokio::test]
async fn the_words_name_what_fails_now() {
    let mut account = Account::new(super::VOLUME).await;
    create(&account, "training", "trained", json!({})).await;
    create(&account, "data-quality", "defined", json!({})).await;
    account.state(|state| {
        state.config.refuse_type(TYPE);
        state.config.refuse_type("AWS::SageMaker::DataQualityJobDefinition");
    });
    let at = |hours: i64| rule::Timestamp::from_millis(sandbox::now().millis() + hours * HOUR);
    account.scheduled_at(at(1)).await.unwrap();
    let number = account.place.account.clone();
    create(&account, "data-quality", "newcomer", json!({})).await;
    account.scheduled_at(at(2)).await.unwrap();
    let own = account.annotation(&number);
    assert!(own.contains("newcomer"), "{own}");
    let input = json!({"JobDefinitionName": "defined"});
    let door = &it::shared().door;
    sandbox::account::sagemaker(door, &account.place, "DeleteDataQualityJobDefinition", input).await.unwrap();
    account.scheduled_at(at(3)).await.unwrap();
    let own = account.annotation(&number);
    assert!(!own.contains("defined"), "{own}");
}

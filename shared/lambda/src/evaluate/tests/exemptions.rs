//! Exemptions by tag.

use super::*;

/// What comes of a failing resource on whose tags this is said.
async fn tagged(tags: Result<&'static [(&'static str, &'static str)], &'static str>) -> (String, Result<(), Error>) {
    let mut outside = Outside::empty().listing(&[("a", bad()), ("good", good()), ("unread", unread())]);
    outside.settings.evaluations = Evaluations::All;
    outside.source.expect_tags().times(1).returning(move |resource, _| {
        assert_eq!(resource.id, "a", "tags are read for what fails only");
        let owned =
            |tags: &[(&str, &str)]| tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        tags.map(owned).map_err(str::to_owned)
    });
    let parameters = Parameters::new([("exemptionTag".to_owned(), "ml:exempt".to_owned())]);
    let (result, _, seen) = outside.run(&Invocation { parameters, ..scheduled() }).await;
    let kept = posted(&seen).into_iter().find(|(id, ..)| id == "a");
    let kept = kept.map_or("undecided".to_owned(), |(_, compliance, why)| format!("{compliance:?} {why}"));
    (kept, result)
}

#[tokio::test]
async fn a_tag_exempts_until_its_day_is_over() {
    // The event is of 2026-09-21.
    for (value, expected) in [
        (
            "until=2026-09-21 by=ml-platform why=migration",
            "NotApplicable exempt by tag ml:exempt until 2026-09-21 by ml-platform: migration; fails otherwise: it is bad",
        ),
        (
            "rule=test-thing-good until=2030-01-01 by=a why=b",
            "NotApplicable exempt by tag ml:exempt until 2030-01-01 by a: b; fails otherwise: it is bad",
        ),
        (
            "rule=ml-test-thing-good until=2030-01-01 by=a why=b",
            "NotApplicable exempt by tag ml:exempt until 2030-01-01 by a: b; fails otherwise: it is bad",
        ),
        (
            "until=2026-09-20 by=ml-platform why=migration",
            "NonCompliant its exemption by ml-platform (tag ml:exempt) expired on 2026-09-20; it is bad",
        ),
        (
            "until=soon by=a why=b",
            "NonCompliant its tag ml:exempt does not exempt it: `until` is `soon`, which is not a date like 2027-01-31; it is bad",
        ),
        ("yes", "NonCompliant its tag ml:exempt does not exempt it: `yes` has no meaning; it is bad"),
        ("", "NonCompliant its tag ml:exempt does not exempt it: `until` is missing; it is bad"),
        ("rule=another until=2030-01-01 by=a why=b", "NonCompliant it is bad"),
    ] {
        let tags = Box::leak(Box::new([("other", "x"), ("ml:exempt", value)]));
        assert_eq!(tagged(Ok(tags)).await.0, expected, "{value}");
    }
}

#[tokio::test]
async fn without_the_tag_nothing_is_exempt() {
    assert_eq!(tagged(Ok(&[])).await.0, "NonCompliant it is bad");
    assert_eq!(tagged(Ok(&[("ML:exempt", "until=2030-01-01 by=a why=b")])).await.0, "NonCompliant it is bad");
}

#[tokio::test]
async fn tags_that_cannot_be_read_leave_it_undecided() {
    let (kept, result) = tagged(Err("test:ListTags failed: AccessDeniedException")).await;
    assert_eq!(kept, "undecided");
    let problems = problems(result);
    let first = |problem: &&Problem| matches!(problem, Problem::ResourcesUndecided { count: 2, .. });
    assert!(problems.iter().any(|problem| first(&problem)), "{problems:?}");
}

#[tokio::test]
async fn the_parameter_exempts_whatever_the_tag_says() {
    for tags in [Err("denied".to_owned()), Ok(vec![("exempt".to_owned(), "until=2020-01-01 by=a why=b".to_owned())])] {
        let mut outside = Outside::empty().listing(&[("a", bad())]);
        outside.settings.evaluations = Evaluations::All;
        outside.source.expect_tags().return_const(tags);
        let parameters = [("exemptionTag", "exempt"), ("exemptResourceIds", "a")];
        let parameters = Parameters::new(parameters.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let (result, _, seen) = outside.run(&Invocation { parameters, ..scheduled() }).await;
        assert_eq!((result, posted(&seen)[0].1), (Ok(()), NotApplicable));
    }
}

#[tokio::test]
async fn without_the_parameter_no_tags_are_read() {
    let mut outside = Outside::empty().listing(&[("a", bad())]);
    outside.source.expect_tags().never();
    let (result, ..) = outside.run(&scheduled()).await;
    assert_eq!(result, Ok(()));
}

#[tokio::test]
async fn a_change_of_an_exempt_resource_closes_its_finding() {
    let mut outside = Outside::empty().open(&[("a", Status::Failed, "a: it is bad")]);
    outside
        .source
        .expect_get()
        .returning(|resource, ()| Read::Here { resource: resource.clone(), facts: Thing(bad()) });
    let tag = ("exempt".to_owned(), "until=2030-01-01 by=a why=b".to_owned());
    outside.source.expect_tags().return_const(Ok(vec![tag]));
    let parameters = Parameters::new([("exemptionTag".to_owned(), "exempt".to_owned())]);
    let (result, _, seen) = outside.run(&Invocation { parameters, ..change(TYPE, "a", None) }).await;
    assert_eq!(result, Ok(()));
    assert_eq!(posted(&seen)[0].1, NotApplicable);
    assert_eq!(pairs(&imported(&seen)), [("a", "Failed archived")]);
}

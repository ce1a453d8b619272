use aws_sdk_cloudwatch::types::{Dimension, MetricDataQuery, MetricStat};

use super::*;

const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:pages";
const SCALING: &str = "arn:aws:autoscaling:eu-west-1:111122223333:scalingPolicy:1:resource/sagemaker/endpoint/e";

fn dimension(name: Option<&str>, value: Option<&str>) -> Dimension {
    Dimension::builder().set_name(name.map(str::to_owned)).set_value(value.map(str::to_owned)).build()
}

fn composite(name: &str, rule: &str, enabled: Option<bool>, actions: &[&str]) -> CompositeAlarm {
    let actions = actions.iter().map(|action| (*action).to_owned()).collect();
    let builder = CompositeAlarm::builder().alarm_name(name).alarm_rule(rule).set_actions_enabled(enabled);
    builder.set_alarm_actions(Some(actions)).build()
}

#[test]
fn who_is_told() {
    type Row = (Option<bool>, &'static [&'static str], Vec<CompositeAlarm>, Fact<Told>);
    let nobody = || Fact::Known(Told::Nobody);
    let unread = |of: &str| Fact::Unread(format!("DescribeAlarms gave no ActionsEnabled of {of}"));
    let rows: [Row; 15] = [
        (Some(true), &[TOPIC], vec![], Fact::Known(Told::Somebody)),
        (Some(true), &[SCALING, TOPIC], vec![], Fact::Known(Told::Somebody)),
        (Some(false), &[TOPIC], vec![], Fact::Known(Told::Disabled)),
        (None, &[TOPIC], vec![], unread("alarm a")),
        (Some(true), &[], vec![], nobody()),
        (Some(true), &[SCALING], vec![], nobody()),
        (None, &[], vec![], nobody()),
        (Some(true), &[], vec![composite("c", "ALARM(a)", Some(true), &[TOPIC])], Fact::Known(Told::Somebody)),
        (Some(false), &[TOPIC], vec![composite("c", "ALARM(a)", Some(true), &[TOPIC])], Fact::Known(Told::Somebody)),
        (Some(true), &[], vec![composite("c", "ALARM(a)", Some(false), &[TOPIC])], nobody()),
        (Some(true), &[], vec![composite("c", "ALARM(b)", Some(true), &[TOPIC])], nobody()),
        (Some(true), &[], vec![composite("c", "NOT ALARM(a)", Some(true), &[TOPIC])], nobody()),
        (Some(true), &[], vec![composite("c", "ALARM(a)", None, &[TOPIC])], unread("composite alarm c")),
        (
            Some(true),
            &[],
            vec![composite("c", "AT_LEAST(1, ALARM, (a))", Some(true), &[TOPIC])],
            Fact::Unread("composite alarm c: its AlarmRule cannot be read".to_owned()),
        ),
        (
            Some(true),
            &[],
            // One listens to the other, which listens to the alarm; and they listen to each other.
            vec![
                composite("top", "ALARM(\"middle\")", Some(true), &[TOPIC]),
                composite("middle", "ALARM(a) OR ALARM(top)", Some(true), &[]),
            ],
            Fact::Known(Told::Somebody),
        ),
    ];
    for (enabled, actions, composites, expected) in rows {
        let actions = actions.iter().map(|action| (*action).to_owned()).collect();
        let builder = MetricAlarm::builder().alarm_name("a").set_actions_enabled(enabled);
        let of = builder.set_alarm_actions(Some(actions)).build();
        assert_eq!(alarm(&of, &composites).told, expected, "{of:?} {composites:?}");
    }
}

#[test]
fn what_is_watched() {
    let endpoint = || dimension(Some("EndpointName"), Some("e"));
    let known = |account: Option<&str>| {
        Fact::Known(Metric {
            namespace: "AWS/SageMaker".to_owned(),
            name: "ModelLatency".to_owned(),
            dimensions: vec![("EndpointName".to_owned(), "e".to_owned())],
            account: account.map(str::to_owned),
        })
    };
    let plain = || MetricAlarm::builder().alarm_name("a").namespace("AWS/SageMaker").metric_name("ModelLatency");
    let of = |metric: Option<types::Metric>| MetricStat::builder().set_metric(metric).build();
    let query = |stat: MetricStat| MetricDataQuery::builder().id("m1").metric_stat(stat);
    let metric = || types::Metric::builder().namespace("AWS/SageMaker").metric_name("ModelLatency");
    let expression = MetricDataQuery::builder().id("e1").expression("m1 * 2").build();
    let math = |query: MetricDataQuery| {
        MetricAlarm::builder().alarm_name("a").metrics(query).metrics(expression.clone()).build()
    };
    let unread = |what: &str| vec![Fact::Unread(format!("DescribeAlarms gave a {what} of alarm a"))];
    let nameless = dimension(None, Some("e"));
    for (alarm, expected) in [
        (plain().dimensions(endpoint()).build(), vec![known(None)]),
        (plain().dimensions(nameless.clone()).build(), unread("dimension without name or value")),
        (plain().dimensions(dimension(Some("EndpointName"), None)).build(), unread("dimension without name or value")),
        (MetricAlarm::builder().alarm_name("on-a-query").build(), vec![]),
        (math(query(of(Some(metric().dimensions(endpoint()).build()))).build()), vec![known(None)]),
        (
            math(query(of(Some(metric().dimensions(endpoint()).build()))).account_id("111122223333").build()),
            vec![known(Some("111122223333"))],
        ),
        (math(query(of(None)).build()), unread("MetricStat without its Metric")),
        (math(query(of(Some(types::Metric::builder().build()))).build()), unread("Metric without namespace or name")),
        (
            math(query(of(Some(metric().dimensions(nameless).build()))).build()),
            unread("dimension without name or value"),
        ),
    ] {
        assert_eq!(metrics(&alarm), expected, "{alarm:?}");
    }
}

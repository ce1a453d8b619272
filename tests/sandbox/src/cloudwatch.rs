//! CloudWatch's alarms. moto has metric alarms, and speaks none of the protocols that the SDK for Rust does; it has no composite alarms
//! that anybody could put.

use serde_json::{Value, json};

use crate::{Answer, Call, sagemaker_jobs::time};

/// The alarms of one place.
#[derive(Clone, Debug, Default)]
pub struct CloudWatch {
    metric_alarms: Vec<Value>,
    composite_alarms: Vec<Value>,
}

impl CloudWatch {
    /// Answers a call; `None` if it is moto's.
    pub fn answer(&mut self, call: &Call) -> Option<Answer> {
        let input = call.json();
        let (Ok(answer) | Err(answer)) = match call.operation.as_str() {
            "PutMetricAlarm" => put(&mut self.metric_alarms, call, input),
            "PutCompositeAlarm" => put(&mut self.composite_alarms, call, input),
            "DeleteAlarms" => {
                let names = input["AlarmNames"].as_array().cloned().unwrap_or_default();
                let stays = |alarm: &Value| !names.contains(&alarm["AlarmName"]);
                self.metric_alarms.retain(stays);
                self.composite_alarms.retain(stays);
                Ok(Answer::ok(json!({})))
            }
            "DescribeAlarms" => self.page(&input),
            _ => return None,
        };
        Some(answer)
    }

    /// A page of the alarms, by name; of those on metrics alone unless others are asked for.
    fn page(&self, input: &Value) -> Result<Answer, Answer> {
        const KNOWN: [&str; 5] = ["AlarmNames", "AlarmNamePrefix", "AlarmTypes", "MaxRecords", "NextToken"];
        let members = input.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
        if let Some((unknown, _)) = members.into_iter().find(|(name, _)| !KNOWN.contains(&name.as_str())) {
            return Err(invalid(&format!("the sandbox does not know {unknown} of DescribeAlarms")));
        }
        let types = input["AlarmTypes"].as_array().filter(|types| !types.is_empty());
        let asked_for = |of: &str| types.map_or(of == "MetricAlarm", |types| types.iter().any(|given| given == of));
        let of_metrics = self.metric_alarms.iter().filter(|_| asked_for("MetricAlarm")).map(|alarm| (true, alarm));
        let composite =
            self.composite_alarms.iter().filter(|_| asked_for("CompositeAlarm")).map(|alarm| (false, alarm));
        let text = |alarm: &Value| alarm["AlarmName"].as_str().unwrap_or_default().to_owned();
        let named = |(_, alarm): &(bool, &Value)| {
            let names = input["AlarmNames"].as_array().filter(|names| !names.is_empty());
            names.is_none_or(|names| names.contains(&alarm["AlarmName"]))
                && input["AlarmNamePrefix"].as_str().is_none_or(|prefix| text(alarm).starts_with(prefix))
        };
        let mut alarms: Vec<_> = of_metrics.chain(composite).filter(named).collect();
        alarms.sort_by_key(|(_, alarm)| text(alarm));
        let most = input["MaxRecords"].as_u64().unwrap_or(50);
        let Some(most) = usize::try_from(most).ok().filter(|most| (1..=100).contains(most)) else {
            return Err(invalid("MaxRecords is from 1 to 100"));
        };
        let start = match input["NextToken"].as_str() {
            None => 0,
            Some(token) => {
                let start = token.strip_prefix("from-").and_then(|start| start.parse::<usize>().ok());
                start.ok_or_else(|| Answer::refuse("InvalidNextToken", "the token is invalid"))?
            }
        };
        let page: Vec<_> = alarms.iter().skip(start).take(most).collect();
        let of_kind = |kind: bool| -> Vec<_> {
            page.iter().filter(|(of_metrics, _)| *of_metrics == kind).map(|(_, alarm)| (*alarm).clone()).collect()
        };
        let mut answer = json!({"MetricAlarms": of_kind(true), "CompositeAlarms": of_kind(false)});
        if start + page.len() < alarms.len() {
            answer["NextToken"] = json!(format!("from-{}", start + page.len()));
        }
        Ok(Answer::ok(answer))
    }
}

/// Puts an alarm in the place of one that has its name, with what AWS adds.
fn put(alarms: &mut Vec<Value>, call: &Call, mut alarm: Value) -> Result<Answer, Answer> {
    let Some(name) = alarm["AlarmName"].as_str().map(str::to_owned) else {
        return Err(invalid("AlarmName is missing"));
    };
    let Some(members) = alarm.as_object_mut() else { return Err(invalid("no alarm was given")) };
    members.remove("Tags");
    for (member, value) in [
        ("ActionsEnabled", json!(true)),
        ("OKActions", json!([])),
        ("AlarmActions", json!([])),
        ("InsufficientDataActions", json!([])),
    ] {
        members.entry(member).or_insert(value);
    }
    members.insert("AlarmArn".to_owned(), json!(call.place.arn("cloudwatch", &format!("alarm:{name}"))));
    members.insert("StateValue".to_owned(), json!("INSUFFICIENT_DATA"));
    let now = time(crate::now().millis());
    members.insert("StateUpdatedTimestamp".to_owned(), now.clone());
    members.insert("AlarmConfigurationUpdatedTimestamp".to_owned(), now);
    alarms.retain(|other| other["AlarmName"] != *name);
    alarms.push(alarm);
    Ok(Answer::ok(json!({})))
}

fn invalid(message: &str) -> Answer {
    Answer::refuse("ValidationError", message)
}

#[cfg(test)]
mod tests {
    use crate::Place;

    use super::*;

    async fn said(cloudwatch: &mut CloudWatch, operation: &str, input: Value) -> Value {
        let call = Call {
            role: String::new(),
            place: Place::new("123456789012", "us-east-1"),
            service: "cloudwatch".to_owned(),
            operation: operation.to_owned(),
            body: input.to_string().into(),
        };
        let body = cloudwatch.answer(&call).unwrap().into_response().into_body();
        serde_json::from_slice(&axum::body::to_bytes(body, usize::MAX).await.unwrap()).unwrap()
    }

    fn names(answer: &Value, member: &str) -> Vec<String> {
        let alarms = answer[member].as_array().unwrap().iter();
        alarms.map(|alarm| alarm["AlarmName"].as_str().unwrap().to_owned()).collect()
    }

    #[tokio::test]
    async fn what_is_put_is_described() {
        let cloudwatch = &mut CloudWatch::default();
        for name in ["b", "a", "c"] {
            let put = json!({"AlarmName": name, "MetricName": "ModelLatency", "Namespace": "AWS/SageMaker"});
            assert_eq!(said(cloudwatch, "PutMetricAlarm", put).await, json!({}));
        }
        let composite = json!({"AlarmName": "ab", "AlarmRule": "ALARM(a) OR ALARM(b)"});
        said(cloudwatch, "PutCompositeAlarm", composite).await;
        let plain = said(cloudwatch, "DescribeAlarms", json!({})).await;
        assert_eq!(names(&plain, "MetricAlarms"), ["a", "b", "c"]);
        assert_eq!(plain["MetricAlarms"][0]["ActionsEnabled"], true);
        assert_eq!(names(&plain, "CompositeAlarms"), [""; 0], "nobody asked for them");

        let mut input = json!({"AlarmTypes": ["MetricAlarm", "CompositeAlarm"], "MaxRecords": 3});
        let first = said(cloudwatch, "DescribeAlarms", input.clone()).await;
        assert_eq!(
            (names(&first, "MetricAlarms"), names(&first, "CompositeAlarms")),
            (vec!["a".into(), "b".into()], vec!["ab".into()])
        );
        input["NextToken"] = first["NextToken"].clone();
        let second = said(cloudwatch, "DescribeAlarms", input).await;
        assert_eq!((names(&second, "MetricAlarms"), &second["NextToken"]), (vec!["c".into()], &Value::Null));

        said(cloudwatch, "DeleteAlarms", json!({"AlarmNames": ["a", "ab"]})).await;
        let left = said(cloudwatch, "DescribeAlarms", json!({"AlarmNamePrefix": "b"})).await;
        assert_eq!(names(&left, "MetricAlarms"), ["b"]);
        for input in [json!({"MaxRecords": 101}), json!({"StateValue": "OK"}), json!({"NextToken": "odd"})] {
            assert!(said(cloudwatch, "DescribeAlarms", input.clone()).await["Code"].is_string(), "{input}");
        }
    }
}

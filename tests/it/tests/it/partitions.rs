//! The partitions of the United States' government and of China: the same rules, with the ARNs of there.

use it::{Account, map, rules};
use sandbox::Place;
use serde_json::Value;

const PARTITIONS: [(&str, &str); 2] = [("us-gov-west-1", "aws-us-gov"), ("cn-northwest-1", "aws-cn")];

/// Every ARN in a finding, or in anything else.
fn arns(value: &Value) -> Vec<String> {
    let text = value.to_string();
    let starts = text.match_indices("arn:aws").map(|(place, _)| &text[place..]);
    starts.map(|rest| rest.split(['"', ' ', ',', ';', '\\']).next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_rule_judges_and_reports_there_with_the_arns_of_there() {
    for (region, partition) in PARTITIONS {
        for meta in rules() {
            let mut account = Account::at(it::everything(region).await, meta.name, "", &[]).await;
            let answer =
                account.scheduled().await.unwrap_or_else(|failure| panic!("{}: {}", meta.name, failure.message));
            assert_ne!(answer["nonCompliant"], 0, "{}", meta.name);
            let findings = account.state(|state| state.security_hub.findings().to_vec());
            assert!(!findings.is_empty(), "{} in {region}", meta.name);
            for finding in &findings {
                let foreign: Vec<_> =
                    arns(finding).into_iter().filter(|arn| !arn.starts_with(&format!("arn:{partition}:"))).collect();
                assert_eq!(foreign, [] as [&str; 0], "{}: {finding}", meta.name);
                let product = account.place.arn("securityhub", &format!("product/{}/default", account.place.account));
                assert_eq!(finding["ProductArn"], product);
                assert_eq!(finding["Resources"][0]["Partition"], partition);
                assert_eq!(finding["Resources"][0]["Region"], region);
            }
        }
    }
}

/// An ARN of another partition is another resource, and a function of another partition reads none of it.
#[tokio::test]
async fn a_change_there_is_judged_there() {
    for (region, _) in PARTITIONS {
        let mut account =
            Account::at(Place::new("711111111111", region), "sagemaker-notebook-no-direct-internet-access", "", &[])
                .await;
        let item = account.notebook("n", serde_json::json!({"DirectInternetAccess": "Enabled"})).await;
        account.change(&item, "OK").await.unwrap();
        assert_eq!(account.results(), map(&[("n", "NON_COMPLIANT")]));
        assert!(item.arn.starts_with(&format!("arn:{}:", account.place.partition())), "{}", item.arn);
        let mut event = account.change_event(&item, "OK");
        let rule = event["configRuleArn"].as_str().unwrap().replace(account.place.partition(), "aws");
        event["configRuleArn"] = serde_json::json!(rule);
        assert_eq!(account.invoke(&event).await.unwrap_err().error_type, "InvalidEvent");
    }
}

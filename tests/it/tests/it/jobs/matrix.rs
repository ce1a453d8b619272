//! The table of JOBS.md: every cell names the field that decides.

use std::{collections::BTreeMap, fs};

use it::Account;
use sandbox::{account::tuning_definition, functions::root};
use serde_json::{Value, json};

use super::{ISOLATION, KINDS, OUTPUT, TRAFFIC, VOLUME, VPC, account, cluster, create, patch};

/// A row of the table: a kind, what is described, and a cell for each rule.
struct Row {
    kind: String,
    described: String,
    cells: Vec<Option<Cell>>,
}

/// Where a setting is.
#[derive(Clone)]
struct Cell {
    whose: Whose,
    paths: Vec<String>,
    /// Whether all the paths have to be set, or one of them is enough.
    all: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Own,
    Models,
    EachDefinitions,
    ItsDefinitions,
}

/// The table, and the rules in its order.
fn table() -> (Vec<String>, Vec<Row>) {
    let text = fs::read_to_string(root().join("shared/sagemaker/JOBS.md")).unwrap();
    let cells = |line: &str| {
        let cells = line.trim().trim_matches('|').split('|').map(|cell| cell.trim().to_owned());
        cells.collect::<Vec<_>>()
    };
    let bare = |cell: &String| cell.trim_matches('`').to_owned();
    let mut lines = text.lines().filter(|line| line.starts_with('|'));
    let rules = cells(lines.next().unwrap())[2..].iter().map(bare).collect();
    let rows = lines.take_while(|line| !line.starts_with("| setting")).filter(|line| line.starts_with("| `"));
    let row = |line: &str| {
        let cells = cells(line);
        Row {
            kind: bare(&cells[0]),
            described: bare(&cells[1]),
            cells: cells[2..].iter().map(|text| cell(text)).collect(),
        }
    };
    (rules, rows.map(row).collect())
}

fn cell(text: &str) -> Option<Cell> {
    if text == "none" {
        return None;
    }
    let paths: Vec<_> = text.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    let words = text.split('`').next().unwrap().trim();
    let whose = match words {
        "" => Whose::Own,
        "its model's" => Whose::Models,
        "each definition's" => Whose::EachDefinitions,
        "its definition's" => Whose::ItsDefinitions,
        _ => panic!("`{words}` has no meaning"),
    };
    assert!(!paths.is_empty(), "no field in `{text}`");
    Some(Cell { whose, all: text.contains("` and `"), paths })
}

/// A value for each path of a cell, by what it is called, and the verdict that it gets.
fn cases(rule: &str, cell: &Cell) -> Vec<(String, Vec<Option<Value>>, &'static str)> {
    let (good, bad) = match rule {
        VOLUME | OUTPUT => (json!("alias/ml"), vec![json!("")]),
        VPC => (
            json!({"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}),
            vec![json!({}), json!({"Subnets": [], "SecurityGroupIds": []})],
        ),
        _ => (json!(true), vec![json!(false)]),
    };
    let count = cell.paths.len();
    let only = |at: usize| (0..count).map(|path| (path == at).then(|| good.clone())).collect();
    let mut cases = vec![
        ("set".to_owned(), vec![Some(good.clone()); count], "COMPLIANT"),
        ("removed".to_owned(), vec![None; count], "NON_COMPLIANT"),
    ];
    for (number, bad) in bad.into_iter().enumerate() {
        cases.push((format!("bad-{number}"), vec![Some(bad); count], "NON_COMPLIANT"));
    }
    if count > 1 {
        let verdict = if cell.all { "NON_COMPLIANT" } else { "COMPLIANT" };
        cases.extend((0..count).map(|at| (format!("only-{at}"), only(at), verdict)));
    }
    cases
}

/// Sets what a path leads to, or takes it away.
fn put(object: &mut Value, path: &str, value: Option<&Value>) {
    match (path.split_once('.'), value) {
        (Some((first, _)), None) if object.get(first).is_none_or(Value::is_null) => {}
        (Some((first, rest)), _) => put(&mut object[first], rest, value),
        (None, Some(value)) => object[path] = value.clone(),
        (None, None) => drop(object.as_object_mut().and_then(|object| object.remove(path))),
    }
}

/// Lets the answer about the thing of this name say so.
fn say(account: &Account, row: &Row, name: &str, cell: &Cell, values: Vec<Option<Value>>) {
    let (whose, paths) = (cell.whose, cell.paths.clone());
    let describe = if whose == Whose::Models { "DescribeModel" } else { &format!("Describe{}", row.described) };
    patch(account, describe, name, move |answer| {
        let mut set = |at: &str| {
            let object = answer.pointer_mut(at).unwrap_or_else(|| panic!("no {at}"));
            paths.iter().zip(&values).for_each(|(path, value)| put(object, path, value.as_ref()));
        };
        match whose {
            Whose::Own | Whose::Models => set(""),
            Whose::ItsDefinitions => set("/MonitoringScheduleConfig/MonitoringJobDefinition"),
            Whose::EachDefinitions => {
                let several = answer["TrainingJobDefinitions"].as_array().map_or(0, Vec::len);
                let mut places: Vec<_> = (0..several).map(|at| format!("/TrainingJobDefinitions/{at}")).collect();
                places.extend(answer["TrainingJobDefinition"].is_object().then(|| "/TrainingJobDefinition".to_owned()));
                assert!(!places.is_empty(), "no definition");
                for place in places {
                    let object = answer.pointer_mut(&place).unwrap();
                    paths.iter().zip(&values).for_each(|(path, value)| put(object, path, value.as_ref()));
                    // Where there is one, it also has the instances.
                    if let Some(flexible) = object["HyperParameterTuningResourceConfig"].as_object_mut() {
                        flexible.extend([("InstanceType".to_owned(), json!("ml.m5.xlarge"))]);
                    }
                }
            }
        }
    });
}

/// All kinds in all cases in one account, for one column of the table.
async fn column(rule: &str) {
    let (rules, rows) = table();
    assert_eq!(rows.iter().map(|row| row.kind.as_str()).collect::<Vec<_>>(), KINDS);
    let column = rules.iter().position(|name| name == rule).unwrap();
    let mut account = account(rule, "").await;
    let mut expected = BTreeMap::new();
    for row in &rows {
        let Some(cell) = &row.cells[column] else { continue };
        for (case, values, verdict) in cases(rule, cell) {
            let name = format!("{}-{case}", row.kind);
            create(&account, &row.kind, &name, json!({})).await;
            say(&account, row, &name, cell, values.clone());
            expected.insert(name.clone(), verdict.to_owned());
            if cell.whose == Whose::EachDefinitions {
                let name = format!("several-{case}");
                let two = json!({"ResourceConfig": cluster("ml.m5.xlarge", 2)});
                let definitions = ["one", "other"].map(|name| tuning_definition(&account.place, name, two.clone()));
                create(&account, &row.kind, &name, json!({"TrainingJobDefinitions": definitions})).await;
                say(&account, row, &name, cell, values);
                expected.insert(name, verdict.to_owned());
            } else if let Some(monitoring_type) = row.described.strip_suffix("JobDefinition") {
                let config = json!({"MonitoringJobDefinitionName": name, "MonitoringType": monitoring_type});
                let name = format!("scheduled-{name}");
                create(&account, "monitoring-schedule", &name, json!({"MonitoringScheduleConfig": config})).await;
                expected.insert(name, verdict.to_owned());
            }
        }
    }
    account.scheduled().await.unwrap();
    let mut results = account.results();
    results.remove(&account.place.account);
    assert_eq!(results, expected);
}

#[tokio::test]
async fn the_volume_key_is_where_the_table_says() {
    column(VOLUME).await;
}

#[tokio::test]
async fn the_output_key_is_where_the_table_says() {
    column(OUTPUT).await;
}

#[tokio::test]
async fn encryption_between_containers_is_where_the_table_says() {
    column(TRAFFIC).await;
}

#[tokio::test]
async fn network_isolation_is_where_the_table_says() {
    column(ISOLATION).await;
}

#[tokio::test]
async fn the_vpc_is_where_the_table_says() {
    column(VPC).await;
}

/// One definition of a tuning job is enough.
#[tokio::test]
async fn one_definition_that_fails_fails_the_tuning_job() {
    let mut account = account(VOLUME, "").await;
    let mut with_key = cluster("ml.m5.xlarge", 1);
    with_key["VolumeKmsKeyId"] = json!("alias/ml");
    let place = account.place.clone();
    let good = tuning_definition(&place, "good", json!({"ResourceConfig": with_key}));
    let definitions = [good, tuning_definition(&place, "bad", json!({}))];
    create(&account, "tuning", "mixed", json!({"TrainingJobDefinitions": definitions})).await;
    account.scheduled().await.unwrap();
    let kept = account.kept("mixed");
    assert!(kept.starts_with("NON_COMPLIANT definition bad: no KMS key is set for the volumes"), "{kept}");
}

/// A kind without the setting is neither taken nor listed.
#[tokio::test]
async fn a_kind_without_the_setting_is_not_taken() {
    let (rules, rows) = table();
    let mut none = 0;
    for (column, rule) in rules.iter().enumerate() {
        let mut account = Account::new(rule).await;
        account.scheduled().await.unwrap();
        let calls = account.take_calls();
        for row in &rows {
            let list = format!("sagemaker:List{}s", row.described.trim_end_matches("V2"));
            let has = row.cells[column].is_some();
            assert_eq!(calls.contains(&list), has, "{rule}: {list} in {calls:?}");
            account.rule.parameters = json!({"jobTypes": row.kind}).to_string();
            let result = account.scheduled().await;
            let listed: Vec<_> = account.take_calls().into_iter().filter(|call| call.contains("er:List")).collect();
            if has {
                result.unwrap_or_else(|failure| panic!("{rule} {}: {failure}", row.kind));
                assert!(!listed.is_empty() && listed.iter().all(|call| *call == list), "{rule}: {listed:?}");
            } else {
                none += 1;
                let failure = result.unwrap_err();
                assert_eq!(failure.error_type, "InvalidParameter", "{rule} {}", row.kind);
                assert!(failure.message.contains(&format!("`jobTypes` is `{}`", row.kind)), "{failure}");
                assert_eq!(listed, [] as [&str; 0], "{rule} {}", row.kind);
            }
        }
    }
    assert_eq!(none, 4, "cells of the table");
}

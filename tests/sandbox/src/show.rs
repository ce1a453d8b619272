//! What people see.

use std::{collections::BTreeMap, path::Path};

use comfy_table::{ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};
use sandbox::{FrontDoor, Place, config_service::ConfigRule};
use serde_json::Value;

/// What AWS Config and Security Hub know in these places, as tables.
pub(crate) fn tables(door: &FrontDoor, places: &[Place]) -> String {
    let mut results = table(&["rule", "resource", "verdict", "reason"]);
    let mut counts: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    let mut findings = table(&["finding about", "status", "record", "severity", "description"]);
    let mut statuses: BTreeMap<String, usize> = BTreeMap::new();
    for place in places {
        door.with(place, |state| {
            for ((rule, _, id), kept) in state.config.results() {
                let name = id.rsplit('/').next().unwrap_or(id);
                results.add_row([rule, name, &kept.compliance, kept.annotation.as_deref().unwrap_or("")]);
                let column = match kept.compliance.as_str() {
                    "COMPLIANT" => 0,
                    "NON_COMPLIANT" => 1,
                    _ => 2,
                };
                counts.entry(rule.clone()).or_default()[column] += 1;
            }
            let mut all: Vec<_> = state.security_hub.findings().iter().collect();
            all.sort_by_key(|finding| finding["Resources"][0]["Id"].to_string());
            for finding in all {
                let text = |path: &str| finding.pointer(path).and_then(Value::as_str).unwrap_or("");
                let resource = text("/Resources/0/Id");
                let (status, record) = (text("/Compliance/Status"), text("/RecordState"));
                findings.add_row([
                    resource.rsplit('/').next().unwrap_or(resource),
                    status,
                    record,
                    text("/Severity/Label"),
                    text("/Description"),
                ]);
                *statuses.entry(format!("{status} {record}")).or_default() += 1;
            }
        });
    }
    let mut rules = table(&["rule", "compliant", "non-compliant", "not applicable"]);
    for (rule, counts) in counts {
        rules.add_row([rule, counts[0].to_string(), counts[1].to_string(), counts[2].to_string()]);
    }
    let statuses: Vec<_> = statuses.into_iter().map(|(status, number)| format!("{number} {status}")).collect();
    format!(
        "AWS Config\n{results}\n\n{rules}\n\nSecurity Hub: {}\n{findings}\n\n\
         Drift is what this account is for. NON_COMPLIANT above means that the rule works.",
        statuses.join(", ")
    )
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic).set_header(header);
    table
}

/// `target/sandbox.env`: what points an AWS client at the sandbox.
pub(crate) fn environment_file(door: &FrontDoor, place: &Place, programs: &Path) -> String {
    format!(
        "export PATH={}:$PATH\nexport AWS_ENDPOINT_URL={}\nexport AWS_ACCESS_KEY_ID={}\nexport AWS_SECRET_ACCESS_KEY=sandbox\n\
         export AWS_REGION={region}\nexport AWS_DEFAULT_REGION={region}\n",
        programs.display(),
        door.url(),
        place.account,
        region = place.region,
    )
}

/// What to do with a sandbox that stays up.
pub(crate) fn how_to_use(file: &Path, rule: &ConfigRule) -> String {
    let (file, name) = (file.display(), &rule.name);
    let function = name.strip_prefix(sandbox::account::PREFIX).unwrap_or(name);
    format!(
        "
The sandbox stays up until Ctrl-C. In another terminal:

  . {file}

  # ask it with the AWS CLI (or boto3)
  aws sagemaker list-notebook-instances
  aws configservice get-compliance-details-by-config-rule --config-rule-name {name}
  aws configservice start-config-rules-evaluation --config-rule-names {name}
  aws securityhub get-findings

  # serve the function yourself, and send it an event
  cargo lambda watch
  cargo lambda invoke {function} --data-file events/{function}/change.json
"
    )
}

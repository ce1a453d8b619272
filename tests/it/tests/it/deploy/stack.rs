//! What the templates come to in an account: with SAM's own translation, and as far as moto creates it.

use std::collections::{BTreeMap, BTreeSet};

use it::{Account, rules};
use rule::{ACCOUNT, Deployed, Metadata, Trigger, Values};
use sandbox::Moto;
use serde_json::{Value, json};

use super::{output_of, tool, tools};
use crate::generated::yaml::pascal;

const TEMPLATE: &str = "template.yaml";
const STACK_SET: &str = "deploy/organization/template.yaml";

/// A stack's resources, by their ids.
type Resources = BTreeMap<String, Value>;

/// With the rules for administrators, unless these parameters say otherwise.
fn python(command: &str, template: &str, [region, partition]: [&str; 2], parameters: &Value) -> std::process::Command {
    let mut parameters = parameters.clone();
    if parameters.get("AdministratorRules").is_none() {
        parameters["AdministratorRules"] = json!("true");
    }
    let mut python = tool("python");
    python.args(["tests/it/tests/it/deploy/stack.py", command, template, region, partition, &parameters.to_string()]);
    python
}

fn resolve(template: &str, place: [&str; 2], parameters: &Value) -> Resources {
    serde_json::from_str(&output_of(&mut python("resolve", template, place, parameters))).unwrap()
}

/// Why CloudFormation would not take these parameters.
fn refused(parameters: &Value) -> String {
    let output = python("resolve", TEMPLATE, IRELAND, parameters).output().unwrap();
    assert!(!output.status.success(), "{parameters} is taken");
    String::from_utf8(output.stderr).unwrap()
}

const IRELAND: [&str; 2] = ["eu-west-1", "aws"];

fn of_type<'a>(resources: &'a Resources, kind: &str) -> BTreeMap<&'a str, &'a Value> {
    resources
        .iter()
        .filter(|(_, resource)| resource["Type"] == kind)
        .map(|(id, resource)| (id.as_str(), &resource["Properties"]))
        .collect()
}

/// The statements of a role that stand in the stack.
fn statements(resources: &Resources, meta: &Metadata) -> Vec<Value> {
    let role = &resources[&format!("{}Role", pascal(meta.name))]["Properties"];
    let policies = role["Policies"].as_array().unwrap();
    policies.iter().flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().unwrap().clone()).collect()
}

fn actions(statements: &[Value]) -> BTreeSet<String> {
    let actions = statements.iter().flat_map(|statement| statement["Action"].as_array().unwrap());
    actions.map(|action| action.as_str().unwrap().to_owned()).collect()
}

/// The resources of a statement, whether one or several.
fn allowed_for(statement: &Value) -> Vec<&str> {
    match &statement["Resource"] {
        Value::Array(several) => several.iter().map(|one| one.as_str().unwrap()).collect(),
        one => vec![one.as_str().unwrap()],
    }
}

#[test]
fn every_rule_gets_all_that_it_needs() {
    let resources = resolve(TEMPLATE, IRELAND, &json!({}));
    for meta in rules() {
        let id = pascal(meta.name);
        let properties = |part: &str| {
            let resource = resources.get(&format!("{id}{part}"));
            resource.unwrap_or_else(|| panic!("{}: no {part}", meta.name))["Properties"].clone()
        };
        let deployed = format!("ml-{}", meta.name);

        let function = properties("Function");
        assert_eq!(function["FunctionName"], deployed);
        assert_eq!((&function["Runtime"], &function["Handler"]), (&json!("provided.al2023"), &json!("bootstrap")));
        assert_eq!(function["Architectures"], json!(["arm64"]));
        assert_eq!(function["Role"], format!("<{id}Role.Arn>"));
        assert_eq!(function["LoggingConfig"]["LogFormat"], "JSON");
        assert_eq!(function["LoggingConfig"]["LogGroup"], format!("<{id}LogGroup>"));
        assert_eq!(function["Environment"]["Variables"]["SSL_CERT_FILE"], "/etc/pki/tls/certs/ca-bundle.crt");
        let reads_little = meta.resource_types == [ACCOUNT] && meta.deployed != Deployed::Administrator;
        let seconds = if reads_little { 120 } else { 900 };
        assert_eq!(function["Timeout"], seconds, "{}", meta.name);
        assert!(function.get("VpcConfig").is_none());

        let log_group = properties("LogGroup");
        assert_eq!(
            (&log_group["LogGroupName"], &log_group["RetentionInDays"]),
            (&json!(format!("/aws/lambda/{deployed}")), &json!("365"))
        );

        let permission = properties("Permission");
        assert_eq!(permission["Principal"], "config.amazonaws.com");
        assert_eq!(permission["SourceAccount"], "111122223333", "no other account's AWS Config may invoke it");
        let failures = properties("Failures");
        assert_eq!(failures["DestinationConfig"]["OnFailure"]["Destination"], "<FailedEvents.Arn>");

        let rule = properties("Rule");
        assert_eq!(rule["ConfigRuleName"], deployed);
        assert_eq!(rule["InputParameters"], json!({}), "{}: what has its default is left out", meta.name);
        let schedule = json!({
            "EventSource": "aws.config", "MessageType": "ScheduledNotification", "MaximumExecutionFrequency": "TwentyFour_Hours",
        });
        let detail = |message: &str| json!({"EventSource": "aws.config", "MessageType": message});
        let (details, scope) = if meta.triggers.contains(&Trigger::Change) {
            let types: Vec<_> = meta.resource_types.iter().chain(meta.also_triggered_by).collect();
            let change = detail("ConfigurationItemChangeNotification");
            let oversized = detail("OversizedConfigurationItemChangeNotification");
            (json!([change, oversized, schedule]), json!({"ComplianceResourceTypes": types}))
        } else {
            // AWS Config refuses a scope here.
            (json!([schedule]), Value::Null)
        };
        assert_eq!((&rule["Source"]["SourceDetails"], &rule["Scope"]), (&details, &scope), "{}", meta.name);
        assert!(rule.get("MaximumExecutionFrequency").is_none(), "it belongs into the schedule's own detail");
        let before = resources[&format!("{id}Rule")]["DependsOn"].as_array().unwrap();
        assert!(before.contains(&json!(format!("{id}Permission"))), "AWS Config asks for the permission first");
    }
}

/// No more than a function calls: `ledgers::the_calls_are_those_that_the_role_allows` sees each of [`it::role`] called. And no fewer: the
/// front door denies what is not among them, to every function of every test.
#[test]
fn a_role_allows_what_its_rule_calls_and_what_lambda_needs() {
    let resources = resolve(TEMPLATE, IRELAND, &json!({}));
    for meta in rules() {
        let statements = statements(&resources, &meta);
        let mut expected: BTreeSet<_> = it::role(&meta).into_iter().collect();
        expected.extend(["logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage"].map(str::to_owned));
        assert_eq!(actions(&statements), expected, "{}", meta.name);
        for statement in &statements {
            let actions = statement["Action"].as_array().unwrap();
            assert!(!actions.iter().any(|action| action.as_str().unwrap().contains('*')), "{statement}");
            // IAM has no resource for these: Service Authorization Reference.
            let knows_no_resource = |action: &Value| {
                let action = action.as_str().unwrap();
                ["ec2:Describe", "application-autoscaling:Describe", "sagemaker:List"]
                    .iter()
                    .any(|of| action.starts_with(of))
                    && !["ec2:DescribeVpcAttribute", "sagemaker:ListTags"].contains(&action)
                    || [
                        // It has one, which leaves out composite alarms.
                        "cloudwatch:DescribeAlarms",
                        "codeartifact:ListDomains",
                        "config:GetComplianceDetailsByResource",
                        "config:ListDiscoveredResources",
                        "config:PutEvaluations",
                        "organizations:DescribeOrganization",
                        "organizations:ListRoots",
                    ]
                    .contains(&action)
            };
            for resource in allowed_for(statement) {
                let is_everything = resource == "*";
                assert_eq!(is_everything, actions.iter().all(knows_no_resource), "{}: {statement}", meta.name);
                assert!(is_everything || resource.starts_with("arn:aws:") || resource.starts_with('<'), "{statement}");
            }
        }
    }
}

#[test]
fn what_is_asked_for_is_added_and_what_is_not_is_left_out() {
    let with = |parameters: Value| resolve(TEMPLATE, IRELAND, &parameters);
    let count = |resources: &Resources, kind: &str| of_type(resources, kind).len();
    let every = rules().len();

    let plain = with(json!({}));
    assert_eq!(count(&plain, "AWS::CloudWatch::Alarm"), 3 * every + 1);
    assert_eq!((count(&plain, "AWS::SecurityHub::Insight"), count(&plain, "AWS::SecurityHub::AutomationRule")), (3, 0));

    let one_less = with(json!({"EbsVolumeEncrypted": "false"}));
    assert!(!one_less.keys().any(|id| id.starts_with("EbsVolumeEncrypted")), "{:?}", one_less.keys());
    assert_eq!(count(&one_less, "AWS::Config::ConfigRule"), every - 1);

    for (value, alarms) in [("failed-events", 1), ("none", 0)] {
        assert_eq!(count(&with(json!({"Alarms": value})), "AWS::CloudWatch::Alarm"), alarms);
    }
    let told = with(json!({"AlarmTopicArn": "arn:aws:sns:eu-west-1:111122223333:on-call"}));
    for (id, alarm) in of_type(&told, "AWS::CloudWatch::Alarm") {
        assert_eq!(alarm["AlarmActions"], json!(["arn:aws:sns:eu-west-1:111122223333:on-call"]), "{id}");
    }

    let quiet = with(json!({"SecurityHubFindings": "off", "Dashboard": "false"}));
    assert_eq!((count(&quiet, "AWS::SecurityHub::Insight"), count(&quiet, "AWS::CloudWatch::Dashboard")), (0, 0));
    for meta in rules() {
        let actions = actions(&statements(&quiet, &meta));
        assert!(!actions.iter().any(|action| action.starts_with("securityhub:")), "{}: {actions:?}", meta.name);
    }

    let twins = with(json!({"SuppressConfigFindings": "true", "RuleNamePrefix": "audit-"}));
    let criteria = &twins["TwinsSuppressed"]["Properties"]["Criteria"];
    assert_eq!(criteria["ProductName"], json!([{"Comparison": "EQUALS", "Value": "Config"}]));
    assert_eq!(criteria["Title"], json!([{"Comparison": "PREFIX", "Value": "audit-"}]));

    let inside = with(json!({"VpcSubnetIds": "subnet-0a,subnet-0b", "VpcSecurityGroupIds": "sg-0c"}));
    let key = "arn:aws:kms:eu-west-1:111122223333:key/k";
    let locked =
        with(json!({"EncryptionKeyArn": key, "PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/limit"}));
    assert_eq!(locked["FailedEvents"]["Properties"]["KmsMasterKeyId"], key);
    assert!(locked["FailedEvents"]["Properties"].get("SqsManagedSseEnabled").is_none());
    for meta in rules() {
        let id = pascal(meta.name);
        let vpc = &inside[&format!("{id}Function")]["Properties"]["VpcConfig"];
        assert_eq!(vpc, &json!({"SubnetIds": ["subnet-0a", "subnet-0b"], "SecurityGroupIds": ["sg-0c"]}));
        let network: Vec<_> = statements(&inside, &meta)
            .into_iter()
            .filter(|statement| statement["Action"].as_array().unwrap().contains(&json!("ec2:CreateNetworkInterface")))
            .collect();
        let [lambdas, its_own] = network.as_slice() else { panic!("{}: {network:?}", meta.name) };
        assert_eq!((&lambdas["Effect"], &its_own["Effect"]), (&json!("Allow"), &json!("Deny")));
        let function = format!("arn:aws:lambda:eu-west-1:111122223333:function:ml-{}", meta.name);
        assert_eq!(its_own["Condition"], json!({"ArnEquals": {"lambda:SourceFunctionArn": function}}));
        assert_eq!(locked[&format!("{id}LogGroup")]["Properties"]["KmsKeyId"], key);
        assert_eq!(
            locked[&format!("{id}Role")]["Properties"]["PermissionsBoundary"],
            "arn:aws:iam::111122223333:policy/limit"
        );
        let allowed = statements(&locked, &meta);
        let for_the_queue = allowed.iter().find(|statement| allowed_for(statement) == [key]).unwrap();
        assert_eq!(for_the_queue["Action"], json!(["kms:Decrypt", "kms:GenerateDataKey"]));
    }
}

#[test]
fn a_rule_about_what_is_the_same_everywhere_is_in_one_region_only() {
    let has = |parameters: Value| {
        let resources = resolve(TEMPLATE, IRELAND, &parameters);
        let rules = of_type(&resources, "AWS::Config::ConfigRule");
        rules.keys().map(|id| id.trim_end_matches("Rule").to_owned()).collect::<BTreeSet<_>>()
    };
    let expected = |where_else: bool| {
        let is_regional = |of| matches!(of, Deployed::Everywhere | Deployed::Regions(_));
        let here = rules().into_iter().filter(|meta| !where_else || is_regional(meta.deployed));
        here.map(|meta| pascal(meta.name)).collect::<BTreeSet<_>>()
    };
    assert_eq!(has(json!({"GlobalRulesRegion": ""})), expected(false));
    assert_eq!(has(json!({"GlobalRulesRegion": "eu-west-1"})), expected(false));
    assert_eq!(has(json!({"GlobalRulesRegion": "us-east-1"})), expected(true));
    assert_ne!(expected(true), expected(false));
    let without = has(json!({"AdministratorRules": "false"}));
    let administrators = rules().into_iter().filter(|meta| meta.deployed == Deployed::Administrator);
    let administrators: BTreeSet<_> = administrators.map(|meta| pascal(meta.name)).collect();
    assert_eq!(expected(false).difference(&without).cloned().collect::<BTreeSet<_>>(), administrators);
    let offered = output_of(&mut python("parameters", TEMPLATE, IRELAND, &json!({})));
    let offered: Value = serde_json::from_str(&offered).unwrap();
    assert_eq!(offered["AdministratorRules"]["Default"], "false", "they have to be asked for");
}

#[test]
fn a_rule_about_a_service_is_where_aws_has_the_service() {
    let missing = |place: [&str; 2]| {
        let resources = resolve(TEMPLATE, place, &json!({}));
        let is_missing = |meta: &Metadata| !resources.contains_key(&format!("{}Rule", pascal(meta.name)));
        rules().into_iter().filter(is_missing).map(|meta| meta.name).collect::<Vec<_>>()
    };
    for region in ["ap-northeast-1", "eu-south-1", "eu-west-3", "us-west-2"] {
        assert_eq!(missing([region, "aws"]), [""; 0], "{region}");
    }
    for place in
        [["us-west-1", "aws"], ["ca-central-1", "aws"], ["us-gov-west-1", "aws-us-gov"], ["cn-north-1", "aws-cn"]]
    {
        assert_eq!(missing(place), ["codeartifact-domain-restricted"], "{place:?}");
    }
}

/// Both forms deploy the same, but for where the code is and a tag by which SAM knows its own.
#[test]
fn the_stack_set_deploys_what_the_template_does() {
    let parameters = json!({"EncryptionKeyArn": "arn:aws:kms:eu-west-1:111122223333:key/k", "ExemptionTag": "exempt"});
    let (mut one, mut other) = (resolve(TEMPLATE, IRELAND, &parameters), resolve(STACK_SET, IRELAND, &parameters));
    for meta in rules() {
        let id = format!("{}Function", pascal(meta.name));
        let code = other[&id]["Properties"]["Code"].clone();
        assert_eq!(code["S3Bucket"], "detective-controls-eu-west-1", "code has to be in the function's Region");
        assert_eq!(code["S3Key"], format!("latest/arm64/{}.zip", meta.name));
        for resources in [&mut one, &mut other] {
            let properties = resources.get_mut(&id).unwrap()["Properties"].as_object_mut().unwrap();
            properties.remove("Code");
            properties.remove("Tags");
        }
    }
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for (id, resource) in &one {
        assert_eq!(resource, &other[id], "{id}");
    }
    let text = std::fs::read_to_string(sandbox::functions::root().join(STACK_SET)).unwrap();
    assert!(!text.contains("\nTransform:"), "a service-managed stack set takes none");
}

#[test]
fn arns_are_of_the_partition_that_the_stack_is_in() {
    for (region, partition) in [("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn")] {
        let resources = resolve(TEMPLATE, [region, partition], &json!({}));
        let text = serde_json::to_string(&resources).unwrap();
        assert!(!text.contains("arn:aws:"), "{partition}");
        let product = format!("arn:{partition}:securityhub:{region}:111122223333:product/111122223333/default");
        for meta in rules().into_iter().filter(|meta| !matches!(meta.deployed, Deployed::Regions(_))) {
            let statements = statements(&resources, &meta);
            assert!(statements.iter().any(|statement| allowed_for(statement) == [product.as_str()]), "{}", meta.name);
        }
    }
}

#[test]
fn what_would_fail_later_is_refused_at_once() {
    let longest = rules().iter().map(|meta| meta.name.len()).max().unwrap();
    for parameters in [
        json!({"KeyRequirement": "allow-list"}),
        json!({"SuppressConfigFindings": "true", "RuleNamePrefix": ""}),
        json!({"RuleNamePrefix": "p".repeat(64 - longest + 1)}),
        json!({"RuleNamePrefix": "with blanks "}),
        json!({"SecurityHubFindings": "some"}),
        json!({"LookbackDays": "366"}),
        json!({"KmsKeyArns": "\""}),
        json!({"VpcSubnetIds": "vpc-1"}),
        json!({"VpcSubnetIds": "subnet-0a"}),
        json!({"LogLevel": "WARN"}),
        json!({"AlarmTopicArn": "on-call"}),
    ] {
        assert!(refused(&parameters).starts_with("refused: "), "{parameters}");
    }
}

/// The longest names that the template allows still fit, into Lambda, AWS Config and IAM.
#[test]
fn the_longest_prefix_fits_everywhere() {
    let longest = rules().iter().map(|meta| meta.name.len()).max().unwrap();
    let resources = resolve(TEMPLATE, IRELAND, &json!({"RuleNamePrefix": "p".repeat(64 - longest)}));
    for (kind, name, most) in [
        ("AWS::Lambda::Function", "FunctionName", 64),
        // GetComplianceDetailsByConfigRule takes no more.
        ("AWS::Config::ConfigRule", "ConfigRuleName", 64),
        ("AWS::Config::ConfigRule", "Description", 256),
        ("AWS::Lambda::Function", "Description", 256),
        ("AWS::CloudWatch::Alarm", "AlarmName", 255),
        ("AWS::CloudWatch::Alarm", "AlarmDescription", 1024),
        ("AWS::IAM::Role", "Description", 1000),
        ("AWS::SecurityHub::Insight", "Name", 128),
    ] {
        let of_kind = of_type(&resources, kind);
        assert!(!of_kind.is_empty());
        for (id, properties) in of_kind {
            let length = properties[name].as_str().unwrap().chars().count();
            assert!((1..=most).contains(&length), "{id}: {name} has {length} characters");
        }
    }
}

#[test]
fn dashboard_and_alarms_ask_for_metrics_that_there_are() {
    let resources = resolve(TEMPLATE, IRELAND, &json!({"AlarmTopicArn": "arn:aws:sns:eu-west-1:111122223333:on-call"}));
    let properties = &resources["RulesDashboard"]["Properties"];
    assert_eq!(
        properties["DashboardName"], "detective-controls-eu-west-1",
        "dashboards of all Regions have one namespace"
    );
    let body: Value = serde_json::from_str(properties["DashboardBody"].as_str().unwrap()).unwrap();
    let searches: Vec<_> = body["widgets"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|widget| widget["properties"]["metrics"][0][0]["expression"].as_str())
        .collect();
    assert_eq!(searches.len(), 6);
    for search in searches {
        let metric = search.split('"').nth(1).unwrap();
        assert!(search.starts_with("SEARCH('{DetectiveControls,Function} "), "{search}");
        // What the functions write is compared with this list in `ledgers::one_log_line_and_one_metric_set`.
        assert!(crate::ledgers::METRICS.contains(&metric), "{search}");
    }
    for (id, alarm) in of_type(&resources, "AWS::CloudWatch::Alarm") {
        // Silence is what no data says. Of a failure, the hours after it say nothing, so they neither ring nor give the all-clear.
        let kind = ["Errors", "Undecided", "Silent", "FailedEvents"]
            .into_iter()
            .find(|kind| id.ends_with(&format!("{kind}Alarm")));
        let expected = match kind.unwrap() {
            "Errors" => json!(["Sum", 3600, 1, "GreaterThanOrEqualToThreshold", 2, "notBreaching", false]),
            "Undecided" => json!(["Maximum", 3600, 1, "GreaterThanThreshold", 0, "ignore", false]),
            "Silent" => json!(["Sum", 3600, 25, "LessThanThreshold", 1, "breaching", true]),
            _ => json!(["Maximum", 300, 1, "GreaterThanThreshold", 0, "notBreaching", true]),
        };
        let fields =
            ["Statistic", "Period", "EvaluationPeriods", "ComparisonOperator", "Threshold", "TreatMissingData"];
        let mut rings: Vec<_> = fields.into_iter().map(|field| alarm[field].clone()).collect();
        rings.push(json!(alarm.get("OKActions").is_some()));
        assert_eq!(json!(rings), expected, "{id}");
        if alarm["Namespace"] == "DetectiveControls" {
            assert!(crate::ledgers::METRICS.contains(&alarm["MetricName"].as_str().unwrap()), "{id}");
            assert_eq!(alarm["Dimensions"][0]["Name"], "Function", "{id}");
        }
        // PutMetricAlarm: a week if a period is an hour or more, a day if not.
        let (period, periods) = (alarm["Period"].as_u64().unwrap(), alarm["EvaluationPeriods"].as_u64().unwrap());
        assert!(period * periods <= if period >= 3600 { 604_800 } else { 86_400 }, "{id}");
    }
}

/// Every parameter that the template offers reaches its rule, and the rule takes it: the real functions, set up as the template says.
#[tokio::test]
async fn the_functions_run_as_the_template_sets_them_up() {
    let mut asked = json!({
        "ExemptionTag": "exempt", "SecurityHubFindings": "all", "ConfigEvaluations": "all", "MaxRequestsPerSecond": "0",
        "MaxConcurrency": "3", "KeyRequirement": "allow-list", "KmsKeyArns": "arn:aws:kms:*:*:key/*",
        "AiServicesOptOutRequiredServices": "lex", "AiServicesOptOutAllowedOptInServices": "polly",
        "LocalStorageFamilies": "dl1", "LocalStorageResult": "COMPLIANT", "LookbackDays": "7",
        "EvaluateFailed": "true", "ReportChildJobs": "true", "EbsVolumeEncryptedKeyRequirement": "allow-list",
        "SagemakerJobInVpcSubnetIds": "subnet-1", "SagemakerJobInVpcVpcIds": "vpc-1",
        "SagemakerSecurityGroupHttpsOnlyAllowedCidrs": "10.0.0.0/8",
        "SagemakerSecurityGroupHttpsOnlyAllowedPrefixLists": "pl-1", "SagemakerSecurityGroupHttpsOnlyAllowedPorts": "8443",
        "ScpSagemakerGuardrailsGuardrails": "network-isolation", "VpcSagemakerEndpointsRequiredGateways": "dynamodb",
        "CodeartifactDomainRestrictedAllowedExternalConnections": "public:npmjs",
        "VpcFlowLogsEnabledAllowedDestinationTypes": "s3", "VpcFlowLogsEnabledAllowedDestinations": "arn:aws:s3:::*",
    });
    // Of everything else, what is not the default.
    let offered: Value =
        serde_json::from_str(&output_of(&mut python("parameters", TEMPLATE, IRELAND, &json!({})))).unwrap();
    for meta in rules() {
        if meta.parameters.iter().any(|spec| spec.name == "jobTypes") {
            asked[format!("{}JobTypes", pascal(meta.name))] = json!("training");
        }
        for spec in meta.parameters.iter().filter(|spec| spec.values == Values::List) {
            let (first, rest) = spec.name.split_at(1);
            let name = format!("{}{}{rest}", pascal(meta.name), first.to_uppercase());
            if offered.get(&name).is_some() && asked.get(&name).is_none() {
                asked[name] = match spec.default.split_once(',') {
                    Some((first, _)) => json!(first),
                    None => json!(format!("{}-1", spec.name.trim_end_matches("Ids"))),
                };
            }
        }
        for (name, declared) in offered.as_object().unwrap() {
            if name.starts_with(&pascal(meta.name)) && *name != pascal(meta.name) && asked.get(name).is_none() {
                let other = declared["AllowedValues"].as_array().and_then(|values| {
                    values.iter().find(|value| **value != declared["Default"] && **value != "allow-list").cloned()
                });
                let most = declared["MaxValue"].as_u64().map(|most| json!(most.to_string()));
                if let Some(value) = other.or(most) {
                    asked[name] = value;
                }
            }
        }
    }
    let resources = resolve(TEMPLATE, IRELAND, &asked);
    let mut given = BTreeSet::new();
    for meta in rules() {
        let id = pascal(meta.name);
        let parameters = resources[&format!("{id}Rule")]["Properties"]["InputParameters"].clone();
        given.extend(parameters.as_object().unwrap().keys().map(|name| format!("{}: {name}", meta.name)));
        assert!(
            parameters.as_object().unwrap().values().all(Value::is_string),
            "AWS Config gives strings: {parameters}"
        );
        assert!(parameters.to_string().len() <= 1024);
        let variables = resources[&format!("{id}Function")]["Properties"]["Environment"]["Variables"].clone();
        // Amazon Linux has that file, and the sandbox is not asked by TLS.
        let variables = variables.as_object().unwrap().iter().filter(|(name, _)| *name != "SSL_CERT_FILE");
        let variables: Vec<(&'static str, &str)> =
            variables.map(|(name, value)| (&*name.clone().leak(), value.as_str().unwrap())).collect();
        let place = it::everything("eu-west-1").await;
        let mut account = Account::at(place, meta.name, &parameters.to_string(), &variables).await;
        let answer = account.scheduled().await.unwrap_or_else(|failure| panic!("{}: {}", meta.name, failure.message));
        assert_eq!(answer["trigger"], "scheduled");
    }
    for meta in rules() {
        for spec in meta.parameters {
            let is_given = given.contains(&format!("{}: {}", meta.name, spec.name));
            assert!(is_given, "{}: {} is not passed on", meta.name, spec.name);
        }
    }
}

/// moto's CloudFormation creates what it knows, which is not the rules ([`NOT_IN_MOTO`]). Those are put into its AWS Config as the
/// translation has them, with the functions that moto created, and read back.
#[tokio::test]
async fn moto_creates_it_as_far_as_it_goes() {
    for template in [TEMPLATE, STACK_SET] {
        let moto = Moto::start(tools()).await.unwrap();
        let endpoint = moto.address();
        let mut deploy = python("deploy", template, IRELAND, &json!({"ExemptionTag": "exempt"}));
        let answer: Value = serde_json::from_str(&output_of(deploy.arg(format!("http://{endpoint}")))).unwrap();
        assert_eq!(answer["status"], "CREATE_COMPLETE");
        let (put, held) = (answer["put"].as_object().unwrap(), answer["held"].as_object().unwrap());
        assert_eq!(put.len(), rules().len());
        for (name, rule) in put {
            let held = &held[name];
            let parameters: Value = serde_json::from_str(held["InputParameters"].as_str().unwrap()).unwrap();
            assert_eq!(parameters, json!({"exemptionTag": "exempt"}), "{name}");
            // moto fills in fields of a scope, and drops EvaluationModes.
            for part in ["Description", "Source"] {
                assert_eq!(held[part], rule[part], "{name}");
            }
            assert_eq!(held["Scope"]["ComplianceResourceTypes"], rule["Scope"]["ComplianceResourceTypes"], "{name}");
        }
        // What moto says CREATE_COMPLETE to without creating it.
        let not_in_moto: BTreeSet<_> = answer["types"]
            .as_object()
            .unwrap()
            .iter()
            .filter(|(id, _)| answer["created"].get(id.as_str()).is_none())
            .map(|(_, kind)| kind.as_str().unwrap())
            .collect();
        assert_eq!(not_in_moto, NOT_IN_MOTO.into(), "{template}");
        assert_eq!(answer["roles"], rules().len(), "{template}");
    }
}

/// Types that moto's CloudFormation skips without a word.
const NOT_IN_MOTO: [&str; 4] = [
    "AWS::CloudWatch::Alarm",
    "AWS::Config::ConfigRule",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::SecurityHub::Insight",
];

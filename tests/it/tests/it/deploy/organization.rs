//! What deploys to an organization: the script that packages, run against moto, and the templates beside it. None of it meets the real
//! CloudFormation or AWS Config here: moto has neither service-managed stack sets nor the contents of conformance packs nor queries.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::LazyLock,
};

use it::{rules, shared};
use sandbox::{
    Place,
    functions::{environment, root, target},
};
use serde_json::{Value, json};

use super::{output_of, tool, tools};

/// A template of `deploy/organization` as JSON, functions in their long form.
fn template(name: &str) -> Value {
    static TEMPLATES: LazyLock<Value> = LazyLock::new(|| {
        const READ: &str = "
import json, pathlib
from cfnlint.decode import cfn_yaml
folder = pathlib.Path('deploy/organization')
print(json.dumps({path.name: cfn_yaml.load(str(path)) for path in folder.glob('*.yaml')}))";
        serde_json::from_str(&output_of(tool("python").args(["-c", READ]))).unwrap()
    });
    let template = TEMPLATES[name].clone();
    assert!(template.is_object(), "{name} is not there");
    template
}

fn object<'a>(value: &'a Value, path: &str) -> &'a serde_json::Map<String, Value> {
    value.pointer(path).and_then(Value::as_object).unwrap_or_else(|| panic!("nothing at {path}"))
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {path} of {value}"))
}

/// Calls `each` with every object of one member, as functions of templates are.
fn functions(value: &Value, each: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(members) => {
            if let (1, Some((name, argument))) = (members.len(), members.iter().next()) {
                each(name, argument);
            }
            members.values().for_each(|member| functions(member, each));
        }
        Value::Array(items) => items.iter().for_each(|item| functions(item, each)),
        _ => {}
    }
}

/// Keys of the packages that the template of the stack set asks for, with these parameters.
fn keys_asked_for(prefix: &str, architecture: &str) -> BTreeSet<String> {
    let template = template("template.yaml");
    let functions =
        object(&template, "/Resources").values().filter(|resource| resource["Type"] == "AWS::Lambda::Function");
    let keys = functions.map(|function| {
        assert_eq!(text(function, "/Properties/Code/S3Bucket/Fn::Sub"), "${PackageBucketPrefix}-${AWS::Region}");
        let key = text(function, "/Properties/Code/S3Key/Fn::Sub");
        key.replace("${PackageKeyPrefix}", prefix).replace("${Architecture}", architecture)
    });
    keys.collect()
}

const ELF: [(&str, u8); 2] = [("arm64", 183), ("x86_64", 62)];

/// Packages of all rules for both architectures, in a folder of this test's own: a head of a program each, and nothing else.
fn packages(test: &str) -> PathBuf {
    const WRITE: &str = "
import pathlib, sys, zipfile
folder, machine, *rules = sys.argv[1:]
for rule in rules:
    path = pathlib.Path(folder, rule)
    path.mkdir(parents=True)
    with zipfile.ZipFile(path / 'bootstrap.zip', 'w') as package:
        package.writestr('bootstrap', b'\\x7fELF' + bytes(14) + bytes([int(machine), 0]) + rule.encode())";
    let folder = target().unwrap().join(format!("packages-{test}"));
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    for (architecture, machine) in ELF {
        let mut write = tool("python");
        write.args(["-c", WRITE]).arg(folder.join(architecture)).arg(machine.to_string());
        output_of(write.args(rules().iter().map(|meta| meta.name)));
    }
    folder
}

/// The account whose buckets they are: all S3 calls of a test are found under it.
struct Owner(&'static str);

impl Owner {
    fn place(&self, region: &str) -> Place {
        Place::new(self.0, region)
    }

    /// A command with the AWS CLI in its path, as this account.
    fn client(&self, mut command: Command) -> Command {
        // Python and the AWS CLI, and nothing of the machine's but the shell's own programs.
        let path = format!("{}:/usr/bin:/bin", tools().programs().display());
        command
            .current_dir(root())
            .env_clear()
            .envs(environment("package", &self.place("us-east-1"), &shared().door))
            .env_remove("AWS_REGION")
            .env("PATH", path);
        command
    }

    fn package(&self, arguments: &[&str], packages: &Path) -> Output {
        let mut command = self.client(Command::new(root().join("deploy/organization/package")));
        command.args(["--organization", "o-exampleorg1", "--packages"]).arg(packages).args(arguments).output().unwrap()
    }

    /// What the AWS CLI answers.
    fn aws(&self, region: &str, arguments: &[&str]) -> Value {
        let mut command = self.client(Command::new(tools().program("aws")));
        let said = output_of(command.args(["--output", "json", "--region", region]).args(arguments));
        if said.trim().is_empty() { Value::Null } else { serde_json::from_str(&said).unwrap() }
    }

    fn keys(&self, region: &str, bucket: &str) -> BTreeSet<String> {
        let listed = self.aws(region, &["s3api", "list-object-versions", "--bucket", bucket]);
        let versions = listed["Versions"].as_array().cloned().unwrap_or_default();
        let keys: Vec<_> = versions.iter().map(|version| text(version, "/Key").to_owned()).collect();
        let distinct: BTreeSet<_> = keys.iter().cloned().collect();
        assert_eq!(keys.len(), distinct.len(), "something was uploaded twice: {keys:?}");
        distinct
    }

    /// Calls so far that changed something, in these Regions, and forgets them.
    fn take_changes(&self, regions: &[&str]) -> Vec<String> {
        let calls = regions
            .iter()
            .flat_map(|region| shared().door.with(&self.place(region), |state| std::mem::take(&mut state.calls)));
        calls
            .filter(|call| !call.starts_with("s3:GET") && !call.starts_with("s3:HEAD") && !call.starts_with("sts:"))
            .collect()
    }
}

fn words(of: &Output) -> (String, String) {
    (String::from_utf8_lossy(&of.stdout).into_owned(), String::from_utf8_lossy(&of.stderr).into_owned())
}

#[test]
fn the_packages_are_where_the_template_looks_for_them() {
    let owner = Owner("210000000001");
    let (regions, packages) = (["us-east-1", "eu-west-1"], packages("found"));
    let arguments = ["--bucket-prefix", "it-found", "--key-prefix", "v1", "--architectures", "x86_64"];
    let arguments: Vec<_> = arguments.into_iter().chain(["--regions"]).chain(regions).collect();
    let (said, progress) = words(&owner.package(&arguments, &packages));
    assert!(!owner.take_changes(&regions).is_empty(), "{progress}");

    // What it prints are parameters of the stack set's stack, and values that it takes.
    let printed: BTreeMap<_, _> = said.lines().map(|line| line.split_once('=').unwrap()).collect();
    assert_eq!(
        printed["TemplateURL"], "https://it-found-us-east-1.s3.us-east-1.amazonaws.com/v1/template.yaml",
        "{progress}"
    );
    let stack = template("stackset.yaml");
    for (name, value) in &printed {
        let declared = &stack["Parameters"][*name];
        assert!(declared.is_object(), "stackset.yaml has no parameter {name}");
        let values = if declared["Type"] == "CommaDelimitedList" { value.split(',').collect() } else { vec![*value] };
        for value in values {
            assert!(allows(declared, value), "{name}={value}");
        }
    }
    let required = object(&stack, "/Parameters").iter().filter(|(_, declared)| declared.get("Default").is_none());
    let required: BTreeSet<_> = required.map(|(name, _)| name.as_str()).collect();
    let given: BTreeSet<_> = printed.keys().copied().chain(["OrganizationalUnitIds"]).collect();
    assert!(required.is_subset(&given), "without a default and not printed: {:?}", required.difference(&given));

    for region in regions {
        let bucket = format!("{}-{region}", printed["PackageBucketPrefix"]);
        let mut expected = BTreeSet::from(["v1/conformance-pack.yaml".to_owned()]);
        expected.extend(keys_asked_for(printed["PackageKeyPrefix"], printed["Architecture"]));
        assert!(expected.len() > 10);
        if region == regions[0] {
            expected.insert("v1/template.yaml".to_owned());
        }
        assert_eq!(owner.keys(region, &bucket), expected);

        let of_bucket = |operation: &str| owner.aws(region, &["s3api", operation, "--bucket", &bucket]);
        let location = if region == "us-east-1" { Value::Null } else { json!(region) };
        assert_eq!(of_bucket("get-bucket-location")["LocationConstraint"], location);
        assert_eq!(of_bucket("get-bucket-versioning")["Status"], "Enabled");
        let blocked = of_bucket("get-public-access-block");
        let blocked =
            object(&blocked, "/PublicAccessBlockConfiguration").values().filter(|value| **value == json!(true)).count();
        assert_eq!(blocked, 4);
        let encryption = of_bucket("get-bucket-encryption");
        let default = "/ServerSideEncryptionConfiguration/Rules/0/ApplyServerSideEncryptionByDefault/SSEAlgorithm";
        assert_eq!(text(&encryption, default), "AES256");
        let policy: Value = serde_json::from_str(text(&of_bucket("get-bucket-policy"), "/Policy")).unwrap();
        let arn = format!("arn:aws:s3:::{bucket}");
        assert_eq!(
            policy["Statement"],
            json!([
                {"Sid": "OrganizationReads", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": format!("{arn}/*"),
                 "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-exampleorg1"}}},
                {"Sid": "OnlyOverTls", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [arn, format!("{arn}/*")],
                 "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            ])
        );
    }

    // What was uploaded is what lay there.
    let key = "v1/x86_64/vpc-flow-logs-enabled.zip";
    let copy = packages.join("read-back.zip");
    let (bucket, read_back) = ("it-found-eu-west-1", copy.to_str().unwrap());
    owner.aws("eu-west-1", &["s3api", "get-object", "--bucket", bucket, "--key", key, read_back]);
    let lay = packages.join("x86_64/vpc-flow-logs-enabled/bootstrap.zip");
    assert_eq!(fs::read(copy).unwrap(), fs::read(&lay).unwrap());
    assert_eq!(owner.take_changes(&regions), Vec::<String>::new());

    // Again: nothing changes, and it prints the same.
    let (again, progress) = words(&owner.package(&arguments, &packages));
    assert_eq!(again, said, "{progress}");
    assert_eq!(owner.take_changes(&regions), Vec::<String>::new());

    // Someone opened a bucket, and gave it a statement of their own: the one is put right, the other stays.
    owner.aws("eu-west-1", &["s3api", "delete-public-access-block", "--bucket", bucket]);
    let own = json!({"Sid": "Theirs", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": format!("arn:aws:s3:::{bucket}/*")});
    let policy = json!({"Version": "2012-10-17", "Statement": [own]}).to_string();
    owner.aws("eu-west-1", &["s3api", "put-bucket-policy", "--bucket", bucket, "--policy", &policy]);
    owner.take_changes(&regions);
    let (_, progress) = words(&owner.package(&arguments, &packages));
    assert_eq!(owner.take_changes(&regions).len(), 2, "{progress}");
    let policy = owner.aws("eu-west-1", &["s3api", "get-bucket-policy", "--bucket", bucket]);
    let policy: Value = serde_json::from_str(text(&policy, "/Policy")).unwrap();
    let statements: Vec<_> =
        policy["Statement"].as_array().unwrap().iter().map(|statement| text(statement, "/Sid")).collect();
    assert_eq!(statements, ["Theirs", "OrganizationReads", "OnlyOverTls"]);

    // A release is what it was: CloudFormation would not notice another package under the same key.
    fs::copy(packages.join("x86_64/ebs-volume-encrypted/bootstrap.zip"), &lay).unwrap();
    let refused = owner.package(&arguments, &packages);
    let (said, why) = words(&refused);
    assert!(!refused.status.success() && said.is_empty(), "{said}");
    assert!(why.contains(key) && why.contains("--key-prefix"), "{why}");
    assert_eq!(owner.take_changes(&regions), Vec::<String>::new());
}

#[test]
fn nothing_is_done_while_a_package_is_missing_or_for_other_processors() {
    let owner = Owner("210000000002");
    let packages = packages("missing");
    let arguments = ["--bucket-prefix", "it-missing", "--key-prefix", "v1", "--regions", "eu-west-1"];
    fs::remove_file(packages.join("arm64/ebs-volume-encrypted/bootstrap.zip")).unwrap();
    let other = packages.join("arm64/vpc-flow-logs-enabled/bootstrap.zip");
    fs::copy(packages.join("x86_64/vpc-flow-logs-enabled/bootstrap.zip"), other).unwrap();
    fs::write(packages.join("arm64/ai-services-opt-out/bootstrap.zip"), "cut off").unwrap();
    let refused = owner.package(&arguments, &packages);
    let (said, why) = words(&refused);
    assert!(!refused.status.success() && said.is_empty(), "{said}");
    for wrong in [
        "arm64/ebs-volume-encrypted/bootstrap.zip is not there",
        "arm64/vpc-flow-logs-enabled/bootstrap.zip is not for arm64",
        "arm64/ai-services-opt-out/bootstrap.zip has no program",
    ] {
        assert!(why.contains(wrong), "{wrong}: {why}");
    }
    let calls = shared().door.with(&owner.place("eu-west-1"), |state| state.calls.clone());
    assert_eq!(calls, Vec::<String>::new());
}

/// Whether a declaration allows a value, as far as a test without regular expressions sees it: those are compared as texts elsewhere.
fn allows(declared: &Value, value: &str) -> bool {
    let length = value.chars().count() as u64;
    let number = value.parse::<f64>().ok();
    declared["AllowedValues"].as_array().is_none_or(|allowed| allowed.iter().any(|one| one.as_str() == Some(value)))
        && declared["MinLength"].as_u64().is_none_or(|least| length >= least)
        && declared["MaxLength"].as_u64().is_none_or(|most| length <= most)
        && declared["MinValue"].as_f64().is_none_or(|least| number.is_some_and(|number| number >= least))
        && declared["MaxValue"].as_f64().is_none_or(|most| number.is_some_and(|number| number <= most))
}

#[test]
fn the_stack_set_passes_what_its_template_takes() {
    let (stack, rules) = (template("stackset.yaml"), template("template.yaml"));
    let set = &stack["Resources"]["RulesStackSet"]["Properties"];
    let passed = set["Parameters"].as_array().unwrap();
    let mut names = BTreeSet::new();
    for parameter in passed {
        let (name, value) = (text(parameter, "/ParameterKey"), &parameter["ParameterValue"]);
        assert!(names.insert(name), "{name} is passed twice");
        let taken = &rules["Parameters"][name];
        assert!(taken.is_object(), "template.yaml has no parameter {name}");
        if let Some(fixed) = value.as_str() {
            assert!(allows(taken, fixed), "{name}: {fixed}");
            continue;
        }
        assert_eq!(value, &json!({"Ref": name}));
        let given = &stack["Parameters"][name];
        for member in ["Type", "AllowedPattern", "MaxLength", "MinValue", "MaxValue"] {
            // The one that is stricter here.
            if name != "GlobalRulesRegion" || member == "MaxLength" {
                assert_eq!(given[member], taken[member], "{name}: {member}");
            }
        }
        let allowed = given["AllowedValues"].as_array().into_iter().flatten();
        allowed.for_each(|value| assert!(allows(taken, value.as_str().unwrap()), "{name}: {value}"));
        assert_eq!(given.get("AllowedValues").is_some(), taken.get("AllowedValues").is_some(), "{name}");
        let default = |of: &Value| of["Default"].as_str().map_or_else(|| of["Default"].to_string(), ToOwned::to_owned);
        // What is to be said for an organization, and what is cheaper in many accounts.
        if ["Alarms", "Dashboard", "GlobalRulesRegion", "PackageBucketPrefix", "PackageKeyPrefix"].contains(&name) {
            continue;
        }
        assert_eq!(default(given), default(taken), "{name}");
        assert!(allows(taken, &default(given)), "{name}");
    }
    // What would be wrong with stacks in several Regions and accounts if it were left to its default.
    for name in [
        "GlobalRulesRegion",
        "PackageBucketPrefix",
        "PackageKeyPrefix",
        "SecurityHubInsights",
        "SuppressConfigFindings",
        "Retire",
    ] {
        assert!(names.contains(name), "{name} is not passed");
    }
    // What would fail in every account fails here.
    let mut asserted = 0;
    for (id, rule) in object(&rules, "/Rules") {
        let asked = serde_json::to_string(rule).unwrap();
        let of_parameter = |name: &&String| asked.contains(&format!("{{\"Ref\":\"{name}\"}}"));
        if object(&rules, "/Parameters").keys().filter(of_parameter).all(|name| stack["Parameters"][name].is_object()) {
            assert_eq!(&stack["Rules"][id], rule, "{id}");
            asserted += 1;
        }
    }
    assert_eq!(asserted, 2);
    assert_eq!(stack["Parameters"]["GlobalRulesRegion"].get("Default"), None);
    assert_eq!(set["PermissionModel"], "SERVICE_MANAGED");
    assert_eq!(set["Capabilities"], json!(["CAPABILITY_IAM"]));
    // Whatever names a role would need another capability, and a transform or a stack within the stack is not taken at all.
    let mut types = BTreeSet::new();
    for (id, resource) in object(&rules, "/Resources") {
        types.insert(text(resource, "/Type"));
        assert!(resource.pointer("/Properties/RoleName").is_none(), "{id} names its role");
    }
    assert!(
        !types.contains("AWS::CloudFormation::Stack") && types.iter().all(|of| !of.starts_with("AWS::Serverless")),
        "{types:?}"
    );
    assert_eq!(rules.get("Transform"), None);
    assert!(fs::metadata(root().join("deploy/organization/stackset.yaml")).unwrap().len() <= 51_200);
}

#[test]
fn every_parameter_is_shown_in_a_group_and_used() {
    for name in ["stackset.yaml", "queries.yaml"] {
        let of = template(name);
        let groups = of["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"].as_array().unwrap();
        let shown: Vec<_> = groups
            .iter()
            .flat_map(|group| group["Parameters"].as_array().unwrap())
            .map(|one| one.as_str().unwrap())
            .collect();
        let declared: Vec<_> = object(&of, "/Parameters").keys().map(String::as_str).collect();
        assert_eq!(shown.len(), declared.len(), "{name}: {shown:?}");
        assert!(declared.iter().all(|one| shown.contains(one)), "{name}: {declared:?}");
    }
}

/// Parameters of managed rules that this pack gives them, from what the pack is deployed with.
fn resolve(value: &Value, pack: &Value, given: &BTreeMap<&str, &str>) -> Option<Value> {
    let parameter = |name: &str| {
        given.get(name).copied().unwrap_or_else(|| text(pack, &format!("/Parameters/{name}/Default"))).to_owned()
    };
    let holds = |name: &str| {
        let condition = &pack["Conditions"][name];
        let (equals, wanted) = match condition.get("Fn::Not") {
            Some(not) => (&not[0]["Fn::Equals"], false),
            None => (&condition["Fn::Equals"], true),
        };
        (parameter(text(equals, "/0/Ref")) == text(equals, "/1")) == wanted
    };
    if let Some(name) = value.as_str() {
        return Some(json!(name));
    }
    if let Some(name) = value.get("Ref").and_then(Value::as_str) {
        return (name != "AWS::NoValue").then(|| json!(parameter(name)));
    }
    if let Some(condition) = value.get("Condition") {
        return holds(condition.as_str().unwrap()).then_some(Value::Bool(true));
    }
    let chosen = value["Fn::If"].as_array().unwrap_or_else(|| panic!("{value}"));
    resolve(&chosen[if holds(chosen[0].as_str().unwrap()) { 1 } else { 2 }], pack, given)
}

#[test]
fn the_conformance_pack_is_one_that_aws_config_takes() {
    let path = root().join("deploy/organization/conformance-pack.yaml");
    assert!(fs::metadata(path).unwrap().len() <= 51_200);
    let pack = template("conformance-pack.yaml");
    let sections: BTreeSet<_> = object(&pack, "").keys().map(String::as_str).collect();
    assert_eq!(sections, BTreeSet::from(["Parameters", "Conditions", "Resources"]));
    let parameters = object(&pack, "/Parameters");
    assert!(parameters.len() <= 60);
    assert!(parameters.values().all(|parameter| parameter["Type"] == "String" && parameter["Default"].is_string()));
    functions(&pack["Conditions"], &mut |name, _| {
        assert!(
            ["Ref", "Fn::Equals", "Fn::Not"].contains(&name) || object(&pack, "/Conditions").contains_key(name),
            "{name}"
        );
    });

    let mut put = Vec::new();
    let on: BTreeMap<&str, &str> =
        BTreeMap::from([("TrailBucketName", "log-archive"), ("PublicBucketNames", "site-1,site-2")]);
    let (mut names, mut identifiers) = (BTreeSet::new(), BTreeSet::new());
    let ours: BTreeSet<_> = rules().iter().map(|meta| meta.name.to_owned()).collect();
    for (id, resource) in object(&pack, "/Resources") {
        assert_eq!(resource["Type"], "AWS::Config::ConfigRule", "{id}");
        functions(resource, &mut |name, _| {
            if name.starts_with("Fn::") {
                assert_eq!(name, "Fn::If", "{id}");
            }
        });
        // Its own switch, on unless somebody turns it off.
        let condition = text(resource, "/Condition");
        let switch = text(&pack, &format!("/Conditions/{condition}/Fn::Equals/0/Ref"));
        let condition = json!({"Condition": condition});
        assert!(resolve(&condition, &pack, &BTreeMap::new()).is_some(), "{id} is off");
        assert!(
            resolve(&condition, &pack, &BTreeMap::from([(switch, "false")])).is_none(),
            "{id} cannot be turned off"
        );

        let properties = &resource["Properties"];
        let (name, identifier) = (text(properties, "/ConfigRuleName"), text(properties, "/Source/SourceIdentifier"));
        assert!(names.insert(name.to_owned()) && identifiers.insert(identifier.to_owned()), "{name} is there twice");
        assert!(!ours.contains(name), "{name} is one of ours");
        assert_eq!(properties["Source"]["Owner"], "AWS");
        assert!(text(properties, "/Description").len() <= 256);
        // moto knows AWS's list of managed rules, and what parameters each takes.
        for given in [&BTreeMap::new(), &on] {
            let mut rule = json!({"ConfigRuleName": name, "Source": properties["Source"]});
            let input = properties["InputParameters"].as_object().into_iter().flatten();
            let input: BTreeMap<_, _> =
                input.filter_map(|(name, value)| Some((name, resolve(value, &pack, given)?))).collect();
            if !input.is_empty() {
                rule["InputParameters"] = json!(json!(input).to_string());
            }
            if let Some(scope) = properties.get("Scope") {
                rule["Scope"] = scope.clone();
            }
            put.push(rule);
        }
    }
    put_managed_rules(&put);
    // Those that watch what a rule of ours does, and see less of it.
    for better in ["ENCRYPTED_VOLUMES", "VPC_FLOW_LOGS_ENABLED"] {
        assert!(!identifiers.contains(better), "{better}");
    }
    assert!(identifiers.iter().all(|name| !name.starts_with("SAGEMAKER_")), "{identifiers:?}");

    // What the stack passes are parameters of the pack, which has all of them.
    let stack = template("stackset.yaml");
    let passed = stack["Resources"]["Pack"]["Properties"]["ConformancePackInputParameters"].as_array().unwrap();
    for parameter in passed {
        let name = text(parameter, "/ParameterName");
        assert!(parameters.contains_key(name), "the pack has no parameter {name}");
        let given = &stack["Parameters"][text(parameter, "/ParameterValue/Ref")];
        assert_eq!(given["Default"], parameters[name]["Default"], "{name}");
        assert_eq!(given["AllowedValues"], parameters[name]["AllowedValues"], "{name}");
    }
    assert_eq!(
        stack["Resources"]["Pack"]["Properties"]["TemplateS3Uri"]["Fn::Sub"],
        "s3://${PackageBucketPrefix}-${AWS::Region}/${PackageKeyPrefix}/conformance-pack.yaml"
    );
}

/// Puts managed rules into moto's AWS Config, in a process of their own: the front door's has custom rules only.
fn put_managed_rules(rules: &[Value]) {
    const PUT: &str = "
import json, sys
from moto import mock_aws
import boto3
with mock_aws():
    for rule in json.loads(sys.argv[1]):
        boto3.client('config').put_config_rule(ConfigRule=rule)";
    let mut command = Command::new(shared().python.program("python"));
    command.args(["-c", PUT, &json!(rules).to_string()]).env_clear().env("AWS_DEFAULT_REGION", "eu-west-1");
    output_of(&mut command);
}

/// Properties that a query may name, of the types that are asked for: the schema that AWS publishes (`aws-config-resource-schema`).
const PROPERTIES: [(&str, &[&str]); 3] = [
    (
        "AWS::Config::ResourceCompliance",
        &[
            "configuration.complianceType",
            "configuration.configRuleList",
            "configuration.configRuleList.complianceType",
            "configuration.configRuleList.configRuleName",
            "configuration.targetResourceId",
            "configuration.targetResourceType",
        ],
    ),
    (
        "AWS::EC2::Volume",
        &["configuration.encrypted", "configuration.kmsKeyId", "configuration.size", "configuration.state.value"],
    ),
    (
        "AWS::SageMaker::NotebookInstance",
        &[
            "configuration.DirectInternetAccess",
            "configuration.KmsKeyId",
            "configuration.NotebookInstanceName",
            "configuration.SubnetId",
        ],
    ),
];

/// Properties of every type.
const COMMON: [&str; 6] = ["accountId", "arn", "awsRegion", "resourceId", "resourceName", "resourceType"];

/// Words of the language, as far as it is used.
const SYNTAX: [&str; 14] =
    ["SELECT", "WHERE", "AND", "OR", "NOT", "LIKE", "IN", "GROUP", "ORDER", "BY", "COUNT", "*", "DESC", "ASC"];

/// What is wrong with a query, by the rules that AWS Config has for them.
fn faults_of(query: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut fault = |what: &str| faults.push(what.to_owned());
    if query.len() > 4096 {
        fault("longer than 4,096 characters");
    }
    // Literals may hold anything, so they are taken out: what is at odd places stood between quotation marks.
    let parts: Vec<_> = query.split('\'').collect();
    if parts.len() % 2 == 0 {
        fault("a literal without an end");
    }
    let outside = parts.iter().step_by(2).copied().collect::<Vec<_>>().join(" ? ");
    let words: Vec<_> = outside
        .split(|letter: char| letter.is_whitespace() || ",()=".contains(letter))
        .filter(|word| !word.is_empty())
        .collect();
    for unknown in ["AS", "FROM", "JOIN", "DISTINCT", "HAVING", "UNION", "ALL", "NULL", "IS"] {
        if words.iter().any(|word| word.eq_ignore_ascii_case(unknown)) {
            fault(unknown);
        }
    }
    if outside.contains(';') || outside.contains('"') {
        fault("a character that has no meaning");
    }
    // Text between two words, the end being one.
    let between = |start: &str, ends: &[&str]| {
        let (_, rest) = outside.split_once(start)?;
        let end = ends.iter().filter_map(|end| rest.find(end)).min().unwrap_or(rest.len());
        Some(rest[..end].trim().to_owned())
    };
    let of_type = query.split("resourceType = '").nth(1).and_then(|rest| rest.split('\'').next()).unwrap_or_default();
    let properties =
        PROPERTIES.iter().find(|(name, _)| *name == of_type).map_or(&[][..], |(_, properties)| *properties);
    if properties.is_empty() {
        fault("no type whose properties are known");
    }
    for word in &words {
        let known = SYNTAX.contains(word) || COMMON.contains(word) || properties.contains(word);
        if !known && !["?", "true", "false", "<", ">"].contains(word) {
            fault(&format!("unknown: {word}"));
        }
    }
    let selected = between("SELECT ", &[" WHERE "]).unwrap_or_default();
    let selected: Vec<_> = selected.split(',').map(str::trim).collect();
    if selected.iter().any(|column| column.contains(' ') || column.is_empty() || *column == "*") {
        fault("a column that is not one property");
    }
    let grouped = between(" GROUP BY ", &[" ORDER BY "]);
    if let Some(grouped) = &grouped {
        if grouped.contains(',') {
            fault("grouped by several properties");
        }
        if grouped.contains("configRuleList") {
            fault("grouped by what is in a list");
        }
    }
    let counts = outside.contains("COUNT(");
    if counts != grouped.is_some() || grouped.is_some_and(|grouped| selected != [grouped.as_str(), "COUNT(*)"]) {
        fault("counts something else than it is grouped by");
    }
    for (index, literal) in parts.iter().enumerate().filter(|(index, _)| index % 2 == 1) {
        let is_pattern = parts[index - 1].trim_end().ends_with(" LIKE");
        let before = literal.trim_end_matches('%');
        if is_pattern && (before.len() < 3 || before.contains('%') || literal.len() != before.len() + 1) {
            fault(&format!("LIKE '{literal}'"));
        }
        if !is_pattern && literal.contains('%') {
            fault(&format!("= '{literal}'"));
        }
    }
    faults
}

#[test]
fn the_queries_are_such_as_aws_config_takes() {
    let queries = template("queries.yaml");
    let shortest =
        "-".repeat(queries["Parameters"]["RuleNamePrefix"]["MinLength"].as_u64().unwrap().try_into().unwrap());
    let longest =
        "x".repeat(queries["Parameters"]["RuleNamePrefix"]["MaxLength"].as_u64().unwrap().try_into().unwrap());
    let names_of_rules: BTreeSet<_> = rules().iter().map(|meta| meta.name).collect();
    let mut names = BTreeSet::new();
    for (id, resource) in object(&queries, "/Resources") {
        if resource["Type"] != "AWS::Config::StoredQuery" {
            continue;
        }
        let properties = &resource["Properties"];
        assert!(text(properties, "/QueryDescription").len() <= 256, "{id}");
        let expression = &properties["QueryExpression"];
        let expression = expression.as_str().unwrap_or_else(|| text(expression, "/Fn::Sub"));
        for prefix in ["ml-", &shortest, &longest] {
            let name = text(properties, "/QueryName/Fn::Sub").replace("${RuleNamePrefix}", prefix);
            let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
            assert!(is_plain && name.len() <= 64, "{id}: {name}");
            assert!(names.insert(name.clone()), "{name} is there twice");
            let query = expression.replace("${RuleNamePrefix}", prefix);
            assert_eq!(faults_of(&query), Vec::<String>::new(), "{id}: {query}");
            for rule in query.split(&format!("configRuleName = '{prefix}")).skip(1) {
                let rule = rule.split('\'').next().unwrap();
                assert!(names_of_rules.contains(rule), "{id}: there is no rule {rule}");
            }
        }
    }
    assert!(names.iter().any(|name| name == "ml-failing-notebooks"), "{names:?}");
}

#[test]
fn a_query_that_aws_config_would_not_take_is_seen() {
    const GOOD: &str = "SELECT accountId, COUNT(*) WHERE resourceType = 'AWS::Config::ResourceCompliance' \
        AND configuration.configRuleList.configRuleName LIKE 'ml-%' GROUP BY accountId ORDER BY COUNT(*) DESC";
    assert_eq!(faults_of(GOOD), Vec::<String>::new());
    for (part, instead) in [
        ("COUNT(*) WHERE", "COUNT(*) AS failures WHERE"),
        ("SELECT ", "SELECT DISTINCT "),
        (" WHERE", " FROM resources WHERE"),
        ("GROUP BY accountId", "GROUP BY accountId, awsRegion"),
        ("GROUP BY accountId", "GROUP BY awsRegion"),
        ("SELECT accountId, COUNT(*)", "SELECT *"),
        ("'ml-%'", "'ml%'"),
        ("'ml-%'", "'%-notebook'"),
        ("LIKE 'ml-%'", "= 'ml-%'"),
        ("'ml-%'", "'ml-%"),
        ("configuration.configRuleList.configRuleName", "configuration.annotation"),
        ("configuration.configRuleList.configRuleName LIKE 'ml-%'", "resourceName IS NULL"),
        ("ResourceCompliance", "ConfigurationRecorder"),
    ] {
        let bad = GOOD.replacen(part, instead, 1);
        assert_ne!(bad, GOOD);
        assert!(!faults_of(&bad).is_empty(), "{bad}");
    }
}

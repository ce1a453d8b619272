//! The CloudFormation template of one account and Region, from the rules' metadata.
//!
//! It comes in two forms. The one for `sam build` names the source of the functions. The one for a stack set names their packages, in a
//! bucket of each Region, and has no transform: stack sets with service-managed permissions take none (`CreateStackSet`,
//! `CAPABILITY_AUTO_EXPAND`).

use std::{collections::BTreeSet, fmt::Write};

use rule::{ACCOUNT, Deployed, Metadata, Trigger};

use super::{
    parameters::{self, Parameter},
    permissions::{self, Statement},
    yaml::{indented, pascal, scalar},
};

/// What the template is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `sam build`, in one account.
    Sam,
    /// A stack set, with packages from `deploy/organization/package`.
    StackSet,
}

/// The whole template.
pub(super) fn template(rules: &[Metadata], form: Form) -> String {
    let mut out = head(rules, form);
    out += &interface(rules, form);
    out += "\nParameters:\n";
    for (_, parameters) in groups(rules, form) {
        for parameter in parameters {
            out += &parameter.declaration();
        }
    }
    out += &assertions(rules);
    out += &conditions(rules);
    if form == Form::Sam {
        out += "\n# What all functions have in common.\nGlobals:\n  Function:\n";
        out += &indented(4, &in_common(form));
    }
    out += "\nResources:\n";
    out += &indented(2, ONCE);
    out += &indented(2, &dashboard());
    out += &indented(2, &insights());
    out += &indented(2, TWINS);
    for meta in rules {
        out += &indented(2, &of_a_rule(meta, form));
    }
    out += &indented(0, OUTPUTS);
    out
}

/// What of the template belongs into the Security Hub administrator account, once for all accounts.
pub(super) fn security_hub(rules: &[Metadata]) -> String {
    let wanted = ["RuleNamePrefix", "SecurityHubInsights"];
    let of_the_stack = parameters::of_the_stack(rules).into_iter().flat_map(|(_, parameters)| parameters);
    let parameters: String =
        of_the_stack.filter(|one| wanted.contains(&one.name.as_str())).map(|one| one.declaration()).collect();
    // It would suppress the findings about all rules that there are.
    let parameters = parameters.replace("'^[A-Za-z0-9_-]*$'", "'^[A-Za-z0-9_-]+$'");
    let twins = TWINS.replace("  Condition: SuppressesTwins\n", "");
    format!(
        "# Written by `cargo bless`: edit tests/it/tests/it/generated.
#
# What only a Security Hub administrator account can do for all its members: suppress the findings that AWS Config sends about the rules, and show
# the failures of all accounts. A stack of that account in each Region, since automation rules hold in their own Region only.

AWSTemplateFormatVersion: '2010-09-09'
Description: Detective Controls, in the Security Hub administrator account

Parameters:
{parameters}
Conditions:
  HasInsights: !Equals [!Ref SecurityHubInsights, 'true']

Resources:
{}{}",
        indented(2, &insights()),
        indented(2, &twins)
    )
}

fn head(rules: &[Metadata], form: Form) -> String {
    let (what, transform) = match form {
        Form::Sam => ("Build and deploy it with `sam build && sam deploy --guided`; docs/deploy.md tells more.", true),
        Form::StackSet => {
            ("deploy/organization/package uploads it with the functions; docs/deploy.md tells more.", false)
        }
    };
    let transform = if transform { "Transform: AWS::Serverless-2016-10-31\n" } else { "" };
    format!(
        "# Written by `cargo bless` from the rules' metadata: edit tests/it/tests/it/generated, or a rule.\n#\n# {what}\n\n\
         AWSTemplateFormatVersion: '2010-09-09'\n{transform}Description: >-\n  Detective Controls: {} AWS Config rules that watch a \
         machine-learning platform for drift,\n  and report to AWS Config and AWS Security Hub\n",
        rules.len()
    )
}

/// Parameters by group: those of the stack, those that rules share, and each rule's own with its switch.
fn groups(rules: &[Metadata], form: Form) -> Vec<(String, Vec<Parameter>)> {
    let mut groups: Vec<_> =
        parameters::of_the_stack(rules).into_iter().map(|(name, parameters)| (name.to_owned(), parameters)).collect();
    if form == Form::StackSet {
        groups.insert(0, ("Packages".to_owned(), parameters::of_packages()));
    }
    let (mut shared, mut seen) = (Vec::new(), BTreeSet::new());
    for meta in rules {
        for spec in meta.parameters.iter().filter(|spec| parameters::is_shared(spec)) {
            if seen.insert(spec.name) {
                shared.push(parameters::of_a_rule(meta, spec));
            }
        }
    }
    groups.push(("Several rules".to_owned(), shared));
    for meta in rules {
        let own = meta.parameters.iter().filter(|spec| !parameters::is_shared(spec));
        let own = own.map(|spec| parameters::of_a_rule(meta, spec));
        groups.push((meta.name.to_owned(), [parameters::switch(meta)].into_iter().chain(own).collect()));
    }
    groups
}

/// How the console shows the parameters.
fn interface(rules: &[Metadata], form: Form) -> String {
    let mut out = "\nMetadata:\n  AWS::CloudFormation::Interface:\n    ParameterGroups:\n".to_owned();
    for (name, parameters) in groups(rules, form) {
        let _ = writeln!(out, "      - Label: {{default: {name}}}\n        Parameters:");
        for parameter in parameters {
            let _ = writeln!(out, "          - {}", parameter.name);
        }
    }
    out
}

/// What parameters have to be together.
fn assertions(rules: &[Metadata]) -> String {
    let takes_keys = |meta: &Metadata| meta.parameters.iter().any(|spec| spec.name == "kmsKeyArns");
    let requirements: BTreeSet<_> = rules
        .iter()
        .filter(|meta| takes_keys(meta))
        .flat_map(|meta| meta.parameters.iter().filter(|spec| spec.name == "keyRequirement").map(|spec| (*meta, *spec)))
        .map(|(meta, spec)| parameters::of_a_rule(&meta, &spec).name)
        .collect();
    let mut out = "
Rules:
  VpcNeedsBoth:
    RuleCondition: !Not [Fn::EachMemberEquals: [!Ref VpcSubnetIds, '']]
    Assertions:
      - Assert: !Not [Fn::EachMemberEquals: [!Ref VpcSecurityGroupIds, '']]
        AssertDescription: VpcSubnetIds needs VpcSecurityGroupIds beside it
  SuppressionNeedsPrefix:
    RuleCondition: !Equals [!Ref SuppressConfigFindings, 'true']
    Assertions:
      - Assert: !Not [!Equals [!Ref RuleNamePrefix, '']]
        AssertDescription: SuppressConfigFindings tells these rules from others by RuleNamePrefix, which is empty
"
    .to_owned();
    for requirement in requirements {
        let _ = write!(
            out,
            "  {requirement}NeedsKeys:
    RuleCondition: !Equals [!Ref {requirement}, allow-list]
    Assertions:
      - Assert: !Not [!Equals [!Ref KmsKeyArns, '']]
        AssertDescription: '{requirement}: allow-list needs KmsKeyArns beside it'
"
        );
    }
    out
}

fn conditions(rules: &[Metadata]) -> String {
    let mut out = CONDITIONS.to_owned();
    out += "\n  # A parameter that has its default is left out of the rule's, of which AWS Config takes 1,024 characters.\n";
    let mut seen = BTreeSet::new();
    for meta in rules {
        for spec in meta.parameters {
            let Parameter { name, default, .. } = parameters::of_a_rule(meta, spec);
            if spec.name == "kmsKeyArns" || !seen.insert(name.clone()) {
                continue;
            }
            let _ = writeln!(out, "  Sets{name}: !Not [!Equals [!Ref {name}, '{default}']]");
            if spec.name == "keyRequirement" {
                let _ = writeln!(out, "  {name}IsAllowList: !Equals [!Ref {name}, allow-list]");
            }
        }
    }
    out += "\n  # Rules that are deployed, and alarms for each.\n";
    for meta in rules {
        let id = pascal(meta.name);
        let on = format!("!Equals [!Ref {id}, 'true']");
        let on = match meta.deployed {
            Deployed::Everywhere => on,
            Deployed::Regions(regions) => {
                let _ = write!(out, "  # AWS has its service in these only.\n  Offers{id}: !Or\n{}", one_of(regions));
                format!("!And [{on}, !Condition Offers{id}]")
            }
            Deployed::OneRegion => format!("!And [{on}, !Condition InGlobalRulesRegion]"),
            Deployed::Administrator => {
                format!("!And [{on}, !Condition InGlobalRulesRegion, !Equals [!Ref AdministratorRules, 'true']]")
            }
        };
        let _ = writeln!(out, "  Has{id}: {on}\n  Watches{id}: !And [!Condition Has{id}, !Condition AlarmsEachRule]");
    }
    out
}

/// Members of an `Fn::Or` that holds in one of these Regions. It takes two to ten, so of more they are themselves such.
fn one_of(regions: &[&str]) -> String {
    assert!((2..=100).contains(&regions.len()), "{regions:?}");
    let mut out = String::new();
    let is_nested = regions.len() > 10;
    for some in regions.chunks(regions.len().div_ceil(regions.len().div_ceil(10))) {
        if is_nested {
            out += "    - !Or\n";
        }
        for region in some {
            let indent = if is_nested { "      " } else { "    " };
            let _ = writeln!(out, "{indent}- !Equals [!Ref AWS::Region, {region}]");
        }
    }
    out
}

/// Properties that every function has.
fn in_common(form: Form) -> String {
    let logging = match form {
        Form::Sam => "LoggingConfig:\n  LogFormat: JSON\n  ApplicationLogLevel: !Ref LogLevel\n",
        Form::StackSet => "",
    };
    format!(
        "Handler: bootstrap
Runtime: provided.al2023
Architectures: [!Ref Architecture]
{logging}VpcConfig: !If
  - InVpc
  - SubnetIds: !Ref VpcSubnetIds
    SecurityGroupIds: !Ref VpcSecurityGroupIds
  - !Ref AWS::NoValue
Environment:
  Variables:
    SECURITY_HUB_FINDINGS: !Ref SecurityHubFindings
    CONFIG_EVALUATIONS: !Ref ConfigEvaluations
    MAX_REQUESTS_PER_SECOND: !Ref MaxRequestsPerSecond
    MAX_CONCURRENCY: !Ref MaxConcurrency
    RETIRE: !Ref Retire
    AWS_USE_FIPS_ENDPOINT: !Ref UseFipsEndpoints
    # One file instead of a search; Amazon Linux 2023 has it.
    SSL_CERT_FILE: /etc/pki/tls/certs/ca-bundle.crt
"
    )
}

/// Megabytes and seconds. A run takes as long as the pace lets it, so whatever reads many resources has all the time that Lambda gives.
fn size(meta: &Metadata) -> (u32, u32) {
    if meta.deployed == Deployed::Administrator {
        // It reads the whole organization.
        (512, 900)
    } else if meta.resource_types == [ACCOUNT] {
        (128, 120)
    } else if permissions::is_about_jobs(meta) {
        (512, 900)
    } else {
        (256, 900)
    }
}

/// A rule with all that it needs.
fn of_a_rule(meta: &Metadata, form: Form) -> String {
    let id = pascal(meta.name);
    let name = format!("!Sub ${{RuleNamePrefix}}{}", meta.name);
    let rule = [
        format!("\n# {}: {}\n", meta.name, meta.summary),
        function(meta, &id, &name, form),
        role(meta, &id),
        format!(
            "{id}LogGroup:
  Type: AWS::Logs::LogGroup
  Condition: Has{id}
  Properties:
    LogGroupName: !Sub /aws/lambda/${{RuleNamePrefix}}{}
    RetentionInDays: !Ref LogRetentionDays
    KmsKeyId: !If [HasEncryptionKey, !Ref EncryptionKeyArn, !Ref AWS::NoValue]
{id}Failures:
  Type: AWS::Lambda::EventInvokeConfig
  Condition: Has{id}
  Properties:
    FunctionName: !Ref {id}Function
    Qualifier: $LATEST
    MaximumRetryAttempts: 2
    DestinationConfig:
      OnFailure:
        Destination: !GetAtt FailedEvents.Arn
{id}Permission:
  Type: AWS::Lambda::Permission
  Condition: Has{id}
  Properties:
    Action: lambda:InvokeFunction
    FunctionName: !GetAtt {id}Function.Arn
    Principal: config.amazonaws.com
    SourceAccount: !Ref AWS::AccountId
",
            meta.name
        ),
        config_rule(meta, &id, &name),
        alarms(meta, &id),
    ];
    rule.concat()
}

fn function(meta: &Metadata, id: &str, name: &str, form: Form) -> String {
    let (memory, timeout) = size(meta);
    let described = scalar(meta.summary);
    match form {
        Form::Sam => format!(
            "{id}Function:
  Type: AWS::Serverless::Function
  Condition: Has{id}
  Metadata:
    BuildMethod: rust-cargolambda
    BuildProperties:
      Binary: {binary}
  Properties:
    FunctionName: {name}
    Description: {described}
    CodeUri: functions/{binary}
    MemorySize: {memory}
    Timeout: {timeout}
    Role: !GetAtt {id}Role.Arn
    LoggingConfig:
      LogGroup: !Ref {id}LogGroup
",
            binary = meta.name
        ),
        Form::StackSet => {
            let common = in_common(form);
            format!(
                "{id}Function:
  Type: AWS::Lambda::Function
  Condition: Has{id}
  Properties:
    FunctionName: {name}
    Description: {described}
    Code:
      S3Bucket: !Sub ${{PackageBucketPrefix}}-${{AWS::Region}}
      S3Key: !Sub ${{PackageKeyPrefix}}/${{Architecture}}/{binary}.zip
    MemorySize: {memory}
    Timeout: {timeout}
    Role: !GetAtt {id}Role.Arn
    LoggingConfig:
      LogGroup: !Ref {id}LogGroup
      LogFormat: JSON
      ApplicationLogLevel: !Ref LogLevel
{}",
                indented(4, &common),
                binary = meta.name
            )
        }
    }
}

fn role(meta: &Metadata, id: &str) -> String {
    let mut out = format!(
        "{id}Role:
  Type: AWS::IAM::Role
  Condition: Has{id}
  Properties:
    Description: !Sub What ${{RuleNamePrefix}}{} reads, and where it reports
    AssumeRolePolicyDocument:
      Version: '2012-10-17'
      Statement:
        - Effect: Allow
          Action: sts:AssumeRole
          Principal: {{Service: lambda.amazonaws.com}}
    PermissionsBoundary: !If [HasPermissionsBoundary, !Ref PermissionsBoundaryArn, !Ref AWS::NoValue]
    Policies:
      - PolicyName: rule
        PolicyDocument:
          Version: '2012-10-17'
          Statement:
",
        meta.name
    );
    let mut state = |statement: &Statement| out += &indented(12, &allow(statement));
    permissions::reading(meta).iter().for_each(&mut state);
    permissions::config(meta).iter().for_each(&mut state);
    state(&Statement {
        why: "",
        actions: vec!["logs:CreateLogStream".to_owned(), "logs:PutLogEvents".to_owned()],
        resources: vec![format!("!GetAtt {id}LogGroup.Arn")],
    });
    state(&Statement {
        why: "With it Lambda sends what failed for good",
        actions: vec!["sqs:SendMessage".to_owned()],
        resources: vec!["!GetAtt FailedEvents.Arn".to_owned()],
    });
    for statement in permissions::security_hub() {
        out += &indented(12, &allow_if("SendsFindings", &statement));
    }
    out += &indented(
        12,
        &allow_if(
            "HasEncryptionKey",
            &Statement {
                why: "",
                actions: vec!["kms:Decrypt".to_owned(), "kms:GenerateDataKey".to_owned()],
                resources: vec!["!Ref EncryptionKeyArn".to_owned()],
            },
        ),
    );
    out += &indented(12, &allow_if("InVpc", &permissions::vpc()));
    // The guide's answer to an allowance that is Lambda's and not the function's.
    out += &indented(
        12,
        &format!(
            "# The function itself may not.
- !If
  - InVpc
  - Effect: Deny
    Action:
      - ec2:AssignPrivateIpAddresses
      - ec2:CreateNetworkInterface
      - ec2:DeleteNetworkInterface
      - ec2:UnassignPrivateIpAddresses
    Resource: '*'
    Condition:
      ArnEquals:
        lambda:SourceFunctionArn: !Sub arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:${{RuleNamePrefix}}{}
  - !Ref AWS::NoValue
",
            meta.name
        ),
    );
    out
}

fn allow(Statement { why, actions, resources }: &Statement) -> String {
    let why = if why.is_empty() { String::new() } else { format!("# {why}.\n") };
    let resource = |resource: &String| match resource.as_str() {
        "*" => "'*'".to_owned(),
        of if of.starts_with('!') => of.to_owned(),
        of => format!("!Sub {of}"),
    };
    let resources = match resources.as_slice() {
        [one] => format!(" {}\n", resource(one)),
        many => many.iter().fold("\n".to_owned(), |all, one| format!("{all}    - {}\n", resource(one))),
    };
    let actions = actions.iter().fold(String::new(), |all, action| format!("{all}    - {action}\n"));
    format!("{why}- Effect: Allow\n  Action:\n{actions}  Resource:{resources}")
}

fn allow_if(condition: &str, statement: &Statement) -> String {
    let unconditional =
        Statement { why: "", actions: statement.actions.clone(), resources: statement.resources.clone() };
    let why = if statement.why.is_empty() { String::new() } else { format!("# {}.\n", statement.why) };
    format!("{why}- !If\n  - {condition}\n{}  - !Ref AWS::NoValue\n", indented(2, &allow(&unconditional)))
}

fn config_rule(meta: &Metadata, id: &str, name: &str) -> String {
    let changes = meta.triggers.contains(&Trigger::Change);
    let mut out = format!(
        "{id}Rule:
  Type: AWS::Config::ConfigRule
  Condition: Has{id}
  # The first run may come at once.
  DependsOn: [{id}Permission, {id}Failures]
  Properties:
    ConfigRuleName: {name}
    Description: {}
    InputParameters:
      exemptionTag: !If [HasExemptionTag, !Ref ExemptionTag, !Ref AWS::NoValue]
",
        scalar(meta.summary)
    );
    for spec in meta.parameters {
        let name = parameters::of_a_rule(meta, spec).name;
        let condition = if spec.name == "kmsKeyArns" {
            let requirement = meta.parameters.iter().find(|spec| spec.name == "keyRequirement").unwrap();
            format!("{}IsAllowList", parameters::of_a_rule(meta, requirement).name)
        } else {
            format!("Sets{name}")
        };
        let _ = writeln!(out, "      {}: !If [{condition}, !Ref {name}, !Ref AWS::NoValue]", spec.name);
    }
    if changes {
        out += "    Scope:\n      ComplianceResourceTypes:\n";
        for of in meta.resource_types.iter().chain(meta.also_triggered_by) {
            let _ = writeln!(out, "        - {of}");
        }
    }
    out += "    EvaluationModes:
      - Mode: DETECTIVE
    Source:
      Owner: CUSTOM_LAMBDA
";
    let _ = writeln!(out, "      SourceIdentifier: !GetAtt {id}Function.Arn\n      SourceDetails:");
    if changes {
        for message in ["ConfigurationItemChangeNotification", "OversizedConfigurationItemChangeNotification"] {
            let _ = writeln!(out, "        - EventSource: aws.config\n          MessageType: {message}");
        }
    }
    out += "        - EventSource: aws.config
          MessageType: ScheduledNotification
          MaximumExecutionFrequency: !Ref ScheduleFrequency
";
    out
}

fn alarms(meta: &Metadata, id: &str) -> String {
    // Where an hour without a failure says nothing of what failed before it, nobody is told that all is well.
    let alarm = |of: &str, what: &str, all_clear: bool, properties: &str| {
        let all_clear = if all_clear {
            "    OKActions: !If [HasAlarmTopic, [!Ref AlarmTopicArn], !Ref AWS::NoValue]\n"
        } else {
            ""
        };
        format!(
            "{id}{}Alarm:
  Type: AWS::CloudWatch::Alarm
  Condition: Watches{id}
  Properties:
    AlarmName: !Sub ${{RuleNamePrefix}}{}-{of}
    AlarmDescription: '{what}'
    AlarmActions: !If [HasAlarmTopic, [!Ref AlarmTopicArn], !Ref AWS::NoValue]
{all_clear}{}",
            pascal(of),
            meta.name,
            indented(4, properties)
        )
    };
    let of_the_rule = |metric: &str| {
        format!(
            "Namespace: DetectiveControls\nMetricName: {metric}\nDimensions:\n  - Name: Function\n    Value: !Ref {id}Function\n"
        )
    };
    [
        alarm(
            "errors",
            // Of the three attempts at an event, two are in the same hour of the clock, however long they take.
            "The function failed twice within an hour, so an event is not answered by trying again. Its log says why",
            false,
            &format!(
                "Namespace: AWS/Lambda
MetricName: Errors
Dimensions:
  - Name: FunctionName
    Value: !Ref {id}Function
Statistic: Sum
Period: 3600
EvaluationPeriods: 1
ComparisonOperator: GreaterThanOrEqualToThreshold
Threshold: 2
TreatMissingData: notBreaching
"
            ),
        ),
        alarm(
            "undecided",
            "The rule could not judge a resource, which keeps its last result. The log of the function and the finding say why",
            false,
            &format!(
                "{}Statistic: Maximum
Period: 3600
EvaluationPeriods: 1
ComparisonOperator: GreaterThanThreshold
Threshold: 0
TreatMissingData: ignore
",
                of_the_rule("Undecided")
            ),
        ),
        alarm(
            "silent",
            "The rule has looked at nothing for 25 hours, or never came to its end: its results may be old",
            true,
            &format!(
                "{}Statistic: Sum
Period: 3600
EvaluationPeriods: 25
DatapointsToAlarm: 25
ComparisonOperator: LessThanThreshold
Threshold: 1
TreatMissingData: breaching
",
                of_the_rule("CompletedRuns")
            ),
        ),
    ]
    .concat()
}

/// What the rules say of themselves.
fn dashboard() -> String {
    let mut out = r##"
# Whether the rules are well. Dashboards are the account's, so the name says the Region.
RulesDashboard:
  Type: AWS::CloudWatch::Dashboard
  Condition: HasDashboard
  Properties:
    DashboardName: !Sub ${AWS::StackName}-${AWS::Region}
    DashboardBody: !Sub |
      {"widgets": [
        {"type": "text", "x": 0, "y": 0, "width": 24, "height": 2, "properties": {
          "markdown": "# Detective Controls in ${AWS::Region}\nWhat fails is in AWS Config and Security Hub, resource by resource; here is whether the rules are well. Events that no attempt could answer are in the queue ${FailedEvents.QueueName}."}}"##
        .to_owned();
    let graphs = [
        ("Failing resources of those that a run judged, by rule", "NonCompliant", "Maximum", 3600),
        ("Undecided resources, by rule", "Undecided", "Maximum", 3600),
        ("Looks at everything that came to their end, by rule and day", "CompletedRuns", "Sum", 86_400),
        ("Time of a run in milliseconds; Lambda ends it at 900,000", "DurationMs", "Maximum", 3600),
        ("Calls to AWS, by rule and hour", "AwsCalls", "Sum", 3600),
        ("Calls that AWS throttled, by rule and hour", "Throttled", "Sum", 3600),
    ];
    for (place, (title, metric, statistic, period)) in graphs.into_iter().enumerate() {
        let (x, y) = (place % 2 * 12, 2 + place / 2 * 7);
        let _ = write!(
            out,
            r#",
        {{"type": "metric", "x": {x}, "y": {y}, "width": 12, "height": 7, "properties": {{
          "title": "{title}", "region": "${{AWS::Region}}", "view": "timeSeries", "period": {period}, "stat": "{statistic}",
          "metrics": [[{{"id": "e{place}", "expression": "SEARCH('{{DetectiveControls,Function}} MetricName=\"{metric}\"', '{statistic}')"}}]]}}}}"#
        );
    }
    out + "\n      ]}\n"
}

/// Open failures in three views. The findings are told from others by a field of theirs.
fn insights() -> String {
    let views = [("rule", "Title"), ("account", "AwsAccountId"), ("severity", "SeverityLabel")];
    views.iter().map(|(view, attribute)| insight(view, attribute)).collect()
}

fn insight(view: &str, attribute: &str) -> String {
    format!(
        "FailedBy{}:
  Type: AWS::SecurityHub::Insight
  Condition: HasInsights
  Properties:
    Name: !Sub '${{AWS::StackName}}: failed findings by {view}'
    GroupByAttribute: {attribute}
    Filters:
      ProductFields:
        - {{Comparison: EQUALS, Key: detective-controls/product/name, Value: detective-controls}}
      ComplianceStatus:
        - {{Comparison: EQUALS, Value: FAILED}}
      RecordState:
        - {{Comparison: EQUALS, Value: ACTIVE}}
      WorkflowStatus:
        - {{Comparison: EQUALS, Value: NEW}}
        - {{Comparison: EQUALS, Value: NOTIFIED}}
",
        pascal(view)
    )
}

const CONDITIONS: &str = "
Conditions:
  HasExemptionTag: !Not [!Equals [!Ref ExemptionTag, '']]
  HasAlarmTopic: !Not [!Equals [!Ref AlarmTopicArn, '']]
  HasEncryptionKey: !Not [!Equals [!Ref EncryptionKeyArn, '']]
  HasPermissionsBoundary: !Not [!Equals [!Ref PermissionsBoundaryArn, '']]
  InVpc: !Not [!Equals [!Join ['', !Ref VpcSubnetIds], '']]
  InGlobalRulesRegion: !Or [!Equals [!Ref GlobalRulesRegion, ''], !Equals [!Ref GlobalRulesRegion, !Ref AWS::Region]]
  AlarmsEachRule: !Equals [!Ref Alarms, each-rule]
  AlarmsFailedEvents: !Not [!Equals [!Ref Alarms, none]]
  HasDashboard: !Equals [!Ref Dashboard, 'true']
  SendsFindings: !Not [!Equals [!Ref SecurityHubFindings, 'off']]
  HasInsights: !And [!Condition SendsFindings, !Equals [!Ref SecurityHubInsights, 'true']]
  SuppressesTwins: !Equals [!Ref SuppressConfigFindings, 'true']
";

/// What there is once in a stack.
const ONCE: &str = "
# Events that no attempt could answer. Each names its function, and holds the event and the last error.
FailedEvents:
  Type: AWS::SQS::Queue
  Properties:
    MessageRetentionPeriod: 1209600
    SqsManagedSseEnabled: !If [HasEncryptionKey, !Ref AWS::NoValue, true]
    KmsMasterKeyId: !If [HasEncryptionKey, !Ref EncryptionKeyArn, !Ref AWS::NoValue]
FailedEventsAlarm:
  Type: AWS::CloudWatch::Alarm
  Condition: AlarmsFailedEvents
  Properties:
    AlarmName: !Sub ${RuleNamePrefix}failed-events-${AWS::StackName}
    AlarmDescription: A rule could not answer an event in three attempts. The message in the queue names its function and says why
    AlarmActions: !If [HasAlarmTopic, [!Ref AlarmTopicArn], !Ref AWS::NoValue]
    OKActions: !If [HasAlarmTopic, [!Ref AlarmTopicArn], !Ref AWS::NoValue]
    Namespace: AWS/SQS
    MetricName: ApproximateNumberOfMessagesVisible
    Dimensions:
      - Name: QueueName
        Value: !GetAtt FailedEvents.QueueName
    Statistic: Maximum
    Period: 300
    EvaluationPeriods: 1
    ComparisonOperator: GreaterThanThreshold
    Threshold: 0
    TreatMissingData: notBreaching
";

const TWINS: &str = "
# AWS Config sends findings of its own about every rule. They have neither the reason nor the severity nor what to do.
TwinsSuppressed:
  Type: AWS::SecurityHub::AutomationRule
  Condition: SuppressesTwins
  Properties:
    RuleName: !Sub '${AWS::StackName}: findings of AWS Config about the same'
    Description: The rules of Detective Controls send findings that say more; these are the ones that AWS Config sends about them
    RuleOrder: 1
    RuleStatus: ENABLED
    Criteria:
      ProductName:
        - {Comparison: EQUALS, Value: Config}
      Title:
        - {Comparison: PREFIX, Value: !Ref RuleNamePrefix}
    Actions:
      - Type: FINDING_FIELDS_UPDATE
        FindingFieldsUpdate:
          Workflow: {Status: SUPPRESSED}
";

const OUTPUTS: &str = "
Outputs:
  FailedEventsQueue:
    Description: The queue of events that no attempt could answer
    Value: !Ref FailedEvents
";

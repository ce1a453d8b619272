"""What CloudFormation makes of a template: `resolve` says it, `deploy` has moto do it as far as moto goes.

    python stack.py resolve TEMPLATE REGION PARTITION PARAMETERS            -> {logical id: {"Type": ..., "Properties": ...}}
    python stack.py parameters TEMPLATE REGION PARTITION {}                 -> the template's declarations
    python stack.py deploy TEMPLATE REGION PARTITION PARAMETERS ENDPOINT    -> {"rules": ..., "resources": ..., "skipped": ...}

PARAMETERS is a JSON object. SAM's own translator does what AWS's transform does; conditions and functions are worked out here.
"""

import json
import os
import re
import sys

import boto3
from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

ACCOUNT = "111122223333"
SUFFIX = {"aws-cn": "amazonaws.com.cn"}
NO_VALUE = object()


class NoManagedPolicies:
    """The roles name none."""

    def load(self):
        return {}


def translated(path, region):
    with open(path) as file:
        template = yaml_parse(file.read())
    if "Transform" not in template:
        return template
    # As `sam package` would leave it.
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = f"s3://packages/{name}"
    os.environ["AWS_DEFAULT_REGION"] = region
    return transform(template, {}, NoManagedPolicies())


class Stack:
    """A template with its parameters, in an account and Region."""

    def __init__(self, template, region, partition, given):
        self.template = template
        self.values = {
            "AWS::AccountId": ACCOUNT,
            "AWS::Region": region,
            "AWS::Partition": partition,
            "AWS::URLSuffix": SUFFIX.get(partition, "amazonaws.com"),
            "AWS::StackName": "detective-controls",
            "AWS::NoValue": NO_VALUE,
        }
        for name, declared in template["Parameters"].items():
            self.values[name] = self.checked(name, declared, str(given.pop(name, declared.get("Default"))))
        assert not given, f"there is no parameter {sorted(given)}"
        for rule in template.get("Rules", {}).values():
            if self.is_true(rule.get("RuleCondition", True)):
                for assertion in rule["Assertions"]:
                    if not self.is_true(assertion["Assert"]):
                        sys.exit(f"refused: {assertion['AssertDescription']}")

    def checked(self, name, declared, value):
        """The value, if CloudFormation would take it."""
        is_list = declared["Type"] == "CommaDelimitedList"
        for part in value.split(",") if is_list else [value]:
            if "AllowedValues" in declared and part not in [str(each) for each in declared["AllowedValues"]]:
                sys.exit(f"refused: {name}={part}")
            if "AllowedPattern" in declared and not re.fullmatch(declared["AllowedPattern"], part):
                sys.exit(f"refused: {name}={part}")
            if not declared.get("MinLength", 0) <= len(part) <= declared.get("MaxLength", len(part)):
                sys.exit(f"refused: {name}={part}")
            if declared["Type"] == "Number" and not declared["MinValue"] <= int(part) <= declared["MaxValue"]:
                sys.exit(f"refused: {name}={part}")
        return [part for part in value.split(",") if part] if is_list else value

    def is_true(self, condition):
        if isinstance(condition, bool):
            return condition
        ((function, given),) = condition.items()
        if function == "Condition":
            return self.is_true(self.template["Conditions"][given])
        if function == "Fn::Equals":
            one, other = (self.value(each) for each in given)
            return one == other
        if function == "Fn::Not":
            return not self.is_true(given[0])
        if function == "Fn::And":
            return all([self.is_true(each) for each in given])
        if function == "Fn::Or":
            return any([self.is_true(each) for each in given])
        if function == "Fn::EachMemberEquals":
            return all(member == given[1] for member in self.value(given[0]))
        raise ValueError(function)

    def value(self, given):
        """What a value of the template comes to; a resource stands for itself as `<id>` or `<id.attribute>`."""
        if isinstance(given, list):
            values = [self.value(each) for each in given]
            return [each for each in values if each is not NO_VALUE]
        if not isinstance(given, dict):
            return given
        if len(given) == 1:
            ((function, arguments),) = given.items()
            if function == "Ref":
                return self.values[arguments] if arguments in self.values else self.resource(arguments)
            if function == "Fn::GetAtt":
                parts = arguments if isinstance(arguments, list) else arguments.split(".")
                return self.resource(parts[0], ".".join(parts[1:]))
            if function == "Fn::Sub":
                return re.sub(r"\$\{([^}]+)\}", lambda name: self.substitute(name.group(1)), arguments)
            if function == "Fn::Join":
                return arguments[0].join(self.value(arguments[1]))
            if function == "Fn::If":
                condition, one, other = arguments
                return self.value(one if self.is_true({"Condition": condition}) else other)
            assert not function.startswith("Fn::"), function
        values = {name: self.value(each) for name, each in given.items()}
        return {name: each for name, each in values.items() if each is not NO_VALUE}

    def substitute(self, name):
        if name in self.values:
            return self.values[name]
        return self.resource(*name.split(".", 1))

    def resource(self, name, attribute=""):
        assert name in self.template["Resources"], f"there is no resource {name}"
        assert self.is_there(name), f"{name} is not in the stack"
        return f"<{name}.{attribute}>" if attribute else f"<{name}>"

    def is_there(self, name):
        resource = self.template["Resources"][name]
        return "Condition" not in resource or self.is_true({"Condition": resource["Condition"]})

    def resources(self):
        return {
            name: {
                "Type": resource["Type"],
                "DependsOn": [other for other in resource.get("DependsOn", []) if self.resource(other)],
                "Properties": self.value(resource.get("Properties", {})),
            }
            for name, resource in self.template["Resources"].items()
            if self.is_there(name)
        }


def deploy(stack, region, endpoint):
    """The rules in moto's AWS Config, read back, and the whole template in moto's CloudFormation."""
    credentials = {"aws_access_key_id": ACCOUNT, "aws_secret_access_key": "none"}
    client = lambda service: boto3.client(service, region_name=region, endpoint_url=endpoint, **credentials)
    resources = stack.resources()
    codes = [each["Properties"]["Code"] for each in resources.values() if each["Type"] == "AWS::Lambda::Function"]
    for bucket in {code["S3Bucket"] for code in codes}:
        client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})
    for code in codes:
        client("s3").put_object(Bucket=code["S3Bucket"], Key=code["S3Key"], Body=b"")
    created = client("cloudformation").create_stack(
        StackName="detective-controls",
        TemplateBody=json.dumps(stack.template, default=str),
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[
            {"ParameterKey": name, "ParameterValue": ",".join(value) if isinstance(value, list) else value}
            for name, value in stack.values.items()
            if not name.startswith("AWS::")
        ],
    )
    status = client("cloudformation").describe_stacks(StackName=created["StackId"])["Stacks"][0]["StackStatus"]
    summaries = client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=created["StackId"])
    physical = {
        each["LogicalResourceId"]: each.get("PhysicalResourceId")
        for page in summaries
        for each in page["StackResourceSummaries"]
    }
    functions = {each["FunctionName"]: each["FunctionArn"] for each in pages(client("lambda"), "list_functions", "Functions")}
    put = {}
    for name, resource in resources.items():
        if resource["Type"] != "AWS::Config::ConfigRule":
            continue
        properties = resource["Properties"]
        function = resources[properties["Source"]["SourceIdentifier"].strip("<>").split(".")[0]]["Properties"]["FunctionName"]
        rule = {**properties, "InputParameters": json.dumps(properties["InputParameters"])}
        rule["Source"] = {**properties["Source"], "SourceIdentifier": functions[function]}
        client("config").put_config_rule(ConfigRule=rule)
        put[properties["ConfigRuleName"]] = rule
    held = {each["ConfigRuleName"]: each for each in pages(client("config"), "describe_config_rules", "ConfigRules")}
    roles = [each for each in pages(client("iam"), "list_roles", "Roles") if client("iam").list_role_policies(RoleName=each["RoleName"])["PolicyNames"]]
    return {
        "status": status,
        "put": put,
        "held": held,
        "created": physical,
        "roles": len(roles),
        "types": {name: resource["Type"] for name, resource in resources.items()},
    }


def pages(client, operation, key):
    return [each for page in client.get_paginator(operation).paginate() for each in page[key]]


def main():
    command, path, region, partition, parameters, *rest = sys.argv[1:]
    if command == "parameters":
        return json.dump(translated(path, region)["Parameters"], sys.stdout)
    stack = Stack(translated(path, region), region, partition, json.loads(parameters))
    answer = stack.resources() if command == "resolve" else deploy(stack, region, *rest)
    json.dump(answer, sys.stdout, default=str)


main()

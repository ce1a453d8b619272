"""Prints what botocore's models say of the answers of operations: {"sagemaker:ListModels": {"required": [["Models", "*",
"ModelName"], ...], "token": ["NextToken"]}}. Arguments: operations as IAM names them. EC2's model requires nothing.

A list inside of something else that may be empty and is missing is left out: the SDKs, ours and boto3 alike, read an empty list.
"""

import json
import sys

import botocore.session

SERVICES = {"application-autoscaling": "application-autoscaling"}
DEPTH = 6

session = botocore.session.get_session()


def required(shape, depth=0):
    if depth == DEPTH:
        return
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            may_be_empty = member.type_name == "list" and not member.metadata.get("min")
            if name in shape.required_members and not (depth and may_be_empty):
                yield [name]
            for path in required(member, depth + 1):
                yield [name, *path]
    elif shape.type_name == "list":
        for path in required(shape.member, depth + 1):
            yield ["*", *path]


def token(service, operation):
    try:
        paginator = session.get_paginator_model(service).get_paginator(operation)
    except Exception:
        return []
    names = paginator["output_token"]
    return names if isinstance(names, list) else [names]


models = {}
for action in sys.argv[1:]:
    prefix, operation = action.split(":")
    service = SERVICES.get(prefix, prefix)
    shape = session.get_service_model(service).operation_model(operation).output_shape
    models[action] = {
        "required": list(required(shape)) if shape else [],
        "token": token(service, operation),
    }
print(json.dumps(models))

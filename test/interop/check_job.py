"""Jobs for Kubernetes as the models of its Python client take them.

The models check required fields, types and enumerations and drop what they do not know; what is dropped is found by writing the Job again.
Reads a list of Jobs; prints a list with a complaint for each, empty for a Job that is whole.
"""

import json
import sys

from kubernetes.client.models import V1Job


def complaint(given):
    try:
        read = V1Job.model_validate(given, strict=True)
    except ValueError as error:
        return str(error)
    written = json.loads(read.model_dump_json(by_alias=True, exclude_none=True))
    return "" if written == given else f"written again it is {json.dumps(written)}"


print(json.dumps([complaint(job) for job in json.load(sys.stdin)]))

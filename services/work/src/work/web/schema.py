"""The OpenAPI description of the intake, out of the contract itself, so that it cannot fall behind it."""

from collections.abc import Mapping
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from congvu.work.v1 import events_pb2
from work.web.cloud_events import BATCHED, STRUCTURED, TYPE

_INTEGERS = {FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_INT64}
_TIMESTAMP = "google.protobuf.Timestamp"


def _message_schema(descriptor: Descriptor) -> dict[str, Any]:
    properties = {field.json_name: _field_schema(field) for field in descriptor.fields}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _field_schema(field: FieldDescriptor) -> dict[str, Any]:
    schema = _value_schema(field)
    return {"type": "array", "items": schema} if field.is_repeated else schema


def _value_schema(field: FieldDescriptor) -> dict[str, Any]:
    if field.message_type is not None:
        if field.message_type.full_name == _TIMESTAMP:
            return {"type": "string", "format": "date-time"}
        return _message_schema(field.message_type)
    if field.enum_type is not None:
        return {"type": "string", "enum": [value.name for value in field.enum_type.values]}
    return {"type": "integer"} if field.type in _INTEGERS else {"type": "string"}


WORK_EVENT = {
    **_message_schema(events_pb2.WorkEvent.DESCRIPTOR),
    "description": "congvu.work.v1.WorkEvent as proto JSON with exactly one fact. Units are thousandths.",
}

CLOUD_EVENT: Mapping[str, Any] = {
    "type": "object",
    "required": ["specversion", "id", "source", "type", "data"],
    "properties": {
        "specversion": {"type": "string", "enum": ["1.0"]},
        "id": {"type": "string", "description": "The eventId; the same id again changes nothing."},
        "source": {"type": "string", "format": "uri-reference"},
        "type": {"type": "string", "enum": [TYPE]},
        "subject": {"type": "string", "description": "The workId."},
        "time": {"type": "string", "format": "date-time", "description": "The occurredAt."},
        "data": WORK_EVENT,
    },
}

_EXAMPLE = {
    "specversion": "1.0",
    "id": "7f2c1e",
    "source": "/hue/records",
    "type": TYPE,
    "subject": "document/2026-118",
    "time": "2026-03-09T01:00:00Z",
    "data": {
        "assigned": {
            "officerId": "HUE-00123",
            "unitId": "SNV-CCVC",
            "kind": "WORK_KIND_INCOMING_DOCUMENT",
            "basis": "BASIS_OWN",
            "productCode": "CV-01",
            "dueAt": "2026-03-16T10:00:00Z",
            "title": "Reply to the ward",
        }
    },
}

REQUEST_BODY: Mapping[str, Any] = {
    "required": True,
    "content": {
        STRUCTURED: {"schema": CLOUD_EVENT, "example": _EXAMPLE},
        BATCHED: {"schema": {"type": "array", "items": CLOUD_EVENT}, "example": [_EXAMPLE]},
        "application/json": {"schema": WORK_EVENT, "example": _EXAMPLE["data"]},
    },
}

_PROBLEM = {
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("title", "detail", "field")},
            }
        }
    }
}

RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "What became of the events; places are counted from 0.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["accepted", "repeated", "refused"],
                    "properties": {
                        "accepted": {"type": "integer"},
                        "repeated": {"type": "integer"},
                        "refused": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "properties": {
                                    "index": {"type": "integer"},
                                    "event_id": {"type": "string"},
                                    "field": {"type": "string"},
                                    "reason": {"type": "string"},
                                },
                            },
                        },
                    },
                }
            }
        },
    },
    401: {"description": "No valid token.", **_PROBLEM},
    403: {"description": "The caller may not record work events.", **_PROBLEM},
    413: {"description": "The body is too large.", **_PROBLEM},
    415: {"description": "The content type is none of CloudEvents'.", **_PROBLEM},
    422: {"description": "The body, or the single event, is wrong; `field` names the place.", **_PROBLEM},
}

"""Messages as plain values for --json: fields by their proto name, integers as such, instants as ISO text in UTC."""

import base64
import json
from typing import Any

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from congvu.evaluation.v1 import resources_pb2
from embedded.render.numbers import to_fraction
from runtime.timestamps import from_timestamp


def json_text(value: Any) -> str:
    """Readable JSON that keeps Vietnamese letters."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def plain(message: Message) -> Any:
    """The message as dictionaries, lists and scalars; absent optional fields are null."""
    if isinstance(message, Timestamp):
        return from_timestamp(message).isoformat()
    if isinstance(message, resources_pb2.Fraction):
        return str(to_fraction(message))
    return {field.name: _field(message, field) for field in message.DESCRIPTOR.fields if _shown(message, field)}


def _shown(message: Message, field: Any) -> bool:
    return field.containing_oneof is None or not field.message_type or message.HasField(field.name)


def _field(message: Message, field: Any) -> Any:
    value = getattr(message, field.name)
    if field.message_type and field.message_type.GetOptions().map_entry:
        return dict(sorted(value.items()))
    if field.is_repeated:
        return [_scalar(field, each) for each in value]
    if field.has_presence and not message.HasField(field.name):
        return None
    return _scalar(field, value)


def _scalar(field: Any, value: Any) -> Any:
    if field.message_type:
        return plain(value)
    if field.enum_type:
        return field.enum_type.values_by_number[value].name
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value

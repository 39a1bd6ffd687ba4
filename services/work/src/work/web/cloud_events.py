"""CloudEvents 1.0 over HTTP: structured, batched and binary content mode; the data is a WorkEvent as proto JSON."""

import json
from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format
from starlette.exceptions import HTTPException

from congvu.work.v1 import events_pb2
from runtime.errors import InvalidInput
from work.domain.facts import Event
from work.domain.intake import Refusal
from work.events.reading import read_event

STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"
TYPE = "congvu.work.v1.WorkEvent"

_REQUIRED = ("specversion", "id", "source", "type")
# Attribute → name of the same thing in the data, in both spellings of proto JSON.
_SAME = {"id": ("eventId", "event_id"), "subject": ("workId", "work_id"), "time": ("occurredAt", "occurred_at")}


def is_batch(headers: Mapping[str, str]) -> bool:
    """Whether the request carries a batch."""
    return _media_type(headers) == BATCHED


def read_body(headers: Mapping[str, str], body: bytes) -> list[Event | Refusal]:
    """The events of a request; one that cannot be read is a refusal in its place.

    Raises InvalidInput when the body as a whole cannot be read, HTTPException 415 for another content type.
    """
    media_type = _media_type(headers)
    if media_type == STRUCTURED:
        return [_read(0, _parse(body))]
    if media_type == BATCHED:
        batch = _parse(body)
        if not isinstance(batch, list):
            raise InvalidInput("The body must be a JSON array of CloudEvents.")
        return [_read(index, envelope) for index, envelope in enumerate(batch)]
    if "ce-specversion" in headers and media_type in ("application/json", ""):
        attributes = {name: headers[f"ce-{name}"] for name in (*_REQUIRED, *_SAME) if f"ce-{name}" in headers}
        return [_read(0, {**attributes, "data": _parse(body)})]
    raise HTTPException(415, f"Send {STRUCTURED}, {BATCHED}, or application/json with the headers ce-…")


def _media_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"The body is no JSON: {error}.") from None


def _read(index: int, envelope: Any) -> Event | Refusal:
    try:
        return read_event(_message_of(envelope))
    except InvalidInput as error:
        event_id = envelope.get("id", "") if isinstance(envelope, dict) else ""
        return Refusal(index=index, event_id=str(event_id)[:200], field=error.field, reason=error.message)


def _message_of(envelope: Any) -> events_pb2.WorkEvent:
    if not isinstance(envelope, dict):
        raise InvalidInput("a CloudEvent is a JSON object")
    for name in _REQUIRED:
        if not isinstance(envelope.get(name), str) or not envelope[name]:
            raise InvalidInput(f"attribute {name} is missing", field=name)
    if envelope["specversion"] != "1.0":
        raise InvalidInput(f"specversion is {envelope['specversion']!r}: send CloudEvents 1.0", field="specversion")
    if envelope["type"] != TYPE:
        raise InvalidInput(f"type is {envelope['type']!r}: only {TYPE} is taken in here", field="type")
    data = envelope.get("data")
    if not isinstance(data, dict):
        raise InvalidInput("data is missing: send the WorkEvent as a JSON object", field="data")
    message = _parse_data(_with_attributes(envelope, data))
    _require_same(envelope, message)
    return message


def _with_attributes(envelope: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """The data with what only the attributes say."""
    said = {names[0]: envelope[name] for name, names in _SAME.items() if envelope.get(name) and not _has(data, names)}
    return {**data, **said}


def _parse_data(data: Mapping[str, Any]) -> events_pb2.WorkEvent:
    try:
        return json_format.ParseDict(dict(data), events_pb2.WorkEvent())
    except (json_format.ParseError, RecursionError) as error:
        raise InvalidInput(f"data is no WorkEvent: {str(error)[:300]}", field="data") from None


def _require_same(envelope: Mapping[str, Any], message: events_pb2.WorkEvent) -> None:
    """Ids that are said twice have to be the same."""
    for name, value in (("id", message.event_id), ("subject", message.work_id)):
        if envelope.get(name) and envelope[name] != value:
            raise InvalidInput(f"attribute {name} is {envelope[name]!r}, but the data says {value!r}", field=name)


def _has(data: Mapping[str, Any], names: tuple[str, str]) -> bool:
    return any(data.get(name) for name in names)

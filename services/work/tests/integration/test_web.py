"""The intake over HTTP: CloudEvents in all three content modes, documented."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from google.protobuf.json_format import MessageToDict

from congvu.work.v1 import events_pb2 as pb
from congvu.work.v1 import service_pb2 as rpc
from congvu.work.v1.service_pb2_grpc import WorkServiceStub
from runtime.timestamps import from_timestamp
from testkit.clock import Clock
from testkit.facts import WorkEvents

from .city import at

Http = Callable[..., httpx.Client]
Told = Callable[[], list[pb.WorkEvent]]

STRUCTURED = {"content-type": "application/cloudevents+json; charset=utf-8"}
BATCHED = {"content-type": "application/cloudevents-batch+json"}
PATH = "/v1/work-events"


@pytest.fixture(autouse=True)
def _known_products(catalogue: WorkServiceStub, clock: Clock) -> None:
    clock.now = at("2026-03-31T09:00")


def story() -> list[pb.WorkEvent]:
    facts = WorkEvents("document/1", officer_id="an", unit_id="SNV-CCVC")
    return [facts.assigned(at("2026-03-02T08:00"), due_at=at("2026-03-20")), facts.completed(at("2026-03-10T09:00"))]


def envelope(event: pb.WorkEvent, **attributes: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": event.event_id,
        "source": "/hue/records",
        "type": "congvu.work.v1.WorkEvent",
        "data": MessageToDict(event),
        **attributes,
    }


def test_a_structured_event_is_recorded(http: Http, told: Told) -> None:
    answer = http().post(PATH, headers=STRUCTURED, content=json.dumps(envelope(story()[0])))
    assert (answer.status_code, answer.json()) == (200, {"accepted": 1, "repeated": 0, "refused": []})
    assert (told()[0].work_id, told()[0].revision) == ("document/1", 1)


def test_a_batch_tells_what_became_of_each_event(http: Http, told: Told) -> None:
    first, second = story()
    wrong = envelope(second, id="w1", type="something.else")
    mute = envelope(second, id="w2", data={"eventId": "w2", "workId": "document/1", "occurredAt": "yesterday"})
    batch = [envelope(first), wrong, mute, "no event", envelope(second), envelope(first)]
    answer = http().post(PATH, headers=BATCHED, content=json.dumps(batch)).json()
    assert (answer["accepted"], answer["repeated"]) == (2, 1)
    assert [(each["index"], each["event_id"], each["field"]) for each in answer["refused"]] == [
        (1, "w1", "type"),
        (2, "w2", "data"),
        (3, "", ""),
    ]
    assert len(told()) == 2


def test_a_binary_event_has_its_attributes_in_headers(http: Http, told: Told) -> None:
    event = story()[0]
    headers = {
        "content-type": "application/json",
        "ce-specversion": "1.0",
        "ce-id": event.event_id,
        "ce-source": "/hue/records",
        "ce-type": "congvu.work.v1.WorkEvent",
    }
    answer = http().post(PATH, headers=headers, content=json.dumps(MessageToDict(event)))
    assert answer.json()["accepted"] == 1
    assert told()[0].assigned.officer_id == "an"


def test_attributes_fill_what_the_data_leaves_out(http: Http, told: Told) -> None:
    event = story()[0]
    data = {"assigned": MessageToDict(event)["assigned"]}
    full = envelope(event, subject="document/1", time="2026-03-02T08:00:00+07:00", data=data)
    assert http().post(PATH, headers=STRUCTURED, content=json.dumps(full)).status_code == 200
    assert (told()[0].event_id, told()[0].work_id, told()[0].actor_id) == ("document/1#1", "document/1", "service")
    assert from_timestamp(told()[0].occurred_at) == at("2026-03-02T08:00")


def test_the_same_event_over_grpc_and_http_is_one(http: Http, catalogue: WorkServiceStub, told: Told) -> None:
    catalogue.RecordWorkEvents(rpc.RecordWorkEventsRequest(events=story()[:1]))
    answer = http().post(PATH, headers=STRUCTURED, content=json.dumps(envelope(story()[0])))
    assert answer.json() == {"accepted": 0, "repeated": 1, "refused": []}
    assert len(told()) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"type": "congvu.work.v1.Mend"}, "type"),
        ({"source": ""}, "source"),
        ({"id": "other"}, "id"),
        ({"subject": "document/2"}, "subject"),
        ({"data": None}, "data"),
        ({"data": {"assigned": {"officer": "an"}}}, "data"),
    ],
)
def test_a_single_wrong_event_is_answered_with_the_field(
    http: Http, told: Told, change: dict[str, Any], field: str
) -> None:
    answer = http().post(PATH, headers=STRUCTURED, content=json.dumps(envelope(story()[0], **change)))
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert told() == []


@pytest.mark.parametrize(
    ("headers", "content", "status"),
    [
        (STRUCTURED, "{", 422),
        (BATCHED, "{}", 422),
        ({"content-type": "text/plain"}, "{}", 415),
        ({"content-type": "application/json"}, "{}", 415),
        (BATCHED, "[" * 100_000, 422),
    ],
)
def test_a_body_that_is_no_event_is_refused(http: Http, headers: dict[str, str], content: str, status: int) -> None:
    answer = http().post(PATH, headers=headers, content=content)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_a_body_that_is_too_large_is_refused(http: Http) -> None:
    assert http().post(PATH, headers=BATCHED, content=b" " * (16 * 1024 * 1024 + 1)).status_code == 413


def test_who_may_not_record_is_denied_before_the_body_is_read(http: Http) -> None:
    body = json.dumps(envelope(story()[0]))
    assert http(roles=["officer"]).post(PATH, headers=STRUCTURED, content=body).status_code == 403
    anonymous = {**STRUCTURED, "authorization": ""}
    assert http().post(PATH, headers=anonymous, content=body).status_code == 401


def test_the_openapi_document_knows_every_fact_and_content_type(http: Http) -> None:
    post = http().get("/openapi.json").json()["paths"][PATH]["post"]
    content = post["requestBody"]["content"]
    assert set(content) == {
        "application/cloudevents+json",
        "application/cloudevents-batch+json",
        "application/json",
    }
    properties = content["application/json"]["schema"]["properties"]
    assert {"assigned", "dueChanged", "initiativeRecognised", "occurredAt"} <= set(properties)
    assert properties["assigned"]["properties"]["kind"]["enum"][1] == "WORK_KIND_TASK"
    assert {"200", "401", "403", "413", "415", "422"} <= set(post["responses"])

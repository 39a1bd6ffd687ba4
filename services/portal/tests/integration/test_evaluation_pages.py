"""The pages of evaluators: what waits, what came late, how far the log is read, policies, proposals."""

import json
import re
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from lxml import html  # type: ignore[import-untyped]

from congvu.evaluation.v1 import service_pb2 as rpc
from congvu.work.v1 import service_pb2 as work_rpc
from embedded.doors import Doors
from embedded.environment import service_environment
from embedded.home import read_city
from runtime.events import Record, open_event_log
from testkit.cities import RunningCity
from testkit.facts import WorkEvents, work_record

from .accounts import DEPARTMENT_HEAD, EVALUATOR, OFFICER
from .conftest import Web
from .given import Given

Sessions = Callable[[str], Web]
PAGES = ["parked", "late", "log", "policies", "proposals"]
NOW = datetime.now(UTC).replace(microsecond=0)
SOON = 15.0


def put_into_log(city: RunningCity, *records: Record) -> None:
    """What a producer beside `work` does."""
    url = service_environment(city.home, read_city(city.home), "evaluation")["EVENT_LOG_URL"]
    with closing(open_event_log(url)) as log:
        log.append(records)
    city.wait_until_counted()


@pytest.fixture
def item(given: Given) -> WorkEvents:
    return WorkEvents(f"other/{uuid4().hex}", officer_id=given.officer_id(OFFICER), unit_id="SNV-CCVC")


def assigned(item: WorkEvents) -> Record:
    return work_record(item.assigned(NOW - timedelta(days=2), due_at=NOW + timedelta(days=7)))


def card_of(page: str, work_id: str) -> html.HtmlElement | None:
    found = html.fromstring(page).xpath(f"//article[contains(@class, 'card')][h2='{work_id}']")
    return found[0] if found else None


def offset_of(card: html.HtmlElement) -> str:
    return str(card.xpath(".//input[@name='offset']/@value")[0])


def wait_until_mended(session: Web, work_id: str) -> None:
    until = time.monotonic() + SOON
    while card_of(session.get("/evaluation/parked").text, work_id) is not None:
        assert time.monotonic() < until, f"{work_id} is still parked"
        time.sleep(0.2)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("username", [OFFICER, DEPARTMENT_HEAD])
def test_others_are_told_that_the_page_is_not_for_them(web: Sessions, username: str, page: str) -> None:
    answer = web(username).get(f"/evaluation/{page}")
    assert answer.status_code == 403
    assert "dành cho người đánh giá" in answer.text


@pytest.mark.parametrize("page", ["parked", "proposals"])
def test_others_and_forms_of_other_pages_change_nothing(web: Sessions, page: str) -> None:
    assert web(DEPARTMENT_HEAD).send(f"/evaluation/{page}", work_id="x", reason="x").status_code == 403
    answer = web(EVALUATOR).client.post(f"/evaluation/{page}", data={"csrf": "guessed", "reason": "x"})
    assert answer.status_code == 403


def test_a_bad_record_is_told_with_its_place_and_what_waits_behind_and_dropped(
    web: Sessions, city: RunningCity, item: WorkEvents
) -> None:
    session = web(EVALUATOR)
    garbage = replace(assigned(item), value=b"\xff\xfe no protobuf")
    put_into_log(city, garbage, work_record(item.completed(NOW - timedelta(hours=2))))
    card = card_of(session.get("/evaluation/parked").text, item.work_id)
    assert card is not None
    text = " ".join(card.text_content().split())
    assert "không phải sự kiện công việc đọc được" in text
    assert "congvu.work.v1 / " in text
    assert "số 2" in text
    assert "không phải sự kiện đọc được" in text
    sent = {"action": "drop", "work_id": item.work_id, "offset": offset_of(card)}
    answer = session.send("/evaluation/parked", reason="sai định dạng", **sent)
    assert (answer.status_code, answer.headers["location"]) == (303, "/evaluation/parked?done=mended")


def test_a_record_is_replaced_by_what_the_evaluator_corrects(
    web: Sessions, city: RunningCity, doors: Doors, item: WorkEvents
) -> None:
    session = web(EVALUATOR)
    future = item.assigned(NOW + timedelta(days=1), due_at=NOW + timedelta(days=7))
    put_into_log(city, work_record(future))
    card = card_of(session.get("/evaluation/parked").text, item.work_id)
    assert card is not None
    event = json.loads(card.xpath(".//textarea[@name='event']")[0].text_content())
    assert event["event_id"] == future.event_id
    event["occurred_at"] = event["recorded_at"] = (NOW - timedelta(days=1)).isoformat()
    sent = {"action": "replace", "work_id": item.work_id, "offset": offset_of(card), "reason": "giờ máy sai"}
    assert session.send("/evaluation/parked", event=json.dumps(event), **sent).status_code == 303
    wait_until_mended(session, item.work_id)
    officer = future.assigned.officer_id
    answer = doors.evaluation.ListOpenItems(rpc.ListOpenItemsRequest(officer_id=officer))
    assert item.work_id in {one.work_id for one in answer.items}


def test_a_revision_that_will_never_come_is_declared_missing(
    web: Sessions, city: RunningCity, item: WorkEvents
) -> None:
    session = web(EVALUATOR)
    first = assigned(item)
    item.submitted(NOW - timedelta(days=1))
    put_into_log(city, first, work_record(item.completed(NOW - timedelta(hours=1))))
    card = card_of(session.get("/evaluation/parked").text, item.work_id)
    assert card is not None
    assert card.xpath(".//input[@name='revision']/@value") == ["2"]
    sent = {"action": "missing", "work_id": item.work_id, "revision": "2", "reason": "mất ở hệ thống cũ"}
    assert session.send("/evaluation/parked", **sent).status_code == 303
    wait_until_mended(session, item.work_id)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"action": "drop", "reason": "  "}, "Hãy nêu lý do"),
        ({"action": "replace", "reason": "vì", "event": '{"nonsense": <1>}'}, "không phải sự kiện công việc dạng JSON"),
        ({"action": "missing", "reason": "vì", "revision": "hai"}, "số nguyên"),
        ({"action": "missing", "reason": "vì", "revision": "77"}, "không chờ số thứ tự 77"),
    ],
)
def test_a_wrong_mend_is_told_beside_its_form_which_keeps_what_was_typed(
    web: Sessions, city: RunningCity, item: WorkEvents, wrong: dict[str, str], said: str
) -> None:
    session = web(EVALUATOR)
    put_into_log(city, replace(assigned(item), value=b"\xff\xfe"))
    card = card_of(session.get("/evaluation/parked").text, item.work_id)
    assert card is not None
    answer = session.send("/evaluation/parked", work_id=item.work_id, offset=offset_of(card), **wrong)
    assert answer.status_code == 422
    again = card_of(answer.text, item.work_id)
    assert again is not None
    [form] = again.xpath(".//details[@open]/form")
    assert said in form.xpath(".//p[@role='alert']")[0].text_content()
    assert form.xpath(".//input[@name='reason']/@value") == [wrong["reason"]]
    if "event" in wrong:
        assert form.xpath(".//textarea")[0].text_content().strip() == wrong["event"]


def test_a_mend_of_what_is_not_parked_is_refused(web: Sessions) -> None:
    answer = web(EVALUATOR).send("/evaluation/parked", action="drop", work_id="other/none", offset="1", reason="vì")
    assert answer.status_code == 409
    assert "other/none" in answer.text


def test_subjects_and_items_that_nobody_knows_are_listed(web: Sessions, city: RunningCity) -> None:
    stranger = WorkEvents(f"other/{uuid4().hex}", officer_id="HUE-99999", unit_id="SNV-CCVC")
    put_into_log(city, assigned(stranger))
    assert "HUE-99999" in web(EVALUATOR).get("/evaluation/parked").text


def test_late_facts_stand_with_what_they_changed(web: Sessions, doors: Doors) -> None:
    answer = doors.evaluation.ListLateFacts(rpc.ListLateFactsRequest(page_size=50))
    page = web(EVALUATOR).get("/evaluation/late").text
    assert len(answer.facts) > 0
    rows = html.fromstring(page).xpath("//table//tbody/tr")
    assert [row.xpath("./th/a/@href")[0] for row in rows] == [
        f"/work/{fact.contribution.work_id}" for fact in answer.facts
    ]
    for row, fact in zip(rows, answer.facts, strict=True):
        facts, changes = row.xpath("./td/ul")
        assert (len(facts), len(changes)) == (len(fact.late), len(fact.contribution.measures))


def test_the_log_is_shown_with_its_lag_and_what_waits(web: Sessions, doors: Doors) -> None:
    page = web(EVALUATOR).get("/evaluation/log").text
    position = doors.evaluation.GetPosition(rpc.GetPositionRequest())
    rows = html.fromstring(page).xpath("//table[contains(@class, 'log')]/tbody/tr")
    assert [row[0].text_content() for row in rows] == [f"{one.topic} / {one.partition}" for one in position.positions]
    assert {row[3].text_content() for row in rows} == {"0"}
    assert f"{position.items:,}".replace(",", ".") in page
    part = web(EVALUATOR).get("/parts/log-position")
    assert part.status_code == 200
    assert 'id="log-numbers"' in part.text


def test_every_policy_is_shown_with_version_validity_and_law(web: Sessions, doors: Doors) -> None:
    page = web(EVALUATOR).get("/evaluation/policies").text
    for policy in doors.evaluation.ListPolicies(rpc.ListPoliciesRequest()).policies:
        assert policy.legal_reference in page
        assert policy.title_vi in page
    assert "<form" not in page[page.index("<main") :]


def propose(given: Given, name: str) -> str:
    request = work_rpc.ProposeProductRequest(proposal_id=uuid4().hex, name=name, description="Việc chưa có tên")
    return given.speaking(OFFICER).work.ProposeProduct(request).proposal.proposal_id


def test_a_proposed_product_is_put_into_the_catalogue(web: Sessions, given: Given, doors: Doors) -> None:
    proposal, code = propose(given, "Trực cổng dịch vụ công"), f"CV-{uuid4().hex[:6]}"
    session = web(EVALUATOR)
    assert proposal in session.get("/evaluation/proposals").text
    typed = {"code": code, "name": "Trực cổng", "group": "2", "units": "0,5", "hours": "16"}
    answer = session.send("/evaluation/proposals", action="accept", proposal_id=proposal, **typed)
    assert answer.status_code == 303
    products = doors.work.ListProducts(work_rpc.ListProductsRequest()).products
    assert [one.standard_units for one in products if one.product_code == code] == [500]
    assert code in session.get("/evaluation/proposals").text


def test_a_proposed_product_is_declined_with_a_reason(web: Sessions, given: Given) -> None:
    proposal = propose(given, "Pha trà")
    session = web(EVALUATOR)
    answer = session.send("/evaluation/proposals", action="decline", proposal_id=proposal, reason="không phải sản phẩm")
    assert answer.status_code == 303
    page = session.get("/evaluation/proposals").text
    assert "không phải sản phẩm" in page
    assert f"proposal-{proposal}" not in page


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"units": "một"}, "units"), ({"hours": "-1"}, "hours"), ({"code": ""}, "code"), ({"group": "9"}, "group")],
)
def test_a_wrong_decision_keeps_what_was_typed(web: Sessions, given: Given, wrong: dict[str, str], field: str) -> None:
    proposal = propose(given, f"Việc {uuid4().hex}")
    typed = {"code": f"CV-{uuid4().hex[:6]}", "name": "Việc mới", "group": "2", "units": "1", "hours": "8"} | wrong
    answer = web(EVALUATOR).send("/evaluation/proposals", action="accept", proposal_id=proposal, **typed)
    assert answer.status_code == 422
    assert f'id="{field}-problem"' in answer.text
    assert re.search(r'name="name"[^>]*value="Việc mới"', answer.text)

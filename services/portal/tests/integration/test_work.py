"""One item of work: who sees it, and every command, through the real services."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import quote

import pytest

from congvu.work.v1 import events_pb2, resources_pb2

from .accounts import DEPARTMENT_HEAD, EVALUATOR, FAR_OFFICER, OFFICER, WARD_HEAD, WARD_OFFICER
from .conftest import Web
from .given import UNIT, WARD, Given

Sessions = Callable[[str], Web]
OPEN = resources_pb2.WORK_STATUS_OPEN
SUBMITTED = resources_pb2.WORK_STATUS_SUBMITTED
COMPLETED = resources_pb2.WORK_STATUS_COMPLETED
CANCELLED = resources_pb2.WORK_STATUS_CANCELLED


@pytest.fixture
def task(given: Given) -> str:
    """A task that the officer holds."""
    return given.task(DEPARTMENT_HEAD, officer=OFFICER)


def do(web: Web, work_id: str, command: str, **fields: object) -> int:
    """Sends the form of a command; it leads back to the item with a notice, or is refused."""
    answer = web.send(f"/work/{work_id}", do=command, **fields)
    if answer.status_code == 303:
        assert answer.headers["location"] == f"/work/{work_id}?done={command}"
        assert 'class="notice"' in web.get(answer.headers["location"]).text
    return answer.status_code


def offered(web: Web, work_id: str) -> set[str]:
    """The commands whose forms the page has."""
    return set(re.findall(r'name="do" value="([a-z-]+)"', web.get(f"/work/{work_id}").text))


@pytest.mark.parametrize(
    ("who", "status"),
    [
        (OFFICER, 200),
        (DEPARTMENT_HEAD, 200),
        (EVALUATOR, 200),
        (WARD_HEAD, 404),
        (WARD_OFFICER, 404),
        (FAR_OFFICER, 404),
    ],
)
def test_an_item_is_open_to_its_holder_the_heads_above_and_evaluators(
    web: Sessions, task: str, who: str, status: int
) -> None:
    assert web(who).get(f"/work/{task}").status_code == status
    assert web(who).get(f"/parts/work/{task}").status_code == status


@pytest.mark.parametrize("work_id", ["task/there-is-none", "nonsense", "dossier/1/2/3"])
def test_a_guessed_id_is_not_found_and_neither_are_its_commands(web: Sessions, work_id: str) -> None:
    assert web(OFFICER).get(f"/work/{work_id}").status_code == 404
    assert web(OFFICER).send(f"/work/{work_id}", do="submit").status_code == 404


def test_a_command_of_someone_elses_work_looks_like_none(web: Sessions, given: Given, task: str) -> None:
    for who in (WARD_HEAD, WARD_OFFICER):
        for command in ("submit", "accept", "cancel", "take"):
            assert web(who).send(f"/work/{task}", do=command, reason="vì thế").status_code == 404
    assert given.work(task).status == OPEN


def test_a_form_without_the_secret_of_the_session_does_nothing(web: Sessions, given: Given, task: str) -> None:
    answer = web(OFFICER).client.post(f"/work/{task}", data={"do": "submit"})
    assert answer.status_code == 403
    assert given.work(task).status == OPEN


@pytest.mark.parametrize("work_id", ["document/12#4286", "document/45?x=1", "document/5%41", "document/a b/<c>"])
def test_an_item_is_reached_by_its_link_whatever_its_id_has_in_it(web: Sessions, given: Given, work_id: str) -> None:
    given.late_work(OFFICER, work_id=work_id)
    links = {unescape(one) for one in re.findall(r'href="(/work/[^"]+)"', web(OFFICER).get("/tasks").text)}
    path = f"/work/{quote(work_id)}"
    assert path in links
    answer = web(OFFICER).send(path, do="submit")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{path}?done=submit")
    assert given.work(work_id).status == SUBMITTED


def test_whoever_returns_work_says_what_is_wrong_with_it(web: Sessions, given: Given, task: str) -> None:
    do(web(OFFICER), task, "submit")
    assert do(web(DEPARTMENT_HEAD), task, "return") == 422
    assert given.work(task).status == SUBMITTED


def test_a_review_in_a_list_leads_back_to_the_list(web: Sessions, given: Given, task: str) -> None:
    do(web(OFFICER), task, "submit")
    assert f'id="accept-{task}"' in web(DEPARTMENT_HEAD).get(f"/units/{UNIT}").text
    answer = web(DEPARTMENT_HEAD).send(f"/work/{task}", do="accept", back=f"/units/{UNIT}")
    assert answer.headers["location"] == f"/units/{UNIT}?done=accept"
    assert given.work(task).status == COMPLETED


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/units/../../x", "/sign-out"])
def test_a_form_leads_back_to_lists_of_ours_only(web: Sessions, task: str, back: str) -> None:
    answer = web(OFFICER).send(f"/work/{task}", do="submit", back=back)
    assert answer.headers["location"] == f"/work/{task}?done=submit"


def test_a_unit_may_be_named_without_its_code(web: Sessions, given: Given, task: str) -> None:
    due_at = (datetime.now(UTC) + timedelta(days=5)).strftime("%Y-%m-%dT%H:%M")
    assert do(web(OFFICER), task, "ask", unit="sở tài chính", title="Số liệu", due_at=due_at) == 303
    assert given.work(task).awaited_unit_ids


def test_a_command_that_does_not_exist_is_refused(web: Sessions, task: str) -> None:
    assert web(OFFICER).send(f"/work/{task}", do="delete").status_code == 422


def test_work_goes_from_the_holder_to_the_reviewer_and_back(web: Sessions, given: Given, task: str) -> None:
    officer, head = web(OFFICER), web(DEPARTMENT_HEAD)
    assert do(officer, task, "submit") == 303
    assert given.work(task).status == SUBMITTED
    assert do(head, task, "return", grounds=["1", "4"], note="Sai số liệu ở bảng 2.") == 303
    returned = given.read(task).events[-1].returned
    assert list(returned.grounds) == [events_pb2.REVIEW_GROUND_LAW, events_pb2.REVIEW_GROUND_FIGURES]
    page = officer.get(f"/work/{task}").text
    assert "sai căn cứ pháp luật" in page
    assert "Sai số liệu ở bảng 2." in page
    assert do(officer, task, "submit") == 303
    assert do(head, task, "accept") == 303
    assert given.work(task).status == COMPLETED
    assert do(head, task, "reopen", note="") == 303
    assert given.work(task).status == OPEN


def test_a_failed_review_without_a_note_is_refused_and_keeps_what_was_ticked(
    web: Sessions, given: Given, task: str
) -> None:
    do(web(OFFICER), task, "submit")
    answer = web(DEPARTMENT_HEAD).send(f"/work/{task}", do="return", grounds=["3"])
    assert answer.status_code == 422
    assert 'value="3" checked' in answer.text
    assert re.search(r'name="note"[^>]* aria-invalid="true" aria-describedby="return-note-error"', answer.text)
    assert 'id="return-note-error" role="alert">Hãy điền mục này.' in answer.text
    assert given.work(task).status == SUBMITTED


def test_a_due_time_in_the_past_is_refused_beside_its_field_with_what_was_typed(web: Sessions, task: str) -> None:
    typed = {"due_at": "2026-01-05T17:00", "reason": 'Bổ sung "phụ lục"'}
    answer = web(DEPARTMENT_HEAD).send(f"/work/{task}", do="change-due", **typed)
    assert answer.status_code == 422
    assert 'value="2026-01-05T17:00"' in answer.text
    assert 'Bổ sung "phụ lục"' in unescape(answer.text)
    assert 'id="change-due-due_at-error"' in answer.text


@pytest.mark.parametrize("due_at", ["soon", "0001-01-01T00:00", "9999-99-99T00:00"])
def test_a_due_time_that_is_none_is_refused(web: Sessions, task: str, due_at: str) -> None:
    answer = web(DEPARTMENT_HEAD).send(f"/work/{task}", do="change-due", due_at=due_at, reason="x")
    assert answer.status_code == 422


def test_a_ground_that_no_rule_knows_is_refused(web: Sessions, task: str) -> None:
    do(web(OFFICER), task, "submit")
    for ground in ("0", "99", "99999999999999", "x"):
        answer = web(DEPARTMENT_HEAD).send(f"/work/{task}", do="return", grounds=[ground], note="x")
        assert answer.status_code == 422


def test_the_holder_is_not_offered_to_judge_and_is_refused_when_they_try(web: Sessions, task: str) -> None:
    assert offered(web(OFFICER), task) <= {"submit", "ask", "hand-back", "refuse"}
    answer = web(OFFICER).send(f"/work/{task}", do="accept")
    assert answer.status_code == 403
    assert "Chỉ người đứng đầu" in answer.text or "việc của chính bạn" in answer.text


def test_work_handed_back_is_given_to_someone_again_by_the_head(web: Sessions, given: Given, task: str) -> None:
    assert web(OFFICER).send(f"/work/{task}", do="hand-back", reason=" ").status_code == 422
    assert do(web(OFFICER), task, "hand-back", reason="Không đủ chuyên môn") == 303
    assert given.work(task).officer_id == ""
    assert "take" not in offered(web(OFFICER), task)
    assert web(DEPARTMENT_HEAD).send(f"/work/{task}", do="reassign", holder="").status_code == 422
    assert do(web(DEPARTMENT_HEAD), task, "reassign", holder=f"{UNIT}/{given.officer_id(OFFICER)}") == 303
    assert given.work(task).officer_id == given.officer_id(OFFICER)


def test_a_due_time_is_changed_with_a_reason(web: Sessions, given: Given, task: str) -> None:
    assert do(web(DEPARTMENT_HEAD), task, "change-due", due_at="2036-12-01T17:00", reason="Chờ hướng dẫn") == 303
    assert given.work(task).due_at.ToJsonString() == "2036-12-01T10:00:00Z"
    assert "Chờ hướng dẫn" in web(OFFICER).get(f"/work/{task}").text


def test_work_is_refused_as_misdirected_or_cancelled(web: Sessions, given: Given, task: str) -> None:
    assert do(web(OFFICER), task, "refuse", reason="Giao nhầm đơn vị") == 303
    assert given.work(task).status == CANCELLED
    other = given.task(DEPARTMENT_HEAD, officer=OFFICER)
    assert do(web(DEPARTMENT_HEAD), other, "cancel", reason="Không cần nữa") == 303
    assert given.work(other).status == CANCELLED


def test_the_product_of_work_without_one_is_decided(web: Sessions, given: Given) -> None:
    work_id = given.task(DEPARTMENT_HEAD, officer=OFFICER, product="")
    assert "decide-product" in offered(web(DEPARTMENT_HEAD), work_id)
    assert web(DEPARTMENT_HEAD).send(f"/work/{work_id}", do="decide-product", product_code="NONE").status_code == 422
    assert do(web(DEPARTMENT_HEAD), work_id, "decide-product", product_code="CV-01") == 303
    assert given.work(work_id).product_code == "CV-01"


def test_another_unit_is_asked_and_answers(web: Sessions, given: Given, task: str) -> None:
    ward = re.search(rf'<option value="([^"]*\({WARD}\))">', web(OFFICER).get(f"/work/{task}").text)
    assert ward is not None
    asked = {"title": "Cho ý kiến", "unit": unescape(ward[1]), "due_at": "2036-12-01T17:00", "request_id": "r-1"}
    assert do(web(OFFICER), task, "ask", **asked) == 303
    assert do(web(OFFICER), task, "ask", **asked) == 303
    assert list(given.work(task).awaited_unit_ids) == [WARD]
    assert web(OFFICER).send(f"/work/{task}", do="ask", **{**asked, "title": "Khác"}).status_code == 409
    assert "<dt>Chờ ai</dt><dd>Phường Phú Xuân</dd>" in web(OFFICER).get(f"/work/{task}").text
    assert "answer" in offered(web(WARD_HEAD), "request/r-1")
    assert web(WARD_HEAD).get(f"/work/{task}").status_code == 404
    assert do(web(WARD_HEAD), "request/r-1", "answer") == 303
    assert list(given.work(task).awaited_unit_ids) == []


def test_a_unit_that_does_not_exist_is_not_asked(web: Sessions, task: str) -> None:
    asked = {"title": "Cho ý kiến", "unit": "Sở Không có (KHONG)", "due_at": "2036-12-01T17:00", "request_id": "r-2"}
    answer = web(OFFICER).send(f"/work/{task}", do="ask", **asked)
    assert answer.status_code == 422
    assert 'value="Sở Không có (KHONG)"' in answer.text
    assert 'name="request_id" value="r-2"' in answer.text


def test_a_delay_and_a_failed_review_are_excused_by_a_head_who_never_held_it(web: Sessions, given: Given) -> None:
    work_id, head = given.late_work(OFFICER), web(DEPARTMENT_HEAD)
    page = head.get(f"/work/{work_id}").text
    missed = re.search(r'name="missed_due_at".*?<option value="([^"]+)"', page, re.DOTALL)
    assert missed is not None
    assert do(head, work_id, "excuse-delay", missed_due_at=unescape(missed[1]), reason="Mất điện") == 303
    assert given.read(work_id).events[-1].HasField("delay_excused")
    assert "excuse-delay" not in offered(head, work_id)
    do(web(OFFICER), work_id, "submit")
    do(head, work_id, "return", grounds=["3"], note="Sai")
    review = given.read(work_id).events[-1].event_id
    assert do(head, work_id, "excuse-review", review_event_id=review, reason="Dữ liệu nguồn sai") == 303
    assert "excuse-review" not in offered(head, work_id)


def test_facts_recorded_late_say_so(web: Sessions, given: Given) -> None:
    assert "ghi nhận lúc" in web(OFFICER).get(f"/work/{given.late_work(OFFICER)}").text


def test_every_command_that_a_page_offers_has_words(web: Sessions, given: Given, task: str) -> None:
    for who in (OFFICER, DEPARTMENT_HEAD, EVALUATOR):
        page = web(who).get(f"/work/{task}").text
        assert "do-" in page or who == EVALUATOR
        assert "HUE-0" not in re.sub(r'value="[^"]*"|data-\w+="[^"]*"|href="[^"]*"|watch=[^"]*', "", page)

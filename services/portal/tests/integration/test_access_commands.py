"""Who may command what, cell by cell: what a page does not offer is refused, and nothing has happened."""

from collections.abc import Callable

import pytest

from portal.domain.commands import Command

from .accounts import DEPARTMENT_HEAD, EVALUATOR, FAR_OFFICER, OFFICER, WARD_HEAD
from .conftest import Web
from .given import Given

Sessions = Callable[[str], Web]

HIDDEN, FORBIDDEN = 404, 403
WHO = (OFFICER, DEPARTMENT_HEAD, WARD_HEAD, EVALUATOR)
COMMANDS = [command for command in Command if command is not Command.TAKE]
JUDGING = [Command.ACCEPT, Command.RETURN, Command.REASSIGN, Command.CHANGE_DUE, Command.REOPEN, Command.EXCUSE_DELAY]
# Whatever a form may say, so that it is refused for who sends it and not for what it says.
FIELDS = {
    "reason": "Thử",
    "note": "Thử",
    "grounds": "3",
    "due_at": "2030-01-15T17:00",
    "missed_due_at": "2026-11-02T10:00:00+00:00",
    "review_event_id": "x",
    "holder": "HUE-00001",
    "unit": "STC",
    "product_code": "CV-01",
    "title": "Thử",
    "request_id": "",
}
EVALUATORS_FORMS = {
    "/evaluation/parked": {"work_id": "task/1", "action": "drop", "reason": "Thử", "offset": "0"},
    "/evaluation/proposals": {"proposal_id": "x", "decision": "decline", "reason": "Thử"},
}


@pytest.fixture(scope="module")
def strange(given: Given) -> str:
    """Work of an officer of whose unit none of the four is head or member."""
    return given.late_work(FAR_OFFICER, unit_id="20056-HCC")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("who", WHO)
def test_nobody_commands_work_of_others(web: Sessions, given: Given, strange: str, who: str, command: Command) -> None:
    before = given.read(strange).work.revision
    answer = web(who).send(f"/work/{strange}", do=command, **FIELDS)
    # The evaluator sees it, and is told; to the others it is not there.
    assert (answer.status_code == HIDDEN) == (who != EVALUATOR)
    assert answer.status_code != 303
    assert given.read(strange).work.revision == before


@pytest.mark.parametrize(
    "command", [Command.ACCEPT, Command.RETURN, Command.REASSIGN, Command.CHANGE_DUE, Command.REOPEN]
)
def test_nobody_judges_their_own_work(web: Sessions, given: Given, command: Command) -> None:
    own = given.task(DEPARTMENT_HEAD, officer=OFFICER)
    before = given.read(own).work.revision
    assert web(OFFICER).send(f"/work/{own}", do=command, **FIELDS).status_code in (HIDDEN, FORBIDDEN, 409, 422)
    assert given.read(own).work.revision == before


@pytest.mark.parametrize("verb", ["take", "submit", "hand-back?reason=x"])
@pytest.mark.parametrize("who", WHO)
def test_nor_by_the_rest_door(web: Sessions, given: Given, strange: str, who: str, verb: str) -> None:
    before = given.read(strange).work.revision
    session = web(who)
    answer = session.client.post(f"/api/v1/work/{strange}/{verb}", headers={"x-csrf-token": session.csrf})
    assert answer.status_code in (HIDDEN, 409)
    assert given.read(strange).work.revision == before


@pytest.mark.parametrize(("who", "unit"), [(OFFICER, "SNV-CCVC"), (DEPARTMENT_HEAD, "19753"), (WARD_HEAD, "SNV")])
def test_nobody_assigns_in_units_that_they_do_not_head(web: Sessions, who: str, unit: str) -> None:
    assert web(who).send(f"/units/{unit}/assign", title="Thử", due_at="2030-01-15T17:00").status_code == HIDDEN


@pytest.mark.parametrize("path", EVALUATORS_FORMS)
@pytest.mark.parametrize("who", [OFFICER, DEPARTMENT_HEAD, WARD_HEAD])
def test_only_evaluators_mend_and_decide(web: Sessions, who: str, path: str) -> None:
    assert web(who).send(path, **EVALUATORS_FORMS[path]).status_code == FORBIDDEN


@pytest.mark.parametrize("path", ["/work/task/1", "/tasks/take", "/units/SNV/assign", *EVALUATORS_FORMS])
def test_a_command_without_the_secret_of_the_session_is_refused(web: Sessions, path: str) -> None:
    session = web(EVALUATOR)
    assert session.client.post(path, data={"do": "submit", "work_id": "task/1"}).status_code == FORBIDDEN

"""Who may open what, cell by cell: pages × roles × own, own unit, other unit. What is not theirs looks like nothing."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest

from congvu.evaluation.v1 import resources_pb2
from congvu.evaluation.v1 import service_pb2 as evaluation_rpc
from congvu.work.v1 import service_pb2 as work_rpc
from embedded.doors import Doors
from portal.web import api, live
from portal.web.pages import ROUTERS

from .accounts import DEPARTMENT_HEAD, EVALUATOR, FAR_OFFICER, OFFICER, WARD_HEAD
from .conftest import Web

NOBODY = ""
OK, HIDDEN, FORBIDDEN, SIGN_IN, NO_TOKEN = 200, 404, 403, 303, 401
WHO = (OFFICER, DEPARTMENT_HEAD, WARD_HEAD, EVALUATOR, NOBODY)

# Of whom: the officer of SNV-CCVC themselves, a colleague there, an officer of another department; units likewise.
OWN_SCORE = {
    "own": (OK, OK, HIDDEN, OK),
    "colleague": (HIDDEN, OK, HIDDEN, OK),
    "stranger": (HIDDEN, HIDDEN, HIDDEN, OK),
    "unknown": (HIDDEN, HIDDEN, HIDDEN, HIDDEN),
}
OF_UNIT = {
    "SNV-CCVC": (HIDDEN, OK, HIDDEN, OK),
    "SNV": (HIDDEN, OK, HIDDEN, OK),
    "19753": (HIDDEN, HIDDEN, OK, OK),
    "HUE": (HIDDEN, HIDDEN, HIDDEN, OK),
    "nowhere": (HIDDEN, HIDDEN, HIDDEN, HIDDEN),
}
# Only heads of the unit or above assign.
ASSIGNING = OF_UNIT | {name: (HIDDEN, *cells[1:3], HIDDEN) for name, cells in OF_UNIT.items()}
OF_WORK = {
    "own-work": (OK, OK, HIDDEN, OK),
    "colleague-work": (HIDDEN, OK, HIDDEN, OK),
    "stranger-work": (HIDDEN, HIDDEN, HIDDEN, OK),
    "task/unknown": (HIDDEN, HIDDEN, HIDDEN, HIDDEN),
}
OF_EVALUATORS = (FORBIDDEN, FORBIDDEN, FORBIDDEN, OK)
OF_EVERYONE = (OK, OK, OK, OK)

TABLE: Mapping[str, Mapping[str, tuple[int, ...]]] = {
    "/scores/{}": OWN_SCORE | OF_UNIT,
    "/scores/{}/evidence": OWN_SCORE | OF_UNIT,
    "/parts/evidence/{}": OWN_SCORE | OF_UNIT,
    "/parts/open-items/{}": OWN_SCORE,
    "/units/{}": OF_UNIT,
    "/parts/units/{}/work": OF_UNIT,
    "/parts/units/{}/below": OF_UNIT,
    "/units/{}/monday": OF_UNIT,
    "/parts/units/{}/monday": OF_UNIT,
    "/units/{}/assign": ASSIGNING,
    "/work/{}": OF_WORK,
    "/parts/work/{}": OF_WORK,
    "/city": {"": OF_EVERYONE},
    "/parts/city": {"": OF_EVERYONE},
    "/city.csv": {"": OF_EVERYONE},
    "/city.xlsx": {"": OF_EVERYONE},
    "/evaluation/parked": {"": OF_EVALUATORS},
    "/evaluation/late": {"": OF_EVALUATORS},
    "/evaluation/log": {"": OF_EVALUATORS},
    "/parts/log-position": {"": OF_EVALUATORS},
    "/evaluation/policies": {"": OF_EVALUATORS},
    "/evaluation/proposals": {"": OF_EVALUATORS},
    "/me": {"": OF_EVERYONE},
    "/tasks": {"": OF_EVERYONE},
    "/parts/tasks": {"": OF_EVERYONE},
    "/parts/tasks/free": {"": OF_EVERYONE},
    "/account": {"": OF_EVERYONE},
    "/api/v1/scores/{}": OWN_SCORE | OF_UNIT,
    "/api/v1/scores/{}/explanation": OWN_SCORE | OF_UNIT,
    "/api/v1/scores/{}/open-items": OWN_SCORE,
    "/api/v1/points?unit={}": OF_UNIT,
    "/api/v1/work?officer={}": OWN_SCORE,
    "/api/v1/work?unit={}&below=true": OF_UNIT,
    "/api/v1/work/{}": OF_WORK,
    "/api/v1/policies": {"": OF_EVERYONE},
    "/api/v1/units": {"": OF_EVERYONE},
}
# Open to all, leading elsewhere, or never ending: tested by themselves.
APART = {"/", "/sign-in", "/evaluation", "/live"}


@dataclass(frozen=True, slots=True)
class Cell:
    """A page of whom, and what it answers to each of WHO but nobody."""

    page: str
    of: str
    answers: tuple[int, ...]


CELLS = [Cell(page, of, answers) for page, cells in TABLE.items() for of, answers in cells.items()]


@pytest.fixture(scope="package")
def ids(doors: Doors, web: Callable[[str], Web]) -> Mapping[str, str]:
    """The people and their work that the table speaks of."""
    own = _own_id(web(OFFICER))
    stranger = _own_id(web(FAR_OFFICER))
    colleague = next(one for one in _officers(doors, "SNV-CCVC") if one != own)
    people = {"own": own, "colleague": colleague, "stranger": stranger, "unknown": "HUE-99999"}
    work = {f"{who}-work": _any_work(doors, people[who]) for who in ("own", "colleague", "stranger")}
    return people | work


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: f"{cell.page} of {cell.of}")
def test_each_cell_of_the_table(cell: Cell, ids: Mapping[str, str], web: Callable[[str], Web]) -> None:
    path = cell.page.format(ids.get(cell.of, cell.of))
    found = tuple(web(who).get(path).status_code for who in WHO[:-1])
    assert found == cell.answers
    of_nobody = NO_TOKEN if path.startswith(("/api/", "/parts/")) else SIGN_IN
    assert web(NOBODY).get(path).status_code == of_nobody


def test_a_hidden_page_is_word_for_word_the_page_of_nothing(ids: Mapping[str, str], web: Callable[[str], Web]) -> None:
    for page in ("/scores/{}", "/work/{}", "/units/{}"):
        of = {"/scores/{}": ids["colleague"], "/work/{}": ids["stranger-work"], "/units/{}": "HUE"}[page]
        hidden, nothing = (web(OFFICER).get(page.format(one)) for one in (of, "nothing"))
        assert hidden.text.replace(of, "nothing") == nothing.text


@pytest.mark.parametrize("path", ["/api/v1/work/{}", "/api/v1/scores/{}", "/api/v1/points?unit={}"])
def test_programs_cannot_tell_what_is_hidden_from_what_is_not_there(
    path: str, ids: Mapping[str, str], web: Callable[[str], Web]
) -> None:
    of = {"w": ids["stranger-work"], "s": ids["colleague"], "p": "HUE"}[path[len("/api/v1/")]]
    hidden, nothing = (web(OFFICER).get(path.format(one)) for one in (of, "nothing"))
    assert (hidden.status_code, hidden.content) == (nothing.status_code, nothing.content)


@pytest.mark.parametrize("of", ["colleague-work", "stranger-work"])
def test_trying_to_take_work_does_not_tell_that_it_exists(
    of: str, ids: Mapping[str, str], web: Callable[[str], Web]
) -> None:
    own = web(OFFICER)
    paths = [f"/api/v1/work/{one}/take" for one in (ids[of], "nothing")]
    answers = [own.client.post(path, headers={"x-csrf-token": own.csrf}) for path in paths]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


def test_the_table_has_every_page_that_can_be_opened() -> None:
    paths = {
        route.path  # type: ignore[attr-defined]
        for router in (*ROUTERS, api.router, live.router)
        for route in router.routes
        if "GET" in route.methods  # type: ignore[attr-defined]
    }
    in_table = {page.partition("?")[0].replace("{}", "*") for page in TABLE} | APART
    assert {_shape(path) for path in paths} - in_table == set()


def _shape(path: str) -> str:
    parts = ["*" if part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts)


def _own_id(web: Web) -> str:
    return web.get("/me").text.partition('id="score-')[2].partition('"')[0]


def _officers(doors: Doors, unit: str) -> Iterator[str]:
    request = evaluation_rpc.ListPointsRequest(unit_id=unit, subject_kind=resources_pb2.SUBJECT_KIND_OFFICER)
    yield from (one.subject_id for one in doors.evaluation.ListPoints(request).subjects)


def _any_work(doors: Doors, officer: str) -> str:
    """An item that nobody of the other two has anything to do with."""
    request = work_rpc.ListWorkRequest(officer_id=officer, include_finished=True)
    return next(one.work_id for one in doors.work.ListWork(request).works if not one.requesting_unit_id)

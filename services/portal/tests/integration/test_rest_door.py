"""The REST door holds to its OpenAPI document, whoever asks and whatever they send."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings, strategies
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from runtime.auth import TokenSigner
from testkit.cities import RunningCity

from .accounts import EVALUATOR, OFFICER
from .conftest import Web

Sessions = Callable[[str], Web]


@pytest.fixture(scope="package")
def bearer(city: RunningCity) -> dict[str, str]:
    """The header of an evaluator's token."""
    signer = TokenSigner(city.home.private_key.read_bytes())
    token = signer.sign(subject="local", roles=["evaluator"], now=datetime.now(UTC), lifetime=timedelta(hours=1))
    return {"authorization": f"Bearer {token}"}


@pytest.fixture(scope="package")
def api(city: RunningCity) -> Any:
    """The document, as a program reads it."""
    return schemathesis.openapi.from_url(f"{city.portal}/openapi.json")


def test_no_answer_is_undocumented_and_nothing_breaks(api: Any, bearer: dict[str, str]) -> None:
    operations = [found.ok() for found in api.get_all_operations()]
    assert len(operations) == 11
    for operation in operations:
        _try(operation, bearer)


def _try(operation: Any, headers: dict[str, str]) -> None:
    """Right and wrong requests that schemathesis makes out of the document; it judges the answers."""

    @settings(max_examples=40, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(wrong=strategies.booleans(), data=strategies.data())
    def send(wrong: bool, data: strategies.DataObject) -> None:
        mode = schemathesis.GenerationMode.NEGATIVE if wrong else schemathesis.GenerationMode.POSITIVE
        case = data.draw(operation.as_strategy(generation_mode=mode))
        # A policy or page token that is well formed and unknown is refused with 422, as the document says; and to judge
        # requests without a token, schemathesis would have to leave out the one that it is given here.
        case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance, ignored_auth])

    send()


def test_a_session_reads_what_its_pages_show(web: Sessions, city: RunningCity) -> None:
    own = next(who for name, _, who in city.marker.sign_ins if name == OFFICER)
    assert own
    me = web(OFFICER).get("/me")
    officer = me.text.partition('id="score-')[2].partition('"')[0]
    found = web(OFFICER).get(f"/api/v1/scores/{officer}?policy=pilot-seven-groups")
    assert found.status_code == 200
    assert found.json()["subject_id"] == officer
    assert len(found.json()["now"]["indicators"]) == 7


def test_a_guessed_id_and_a_colleagues_score_look_alike(web: Sessions, bearer: dict[str, str]) -> None:
    people = web(EVALUATOR).get("/api/v1/points?kind=officer&limit=2").json()["subjects"]
    answers = [web(OFFICER).get(f"/api/v1/scores/{one}") for one in (people[0]["subject_id"], "HUE-nobody")]
    assert {answer.status_code for answer in answers} == {404}
    assert answers[0].json() == answers[1].json()


def test_a_command_of_a_session_needs_its_secret(web: Sessions) -> None:
    session = web(OFFICER)
    refused = session.client.post("/api/v1/work/task%2Fnothing/submit")
    assert refused.status_code == 403
    found = session.client.post("/api/v1/work/task%2Fnothing/submit", headers={"x-csrf-token": session.csrf})
    assert found.status_code == 404


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic eDp5"])
def test_without_a_valid_token_there_is_no_answer(city: RunningCity, header: str) -> None:
    headers = {"authorization": header} if header else {}
    answer = httpx.get(f"{city.portal}/api/v1/policies", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"

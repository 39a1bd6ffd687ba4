"""Accounts and signing in through the door, with the clock in the test's hand."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from congvu.organization.v1 import resources_pb2 as pb
from congvu.organization.v1 import service_pb2 as rpc
from congvu.organization.v1.service_pb2_grpc import OrganizationServiceStub as Stub
from runtime.auth import TokenVerifier
from runtime.errors import InvalidInput, ServiceError, Unauthenticated
from runtime.timestamps import from_timestamp
from testkit.clock import Clock
from testkit.fixtures import Keys

Door = Callable[..., Stub]

PASSWORD = "mật khẩu của An"
MINUTE = timedelta(minutes=1)


def put(administrator: Stub, *accounts: rpc.Account) -> int:
    return administrator.PutAccounts(rpc.PutAccountsRequest(accounts=accounts)).changed


def an(password: str = PASSWORD, **fields: object) -> rpc.Account:
    values = {"username": "an", "officer_id": "an", "roles": [pb.ROLE_OFFICER]} | fields
    return rpc.Account(password=password, **values)  # type: ignore[arg-type]


def sign_in(door: Door, password: str = PASSWORD, username: str = "an") -> rpc.SignInResponse:
    return door().SignIn(rpc.SignInRequest(username=username, password=password))


def refusal(door: Door, password: str, username: str = "an") -> tuple[type[ServiceError], str]:
    with pytest.raises(ServiceError) as caught:
        sign_in(door, password, username)
    return caught.type, caught.value.message


def test_signing_in_without_a_token_gives_one_for_twelve_hours(
    administrator: Stub, door: Door, clock: Clock, keys: Keys
) -> None:
    put(administrator, an(roles=[pb.ROLE_OFFICER, pb.ROLE_EVALUATOR]))
    answer = sign_in(door)
    assert from_timestamp(answer.expires_at) == clock.now + timedelta(hours=12)
    assert (answer.officer_id, set(answer.roles)) == ("an", {pb.ROLE_OFFICER, pb.ROLE_EVALUATOR})
    verifier = TokenVerifier(keys.public.read_bytes())
    caller = verifier.verify(answer.token, clock.now + timedelta(hours=12, seconds=-1))
    assert (caller.subject, caller.officer_id, caller.roles) == ("an", "an", frozenset({"officer", "evaluator"}))
    with pytest.raises(Unauthenticated, match="expired"):
        verifier.verify(answer.token, clock.now + timedelta(hours=12))


def test_an_unknown_name_a_wrong_password_a_lock_and_a_closed_account_look_the_same(
    administrator: Stub, door: Door
) -> None:
    put(administrator, an(), rpc.Account(username="empty"), an(username="bare", roles=[]))
    seen = {
        refusal(door, "wrong password"),
        refusal(door, PASSWORD, "nobody"),
        refusal(door, "", "empty"),
        refusal(door, PASSWORD, "bare"),
    }
    for _ in range(4):
        seen.add(refusal(door, "wrong password"))
    seen.add(refusal(door, PASSWORD))
    ((kind, sentence),) = seen
    assert kind is Unauthenticated
    assert "wait 15 minutes" in sentence


def test_after_four_wrong_tries_the_right_password_still_opens(administrator: Stub, door: Door) -> None:
    put(administrator, an())
    for _ in range(4):
        refusal(door, "wrong password")
    sign_in(door)


def test_five_wrong_tries_lock_for_fifteen_minutes(administrator: Stub, door: Door, clock: Clock) -> None:
    put(administrator, an())
    for _ in range(5):
        refusal(door, "wrong password")
    refusal(door, PASSWORD)
    clock.advance(15 * MINUTE - timedelta(microseconds=1))
    refusal(door, PASSWORD)
    clock.advance(timedelta(microseconds=1))
    sign_in(door)


def test_a_good_try_sets_the_count_back(administrator: Stub, door: Door) -> None:
    put(administrator, an())
    for _ in range(3):
        for _ in range(4):
            refusal(door, "wrong password")
        sign_in(door)


def test_the_lock_of_one_account_does_not_touch_another(administrator: Stub, door: Door) -> None:
    put(administrator, an(), an(username="binh", officer_id="binh"))
    for _ in range(5):
        refusal(door, "wrong password")
    sign_in(door, username="binh")


def test_a_new_password_opens_a_locked_account_and_ends_the_old_one(administrator: Stub, door: Door) -> None:
    put(administrator, an())
    for _ in range(5):
        refusal(door, "wrong password")
    assert put(administrator, an("another password")) == 1
    sign_in(door, "another password")
    refusal(door, PASSWORD)


def test_a_repeated_put_changes_nothing_and_an_empty_password_keeps_the_old_one(
    administrator: Stub, door: Door
) -> None:
    assert put(administrator, an()) == 1
    assert put(administrator, an()) == 0
    assert put(administrator, an(password="")) == 0
    assert put(administrator, an(password="", roles=[pb.ROLE_EVALUATOR])) == 1
    assert list(sign_in(door).roles) == [pb.ROLE_EVALUATOR]


@pytest.mark.parametrize(
    ("accounts", "sentence"),
    [
        ([an("123456789")], "has 9 characters: choose one of 10"),
        ([an(officer_id="nobody")], "Account an is of the unknown officer 'nobody'"),
        ([an(officer_id="")], "has the role officer: name the officer"),
        ([an(), an()], "Account an is in the batch twice"),
        ([an(roles=[0])], "role of account an is 0"),
        ([an(username=f"a{n}") for n in range(101)], "more than 100 passwords"),
    ],
)
def test_an_account_that_makes_no_sense_is_refused_and_nothing_is_kept(
    administrator: Stub, door: Door, accounts: list[rpc.Account], sentence: str
) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        put(administrator, *accounts)
    refusal(door, PASSWORD)


def test_a_thousand_accounts_without_passwords_are_one_batch(administrator: Stub) -> None:
    accounts = [rpc.Account(username=f"a{n}", officer_id="an", roles=[pb.ROLE_OFFICER]) for n in range(1000)]
    assert put(administrator, *accounts) == 1000
    assert put(administrator, *accounts) == 0

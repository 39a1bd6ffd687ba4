"""Signing in and out: who may come in, for how long, and what browsers are told."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie

import pytest
import redis

from congvu.organization.v1 import resources_pb2
from congvu.organization.v1 import service_pb2 as rpc
from embedded.doors import Doors
from embedded.home import read_city
from testkit.cities import RunningCity

from .accounts import EVALUATOR, FAR_OFFICER, OFFICER, PASSWORD
from .conftest import Web

Sessions = Callable[[str], Web]


@pytest.fixture
def fresh(city: RunningCity) -> Web:
    """A browser that was never here."""
    return Web(city.portal)


def test_the_right_name_and_password_lead_where_one_wanted_to_go(fresh: Web) -> None:
    sent = fresh.get("/tasks?x=1")
    assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?next=%2Ftasks%3Fx%3D1")
    answer = fresh.client.post("/sign-in", data={"username": OFFICER, "password": PASSWORD, "next": "/tasks?x=1"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/tasks?x=1")


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_is_led_to_another_site(fresh: Web, path: str) -> None:
    answer = fresh.client.post("/sign-in", data={"username": OFFICER, "password": PASSWORD, "next": path})
    assert answer.headers["location"] == "/"


def test_the_cookie_is_only_for_this_host_and_out_of_reach_of_scripts(fresh: Web) -> None:
    answer = fresh.sign_in(OFFICER)
    (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert cookie.key == "__Host-congvu"
    assert (cookie["secure"], cookie["httponly"], cookie["path"], cookie["domain"]) == (True, True, "/", "")
    assert cookie["samesite"] == "lax"
    assert 11 * 3600 < int(cookie["max-age"]) <= 12 * 3600


def test_a_wrong_password_and_an_unknown_name_are_told_alike(fresh: Web) -> None:
    wrong, unknown = fresh.sign_in(FAR_OFFICER, "wrong password"), fresh.sign_in("nobody", "wrong password")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text.replace(FAR_OFFICER, "") == unknown.text.replace("nobody", "")
    assert "set-cookie" not in wrong.headers


def test_five_wrong_tries_lock_the_account_also_for_the_right_password(fresh: Web, doors: Doors) -> None:
    account = rpc.Account(username="locked.out", password=PASSWORD, roles=[resources_pb2.ROLE_EVALUATOR])
    doors.organization.PutAccounts(rpc.PutAccountsRequest(accounts=[account]))
    assert fresh.sign_in("locked.out").status_code == 303
    for _ in range(5):
        fresh.sign_in("locked.out", "wrong password")
    assert fresh.sign_in("locked.out").status_code == 401


def test_a_session_ends_with_signing_out(city: RunningCity) -> None:
    here, there = Web(city.portal), Web(city.portal)
    assert here.sign_in(OFFICER).status_code == there.sign_in(OFFICER).status_code == 303
    assert here.send("/sign-out").headers["location"] == "/sign-in"
    assert here.get("/me").status_code == 303
    assert there.get("/me").status_code == 200


def test_signing_out_everywhere_ends_every_session_of_the_account_and_of_no_other(
    city: RunningCity, web: Sessions
) -> None:
    here, there = Web(city.portal), Web(city.portal)
    assert here.sign_in(FAR_OFFICER).status_code == there.sign_in(FAR_OFFICER).status_code == 303
    here.send("/sign-out-everywhere")
    assert here.get("/me").status_code == there.get("/me").status_code == 303
    assert web(EVALUATOR).get("/account").status_code == 200


def test_redis_knows_no_secret_of_a_browser(city: RunningCity, fresh: Web) -> None:
    secret = fresh.sign_in(OFFICER).headers["set-cookie"].partition("=")[2].partition(";")[0]
    cache = redis.Redis.from_url(read_city(city.home).urls["redis"], decode_responses=True)
    kept = [str(key) for key in cache.scan_iter("portal:*")]
    assert kept
    assert not any(secret in key for key in kept)


def test_without_its_sessions_in_redis_people_sign_in_again(city: RunningCity, fresh: Web) -> None:
    fresh.sign_in(OFFICER)
    cache = redis.Redis.from_url(read_city(city.home).urls["redis"], decode_responses=True)
    cache.delete(*[key for key in cache.scan_iter("portal:session:*") if OFFICER in str(cache.get(key))])
    assert fresh.get("/me").headers["location"].startswith("/sign-in")


def test_a_form_that_is_sent_after_the_session_has_ended_gets_back_what_was_typed(fresh: Web) -> None:
    answer = fresh.send("/tasks/initiatives", title="Một cửa <số> hoá", others="")
    assert answer.status_code == 401
    assert "Một cửa &lt;số&gt; hoá" in answer.text


def test_a_session_kept_by_another_version_means_signing_in_again(city: RunningCity, fresh: Web) -> None:
    fresh.sign_in(OFFICER)
    cache = redis.Redis.from_url(read_city(city.home).urls["redis"], decode_responses=True)
    for key in cache.scan_iter("portal:session:*"):
        if OFFICER in str(cache.get(key)):
            cache.set(key, '{"username": "canbo.ccvc"}', ex=60)
    assert fresh.get("/me").status_code == 303


@pytest.mark.parametrize("path", ["/sign-out", "/sign-out-everywhere"])
def test_a_form_without_the_secret_of_the_session_is_refused(city: RunningCity, path: str) -> None:
    fresh = Web(city.portal)
    fresh.sign_in(OFFICER)
    for wrong in ("", "another"):
        fresh.csrf = wrong
        assert fresh.send(path).status_code == 403
    assert fresh.get("/me").status_code == 200


def test_a_form_of_a_session_before_gets_back_what_was_typed(city: RunningCity) -> None:
    fresh = Web(city.portal)
    fresh.sign_in(OFFICER)
    fresh.csrf = "of the session before"
    answer = fresh.send("/tasks/initiatives", title="Một cửa <số> hoá")
    assert answer.status_code == 403
    assert "Một cửa &lt;số&gt; hoá" in answer.text


def test_signing_in_again_ends_the_session_of_the_browser_before(city: RunningCity, fresh: Web) -> None:
    fresh.sign_in(OFFICER)
    before = fresh.client.headers["cookie"]
    fresh.sign_in(OFFICER)
    assert fresh.client.headers["cookie"] != before
    assert fresh.client.get("/me", headers={"cookie": before}).status_code == 303


def test_many_who_sign_in_at_once_leave_the_pages_of_others_alone(city: RunningCity, web: Sessions) -> None:
    own = web(OFFICER)
    with ThreadPoolExecutor(60) as threads:
        tries = [threads.submit(Web(city.portal).sign_in, f"nobody-{number}", "wrong") for number in range(60)]
        time.sleep(0.5)
        assert {own.get(path).status_code for path in ("/tasks", "/account", "/sign-in") for _ in range(5)} == {200}
        answers = {one.result().status_code for one in tries}
    assert answers <= {401, 503}
    assert 401 in answers


@pytest.mark.parametrize("path", ["/sign-in", "/language"])
def test_a_body_that_no_form_has_is_refused_before_it_fills_anything(fresh: Web, path: str) -> None:
    pieces = (b"a" * 65_536 for _ in range(40))
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert fresh.client.post(path, content=pieces, headers=headers).status_code == 413


@pytest.mark.parametrize("charset", ["unicode_escape", "utf-7"])
def test_half_letters_are_refused(fresh: Web, charset: str) -> None:
    body = b'--x\r\ncontent-disposition: form-data; name="username"\r\n\r\n\\ud800\r\n--x--\r\n'
    headers = {"content-type": f"multipart/form-data; boundary=x; charset={charset}"}
    assert fresh.client.post("/sign-in", content=body, headers=headers).status_code < 500


def test_an_origin_that_is_none_is_another_site(fresh: Web) -> None:
    assert fresh.client.post("/language", data={"code": "en"}, headers={"origin": "http://["}).status_code == 403


def test_the_way_to_another_language_leads_back_to_the_page(fresh: Web, web: Sessions) -> None:
    assert 'name="next" value="/sign-in?next=%2Ftasks"' in fresh.get("/sign-in?next=/tasks").text
    own = web(OFFICER)
    refused = own.client.post(
        "/tasks/products", data={"csrf": own.csrf}, headers={"referer": f"{own.client.base_url}/tasks"}
    )
    assert refused.status_code == 422
    assert 'name="next" value="/tasks"' in refused.text


def test_a_filter_after_the_session_has_ended_leads_to_the_form_to_sign_in(fresh: Web) -> None:
    answer = fresh.client.get("/city?q=x", headers={"hx-request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/sign-in?next=%2Fcity%3Fq%3Dx")


def test_a_form_from_another_site_is_refused(fresh: Web) -> None:
    data = {"username": OFFICER, "password": PASSWORD}
    answer = fresh.client.post("/sign-in", data=data, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/sign-in", "/me", "/nowhere", "/healthz", "/live"])
def test_every_answer_carries_the_safe_headers(web: Sessions, path: str) -> None:
    headers = web(OFFICER).get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


def test_the_language_is_remembered(fresh: Web) -> None:
    assert '<html lang="vi">' in fresh.get("/sign-in").text
    chosen = fresh.client.post("/language", data={"code": "en", "next": "/sign-in"})
    assert chosen.headers["location"] == "/sign-in"
    cookie = chosen.headers["set-cookie"].partition(";")[0]
    assert '<html lang="en">' in fresh.client.get("/sign-in", headers={"cookie": cookie}).text

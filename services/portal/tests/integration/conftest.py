"""The portal as browsers and programs meet it: a small demo city, all services real."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, sync_playwright

from embedded.doors import Doors
from embedded.session import local_doors
from testkit.cities import RunningCity, demo_city
from testkit.parts import requires

from .accounts import PASSWORD
from .given import Given

FACTS = 20_000
_CSRF = re.compile(r'"X-CSRF-Token": "([^"]+)"')


class Web:
    """A program that behaves as a browser without scripts: it keeps the session and the secret of its forms."""

    def __init__(self, base: str) -> None:
        # Over loopback a browser sends secure cookies without https; here they are sent by hand.
        self.client = httpx.Client(base_url=base, follow_redirects=False, timeout=20)
        self.csrf = ""

    def sign_in(self, username: str, password: str = PASSWORD) -> httpx.Response:
        """Begins a session."""
        answer = self.client.post("/sign-in", data={"username": username, "password": password})
        if answer.status_code == 303:
            secret = answer.headers["set-cookie"].partition(";")[0]
            self.client.headers["cookie"] = secret
            found = _CSRF.search(self.get("/account").text)
            assert found is not None
            self.csrf = found[1]
        return answer

    def get(self, path: str) -> httpx.Response:
        """The page."""
        return self.client.get(path)

    def send(self, path: str, **fields: object) -> httpx.Response:
        """Sends a form of a page."""
        return self.client.post(path, data={"csrf": self.csrf, **fields})


@pytest.fixture(scope="package")
def city() -> Iterator[RunningCity]:
    """A demo city of this suite."""
    with demo_city(facts=FACTS) as city:
        yield city


@pytest.fixture(scope="package")
def doors(city: RunningCity) -> Iterator[Doors]:
    """The gRPC doors of the city, as its evaluator and administrator."""
    with local_doors(city.home) as doors:
        yield doors


@pytest.fixture(scope="package")
def given(city: RunningCity, doors: Doors) -> Iterator[Given]:
    """What tests bring about before they look."""
    given = Given(city, doors)
    yield given
    given.close()


@pytest.fixture(scope="package")
def web(city: RunningCity) -> Iterator[Callable[[str], Web]]:
    """`web(OFFICER)`: a session of the account, the same for all tests while it lasts; `web("")` did not sign in."""
    known: dict[str, Web] = {}

    def of(username: str) -> Web:
        found = known.setdefault(username, Web(city.portal))
        # Another test may have ended the sessions of the account.
        if username and found.get("/account").status_code != 200:
            found = known[username] = Web(city.portal)
            assert found.sign_in(username).status_code == 303
        return found

    yield of
    for one in known.values():
        one.client.close()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Chromium]:
    """Debian's Chromium."""
    requires("browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


Visitor = Callable[..., Page]


@pytest.fixture
def visitor(city: RunningCity, chromium: Chromium, web: Callable[[str], Web]) -> Iterator[Visitor]:
    """`visitor(OFFICER, width=390, language="en")`: a page of someone who signed in; a broken script fails the test."""
    broken: list[str] = []
    with ExitStack() as stack:

        def visit(username: str = "", *, width: int = 1280, language: str = "vi") -> Page:
            context = chromium.new_context(base_url=city.portal, viewport={"width": width, "height": 800})
            stack.callback(context.close)
            _choose(context, city.portal, language)
            if username:
                _take_over(context, city.portal, web(username))
            page = context.new_page()
            page.on("pageerror", lambda error: broken.append(str(error)))
            page.on("console", lambda said: broken.append(said.text) if "Content Security" in said.text else None)
            return page

        yield visit
    assert broken == []


def sign_in(page: Page, username: str, password: str = PASSWORD) -> None:
    """Signs in by the form."""
    page.goto("/sign-in")
    page.fill("#username", username)
    page.fill("#password", password)
    page.click("main button")


def _take_over(context: BrowserContext, base: str, session: Web) -> None:
    """The browser goes on with a session that there is: signing in takes its time."""
    name, _, secret = session.client.headers["cookie"].partition("=")
    # Cookies know no ports, and this one insists on a secure origin, as which browsers take loopback.
    context.add_cookies([{"name": name, "value": secret, "url": base.replace("http:", "https:"), "secure": True}])


def _choose(context: BrowserContext, base: str, language: str) -> None:
    if language != "vi":
        context.add_cookies([{"name": "congvu-language", "value": language, "url": base}])

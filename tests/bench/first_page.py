"""How soon an officer's page can be used on an ordinary connection, by Chromium with an empty cache."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from bench.rows import MILLISECONDS, Bound, Figure, Row, median, percentile
from portal.web.context import SESSION_COOKIE

LOADS = 20
# An ordinary connection: 10 Mbit/s down, 3 Mbit/s up, 40 ms there and back.
_DOWN, _UP, _LATENCY = 10e6 / 8, 3e6 / 8, 40
# Both after the beginning of the navigation: scripts have run, and no task of over 50 ms is under way any more.
_INTERACTIVE = """
new Promise((done) => setTimeout(() => {
  const tasks = [];
  new PerformanceObserver((list) => tasks.push(...list.getEntries())).observe({ type: "longtask", buffered: true });
  setTimeout(() => {
    const ready = performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd;
    done(Math.max(ready, ...tasks.map((task) => task.startTime + task.duration)));
  }, 50);
}, 1500))
"""


def measure_first_page(address: str, secrets: Sequence[str]) -> list[Row]:
    """A row, or none where there is no Chromium. `secrets` are those of sessions."""
    if shutil.which("chromium") is None:
        return []
    with _chromium() as browser:
        found = [_open(browser, address, secrets[number % len(secrets)]) for number in range(LOADS)]
    return [
        Row(
            name="an officer's page can be used, p95",
            figure=Figure(percentile(found, 0.95), MILLISECONDS),
            aim=Bound(value=1_000, kind="most", of="figure"),
            meaning=f"Chromium with an empty cache opens the own score of {LOADS} officers one after the other, at 10"
            " Mbit/s down, 3 Mbit/s up and 40 ms there and back: until its scripts have run and no task of over 50 ms"
            f" is under way (charts are drawn by then or later). p50 {median(found):,.0f} ms.",
        )
    ]


@contextmanager
def _chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


def _open(browser: Browser, address: str, secret: str) -> float:
    context = browser.new_context()
    context.add_cookies([{"name": SESSION_COOKIE, "value": secret, "url": f"https://{address}", "secure": True}])
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    conditions = {"offline": False, "latency": _LATENCY, "downloadThroughput": _DOWN, "uploadThroughput": _UP}
    session.send("Network.emulateNetworkConditions", conditions)
    page.goto(f"http://{address}/me", wait_until="domcontentloaded")
    page.wait_for_selector(".score")
    took = float(page.evaluate(_INTERACTIVE))
    context.close()
    return took

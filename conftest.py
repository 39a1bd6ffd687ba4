"""Every test sees the fixtures of testkit; the long variants run when asked for; suites run beside each other."""

import pytest
from xdist.scheduler import LoadScopeScheduling

pytest_plugins = ["testkit.fixtures"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """--long."""
    parser.addoption("--long", action="store_true", help="run the long variants as well")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests marked `long` are skipped unless asked for."""
    if config.getoption("--long"):
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="a long variant: run it with --long"))


class SuiteScheduling(LoadScopeScheduling):
    """A suite, such as tests/e2e or services/work, runs as a whole: its tests share servers and cities."""

    def _split_scope(self, nodeid: str) -> str:
        return "/".join(nodeid.split("/")[:2])


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> SuiteScheduling:
    """With several workers each takes a suite at a time."""
    return SuiteScheduling(config, log)

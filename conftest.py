"""Every test sees the fixtures of testkit; the long variants run when asked for; suites run beside each other."""

from pathlib import Path

import pytest

pytest_plugins = ["testkit.fixtures"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """--long."""
    parser.addoption("--long", action="store_true", help="run the long variants as well")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests marked `long` are skipped unless asked for. A suite stays together: its tests share servers and cities."""
    for item in items:
        suite = item.path.relative_to(Path(__file__).parent).parts[:2]
        item.add_marker(pytest.mark.xdist_group("/".join(suite)))
        if item.get_closest_marker("long") and not config.getoption("--long"):
            item.add_marker(pytest.mark.skip(reason="a long variant: run it with --long"))

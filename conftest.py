"""Every test sees the fixtures of testkit; the long variants run when asked for."""

import pytest

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

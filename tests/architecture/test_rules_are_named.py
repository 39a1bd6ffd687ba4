"""Every local rule has a place in the code or policy that carries it, and a worked case."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RULES = [f"L{number}" for number in range(1, 24)]
SOURCES = [
    *ROOT.glob("services/*/src/**/*.py"),
    *ROOT.glob("services/*/src/**/*.yaml"),
    *ROOT.glob("libs/working_calendar/src/**/*.py"),
]


def names(rule: str, text: str) -> bool:
    """Whether the text names the rule itself, not L12 for L1."""
    return re.search(rf"\b{rule}\b", text) is not None


@pytest.mark.parametrize("rule", RULES)
def test_the_code_that_carries_a_local_rule_names_it(rule: str) -> None:
    assert any(names(rule, source.read_text()) for source in SOURCES)


@pytest.mark.parametrize("rule", RULES)
def test_every_local_rule_has_a_worked_case(rule: str) -> None:
    cases = (ROOT / "tests/cases/local-rules.yaml").read_text()
    titles = re.findall(r"- name: (.*)", cases)
    assert any(names(rule, title) for title in titles)

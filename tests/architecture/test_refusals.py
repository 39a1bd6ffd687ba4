"""Whatever work refuses to a form of the portal is told in plain words that have a Vietnamese sentence."""

import ast
from collections.abc import Iterator
from pathlib import Path

from portal.domain.refusals import plain_words

WORK = Path(__file__).parents[2] / "services/work/src/work"
MODULES = (
    *("domain/catalogue", "domain/initiatives", "domain/planning", "domain/proposals", "domain/texts"),
    *("domain/transitions", "usecases/access", "usecases/initiatives", "usecases/proposals", "usecases/requests"),
    *("usecases/reviews", "usecases/tasks"),
)
ERRORS = {"Conflict", "Denied", "InvalidInput", "NotFound"}
# What is said around the fault that a function has found.
AROUND = {
    "find_unplanned_fault": "The work {}.",
    "find_wrong_authors": "The initiative {}.",
    "find_wrong_ground": "The review {}.",
    "find_wrong_id": "product_code {}.",
    "find_wrong_recogniser": "{}.",
    "find_wrong_text": "title {}.",
}
# What no form can bring about: the pages ask for less, or send these fields themselves.
BEYOND_FORMS = {
    "? ends on ?, before it begins: give a later day.",
    "Give officer_id or unit_id, not both.",
    "Officers see their own initiatives, heads those of their units and those below.",
    "Only an author proposes an initiative.",
    "Only an officer proposes a product.",
    "Officers see what they proposed themselves, evaluators and administrators everything.",
    "A request of another unit is sent with SendRequest.",
    "Product ? would be valid twice on ?: end the version of ? by then.",
    "? is no request: submit it instead.",
}
# Their words come from a variable, and are told by those of the function that found the fault.
FOUND_ELSEWHERE = {"? ?.", "?.", "The work ?.", "The review ?.", "The initiative ?."}


def words_of(node: ast.expr) -> str:
    """A string with a question mark for what is filled in; "" for anything else."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(words_of(part) or "?" for part in node.values)
    return ""


def sentences_of(module: str) -> Iterator[str]:
    tree = ast.parse((WORK / f"{module}.py").read_text())
    constants = {
        target.id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ERRORS and node.args:
            yield words_of(node.args[0]) or str(constants[node.args[0].id])  # type: ignore[attr-defined]
        elif isinstance(node, ast.FunctionDef) and node.name in AROUND:
            yield from (AROUND[node.name].format(fault) for fault in faults_of(node))


def faults_of(function: ast.FunctionDef) -> list[str]:
    returned = (node.value for node in ast.walk(function) if isinstance(node, ast.Return) and node.value)
    said = (
        part for value in returned for part in ([value.body, value.orelse] if isinstance(value, ast.IfExp) else [value])
    )
    return [words for words in map(words_of, said) if words]


def test_every_refusal_of_work_has_plain_words() -> None:
    said = {sentence for module in MODULES for sentence in sentences_of(module)} - FOUND_ELSEWHERE
    assert len(said) > 50
    plain = {sentence for sentence in said if plain_words(sentence) != sentence}
    assert said - plain == BEYOND_FORMS

"""From policy files to policies: expressions compiled, everything refused that could go wrong in a month."""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import cel

from evaluation.domain.measures import MEASURES
from evaluation.domain.periods import format_month, parse_month
from evaluation.domain.policies.documents import Document, Place, PolicyError, check_schema
from evaluation.domain.policies.model import Band, Expression, Indicator, Level, Policies, Policy, Rule, Sheet, Text

# What expressions may name: each measure of class work, of requests and of both, and what is known about the subject.
MEASURE_NAMES: Final = frozenset(f"{part}_{name}" for part in ("work", "request", "all") for name in MEASURES)
FACT_NAMES: Final = frozenset(
    {"subordinate_failing", "lasting_delay", "lasting_disunity", "failing_sub_unit", "on_leave_all_month"}
)
# Division would lose exactness, and calls could give what is neither an integer nor a boolean.
OPERATORS: Final = frozenset(
    {"_+_", "_-_", "_*_", "-_", "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "_&&_", "_||_", "!_", "_?_:_"}
)


def load_policies(folder: Path) -> Policies:
    """The policies of all *.yaml files of a folder, in the order of the names; PolicyError when one is wrong."""
    documents = [Document(file) for file in sorted(folder.glob("*.yaml"))]
    if not documents:
        raise PolicyError(f"{folder}:1: there is no policy here; put one in as *.yaml.")
    loaded = [(document, _read_policy(document)) for document in documents]
    _refuse_overlaps(loaded)
    return Policies(policy for _, policy in loaded)


def _read_policy(document: Document) -> Policy:
    check_schema(document)
    data = document.data
    valid_from, valid_to = parse_month(data["valid"]["from"]), data["valid"].get("to")
    end = parse_month(valid_to) if valid_to else None
    if end is not None and end <= valid_from:
        raise document.error(("valid",), "the policy ends before it begins; let `to` be a later month than `from`.")
    return Policy(
        name=data["name"],
        version=data["version"],
        title=Text(**data["title"]),
        legal_reference=data["legal_reference"],
        valid_from=valid_from,
        valid_to=end,
        officer=_read_sheet(document, "officer"),
        unit=_read_sheet(document, "unit"),
    )


def _read_sheet(document: Document, kind: str) -> Sheet:
    data, place = document.data[kind], (kind,)
    _check_weights(document, data, place)
    for part in ("indicators", "rules"):
        _refuse_repeats(document, data[part], (*place, part))
    indicators = tuple(
        _read_indicator(document, entry, (*place, "indicators", position))
        for position, entry in enumerate(data["indicators"])
    )
    levels = tuple(
        _read_level(document, entry, (*place, "bands", position)) for position, entry in enumerate(data["bands"])
    )
    rules = tuple(
        _read_rule(document, entry, (*place, "rules", position)) for position, entry in enumerate(data["rules"])
    )
    names = _names_read(indicators, levels, rules)
    return Sheet(
        indicators=indicators,
        scale=data["combine"]["scale"],
        at_most=data["combine"].get("at_most"),
        general=data["combine"]["general"],
        spread=data["combine"]["missing"] == "spread",
        without=Text(**data["combine"]["without"]),
        levels=levels,
        rules=rules,
        measures=tuple(sorted(names & MEASURE_NAMES)),
        facts=tuple(sorted(names & FACT_NAMES)),
        passing=min((level.at_least for level in levels if level.band > Band.NOT_COMPLETED), default=0),
    )


def _names_read(indicators: Iterable[Indicator], levels: Iterable[Level], rules: Iterable[Rule]) -> frozenset[str]:
    expressions = [expression for one in indicators for expression in (one.numerator, one.denominator)]
    expressions += [rule.when for rule in rules]
    expressions += [level.when for level in levels if level.when]
    return frozenset().union(*(expression.names for expression in expressions))


def _check_weights(document: Document, data: Mapping[str, Any], place: Place) -> None:
    total, wanted = sum(indicator["weight"] for indicator in data["indicators"]), data["weights_sum"]
    if total != wanted:
        raise document.error(
            (*place, "weights_sum"), f"the weights of the {place[0]} sheet add up to {total}, not to {wanted}."
        )


def _refuse_repeats(document: Document, entries: list[Mapping[str, Any]], place: Place) -> None:
    seen: set[str] = set()
    for position, entry in enumerate(entries):
        if entry["id"] in seen:
            raise document.error((*place, position, "id"), f'the id "{entry["id"]}" stands here twice.')
        seen.add(entry["id"])


def _read_indicator(document: Document, data: Mapping[str, Any], place: Place) -> Indicator:
    denominator = _compile(document, data["denominator"], (*place, "denominator"), wanted=int)
    return Indicator(
        indicator_id=data["id"],
        name=Text(**data["name"]),
        weight=data["weight"],
        numerator=_compile(document, data["numerator"], (*place, "numerator"), wanted=int),
        denominator=denominator,
        at_most=data.get("at_most"),
        posts=frozenset(data.get("posts", ())),
        legal_reference=data["legal_reference"],
        shows_work=bool(denominator.names),
    )


def _read_level(document: Document, data: Mapping[str, Any], place: Place) -> Level:
    below = data.get("below")
    if below is not None and below <= data["at_least"]:
        raise document.error((*place, "below"), "the band is empty; let `below` be more than `at_least`.")
    return Level(
        band=Band[data["band"].upper()],
        at_least=data["at_least"] * 100,
        below=None if below is None else below * 100,
        when=_compile(document, data["when"], (*place, "when"), wanted=bool) if "when" in data else None,
        legal_reference=data.get("legal_reference", ""),
    )


def _read_rule(document: Document, data: Mapping[str, Any], place: Place) -> Rule:
    return Rule(
        rule_id=data["id"],
        when=_compile(document, data["when"], (*place, "when"), wanted=bool),
        band=Band[data["band"].upper()] if "band" in data else None,
        text=Text(**data["text"]),
        legal_reference=data["legal_reference"],
    )


def _compile(document: Document, source: str, place: Place, *, wanted: type) -> Expression:
    try:
        program = cel.compile(source)
    except ValueError as error:
        raise document.error(place, f"this is not CEL: {str(error).splitlines()[0]}") from error
    for name in program.variables():
        if name not in MEASURE_NAMES and name not in FACT_NAMES:
            raise document.error(place, f'"{name}" is neither a measure nor a known fact.')
    for operator in program.functions():
        if operator not in OPERATORS:
            raise document.error(
                place, f'"{operator.strip("_@")}" is not allowed; use + - *, comparisons, && || ! and ? :.'
            )
    _try_out(document, program, place, wanted=wanted)
    return Expression(source=source, program=program)


def _try_out(document: Document, program: cel.Program, place: Place, *, wanted: type) -> None:
    """Runs the expression with nothing and with something: a wrong type is refused at start, not in a month."""
    for value, held in ((0, False), (1, True), (1, False), (0, True)):
        values = {name: value if name in MEASURE_NAMES else held for name in program.variables()}
        try:
            result = program.execute(values)
        except (TypeError, ValueError, OverflowError, ArithmeticError) as error:
            raise document.error(place, f"the expression does not work: {error}") from error
        if type(result) is not wanted:
            kinds = {int: "an integer", bool: "true or false"}
            raise document.error(place, f"the expression must give {kinds[wanted]}, and gives {result!r}.")


def _refuse_overlaps(loaded: Iterable[tuple[Document, Policy]]) -> None:
    ordered = sorted(loaded, key=lambda pair: (pair[1].name, pair[1].valid_from))
    for (earlier_file, earlier), (later_file, later) in pairwise(ordered):
        if earlier.name == later.name and earlier.holds_in(later.valid_from):
            raise later_file.error(
                ("valid",),
                f"version {later.version} of {later.name} begins in {format_month(later.valid_from)}, "
                f"when version {earlier.version} ({earlier_file.file.name}) is still in force.",
            )

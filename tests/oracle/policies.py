"""From measures to points, band and reason, in exact fractions (docs/scoring.md, section 4).

Measures come by name, "work_done" or "request_due_items"; "all_x" is both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

Measures = Mapping[str, int]

PILOT = "pilot-seven-groups"
DECREE = "decree-335"

NOT_COMPLETED, COMPLETED, GOOD, EXCELLENT = "not completed", "completed", "good", "excellent"

ON_LEAVE = "on leave all month"
NO_WORK = "no work in the month"
NO_PLANNED_WORK = "no planned work"
NO_GENERAL_CRITERIA = "general criteria not scored"
NO_LEVEL_FITS = "no level fits"
OVERDUE = "overdue share above 20 %"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a policy says: exact points, the shown points in hundredths, band, and the ratios (None: no denominator)."""

    points: Fraction | None = None
    shown: int | None = None
    band: str | None = None
    reason: str = ""
    indicators: Mapping[str, Fraction | None] = field(default_factory=dict)
    result_points: Fraction | None = None
    overdue_share: Fraction | None = None
    forced_band: str | None = None


def round_half_up(number: Fraction, digits: int = 2) -> int:
    """The number in units of its last digit: hundredths by default (L22)."""
    return int((2 * number * 10**digits + 1) // 2)


def band_of(shown: int) -> str:
    """The band of rounded points (hundredths)."""
    if shown >= 9000:
        return EXCELLENT
    if shown >= 7000:
        return GOOD
    return COMPLETED if shown >= 5000 else NOT_COMPLETED


def read(measures: Measures, name: str) -> int:
    """A measure by name; "all_x" adds up both classes."""
    if name.startswith("all_"):
        rest = name.removeprefix("all_")
        return measures[f"work_{rest}"] + measures[f"request_{rest}"]
    return measures[name]


def if_nothing_more(measures: Measures) -> dict[str, int]:
    """The measures of a month in which nothing more is done (L20)."""
    changed = dict(measures)
    for kind in ("work", "request"):
        changed[f"{kind}_planned"] += measures[f"{kind}_pending_planned"]
        changed[f"{kind}_due_units"] += measures[f"{kind}_pending_units"]
        changed[f"{kind}_due_items"] += measures[f"{kind}_pending_items"]
        changed[f"{kind}_missed_items"] += measures[f"{kind}_pending_items"]
    return changed


def _ratio(numerator: int | Fraction, denominator: int | Fraction) -> Fraction | None:
    return Fraction(numerator) / Fraction(denominator) if denominator else None


def _at_most_one(ratio: Fraction | None) -> Fraction | None:
    return None if ratio is None else min(Fraction(1), ratio)


def _with_quarters_off(measures: Measures, kind: str, what: str) -> Fraction:
    """Done units less a quarter for each failed review ("failed") or delay ("late"), four quarters at most."""
    off = sum(n * read(measures, f"{kind}_done_{what}_{n}") for n in range(1, 5))
    return read(measures, f"{kind}_done") - Fraction(off, 4)


def overdue_share(measures: Measures, kind: str) -> Fraction | None:
    """Missed and carried items of those due and carried."""
    carried = read(measures, f"{kind}_carried_items")
    return _ratio(read(measures, f"{kind}_missed_items") + carried, read(measures, f"{kind}_due_items") + carried)


PILOT_WEIGHTS = {
    "quantity": 20,
    "time": 20,
    "quality": 20,
    "proactiveness": 10,
    "coordination": 10,
    "creativity": 10,
    "overdue": 10,
}


def pilot_groups(measures: Measures) -> dict[str, Fraction | None]:
    """The ratios of the seven groups; None without a denominator."""
    done = measures["work_done"]
    share = overdue_share(measures, "work")
    proactive = _ratio(measures["work_proactive_items"], measures["work_completed_items"])
    return {
        "quantity": _at_most_one(_ratio(done, measures["work_planned"] + measures["work_carried_planned"])),
        "time": _ratio(measures["work_on_time_units"], measures["work_due_units"]),
        "quality": _ratio(_with_quarters_off(measures, "work", "failed"), done),
        "proactiveness": None if proactive is None else _at_most_one(proactive / Fraction(30, 100)),
        "coordination": _ratio(measures["request_on_time_items"], measures["request_due_items"]),
        "creativity": _at_most_one(Fraction(measures["work_initiative_credit"], 1000)),
        "overdue": None if share is None else 1 - share,
    }


def score_pilot(measures: Measures, *, on_leave: bool = False) -> Result:
    """The pilot's seven groups."""
    groups = pilot_groups(measures)
    share = overdue_share(measures, "work")
    forced = NOT_COMPLETED if share is not None and share > Fraction(1, 5) else None
    if on_leave:
        return Result(reason=ON_LEAVE, indicators=groups, overdue_share=share)
    filled = {name: ratio for name, ratio in groups.items() if ratio is not None}
    if set(filled) == {"creativity"}:
        return Result(reason=NO_WORK, indicators=groups, overdue_share=share)
    weight = sum(PILOT_WEIGHTS[name] for name in filled)
    points = sum((PILOT_WEIGHTS[name] * ratio for name, ratio in filled.items()), Fraction(0)) * 100 / weight
    shown = round_half_up(points)
    return Result(
        points=points,
        shown=shown,
        band=forced or band_of(shown),
        reason=OVERDUE if forced else "",
        indicators=groups,
        overdue_share=share,
        forced_band=forced,
    )


def decree_ratios(measures: Measures) -> dict[str, Fraction | None]:
    """Quantity a, quality b and progress c (Decree 335/2025, Article 14.2); None without planned work."""
    planned = read(measures, "all_planned") + read(measures, "all_carried_planned")
    return {
        "a": _ratio(read(measures, "all_done"), planned),
        "b": _ratio(_with_quarters_off(measures, "all", "failed"), planned),
        "c": _ratio(_with_quarters_off(measures, "all", "late"), planned),
    }


def score_decree(
    measures: Measures,
    general: int | None,
    *,
    leading: Mapping[str, Fraction] | None = None,
    on_leave: bool = False,
) -> Result:
    """The legal score of an officer; `general` in thousandths, `leading` the ratios d, đ, e of a head or deputy."""
    indicators: dict[str, Fraction | None] = {**decree_ratios(measures), **(leading or {})}
    if on_leave:
        return Result(reason=ON_LEAVE, indicators=indicators)
    ratios = [ratio for ratio in indicators.values() if ratio is not None]
    if indicators["a"] is None:
        return Result(reason=NO_PLANNED_WORK, indicators=indicators)
    result = 70 * min(Fraction(1), sum(ratios, Fraction(0)) / len(ratios))
    if general is None:
        return Result(reason=NO_GENERAL_CRITERIA, indicators=indicators, result_points=result)
    points = Fraction(general, 1000) + result
    shown = round_half_up(points)
    return Result(points=points, shown=shown, band=band_of(shown), indicators=indicators, result_points=result)


def score_unit(
    measures: Measures, general: int | None, *, sub_bands: Sequence[str | None], faulted: bool, disunited: bool
) -> Result:
    """A unit under the decree: the points of Articles 6 and 7 with a, b, c, the level of Article 8 or none.

    `sub_bands` are those of the units directly below; `faulted`: a written finding against the unit stands;
    `disunited`: one of them is of disunity (Article 8.4.a).
    """
    scored = score_decree(measures, general)
    if scored.shown is None:
        return scored
    band = NOT_COMPLETED if disunited else _level(measures, scored, sub_bands, faulted)
    return Result(
        points=scored.points,
        shown=scored.shown,
        band=band,
        reason="" if band else NO_LEVEL_FITS,
        indicators=scored.indicators,
        result_points=scored.result_points,
        overdue_share=overdue_share(measures, "all"),
    )


def _level(measures: Measures, scored: Result, sub_bands: Sequence[str | None], faulted: bool) -> str | None:
    """Article 8.1 to 8.4, each with its own bounds of points."""
    quantity, shown = scored.indicators["a"], scored.shown
    assert quantity is not None
    assert shown is not None
    late = overdue_share(measures, "all") or Fraction(0)
    if shown < 5000 or quantity < Fraction(7, 10):
        return NOT_COMPLETED
    if quantity < 1:
        return None
    if shown < 7000:
        return COMPLETED if late <= Fraction(1, 5) else None
    if late > 0 or any(read(measures, f"all_done_failed_{times}") for times in range(1, 5)):
        return None
    if shown < 9000:
        return GOOD
    beyond = 10 * read(measures, "all_proactive_items") >= 3 * read(measures, "all_completed_items")
    return EXCELLENT if beyond and NOT_COMPLETED not in sub_bands and not faulted else None

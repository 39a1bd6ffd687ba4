"""What templates need beyond the language: bands, ratios, widths of bars, lines of small charts."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode

from congvu.evaluation.v1 import resources_pb2, service_pb2
from portal.domain.refusals import plain_words
from portal.web.languages import Language

BAND_KEYS = {
    resources_pb2.BAND_UNSPECIFIED: "none",
    resources_pb2.BAND_NOT_COMPLETED: "not-completed",
    resources_pb2.BAND_COMPLETED: "completed",
    resources_pb2.BAND_GOOD: "good",
    resources_pb2.BAND_EXCELLENT: "excellent",
}
BAND_NAMES = {
    "none": "No band",
    "not-completed": "Not completed",
    "completed": "Completed",
    "good": "Good",
    "excellent": "Excellent",
}
"""Sentences, to be said in a language."""

PROBLEM_NAMES = {
    403: "Not allowed",
    404: "There is nothing here",
    500: "Something broke",
    503: "Not available at the moment",
}
OTHER_PROBLEM = "That cannot be done"

# Of a small chart, in its own units.
SPARK_WIDTH, SPARK_HEIGHT = 80, 24


def band_key(band: int) -> str:
    """The class of a band in style sheets."""
    return BAND_KEYS[band]  # type: ignore[index]


def band_name(band: int) -> str:
    """The English name of a band, to be said."""
    return BAND_NAMES[band_key(band)]


def problem_name(status: int) -> str:
    """The English headline for a status of HTTP, to be said."""
    return PROBLEM_NAMES.get(status, OTHER_PROBLEM)


def to_fraction(message: resources_pb2.Fraction) -> Fraction:
    """An exact number of the contract."""
    return Fraction(int(message.numerator), int(message.denominator))


def spark_points(values: Sequence[int | None]) -> str:
    """The points of an SVG polyline of points in hundredths (0 to 10000), oldest first; gaps are skipped."""
    step = SPARK_WIDTH / max(len(values) - 1, 1)
    places = [
        (number * step, SPARK_HEIGHT - 1 - (SPARK_HEIGHT - 2) * min(max(value, 0), 10_000) / 10_000)
        for number, value in enumerate(values)
        if value is not None
    ]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def points_text(hundredths: int | None, language: Language) -> str:
    """Points in words of the language."""
    return language.points(hundredths)


def trend_data(trend: service_pb2.SubjectPoints, language: Language) -> Mapping[str, object]:
    """What the chart of the months is drawn from; points as numbers."""
    points = [month.points / 100 if month.HasField("points") else None for month in trend.months]
    return {"months": [language.short_month(month.period) for month in trend.months], "points": points}


def live_url(watch: Sequence[str]) -> str:
    """The address of the stream of a page that shows these."""
    return f"/live?{urlencode([('watch', one) for one in watch])}"


FILTERS: Mapping[str, Callable[..., Any]] = {
    "band_key": band_key,
    "band_name": band_name,
    "fraction": to_fraction,
    "live_url": live_url,
    "plain_words": plain_words,
    "points_text": points_text,
    "problem_name": problem_name,
    "spark_points": spark_points,
    "trend_data": trend_data,
}

"""Numbers, instants and sizes as people read them."""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from google.protobuf.timestamp_pb2 import Timestamp

from congvu.evaluation.v1 import resources_pb2
from embedded.render.language import Language
from runtime.timestamps import from_timestamp

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")


def decimal_text(value: Decimal | Fraction, places: int, language: Language) -> str:
    """A fixed number of places, rounded half up, with the language's decimal sign."""
    scaled = abs(Fraction(value)) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    digits = str(whole).rjust(places + 1, "0")
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    sign = "-" if value < 0 and whole else ""
    return sign + (text.replace(".", ",") if language is Language.VI else text)


def points_text(hundredths: int, language: Language) -> str:
    """Points out of hundredths."""
    return decimal_text(Fraction(hundredths, 100), 2, language)


def result_points_text(result: resources_pb2.Result, language: Language) -> str:
    """The points of a result; a dash without any."""
    return points_text(result.points, language) if result.HasField("points") else "–"


def to_fraction(value: resources_pb2.Fraction) -> Fraction:
    """The exact number of the contract."""
    return Fraction(int(value.numerator), int(value.denominator))


def fraction_text(value: Fraction, language: Language) -> str:
    """The exact fraction and its decimal."""
    decimal = decimal_text(value, 4, language)
    return str(value) if value.denominator == 1 else f"{value} ≈ {decimal}"


def instant_text(moment: Timestamp | datetime | None) -> str:
    """Local time of the city, to the second."""
    if isinstance(moment, Timestamp):
        moment = from_timestamp(moment) if moment.seconds else None
    return moment.astimezone(LOCAL).strftime("%d.%m.%Y %H:%M:%S") if moment else "–"


def size_text(size: int) -> str:
    """Bytes in MiB."""
    return f"{size / 2**20:,.0f} MiB"

"""The catalogue of products (Decree 335/2025, Article 13) with its periods of validity."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from runtime.errors import InvalidInput
from work.domain.texts import check_id, check_text

HIGHEST_GROUP = 5
# A working year of 250 days; a longer standard term is a slip of the pen.
LONGEST_TERM_HOURS = 2_000
MOST_UNITS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product as it is valid in [valid_from, valid_to). Units in thousandths, the standard term in working hours."""

    product_code: str
    name: str
    complexity_group: int
    standard_units: int
    standard_term_hours: int
    recurring: bool = False
    leading: bool = False
    valid_from: date
    valid_to: date | None = None


class Catalogue:
    """The products that are looked at together, by code and day."""

    def __init__(self, products: Iterable[Product]) -> None:
        self._by_code: defaultdict[str, list[Product]] = defaultdict(list)
        for product in products:
            self._by_code[product.product_code].append(product)

    def product_on(self, code: str, day: date) -> Product | None:
        """The product as it is valid on the day; None when there is none."""
        return next((product for product in self._by_code.get(code, ()) if _valid_on(product, day)), None)


def check_products(products: Iterable[Product]) -> None:
    """Refuses products that the decree does not know: a wrong group, no units, no term, a period that ends first."""
    for product in products:
        _check_product(product)


def check_periods(products: Iterable[Product]) -> None:
    """Refuses two versions of one product that are valid on the same day."""
    in_order = sorted(products, key=lambda product: (product.product_code, product.valid_from))
    for first, second in pairwise(in_order):
        if first.product_code == second.product_code and (first.valid_to is None or first.valid_to > second.valid_from):
            raise InvalidInput(
                f"Product {first.product_code} would be valid twice on {second.valid_from}: "
                f"end the version of {first.valid_from} by then.",
                field="valid_to",
            )


def _valid_on(product: Product, day: date) -> bool:
    return product.valid_from <= day and (product.valid_to is None or day < product.valid_to)


def _check_product(product: Product) -> None:
    check_id(product.product_code, "product_code")
    check_text(product.name, "name", required=True)
    place = f"Product {product.product_code}"
    if not 1 <= product.complexity_group <= HIGHEST_GROUP:
        raise InvalidInput(
            f"{place} has complexity group {product.complexity_group}: give 1 to {HIGHEST_GROUP} (Article 13.1.a).",
            field="complexity_group",
        )
    if not 0 < product.standard_units <= MOST_UNITS:
        raise InvalidInput(
            f"{place} has {product.standard_units} thousandths of a unit: give 1 to {MOST_UNITS}.",
            field="standard_units",
        )
    if not 0 < product.standard_term_hours <= LONGEST_TERM_HOURS:
        raise InvalidInput(
            f"{place} has a term of {product.standard_term_hours} working hours: give 1 to {LONGEST_TERM_HOURS}.",
            field="standard_term_hours",
        )
    if product.valid_to is not None and product.valid_to <= product.valid_from:
        raise InvalidInput(f"{place} ends on {product.valid_to}, before it begins: give a later day.", field="valid_to")

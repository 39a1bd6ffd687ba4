"""The product catalogue: names, complexity groups, standard units and terms, and who works on what."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from embedded.demo.datafiles import read_rows, read_yaml

# How often a product of complexity group 1, 2, 3 … turns up beside the others.
_FREQUENCY = (56, 50, 34, 20, 9)
HOUR = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductPlan:
    """A product; units in thousandths. `kind` is task, document, dossier, request or lead."""

    code: str
    name: str
    group: int
    units: int
    term_hours: int
    recurring: bool
    kind: str
    used_by: frozenset[str]

    @property
    def term(self) -> int:
        """The standard term in marks of office time."""
        return self.term_hours * HOUR

    @property
    def is_big(self) -> bool:
        """Whether it is the kind of work that mediocre offices let slip."""
        return self.group >= 4


class Shelf:
    """Products to choose from, the simple ones more often."""

    def __init__(self, products: Sequence[ProductPlan]) -> None:
        self.products = tuple(products)
        self._sums = tuple(accumulate(_FREQUENCY[product.group - 1] for product in products))

    def draw(self, rng: random.Random) -> ProductPlan:
        """One product."""
        return rng.choices(self.products, cum_weights=self._sums)[0]


def read_products() -> tuple[ProductPlan, ...]:
    """The catalogue of products.csv."""
    return tuple(_read_product(row) for row in read_rows("products.csv"))


def shelf_for(products: Sequence[ProductPlan], kind: str, tags: Sequence[str]) -> Shelf | None:
    """The products of a kind that units with these tags work on, the specialised ones three times; None without any."""
    wanted = frozenset(tags)
    own = [product for product in products if product.kind == kind and product.used_by & wanted]
    common = [product for product in products if product.kind == kind and "*" in product.used_by]
    chosen = own * 3 + common
    return Shelf(chosen) if chosen else None


def topics_for(tags: Sequence[str]) -> tuple[str, ...]:
    """What the work of units with these tags is about."""
    topics = read_yaml("topics.yaml")
    return tuple(topic for tag in ("*", *tags) for topic in topics.get(tag, ()))


def _read_product(row: dict[str, str]) -> ProductPlan:
    return ProductPlan(
        code=row["product_code"],
        name=row["name"],
        group=int(row["complexity_group"]),
        units=int(row["standard_units"]),
        term_hours=int(row["standard_term_hours"]),
        recurring=row["recurring"] == "yes",
        kind=row["kind"],
        used_by=frozenset(row["used_by"].split(";")),
    )

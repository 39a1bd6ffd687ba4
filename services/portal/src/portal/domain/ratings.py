"""What citizens said of items."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """Ratings of one item: how many, and their stars together, one to five each."""

    work_id: str
    title: str
    count: int
    stars: int

    @property
    def average(self) -> Fraction:
        """Stars of a rating."""
        return Fraction(self.stars, self.count)

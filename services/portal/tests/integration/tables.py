"""Tables of pages, as people read them."""

from dataclasses import dataclass

from lxml import html  # type: ignore[import-untyped]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of the table of units."""

    unit_id: str
    cells: list[str]
    path: str

    @property
    def rank(self) -> str:
        """Its place; empty where it has none."""
        return self.cells[0]

    @property
    def name(self) -> str:
        """The unit."""
        return self.cells[1]

    @property
    def points(self) -> str:
        """As the page writes them."""
        return self.cells[3]


def read_units(page: str) -> list[Line]:
    """The rows of the table of units, in their order."""
    rows = html.fromstring(page).xpath("//table[@id='city-table']//tr[@data-unit]")
    return [
        Line(
            unit_id=row.get("id").removeprefix("row-"),
            cells=[" ".join(cell.text_content().split()) for cell in row],
            path=row.xpath("./th/a/@href")[0],
        )
        for row in rows
    ]

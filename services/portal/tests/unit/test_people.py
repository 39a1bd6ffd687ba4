"""The people of a unit beside each other."""

from dataclasses import replace

from portal.domain.people import Load, PersonRow, find_idle, find_overloaded, median_units, order_people


def person(name: str, *, points: int | None = None, units: int = 0, overdue: int = 0, leads: bool = False) -> PersonRow:
    return PersonRow(
        officer_id=name,
        name=name,
        unit_id="SNV",
        unit_name="Sở Nội vụ",
        leads=leads,
        points=points,
        band=0,
        points_later=None,
        band_later=0,
        small_sample=False,
        trend=(),
        load=Load(officer_id=name, unit_id="SNV", open=bool(units), units=units, overdue=overdue),
    )


def absent(row: PersonRow) -> PersonRow:
    return replace(row, load=replace(row.load, absent=True))


def names(rows: list[PersonRow]) -> list[str]:
    return [row.name for row in rows]


def test_people_stand_in_the_order_of_their_given_names() -> None:
    rows = [person("Trần Văn Bình"), person("Lê Thị Ân"), person("Phan An")]
    assert names(order_people(rows, "name")) == ["Phan An", "Lê Thị Ân", "Trần Văn Bình"]
    assert names(order_people(rows, "-name")) == ["Trần Văn Bình", "Lê Thị Ân", "Phan An"]
    assert order_people(rows, "no column") == order_people(rows, "name")


def test_who_has_no_points_stands_last_in_either_direction() -> None:
    rows = [person("Phan An"), person("Lê Thị Ân", points=9_000), person("Trần Văn Bình", points=4_000)]
    assert names(order_people(rows, "-points")) == ["Lê Thị Ân", "Trần Văn Bình", "Phan An"]
    assert names(order_people(rows, "points")) == ["Trần Văn Bình", "Lê Thị Ân", "Phan An"]


def test_equals_stand_in_the_order_of_their_names() -> None:
    rows = [person("Lý Vy", overdue=2), person("Lý Ân", overdue=2), person("Lý Cầm", overdue=5)]
    assert names(order_people(rows, "-overdue")) == ["Lý Cầm", "Lý Ân", "Lý Vy"]


def test_overloaded_is_above_one_and_a_half_medians() -> None:
    rows = [person(name, units=units) for name, units in (("A", 1_000), ("B", 1_000), ("C", 1_500), ("D", 1_501))]
    assert median_units(rows) == 1_250
    assert names(find_overloaded([*rows, person("E", units=2_000)])) == []
    assert names(find_overloaded([*rows, person("E", units=2_251)])) == ["E"]


def test_where_most_hold_nothing_nobody_is_overloaded() -> None:
    assert find_overloaded([person("A"), person("B"), person("C", units=500)]) == []


def test_who_leads_or_is_absent_is_neither_idle_nor_overloaded() -> None:
    rows = [person("A"), absent(person("B")), person("C", leads=True), person("D", units=100)]
    assert names(find_idle(rows)) == ["A"]
    assert median_units([absent(person("B", units=9_000)), person("D", units=100)]) == 100

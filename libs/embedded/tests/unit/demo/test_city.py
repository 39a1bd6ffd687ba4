"""The demo city looks like Huế: its units, its people, its catalogue."""

import csv
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from embedded.demo.catalogue import read_products, shelf_for
from embedded.demo.findings import make_findings
from embedded.demo.hours import Frame
from embedded.demo.messages import account_messages, officer_message, product_message, sign_ins, unit_message
from embedded.demo.population import City
from embedded.demo.town import Town
from embedded.errors import CityError
from working_calendar import load_calendar

NOW = datetime(2026, 4, 16, 8, 30, tzinfo=UTC)
MARKED = set("àáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵăâđêôơư")
SHARED = Path(__file__).parents[6] / "shared" / "reference" / "hue-units.csv"
CityOf = Callable[..., City]
FrameAt = Callable[[datetime], Frame]


def test_the_city_has_40_communes_and_15_departments_with_their_divisions(city_of: CityOf) -> None:
    units = city_of(1).units
    kinds = Counter(unit.kind for unit in units)
    assert (kinds["city"], kinds["commune"], kinds["department"]) == (1, 40, 15)
    below = Counter(unit.parent_id for unit in units)
    assert all(below[unit.unit_id] == 4 for unit in units if unit.kind == "commune")
    assert all(3 <= below[unit.unit_id] <= 6 for unit in units if unit.kind == "department")
    assert len({unit.unit_id for unit in units}) == len(units)


def test_wards_and_communes_have_the_names_of_the_reference(city_of: CityOf) -> None:
    if not SHARED.exists():
        pytest.skip(f"the list to compare with is not here: {SHARED}")
    with SHARED.open(encoding="utf-8") as file:
        wanted = {row["code"]: row["full_name"] for row in csv.DictReader(file)}
    assert {unit.unit_id: unit.name for unit in city_of(1).units if unit.kind == "commune"} == wanted


def test_only_wards_have_a_division_for_infrastructure(city_of: CityOf) -> None:
    names = {unit.unit_id: unit.name for unit in city_of(1).units}
    assert names["19753-KT"] == "Phòng Kinh tế, Hạ tầng và Đô thị phường Phú Xuân"
    assert names["20056-KT"] == "Phòng Kinh tế xã A Lưới 1"


def test_a_unit_was_renamed_and_two_were_merged_last_month(city_of: CityOf) -> None:
    city = city_of(1)
    units = {unit.unit_id: unit for unit in city.units}
    former, present = units["SKHCN-CDS"].versions
    assert former.valid_to == present.valid_from
    assert former.name != present.name
    assert units["SCT-QLTM"].successors == units["SCT-XNK"].successors == ("SCT-TMXNK",)
    assert units["SCT-QLTM"].valid_to == units["SCT-TMXNK"].valid_from == city.merged_on
    assert present.valid_from.month == city.merged_on.month == 3


@pytest.mark.parametrize("seed", [1, 2, 77])
def test_about_1500_officers_hold_posts_in_units_that_exist(seed: int, city_of: CityOf) -> None:
    city = city_of(seed)
    units = {unit.unit_id: unit for unit in city.units}
    assert 1_400 <= len(city.people) <= 1_600
    for person in city.people:
        assert all(before.until == after.since for before, after in pairwise(person.stays))
        for stay in person.stays:
            unit = units[stay.unit_id]
            assert unit.valid_from <= stay.since
            assert unit.valid_to is None or (stay.until is not None and stay.until <= unit.valid_to)
            assert set(stay.field) <= units.keys()


def test_every_unit_has_one_head(city_of: CityOf) -> None:
    city = city_of(1)
    heads = Counter(stay.unit_id for person in city.people for stay in person.stays if stay.role == "head")
    assert heads == Counter(unit.unit_id for unit in city.units)


def test_the_fields_of_deputies_cover_all_units_of_their_office(city_of: CityOf) -> None:
    city = city_of(1)
    for top in (unit for unit in city.units if unit.kind in ("city", "department", "commune")):
        stays = [stay for person in city.people for stay in person.stays if stay.unit_id == top.unit_id]
        covered = {unit_id for stay in stays if stay.role == "deputy" for unit_id in stay.field}
        assert covered == {unit.unit_id for unit in city.units if unit.parent_id == top.unit_id}


def test_names_are_vietnamese_with_real_surnames(city_of: CityOf) -> None:
    names = [person.name for person in city_of(1).people]
    surnames = Counter(name.split()[0] for name in names)
    assert 0.25 < surnames["Nguyễn"] / len(names) < 0.42
    assert [surname for surname, _ in surnames.most_common(3)] == ["Nguyễn", "Trần", "Lê"]
    assert all(3 <= len(name.split()) <= 5 for name in names)
    assert sum(bool(MARKED & set(name.lower())) for name in names) > 0.97 * len(names)
    assert len(set(names)) > 0.9 * len(names)


def test_one_seed_is_always_the_same_city_and_another_seed_another(city_of: CityOf) -> None:
    assert city_of(1) == city_of(1)
    assert [person.name for person in city_of(1).people] != [person.name for person in city_of(2).people]


def test_some_officers_are_on_leave_move_or_have_nothing_planned(city_of: CityOf) -> None:
    people = city_of(1).people
    kinds = Counter(absence.kind for person in people for absence in person.absences)
    assert set(kinds) == {"annual", "sick", "unpaid", "maternity"}
    transferred = [person for person in people if len(person.stays) == 2]
    assert sum(not person.stays[1].unit_id.startswith("SCT-TMXNK") for person in transferred) == 10
    assert sum(person.load == 0 for person in people) == 15


def test_the_catalogue_has_about_60_products_in_five_groups() -> None:
    products = read_products()
    assert 55 <= len(products) <= 70
    assert len({product.code for product in products}) == len(products)
    assert sum(product.kind == "lead" for product in products) >= 5
    assert sum(product.recurring for product in products) >= 5
    averages = [_mean_units(group) for group in range(1, 6)]
    assert averages == sorted(averages)


def _mean_units(group: int) -> float:
    units = [product.units for product in read_products() if product.group == group]
    return sum(units) / len(units)


def test_every_unit_has_something_to_do(city_of: CityOf) -> None:
    products = read_products()
    for unit in city_of(1).units:
        for kind in ("task", "document", "lead", "request"):
            assert shelf_for(products, kind, unit.tags) is not None


@pytest.mark.parametrize("now", [datetime(2025, 7, 3, tzinfo=UTC), datetime(1970, 1, 5, tzinfo=UTC)])
def test_a_wrong_clock_is_told(now: datetime, frame_at: FrameAt) -> None:
    with pytest.raises(CityError, match="check the clock"):
        frame_at(now)


def test_nobody_reviews_their_own_work_but_the_chairman(city_of: CityOf, frame_at: FrameAt) -> None:
    city = city_of(1)
    town = Town(city=city, products=read_products(), frame=frame_at(NOW), rng=random.Random(1))
    alone = [p for p in city.people if town.reviewer_of(p.stays[-1].unit_id, p.officer_id) == p.officer_id]
    assert [person.stays[0].title for person in alone] == ["Chủ tịch UBND thành phố"]


def test_messages_carry_the_whole_of_units_and_officers(city_of: CityOf) -> None:
    city, calendar = city_of(1), load_calendar()
    units = [unit_message(unit) for unit in city.units]
    officers = [officer_message(person, calendar) for person in city.people]
    assert all(unit.kind and unit.versions and unit.versions[0].name for unit in units)
    assert all(officer.category and officer.posts and officer.full_name for officer in officers)
    for officer in officers:
        assert all(post.role and post.title for post in officer.posts)
        assert len({post.post_id for post in officer.posts}) == len(officer.posts)
        for leave in officer.leaves:
            assert leave.kind
            assert leave.first_day <= leave.last_day
            assert leave.registered_at.ToDatetime(UTC).date() <= date.fromisoformat(leave.first_day)
    assert all(product_message(product).standard_units > 0 for product in read_products())


def test_accounts_belong_to_who_they_say(city_of: CityOf) -> None:
    city = city_of(1)
    posts = {person.officer_id: person.stays[-1] for person in city.people}
    accounts = {account.username: account for account in account_messages(city)}
    assert posts[accounts["chutich.phuxuan"].officer_id].title == "Chủ tịch UBND phường Phú Xuân"
    assert posts[accounts["giamdoc.snv"].officer_id].title == "Giám đốc"
    assert len(accounts) == len({account.officer_id for account in accounts.values()}) == 6
    assert all(len(password) >= 10 for _, password, _ in sign_ins())
    assert [name for name, account in accounts.items() if len(account.roles) == 2] == ["danhgia"]


def test_general_criteria_cover_everyone(city_of: CityOf, frame_at: FrameAt) -> None:
    city = city_of(1)
    findings = make_findings(city=city, frame=frame_at(NOW), seed=1, now=NOW)
    subjects = {person.officer_id for person in city.people} | {unit.unit_id for unit in city.units}
    scored = [finding for finding in findings if finding.HasField("general_criteria_scored")]
    confirmed = {f.subject_id for f in scored if f.period == "2026-03" and f.general_criteria_scored.confirmed}
    self_scored = {f.subject_id for f in scored if f.period == "2026-04" and not f.general_criteria_scored.confirmed}
    assert confirmed == self_scored == subjects
    assert all(0 <= finding.general_criteria_scored.points <= 30_000 for finding in scored)
    assert sum(finding.HasField("shortcoming_found") for finding in findings) == 4
    assert sum(finding.HasField("shortcoming_lifted") for finding in findings) == 1
    assert len({finding.event_id for finding in findings}) == len(findings)
    assert all(finding.occurred_at.seconds <= NOW.timestamp() for finding in findings)

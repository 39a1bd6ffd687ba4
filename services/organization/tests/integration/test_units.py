"""The tree through the door: what is said of one day and of the next."""

from collections.abc import Callable

import pytest

from congvu.organization.v1 import events_pb2
from congvu.organization.v1 import resources_pb2 as pb
from congvu.organization.v1 import service_pb2 as rpc
from congvu.organization.v1.service_pb2_grpc import OrganizationServiceStub as Stub
from organization.domain.units import Unit
from organization.events import unit_message
from runtime.errors import Conflict, InvalidInput, NotFound
from testkit.clock import Clock

Told = Callable[[], list[events_pb2.OrganizationEvent]]


def tree(administrator: Stub, as_of: str = "") -> dict[str, rpc.TreeUnit]:
    answer = administrator.GetTree(rpc.GetTreeRequest(as_of=as_of))
    return {unit.unit_id: unit for unit in answer.units}


def posts_of(administrator: Stub, officer_id: str) -> list[tuple[str, str, str]]:
    officer = administrator.GetOfficer(rpc.GetOfficerRequest(officer_id=officer_id)).officer
    return [(post.unit_id, post.valid_from, post.valid_to) for post in officer.posts]


MERGER = rpc.MergeUnitsRequest(
    unit_ids=["19753", "19774"],
    into_unit_id="19700",
    name="Phường Phú Long",
    parent_id="HUE",
    kind=pb.UNIT_KIND_COMMUNE,
    valid_from="2026-07-01",
)


def test_the_tree_names_parent_and_head_as_of_the_day(administrator: Stub) -> None:
    assert tree(administrator, "2025-06-30") == {}
    units = tree(administrator, "2025-07-01")
    assert units["SNV-CCVC"] == rpc.TreeUnit(
        unit_id="SNV-CCVC",
        kind=pb.UNIT_KIND_DIVISION,
        name="Phòng Công chức, viên chức",
        parent_id="SNV",
        head_officer_id="binh",
    )
    assert units["19774"].head_officer_id == ""


def test_without_a_day_the_tree_is_that_of_today_in_the_city(administrator: Stub, clock: Clock) -> None:
    clock.now = clock.now.replace(hour=16, minute=59)
    assert administrator.GetTree(rpc.GetTreeRequest()).as_of == "2026-03-02"
    clock.now = clock.now.replace(hour=17, minute=0)
    assert administrator.GetTree(rpc.GetTreeRequest()).as_of == "2026-03-03"


def test_a_merger_is_seen_on_its_day_and_not_the_day_before(administrator: Stub) -> None:
    merged = administrator.MergeUnits(MERGER).unit
    assert merged.unit_id == "19700"
    before, after = tree(administrator, "2026-06-30"), tree(administrator, "2026-07-01")
    assert {"19753", "19774"} <= before.keys()
    assert "19700" not in before
    assert {"19753", "19774"}.isdisjoint(after)
    assert after["19753-KT"].parent_id == after["19774-VH"].parent_id == "19700"
    assert (before["19753"].head_officer_id, after["19700"].head_officer_id) == ("ward-head", "ward-head")


def test_people_of_merged_units_have_one_post_before_the_day_and_one_after(administrator: Stub) -> None:
    administrator.MergeUnits(MERGER)
    assert posts_of(administrator, "other-staff") == [
        ("19774", "2025-07-01", "2026-07-01"),
        ("19700", "2026-07-01", ""),
    ]
    assert posts_of(administrator, "ward-staff") == [("19753-KT", "2025-07-01", "")]


def test_a_merger_that_would_leave_two_heads_changes_nothing(administrator: Stub, told: Told) -> None:
    post = pb.Post(unit_id="19774", role=pb.POST_ROLE_HEAD, valid_from="2025-08-01")
    administrator.AppointOfficer(rpc.AppointOfficerRequest(officer_id="other-staff", post=post))
    before = told()
    with pytest.raises(InvalidInput, match="Unit 19700 has two heads on 2026-07-01") as refusal:
        administrator.MergeUnits(MERGER)
    assert refusal.value.field == "role"
    assert "19753" in tree(administrator, "2026-07-01")
    assert told() == before


def test_a_unit_is_renamed_and_moved_from_a_day_on(administrator: Stub) -> None:
    renamed = rpc.RenameUnitRequest(unit_id="SNV-CCVC-1", name="Tổ Một", valid_from="2026-04-01")
    moved = rpc.MoveUnitRequest(unit_id="SNV-CCVC-1", parent_id="SNV", valid_from="2026-05-01")
    administrator.RenameUnit(renamed)
    unit = administrator.MoveUnit(moved).unit
    assert [(version.valid_from, version.name, version.parent_id) for version in unit.versions] == [
        ("2025-07-01", "Tổ 1", "SNV-CCVC"),
        ("2026-04-01", "Tổ Một", "SNV-CCVC"),
        ("2026-05-01", "Tổ Một", "SNV"),
    ]
    for day, expected in {
        "2026-03-31": ("Tổ 1", "SNV-CCVC"),
        "2026-04-01": ("Tổ Một", "SNV-CCVC"),
        "2026-04-30": ("Tổ Một", "SNV-CCVC"),
        "2026-05-01": ("Tổ Một", "SNV"),
    }.items():
        seen = tree(administrator, day)["SNV-CCVC-1"]
        assert (seen.name, seen.parent_id) == expected


def test_a_unit_is_established_once(administrator: Stub) -> None:
    request = rpc.EstablishUnitRequest(
        unit_id="STC", kind=pb.UNIT_KIND_DEPARTMENT, name="Sở Tài chính", parent_id="HUE", valid_from="2026-04-01"
    )
    administrator.EstablishUnit(request)
    assert tree(administrator, "2026-04-01").keys() - tree(administrator, "2026-03-31").keys() == {"STC"}
    with pytest.raises(Conflict, match="Unit STC is there already"):
        administrator.EstablishUnit(request)


def test_a_split_moves_people_as_named(administrator: Stub) -> None:
    administrator.MoveUnit(rpc.MoveUnitRequest(unit_id="SNV-CCVC-1", parent_id="SNV", valid_from="2026-07-01"))
    parts = [
        rpc.SplitPart(unit_id="SNV-CC", name="Phòng Công chức", officer_ids=["binh"]),
        rpc.SplitPart(unit_id="SNV-VC", name="Phòng Viên chức", officer_ids=["an"]),
    ]
    request = rpc.SplitUnitRequest(unit_id="SNV-CCVC", parts=parts, valid_from="2026-07-01")
    made = administrator.SplitUnit(request).units
    assert [unit.unit_id for unit in made] == ["SNV-CC", "SNV-VC"]
    assert posts_of(administrator, "an") == [("SNV-CCVC", "2025-07-01", "2026-07-01"), ("SNV-VC", "2026-07-01", "")]
    assert tree(administrator, "2026-06-30")["SNV-CCVC"].head_officer_id == "binh"
    assert tree(administrator, "2026-07-01")["SNV-CC"].head_officer_id == "binh"


def test_a_unit_with_people_is_not_closed_over_their_heads(administrator: Stub, city: dict[str, Unit]) -> None:
    unit = unit_message(city["19774"])
    unit.versions[0].valid_to = "2026-07-01"
    division = unit_message(city["19774-VH"])
    division.versions[0].valid_to = "2026-07-01"
    with pytest.raises(InvalidInput, match="Post p1 of officer other-staff in unit 19774"):
        administrator.PutUnits(rpc.PutUnitsRequest(units=[unit, division]))


def test_a_cycle_is_refused_and_nothing_of_the_batch_is_kept(administrator: Stub, city: dict[str, Unit]) -> None:
    first, second = unit_message(city["SNV-CCVC"]), unit_message(city["SNV-CCVC-1"])
    first.versions[0].parent_id = "SNV-CCVC-1"
    with pytest.raises(InvalidInput, match="SNV-CCVC is below itself on 2025-07-01"):
        administrator.PutUnits(rpc.PutUnitsRequest(units=[first, second]))
    assert tree(administrator)["SNV-CCVC"].parent_id == "SNV"


def test_a_unit_twice_in_a_batch_is_refused(administrator: Stub, city: dict[str, Unit]) -> None:
    unit = unit_message(city["SNV"])
    with pytest.raises(InvalidInput, match="SNV is in the batch twice"):
        administrator.PutUnits(rpc.PutUnitsRequest(units=[unit, unit]))


@pytest.mark.parametrize("day", ["", "2026-7-1", "20260701", "2026-W27-3", "2026-02-30", "tomorrow"])
def test_a_day_that_is_none_is_refused_with_its_field(administrator: Stub, day: str) -> None:
    with pytest.raises(InvalidInput, match=r"valid_from is .*: give a day such as 2026-07-01") as refusal:
        administrator.RenameUnit(rpc.RenameUnitRequest(unit_id="SNV", name="Sở", valid_from=day))
    assert refusal.value.field == "valid_from"


def test_an_unknown_unit_and_an_unspecified_kind_are_refused(administrator: Stub) -> None:
    with pytest.raises(NotFound, match="Unit 'NOWHERE' is not known"):
        administrator.RenameUnit(rpc.RenameUnitRequest(unit_id="NOWHERE", name="Sở", valid_from="2026-07-01"))
    with pytest.raises(InvalidInput, match="kind is 0"):
        administrator.EstablishUnit(
            rpc.EstablishUnitRequest(unit_id="X", name="X", parent_id="HUE", valid_from="2026-07-01")
        )

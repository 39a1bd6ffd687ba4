"""A small city that unit and integration tests share."""

from datetime import date

import pytest

from organization.domain.units import Unit, UnitKind, establish

PLACES = [
    ("HUE", UnitKind.CITY, "Thành phố Huế", ""),
    ("SNV", UnitKind.DEPARTMENT, "Sở Nội vụ", "HUE"),
    ("SNV-CCVC", UnitKind.DIVISION, "Phòng Công chức, viên chức", "SNV"),
    ("SNV-CCVC-1", UnitKind.DIVISION, "Tổ 1", "SNV-CCVC"),
    ("19753", UnitKind.COMMUNE, "Phường Phú Xuân", "HUE"),
    ("19753-KT", UnitKind.DIVISION, "Phòng Kinh tế", "19753"),
    ("19774", UnitKind.COMMUNE, "Phường Kim Long", "HUE"),
    ("19774-VH", UnitKind.DIVISION, "Phòng Văn hóa", "19774"),
]


@pytest.fixture
def city() -> dict[str, Unit]:
    """A city, a department, two communes and their divisions, all there from 2025-07-01."""
    return {
        unit_id: establish(unit_id=unit_id, kind=kind, name=name, parent_id=parent_id, day=date(2025, 7, 1))
        for unit_id, kind, name, parent_id in PLACES
    }

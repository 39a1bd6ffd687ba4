"""An import into a running city: the real organization and work services behind their doors."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from congvu.organization.v1 import resources_pb2, service_pb2
from congvu.work.v1 import events_pb2
from congvu.work.v1 import service_pb2 as work_service_pb2
from embedded.home import Home
from embedded.session import local_doors
from runtime.errors import NotFound
from testkit.parts import requires

LOG = """\
case:concept:name,case:responsible,case:group,case:department,case:deadline,case:startdate,case:enddate,\
concept:name,concept:instance,org:resource,org:group,time:timestamp
A,Lan,Group 2,General,2011-12-06 13:00:00+01:00,2011-10-11 13:00:00+02:00,2011-11-28 13:00:00+01:00,\
Confirmation of receipt,t1,Lan,Group 1,2011-10-12 08:00:00+02:00
A,Lan,Group 2,General,2011-12-06 13:00:00+01:00,2011-10-11 13:00:00+02:00,2011-11-28 13:00:00+01:00,\
T02 Check confirmation of receipt,t2,Minh,EMPTY,2011-10-13 08:00:00+02:00
A,Lan,Group 2,General,2011-12-06 13:00:00+01:00,2011-10-11 13:00:00+02:00,2011-11-28 13:00:00+01:00,\
T03 Adjust confirmation of receipt,t3,Lan,Group 1,2011-10-14 08:00:00+02:00
B,test,,General,2011-12-06 13:00:00+01:00,2011-10-11 13:00:00+02:00,,\
Confirmation of receipt,t4,test,EMPTY,2011-12-01 08:00:00+01:00
"""


def congvu(home: Home, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"CONGVU_HOME": str(home.root)}
    command = [sys.executable, "-m", "embedded.cli", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def home() -> Iterator[Home]:
    requires("postgres")
    requires("redis")
    with TemporaryDirectory(prefix="cv-") as folder:
        home = Home(root=Path(folder))
        try:
            started = congvu(home, "up", "--detach", "--empty")
            assert started.returncode == 0, started.stderr
            yield home
        finally:
            congvu(home, "down")


def test_a_log_enters_an_empty_city_and_a_second_time_changes_nothing(home: Home, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text(LOG)
    first = congvu(home, "import", str(log), "--mapping", "municipal-permits")
    assert first.returncode == 0, first.stderr
    assert "7 facts accepted, 0 known already, 0 refused" in first.stdout
    second = congvu(home, "import", str(log), "--mapping", "municipal-permits")
    assert second.returncode == 0, second.stderr
    assert "0 units, officers and products new or changed" in second.stdout
    assert "0 facts accepted, 7 known already, 0 refused" in second.stdout
    with local_doors(home) as doors:
        found = doors.work.GetWork(work_service_pb2.GetWorkRequest(work_id="import/municipal-permits/A"))
        kinds = [event.WhichOneof("fact") for event in found.events]
        assert kinds == ["assigned", "submitted", "returned", "submitted", "completed"]
        assert found.events[0].assigned.kind == events_pb2.WORK_KIND_DOSSIER
        assert found.work.officer_id == "WABO-O-Lan"
        asked = service_pb2.GetOfficerRequest(officer_id="WABO-O-Lan")
        (post,) = doors.organization.GetOfficer(asked).officer.posts
        assert (post.unit_id, post.valid_from, post.valid_to) == ("WABO-Group-2", "2011-10-11", "2011-12-07")


def test_a_city_that_began_after_the_log_refuses_it_and_nothing_is_recorded(home: Home, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text(LOG)
    version = resources_pb2.UnitVersion(valid_from="2025-07-01", name="Thành phố Huế")
    city = resources_pb2.Unit(unit_id="HUE", kind=resources_pb2.UNIT_KIND_CITY, versions=[version])
    with local_doors(home) as doors:
        doors.organization.PutUnits(service_pb2.PutUnitsRequest(units=[city]))
        refused = congvu(home, "import", str(log), "--mapping", "municipal-permits")
        assert refused.returncode == 1
        assert "HUE is valid from 2025-07-01" in refused.stderr
        with pytest.raises(NotFound, match="WABO-Group-2"):
            doors.work.ListWork(work_service_pb2.ListWorkRequest(unit_id="WABO-Group-2", include_finished=True))

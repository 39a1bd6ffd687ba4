"""What tests bring about before a page is asked: work of the demo city's officers, by the real services."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from congvu.organization.v1 import service_pb2 as organization_rpc
from congvu.work.v1 import events_pb2, resources_pb2
from congvu.work.v1 import service_pb2 as work_rpc
from embedded.doors import Doors, open_doors_as
from runtime.timestamps import to_timestamp
from testkit.cities import RunningCity

from .accounts import PASSWORD

UNIT, WARD = "SNV-CCVC", "19753"


@dataclass(slots=True)
class Given:
    """The city with a door for each account."""

    city: RunningCity
    doors: Doors
    _speaking: dict[str, tuple[Doors, str]] = field(default_factory=dict)

    def speaking(self, username: str) -> Doors:
        """The doors of an account."""
        return self._sign_in(username)[0]

    def officer_id(self, username: str) -> str:
        """Whose account it is."""
        return self._sign_in(username)[1]

    def task(
        self, head: str, *, officer: str = "", unit_id: str = UNIT, product: str = "CV-01", title: str = "Soạn báo cáo"
    ) -> str:
        """The id of a task due in ten days, given by a head to an officer, or to the unit."""
        share = work_rpc.Share(
            unit_id=unit_id,
            officer_id=self.officer_id(officer) if officer else "",
            due_at=to_timestamp(datetime.now(UTC) + timedelta(days=10)),
        )
        request = work_rpc.AssignTaskRequest(task_id=uuid4().hex, title=title, product_code=product, shares=[share])
        return self.speaking(head).work.AssignTask(request).works[0].work_id

    def late_work(self, officer: str, *, unit_id: str = UNIT, work_id: str = "") -> str:
        """The id of an item of a system outside that was due yesterday."""
        assigned = events_pb2.Assigned(
            officer_id=self.officer_id(officer),
            unit_id=unit_id,
            kind=events_pb2.WORK_KIND_TASK,
            basis=events_pb2.BASIS_OWN,
            product_code="CV-01",
            title="Việc đã quá hạn",
            due_at=to_timestamp(datetime.now(UTC) - timedelta(days=1)),
        )
        event = events_pb2.WorkEvent(
            event_id=uuid4().hex,
            work_id=work_id or f"import/{uuid4().hex}",
            occurred_at=to_timestamp(datetime.now(UTC) - timedelta(days=3)),
            actor_id="test",
            assigned=assigned,
        )
        answer = self.doors.work.RecordWorkEvents(work_rpc.RecordWorkEventsRequest(events=[event]))
        assert answer.accepted == 1, answer.refused
        return event.work_id

    def work(self, work_id: str) -> resources_pb2.Work:
        """The item as it is."""
        return self.read(work_id).work

    def read(self, work_id: str) -> work_rpc.GetWorkResponse:
        """The item with its facts."""
        return self.doors.work.GetWork(work_rpc.GetWorkRequest(work_id=work_id))

    def _sign_in(self, username: str) -> tuple[Doors, str]:
        if username not in self._speaking:
            request = organization_rpc.SignInRequest(username=username, password=PASSWORD)
            answer = self.doors.organization.SignIn(request)
            token = answer.token
            self._speaking[username] = (open_doors_as(self.city.home, lambda: token), answer.officer_id)
        return self._speaking[username]

    def close(self) -> None:
        """Ends the connections."""
        for doors, _ in self._speaking.values():
            doors.close()

"""The door through which an import enters the city, and its gRPC form."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, TypeVar

from congvu.organization.v1 import resources_pb2 as organization_pb2
from congvu.organization.v1 import service_pb2 as organization_service_pb2
from congvu.organization.v1.service_pb2_grpc import OrganizationServiceStub
from congvu.work.v1 import resources_pb2 as work_pb2
from congvu.work.v1 import service_pb2 as work_service_pb2
from congvu.work.v1.service_pb2_grpc import WorkServiceStub
from embedded.doors import await_heard
from embedded.importer.facts import Event
from embedded.importer.mapping import Product
from embedded.importer.messages import to_work_event
from embedded.importer.people import OfficerState, Organization, UnitState

BATCH = 500
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An event that the intake did not take: its place in the batch from 0, the field of the contract, and why."""

    index: int
    field: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a batch."""

    accepted: int
    repeated: int
    refused: Sequence[Refused] = ()


class ImportDoor(Protocol):
    """What an import does to a city. Errors are those of runtime.errors."""

    def put_organization(self, organization: Organization) -> int:
        """Puts units, officers and products as they should be; how many were new or different."""

    def record_events(self, events: Sequence[Event]) -> Outcome:
        """Records a batch of at most 500; each event stands for itself."""


class GrpcDoor:
    """The door of a running city, for a caller who may change the organization and backfill work.

    The stubs are those of channels of `runtime.rpc.open_channel`.
    """

    def __init__(self, *, organization: OrganizationServiceStub, work: WorkServiceStub) -> None:
        self._organization = organization
        self._work = work

    def put_organization(self, organization: Organization) -> int:
        """The city itself is only put where there is none yet: it is not the import's to change."""
        city = [organization.city] if organization.city and not self._has_units() else []
        units = [*city, *organization.units]
        changed = sum(
            (
                sum(map(self._put_units, _batches(units))),
                sum(map(self._put_officers, _batches(organization.officers))),
                sum(map(self._put_products, _batches(organization.products))),
            )
        )
        if changed and organization.officers:
            await_heard(self._work, organization.officers[-1].officer_id)
        return changed

    def record_events(self, events: Sequence[Event]) -> Outcome:
        """One call."""
        messages = [to_work_event(event) for event in events]
        answer = self._work.RecordWorkEvents(work_service_pb2.RecordWorkEventsRequest(events=messages))
        refused = [Refused(index=each.index, field=each.field, reason=each.reason) for each in answer.refused]
        return Outcome(accepted=answer.accepted, repeated=answer.repeated_events, refused=refused)

    def _has_units(self) -> bool:
        tree = self._organization.GetTree(organization_service_pb2.GetTreeRequest())
        return bool(tree.units)

    def _put_units(self, units: Sequence[UnitState]) -> int:
        request = organization_service_pb2.PutUnitsRequest(units=map(_to_unit, units))
        return self._organization.PutUnits(request).changed

    def _put_officers(self, officers: Sequence[OfficerState]) -> int:
        request = organization_service_pb2.PutOfficersRequest(officers=map(_to_officer, officers))
        return self._organization.PutOfficers(request).changed

    def _put_products(self, products: Sequence[Product]) -> int:
        request = work_service_pb2.PutProductsRequest(products=map(_to_product, products))
        return self._work.PutProducts(request).changed


class NoDoor:
    """Where nothing may be written: the door of a dry run. Going through it is a mistake of the program."""

    def put_organization(self, organization: Organization) -> int:
        """Never comes back."""
        raise AssertionError(f"A dry run was about to write {len(organization.officers)} officers.")

    def record_events(self, events: Sequence[Event]) -> Outcome:
        """Never comes back."""
        raise AssertionError(f"A dry run was about to write {len(events)} facts.")


def _batches(values: Sequence[T]) -> Iterator[Sequence[T]]:
    rest = iter(values)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _to_unit(unit: UnitState) -> organization_pb2.Unit:
    version = organization_pb2.UnitVersion(
        valid_from=unit.valid_from.isoformat(), name=unit.name, parent_id=unit.parent_id
    )
    kind = organization_pb2.UnitKind.Value(f"UNIT_KIND_{unit.kind}")
    return organization_pb2.Unit(unit_id=unit.unit_id, kind=kind, versions=[version])


def _to_officer(officer: OfficerState) -> organization_pb2.Officer:
    post = organization_pb2.Post(
        post_id=f"{officer.officer_id}-import",
        unit_id=officer.unit_id,
        role=organization_pb2.POST_ROLE_STAFF,
        valid_from=officer.valid_from.isoformat(),
        valid_to=officer.valid_to.isoformat(),
    )
    category = organization_pb2.OfficerCategory.Value(f"OFFICER_CATEGORY_{officer.category}")
    return organization_pb2.Officer(
        officer_id=officer.officer_id, full_name=officer.full_name, category=category, posts=[post]
    )


def _to_product(product: Product) -> work_pb2.Product:
    return work_pb2.Product(
        product_code=product.code,
        name=product.name,
        complexity_group=product.complexity_group,
        standard_units=product.standard_units,
        standard_term_hours=product.standard_term_hours,
        recurring=product.recurring,
        valid_from=product.valid_from.isoformat(),
    )

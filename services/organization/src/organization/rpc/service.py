"""The servicer of congvu.organization.v1.OrganizationService, and who may call what."""
# ruff: noqa: N802 - the names of the methods are the contract's

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import uuid4

import grpc

from congvu.organization.v1 import service_pb2, service_pb2_grpc
from organization.events import CATEGORIES, UNIT_KINDS, officer_message, unit_message
from organization.passwords import Passwords
from organization.rpc.requests import (
    ROLES,
    account_of,
    day_of,
    end_day_of,
    leave_of,
    local_day,
    merger_of,
    named,
    officer_of,
    page_of,
    part_of,
    post_of,
    unit_of,
)
from organization.usecases import accounts, officers, units
from organization.usecases.changes import Author
from organization.usecases.units import TreeView
from runtime.auth import TokenSigner
from runtime.postgres import Pool
from runtime.rpc import ANYONE, GrpcService, caller_of
from runtime.timestamps import to_timestamp

NAME = "congvu.organization.v1.OrganizationService"

SIGNED_IN = frozenset({"officer", "evaluator", "administrator", "service"})
KEEPERS = frozenset({"administrator", "service"})

ACCESS: Mapping[str, frozenset[str]] = {
    "PutUnits": KEEPERS,
    "PutOfficers": KEEPERS,
    "EstablishUnit": KEEPERS,
    "RenameUnit": KEEPERS,
    "MoveUnit": KEEPERS,
    "MergeUnits": KEEPERS,
    "SplitUnit": KEEPERS,
    "GetTree": SIGNED_IN,
    "RegisterOfficer": KEEPERS,
    "AppointOfficer": KEEPERS,
    "TransferOfficer": KEEPERS,
    "EndPost": KEEPERS,
    "RegisterLeave": KEEPERS,
    "GetOfficer": SIGNED_IN,
    "ListOfficers": SIGNED_IN,
    "PutAccounts": KEEPERS,
    "SignIn": ANYONE,
}
"""Method → roles that may call it; what of an officer each may see is decided in `domain.sight`."""


class OrganizationServicer(service_pb2_grpc.OrganizationServiceServicer):
    """Translates; decides nothing. `clock` gives the present instant (aware, UTC)."""

    def __init__(self, *, pool: Pool, passwords: Passwords, signer: TokenSigner, clock: Callable[[], datetime]) -> None:
        self._pool = pool
        self._passwords = passwords
        self._signer = signer
        self._clock = clock

    def PutUnits(
        self, request: service_pb2.PutUnitsRequest, context: grpc.ServicerContext
    ) -> service_pb2.PutUnitsResponse:
        wanted = [unit_of(message) for message in request.units]
        return service_pb2.PutUnitsResponse(changed=units.put_units(self._pool, self._author(context), wanted))

    def PutOfficers(
        self, request: service_pb2.PutOfficersRequest, context: grpc.ServicerContext
    ) -> service_pb2.PutOfficersResponse:
        wanted = [officer_of(message) for message in request.officers]
        return service_pb2.PutOfficersResponse(changed=officers.put_officers(self._pool, self._author(context), wanted))

    def EstablishUnit(
        self, request: service_pb2.EstablishUnitRequest, context: grpc.ServicerContext
    ) -> service_pb2.EstablishUnitResponse:
        unit = units.establish_unit(
            self._pool,
            self._author(context),
            unit_id=request.unit_id,
            kind=named(UNIT_KINDS, request.kind, "kind"),
            name=request.name,
            parent_id=request.parent_id,
            day=day_of(request.valid_from, "valid_from"),
        )
        return service_pb2.EstablishUnitResponse(unit=unit_message(unit))

    def RenameUnit(
        self, request: service_pb2.RenameUnitRequest, context: grpc.ServicerContext
    ) -> service_pb2.RenameUnitResponse:
        day = day_of(request.valid_from, "valid_from")
        unit = units.rename_unit(self._pool, self._author(context), unit_id=request.unit_id, name=request.name, day=day)
        return service_pb2.RenameUnitResponse(unit=unit_message(unit))

    def MoveUnit(
        self, request: service_pb2.MoveUnitRequest, context: grpc.ServicerContext
    ) -> service_pb2.MoveUnitResponse:
        day = day_of(request.valid_from, "valid_from")
        unit = units.move_unit(
            self._pool, self._author(context), unit_id=request.unit_id, parent_id=request.parent_id, day=day
        )
        return service_pb2.MoveUnitResponse(unit=unit_message(unit))

    def MergeUnits(
        self, request: service_pb2.MergeUnitsRequest, context: grpc.ServicerContext
    ) -> service_pb2.MergeUnitsResponse:
        unit = units.merge_units(self._pool, self._author(context), merger_of(request))
        return service_pb2.MergeUnitsResponse(unit=unit_message(unit))

    def SplitUnit(
        self, request: service_pb2.SplitUnitRequest, context: grpc.ServicerContext
    ) -> service_pb2.SplitUnitResponse:
        parts = units.split_unit(
            self._pool,
            self._author(context),
            unit_id=request.unit_id,
            parts=[part_of(part) for part in request.parts],
            day=day_of(request.valid_from, "valid_from"),
        )
        return service_pb2.SplitUnitResponse(units=[unit_message(unit) for unit in parts])

    def GetTree(
        self, request: service_pb2.GetTreeRequest, context: grpc.ServicerContext
    ) -> service_pb2.GetTreeResponse:
        day = end_day_of(request.as_of, "as_of") or local_day(self._clock())
        return _tree_message(units.get_tree(self._pool, day=day))

    def RegisterOfficer(
        self, request: service_pb2.RegisterOfficerRequest, context: grpc.ServicerContext
    ) -> service_pb2.RegisterOfficerResponse:
        officer = officers.register_officer(
            self._pool,
            self._author(context),
            officer_id=request.officer_id,
            full_name=request.full_name,
            category=named(CATEGORIES, request.category, "category"),
        )
        return service_pb2.RegisterOfficerResponse(officer=officer_message(officer))

    def AppointOfficer(
        self, request: service_pb2.AppointOfficerRequest, context: grpc.ServicerContext
    ) -> service_pb2.AppointOfficerResponse:
        post = post_of(request.post, new_id=uuid4().hex)
        officer = officers.appoint_officer(self._pool, self._author(context), officer_id=request.officer_id, post=post)
        return service_pb2.AppointOfficerResponse(officer=officer_message(officer))

    def TransferOfficer(
        self, request: service_pb2.TransferOfficerRequest, context: grpc.ServicerContext
    ) -> service_pb2.TransferOfficerResponse:
        officer = officers.transfer_officer(
            self._pool,
            self._author(context),
            officer_id=request.officer_id,
            from_unit_id=request.from_unit_id,
            post=post_of(request.post, new_id=uuid4().hex),
        )
        return service_pb2.TransferOfficerResponse(officer=officer_message(officer))

    def EndPost(
        self, request: service_pb2.EndPostRequest, context: grpc.ServicerContext
    ) -> service_pb2.EndPostResponse:
        day = day_of(request.valid_to, "valid_to")
        officer = officers.end_post(
            self._pool, self._author(context), officer_id=request.officer_id, post_id=request.post_id, day=day
        )
        return service_pb2.EndPostResponse(officer=officer_message(officer))

    def RegisterLeave(
        self, request: service_pb2.RegisterLeaveRequest, context: grpc.ServicerContext
    ) -> service_pb2.RegisterLeaveResponse:
        leave = leave_of(request.leave, new_id=uuid4().hex)
        officer = officers.register_leave(self._pool, self._author(context), officer_id=request.officer_id, leave=leave)
        return service_pb2.RegisterLeaveResponse(officer=officer_message(officer))

    def GetOfficer(
        self, request: service_pb2.GetOfficerRequest, context: grpc.ServicerContext
    ) -> service_pb2.GetOfficerResponse:
        today = local_day(self._clock())
        officer = officers.get_officer(
            self._pool, officer_id=request.officer_id, caller=caller_of(context), today=today
        )
        return service_pb2.GetOfficerResponse(officer=officer_message(officer))

    def ListOfficers(
        self, request: service_pb2.ListOfficersRequest, context: grpc.ServicerContext
    ) -> service_pb2.ListOfficersResponse:
        today = local_day(self._clock())
        found, following = officers.list_officers(
            self._pool, page_of(request, today), caller=caller_of(context), today=today
        )
        return service_pb2.ListOfficersResponse(
            officers=[officer_message(officer) for officer in found], next_page_token=following
        )

    def PutAccounts(
        self, request: service_pb2.PutAccountsRequest, context: grpc.ServicerContext
    ) -> service_pb2.PutAccountsResponse:
        wanted = [account_of(message) for message in request.accounts]
        return service_pb2.PutAccountsResponse(changed=accounts.put_accounts(self._pool, self._passwords, wanted))

    def SignIn(self, request: service_pb2.SignInRequest, context: grpc.ServicerContext) -> service_pb2.SignInResponse:
        signed_in = accounts.sign_in(
            self._pool,
            self._passwords,
            self._signer,
            username=request.username,
            password=request.password,
            now=self._clock(),
        )
        return service_pb2.SignInResponse(
            token=signed_in.token,
            expires_at=to_timestamp(signed_in.expires_at),
            officer_id=signed_in.account.officer_id,
            roles=[ROLES[role] for role in sorted(signed_in.account.roles)],
        )

    def _author(self, context: grpc.ServicerContext) -> Author:
        caller = caller_of(context)
        return Author(actor_id=caller.officer_id or caller.subject, now=self._clock())


def _tree_message(view: TreeView) -> service_pb2.GetTreeResponse:
    return service_pb2.GetTreeResponse(
        as_of=view.day.isoformat(),
        units=[
            service_pb2.TreeUnit(
                unit_id=place.unit_id,
                kind=UNIT_KINDS[place.kind],
                name=place.name,
                parent_id=place.parent_id,
                head_officer_id=view.heads.get(place.unit_id, ""),
            )
            for place in view.places
        ],
    )


def grpc_service(servicer: OrganizationServicer) -> GrpcService:
    """The door, for `GrpcServer`."""
    return GrpcService(
        name=NAME,
        add=service_pb2_grpc.add_OrganizationServiceServicer_to_server,
        servicer=servicer,
        access=ACCESS,
    )

"""The servicer of congvu.work.v1.WorkService, and who may call what."""
# ruff: noqa: N802 - the names of the methods are the contract's

from collections.abc import Callable
from datetime import datetime
from typing import Any

import grpc

from congvu.work.v1 import events_pb2, service_pb2, service_pb2_grpc
from runtime.rpc import GrpcService, caller_of
from work.events.reading import read_author, read_batch, read_mend
from work.rpc.access import ACCESS
from work.rpc.requests import (
    decision_of,
    grounds_of,
    instant,
    outage_of,
    page_size_of,
    product_of,
    request_of,
    selection_of,
    task_of,
)
from work.rpc.responses import (
    initiative_message,
    load_message,
    product_message,
    proposal_message,
    refusal_message,
    work_message,
)
from work.usecases import initiatives, mends, outages, products, proposals, reading, requests, reviews, taking, tasks
from work.usecases.desk import Actor, Desk
from work.usecases.queue import IntakeQueue

NAME = "congvu.work.v1.WorkService"


class WorkServicer(service_pb2_grpc.WorkServiceServicer):
    """Translates; decides nothing. `clock` gives the present instant (aware, UTC)."""

    def __init__(self, *, desk: Desk, clock: Callable[[], datetime]) -> None:
        self._desk = desk
        self._intake = IntakeQueue(desk)
        self._clock = clock

    def PutProducts(
        self, request: service_pb2.PutProductsRequest, context: grpc.ServicerContext
    ) -> service_pb2.PutProductsResponse:
        wanted = [product_of(message) for message in request.products]
        return service_pb2.PutProductsResponse(changed=products.put_products(self._desk, wanted))

    def ListProducts(
        self, request: service_pb2.ListProductsRequest, context: grpc.ServicerContext
    ) -> service_pb2.ListProductsResponse:
        known = products.list_products(self._desk)
        return service_pb2.ListProductsResponse(products=[product_message(product) for product in known])

    def AssignTask(
        self, request: service_pb2.AssignTaskRequest, context: grpc.ServicerContext
    ) -> service_pb2.AssignTaskResponse:
        items = tasks.assign_task(self._desk, self._actor(context, request), task_of(request))
        return service_pb2.AssignTaskResponse(works=[work_message(item) for item in items])

    def ReassignTask(
        self, request: service_pb2.ReassignTaskRequest, context: grpc.ServicerContext
    ) -> service_pb2.ReassignTaskResponse:
        item = tasks.reassign_task(
            self._desk,
            self._actor(context, request),
            work_id=request.work_id,
            officer_id=request.officer_id,
            unit_id=request.unit_id,
            due_at=instant(request, "due_at"),
        )
        return service_pb2.ReassignTaskResponse(work=work_message(item))

    def HandBackTask(
        self, request: service_pb2.HandBackTaskRequest, context: grpc.ServicerContext
    ) -> service_pb2.HandBackTaskResponse:
        item = tasks.hand_back_task(
            self._desk,
            self._actor(context, request),
            work_id=request.work_id,
            reason=request.reason,
        )
        return service_pb2.HandBackTaskResponse(work=work_message(item))

    def ChangeDue(
        self, request: service_pb2.ChangeDueRequest, context: grpc.ServicerContext
    ) -> service_pb2.ChangeDueResponse:
        item = tasks.change_due(
            self._desk,
            self._actor(context, request),
            work_id=request.work_id,
            due_at=instant(request, "due_at"),
            reason=request.reason,
        )
        return service_pb2.ChangeDueResponse(work=work_message(item))

    def SubmitTask(
        self, request: service_pb2.SubmitTaskRequest, context: grpc.ServicerContext
    ) -> service_pb2.SubmitTaskResponse:
        item = reviews.submit_task(
            self._desk,
            self._actor(context, request),
            work_id=request.work_id,
        )
        return service_pb2.SubmitTaskResponse(work=work_message(item))

    def ReturnTask(
        self, request: service_pb2.ReturnTaskRequest, context: grpc.ServicerContext
    ) -> service_pb2.ReturnTaskResponse:
        item = reviews.return_task(
            self._desk,
            self._actor(context, request),
            work_id=request.work_id,
            grounds=grounds_of(request.grounds),
            due_at=instant(request, "due_at"),
            note=request.note,
        )
        return service_pb2.ReturnTaskResponse(work=work_message(item))

    def AcceptTask(
        self, request: service_pb2.AcceptTaskRequest, context: grpc.ServicerContext
    ) -> service_pb2.AcceptTaskResponse:
        item = reviews.accept_task(
            self._desk,
            self._actor(context, request),
            work_id=request.work_id,
        )
        return service_pb2.AcceptTaskResponse(work=work_message(item))

    def ReopenTask(
        self, request: service_pb2.ReopenTaskRequest, context: grpc.ServicerContext
    ) -> service_pb2.ReopenTaskResponse:
        item = reviews.reopen_task(
            self._desk,
            self._actor(context, request),
            work_id=request.work_id,
            grounds=grounds_of(request.grounds),
            due_at=instant(request, "due_at"),
            note=request.note,
        )
        return service_pb2.ReopenTaskResponse(work=work_message(item))

    def CancelTask(
        self, request: service_pb2.CancelTaskRequest, context: grpc.ServicerContext
    ) -> service_pb2.CancelTaskResponse:
        item = reviews.cancel_task(
            self._desk,
            self._actor(context, request),
            work_id=request.work_id,
            reason=request.reason,
        )
        return service_pb2.CancelTaskResponse(work=work_message(item))

    def ExcuseDelay(
        self, request: service_pb2.ExcuseDelayRequest, context: grpc.ServicerContext
    ) -> service_pb2.ExcuseDelayResponse:
        item = reviews.excuse_delay(
            self._desk,
            self._actor(context, request),
            work_id=request.work_id,
            missed_due_at=instant(request, "missed_due_at"),
            due_at=instant(request, "due_at"),
            reason=request.reason,
        )
        return service_pb2.ExcuseDelayResponse(work=work_message(item))

    def ExcuseReview(
        self, request: service_pb2.ExcuseReviewRequest, context: grpc.ServicerContext
    ) -> service_pb2.ExcuseReviewResponse:
        item = reviews.excuse_review(
            self._desk,
            self._actor(context, request),
            work_id=request.work_id,
            review_event_id=request.review_event_id,
            reason=request.reason,
        )
        return service_pb2.ExcuseReviewResponse(work=work_message(item))

    def DecideProduct(
        self, request: service_pb2.DecideProductRequest, context: grpc.ServicerContext
    ) -> service_pb2.DecideProductResponse:
        item = tasks.decide_product(
            self._desk,
            self._actor(context, request),
            work_id=request.work_id,
            product_code=request.product_code,
        )
        return service_pb2.DecideProductResponse(work=work_message(item))

    def TakeTask(
        self, request: service_pb2.TakeTaskRequest, context: grpc.ServicerContext
    ) -> service_pb2.TakeTaskResponse:
        item = taking.take_task(self._desk, self._actor(context, request), work_id=request.work_id)
        return service_pb2.TakeTaskResponse(work=work_message(item))

    def GetWork(
        self, request: service_pb2.GetWorkRequest, context: grpc.ServicerContext
    ) -> service_pb2.GetWorkResponse:
        history = reading.get_work(self._desk, self._actor(context), work_id=request.work_id)
        events = [events_pb2.WorkEvent.FromString(value) for value in history.values]
        work = work_message(history.item, history.awaited_unit_ids)
        return service_pb2.GetWorkResponse(work=work, events=events)

    def ListWork(
        self, request: service_pb2.ListWorkRequest, context: grpc.ServicerContext
    ) -> service_pb2.ListWorkResponse:
        size = page_size_of(request.page_size)
        page = reading.list_work(
            self._desk, self._actor(context), selection_of(request), after=request.page_token, size=size + 1
        )
        shown = page.items[:size]
        token = shown[-1].work_id if len(page.items) > size else ""
        works = [work_message(item, page.awaited_unit_ids.get(item.work_id, ())) for item in shown]
        return service_pb2.ListWorkResponse(works=works, next_page_token=token)

    def ListLoads(
        self, request: service_pb2.ListLoadsRequest, context: grpc.ServicerContext
    ) -> service_pb2.ListLoadsResponse:
        loads = reading.list_loads(
            self._desk,
            self._actor(context),
            unit_id=request.unit_id,
            own_only=request.own_only,
            officer_id=request.officer_id,
        )
        return service_pb2.ListLoadsResponse(loads=[load_message(load) for load in loads])

    def SendRequest(
        self, request: service_pb2.SendRequestRequest, context: grpc.ServicerContext
    ) -> service_pb2.SendRequestResponse:
        item = requests.send_request(self._desk, self._actor(context, request), request_of(request))
        return service_pb2.SendRequestResponse(work=work_message(item))

    def AnswerRequest(
        self, request: service_pb2.AnswerRequestRequest, context: grpc.ServicerContext
    ) -> service_pb2.AnswerRequestResponse:
        item, waiting = requests.answer_request(self._desk, self._actor(context, request), work_id=request.work_id)
        answer = service_pb2.AnswerRequestResponse(work=work_message(item))
        if waiting is not None:
            answer.waiting_work.CopyFrom(work_message(waiting))
        return answer

    def ProposeInitiative(
        self, request: service_pb2.ProposeInitiativeRequest, context: grpc.ServicerContext
    ) -> service_pb2.ProposeInitiativeResponse:
        initiative = initiatives.propose_initiative(
            self._desk,
            self._actor(context),
            initiative_id=request.initiative_id,
            title=request.title,
            authors=[read_author(author) for author in request.authors],
        )
        return service_pb2.ProposeInitiativeResponse(initiative=initiative_message(initiative))

    def RecogniseInitiative(
        self, request: service_pb2.RecogniseInitiativeRequest, context: grpc.ServicerContext
    ) -> service_pb2.RecogniseInitiativeResponse:
        initiative = initiatives.recognise_initiative(
            self._desk, self._actor(context, request), initiative_id=request.initiative_id
        )
        return service_pb2.RecogniseInitiativeResponse(initiative=initiative_message(initiative))

    def ListInitiatives(
        self, request: service_pb2.ListInitiativesRequest, context: grpc.ServicerContext
    ) -> service_pb2.ListInitiativesResponse:
        listed = initiatives.list_initiatives(
            self._desk, self._actor(context), officer_id=request.officer_id, unit_id=request.unit_id
        )
        return service_pb2.ListInitiativesResponse(initiatives=[initiative_message(each) for each in listed])

    def ProposeProduct(
        self, request: service_pb2.ProposeProductRequest, context: grpc.ServicerContext
    ) -> service_pb2.ProposeProductResponse:
        proposal = proposals.propose_product(
            self._desk,
            self._actor(context),
            proposal_id=request.proposal_id,
            name=request.name,
            description=request.description,
        )
        return service_pb2.ProposeProductResponse(proposal=proposal_message(proposal))

    def ListProductProposals(
        self, request: service_pb2.ListProductProposalsRequest, context: grpc.ServicerContext
    ) -> service_pb2.ListProductProposalsResponse:
        listed = proposals.list_proposals(
            self._desk, self._actor(context), officer_id=request.officer_id, decided=request.include_decided
        )
        return service_pb2.ListProductProposalsResponse(proposals=[proposal_message(each) for each in listed])

    def DecideProductProposal(
        self, request: service_pb2.DecideProductProposalRequest, context: grpc.ServicerContext
    ) -> service_pb2.DecideProductProposalResponse:
        decision, actor = decision_of(request), self._actor(context)
        if isinstance(decision, str):
            proposal = proposals.decline_proposal(self._desk, actor, proposal_id=request.proposal_id, reason=decision)
        else:
            proposal = proposals.accept_proposal(self._desk, actor, proposal_id=request.proposal_id, product=decision)
        return service_pb2.DecideProductProposalResponse(proposal=proposal_message(proposal))

    def RecordWorkEvents(
        self, request: service_pb2.RecordWorkEventsRequest, context: grpc.ServicerContext
    ) -> service_pb2.RecordWorkEventsResponse:
        outcome = self._intake.record(self._actor(context), read_batch(request.events))
        return service_pb2.RecordWorkEventsResponse(
            accepted=outcome.accepted,
            repeated_events=outcome.repeated,
            refused=[refusal_message(refusal) for refusal in outcome.refused],
        )

    def RecordOutage(
        self, request: service_pb2.RecordOutageRequest, context: grpc.ServicerContext
    ) -> service_pb2.RecordOutageResponse:
        moved = outages.record_outage(self._desk, self._actor(context), outage_of(request))
        return service_pb2.RecordOutageResponse(moved=moved)

    def RecordMend(
        self, request: service_pb2.RecordMendRequest, context: grpc.ServicerContext
    ) -> service_pb2.RecordMendResponse:
        actor = self._actor(context)
        mends.record_mend(self._desk, actor, read_mend(request.mend, actor_id=actor.actor_id))
        return service_pb2.RecordMendResponse()

    def _actor(self, context: grpc.ServicerContext, request: Any = None) -> Actor:
        """Who asks; `request` when it may say that it happened at another time."""
        occurred_at = instant(request, "occurred_at") if request is not None else None
        return Actor(caller=caller_of(context), now=self._clock(), occurred_at=occurred_at)


def grpc_service(servicer: WorkServicer) -> GrpcService:
    """The service as the gRPC server takes it."""
    return GrpcService(
        name=NAME, add=service_pb2_grpc.add_WorkServiceServicer_to_server, servicer=servicer, access=ACCESS
    )

"""Tasks from assignment to review over real gRPC, by whom the rules allow."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from congvu.work.v1 import events_pb2 as pb
from congvu.work.v1 import resources_pb2 as resources
from congvu.work.v1 import service_pb2 as rpc
from congvu.work.v1.service_pb2_grpc import WorkServiceStub
from runtime.errors import Conflict, InvalidInput, NotFound
from runtime.timestamps import from_timestamp
from testkit.clock import Clock

from .city import Door, at, share, stamp, task

Told = Callable[[], list[pb.WorkEvent]]

pytestmark = pytest.mark.usefixtures("catalogue")


def facts(events: list[pb.WorkEvent]) -> list[str | None]:
    return [event.WhichOneof("fact") for event in events]


def due_of(work: resources.Work) -> object:
    return from_timestamp(work.due_at)


def test_a_task_goes_from_assignment_to_acceptance(door: Door, clock: Clock, told: Told) -> None:
    (work,) = door("binh").AssignTask(task()).works
    assert (work.work_id, work.status, work.officer_id, work.standard_units) == (
        "task/t1",
        resources.WORK_STATUS_OPEN,
        "an",
        1000,
    )
    assert due_of(work) == at("2026-03-20")
    clock.now = at("2026-03-10T09:00")
    assert (
        door("an").SubmitTask(rpc.SubmitTaskRequest(work_id="task/t1")).work.status == resources.WORK_STATUS_SUBMITTED
    )
    clock.now = at("2026-03-11T09:00")
    done = door("binh").AcceptTask(rpc.AcceptTaskRequest(work_id="task/t1")).work
    assert (done.status, done.revision) == (resources.WORK_STATUS_COMPLETED, 3)
    events = told()
    assert facts(events) == ["assigned", "submitted", "completed"]
    assert [event.revision for event in events] == [1, 2, 3]
    assert [event.actor_id for event in events] == ["binh", "an", "binh"]
    assert from_timestamp(events[1].occurred_at) == at("2026-03-10T09:00")


def test_the_item_shows_what_was_published(door: Door, told: Told) -> None:
    door("binh").AssignTask(task())
    door("an").SubmitTask(rpc.SubmitTaskRequest(work_id="task/t1"))
    shown = door("an").GetWork(rpc.GetWorkRequest(work_id="task/t1"))
    assert list(shown.events) == told()
    assert shown.work.revision == 2


def test_the_same_task_id_again_changes_nothing(door: Door, told: Told) -> None:
    first = door("binh").AssignTask(task()).works
    again = door("binh").AssignTask(task()).works
    assert list(first) == list(again)
    assert facts(told()) == ["assigned"]


@pytest.mark.parametrize(
    "other",
    [
        rpc.AssignTaskRequest(task_id="t1", title="Something else", product_code="P01", shares=task().shares),
        task(code="P02"),
        task(due="2026-03-30"),
        task(officer_id="cuc"),
    ],
    ids=["title", "product", "due time", "officer"],
)
def test_a_task_id_with_other_content_is_refused(door: Door, told: Told, other: rpc.AssignTaskRequest) -> None:
    door("binh").AssignTask(task())
    with pytest.raises(Conflict, match="t1"):
        door("binh").AssignTask(other)
    assert facts(told()) == ["assigned"]


def test_the_same_task_from_many_at_once_is_one_item(door: Door, told: Told) -> None:
    stub = door("binh")
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: stub.AssignTask(task()).works[0].work_id, range(12)))
    assert set(answers) == {"task/t1"}
    assert facts(told()) == ["assigned"]


def test_l5_without_a_due_time_the_standard_term_counts(door: Door) -> None:
    (work,) = door("binh").AssignTask(task(due="")).works
    assert due_of(work) == at("2026-03-03T17:00")


def test_l5_a_shorter_term_counts_as_the_standard_one(door: Door) -> None:
    (work,) = door("binh").AssignTask(task(due="2026-03-03T09:00")).works
    assert due_of(work) == at("2026-03-03T17:00")


def test_l5_an_urgent_reason_makes_a_shorter_term_count_and_is_told(door: Door, told: Told) -> None:
    urgent = task(due="2026-03-03T09:00")
    urgent.urgent_reason = "Storm warning"
    (work,) = door("binh").AssignTask(urgent).works
    assert due_of(work) == at("2026-03-03T09:00")
    assert facts(told()) == ["assigned", "due_changed"]
    assert told()[1].due_changed.reason == "Storm warning"


def test_l5_work_without_product_needs_a_due_time(door: Door) -> None:
    with pytest.raises(InvalidInput, match="L5"):
        door("binh").AssignTask(task(due="", code=""))


def test_l6_extra_work_needs_a_reason(door: Door) -> None:
    extra = task()
    extra.basis = pb.BASIS_EXTRA
    with pytest.raises(InvalidInput, match="L6"):
        door("binh").AssignTask(extra)
    extra.basis_reason = "Asked by the city"
    assert door("binh").AssignTask(extra).works[0].work_id == "task/t1"


@pytest.mark.parametrize(
    ("code", "kind"),
    [("R01", pb.WORK_KIND_TASK), ("P01", pb.WORK_KIND_DOSSIER), ("P01", pb.WORK_KIND_INCOMING_DOCUMENT)],
)
def test_l6_recurring_products_dossiers_and_documents_are_never_extra(
    door: Door, code: str, kind: pb.WorkKind.ValueType
) -> None:
    extra = task(code=code)
    extra.basis, extra.basis_reason, extra.kind = pb.BASIS_EXTRA, "Asked by the city", kind
    with pytest.raises(InvalidInput, match="L6"):
        door("binh").AssignTask(extra)


def test_l7_returned_work_is_due_two_working_days_later(door: Door, clock: Clock, told: Told) -> None:
    door("binh").AssignTask(task(due="2026-03-12"))
    clock.now = at("2026-03-12T16:00")
    door("an").SubmitTask(rpc.SubmitTaskRequest(work_id="task/t1"))
    clock.now = at("2026-03-19T10:00")
    request = rpc.ReturnTaskRequest(
        work_id="task/t1", grounds=[pb.REVIEW_GROUND_FIGURES], note="Table 2 does not add up"
    )
    work = door("binh").ReturnTask(request).work
    assert due_of(work) == at("2026-03-23T17:00")
    assert work.status == resources.WORK_STATUS_OPEN
    assert list(told()[-1].returned.grounds) == [pb.REVIEW_GROUND_FIGURES]


def test_l7_a_return_never_brings_the_due_time_forward(door: Door) -> None:
    door("binh").AssignTask(task(due="2026-03-20"))
    door("an").SubmitTask(rpc.SubmitTaskRequest(work_id="task/t1"))
    assert due_of(door("binh").ReturnTask(rpc.ReturnTaskRequest(work_id="task/t1")).work) == at("2026-03-20")
    door("an").SubmitTask(rpc.SubmitTaskRequest(work_id="task/t1"))
    sooner = rpc.ReturnTaskRequest(work_id="task/t1", due_at=stamp("2026-03-10"))
    with pytest.raises(InvalidInput, match="L7"):
        door("binh").ReturnTask(sooner)


def test_l8_accepted_work_is_reopened_with_a_new_due_time(door: Door, clock: Clock) -> None:
    door("binh").AssignTask(task())
    door("binh").AcceptTask(rpc.AcceptTaskRequest(work_id="task/t1"))
    clock.now = at("2026-04-14T09:00")
    work = (
        door("director")
        .ReopenTask(rpc.ReopenTaskRequest(work_id="task/t1", grounds=[pb.REVIEW_GROUND_LAW], note="Repealed decree"))
        .work
    )
    assert (work.status, due_of(work)) == (resources.WORK_STATUS_OPEN, at("2026-04-16"))


def test_l9_handed_back_work_is_held_by_the_unit_until_reassigned(door: Door, told: Told) -> None:
    door("binh").AssignTask(task())
    work = door("an").HandBackTask(rpc.HandBackTaskRequest(work_id="task/t1", reason="No access to the files")).work
    assert (work.officer_id, work.unit_id, work.status) == ("", "SNV-CCVC", resources.WORK_STATUS_OPEN)
    work = (
        door("binh").ReassignTask(rpc.ReassignTaskRequest(work_id="task/t1", officer_id="cuc", unit_id="SNV-CCVC")).work
    )
    assert (work.officer_id, due_of(work)) == ("cuc", at("2026-03-20"))
    assert facts(told()) == ["assigned", "handed_back", "reassigned"]


def test_l10_misdirected_work_is_refused_within_one_working_day(door: Door, clock: Clock) -> None:
    door("binh").AssignTask(task())
    clock.now = at("2026-03-03T16:59")
    work = door("an").CancelTask(rpc.CancelTaskRequest(work_id="task/t1", reason="Belongs to the finance office")).work
    assert work.status == resources.WORK_STATUS_CANCELLED


def test_l10_after_one_working_day_only_the_head_cancels(door: Door, clock: Clock) -> None:
    door("binh").AssignTask(task())
    clock.now = at("2026-03-03T17:01")
    cancel = rpc.CancelTaskRequest(work_id="task/t1", reason="Belongs to the finance office")
    with pytest.raises(Conflict, match="L10"):
        door("an").CancelTask(cancel)
    assert door("binh").CancelTask(cancel).work.status == resources.WORK_STATUS_CANCELLED


def test_l11_after_a_missed_due_time_the_next_holder_needs_a_new_one(door: Door, clock: Clock) -> None:
    door("binh").AssignTask(task(due="2026-03-12"))
    clock.now = at("2026-03-13T16:00")
    reassign = rpc.ReassignTaskRequest(work_id="task/t1", officer_id="cuc", unit_id="SNV-CCVC")
    with pytest.raises(InvalidInput, match="L11"):
        door("binh").ReassignTask(reassign)
    reassign.due_at.CopyFrom(stamp("2026-03-19"))
    assert due_of(door("binh").ReassignTask(reassign).work) == at("2026-03-19")


def test_l13_shares_are_items_that_add_up_to_the_product(door: Door) -> None:
    request = task(code="P02")
    del request.shares[:]
    request.shares.extend(
        [share("an", "SNV-CCVC", units=1500, due="2026-03-25"), share("cuc", "SNV-CCVC", units=2500, due="2026-03-27")]
    )
    works = door("binh").AssignTask(request).works
    assert [(work.work_id, work.whole_id, work.standard_units) for work in works] == [
        ("task/t1/1", "task/t1", 1500),
        ("task/t1/2", "task/t1", 2500),
    ]
    assert [due_of(work) for work in works] == [at("2026-03-25"), at("2026-03-27")]
    assert list(door("binh").AssignTask(request).works) == list(works)


def test_l13_shares_that_do_not_add_up_are_refused(door: Door, told: Told) -> None:
    request = task(code="P02")
    request.shares[0].standard_units = 1500
    request.shares.append(share("cuc", "SNV-CCVC", units=2000, due="2026-03-25"))
    with pytest.raises(InvalidInput, match="L13"):
        door("binh").AssignTask(request)
    assert told() == []


def test_l17_a_dossiers_ground_fails_no_task(door: Door) -> None:
    door("binh").AssignTask(task())
    door("an").SubmitTask(rpc.SubmitTaskRequest(work_id="task/t1"))
    wrong = rpc.ReturnTaskRequest(work_id="task/t1", grounds=[pb.REVIEW_GROUND_UNLAWFUL_REFUSAL], note="no")
    with pytest.raises(InvalidInput, match="L17"):
        door("binh").ReturnTask(wrong)


def test_l19_a_product_decided_later_brings_its_units(door: Door, told: Told) -> None:
    (work,) = door("binh").AssignTask(task(code="")).works
    assert (work.product_code, work.standard_units) == ("", 0)
    decided = door("binh").DecideProduct(rpc.DecideProductRequest(work_id="task/t1", product_code="P02")).work
    assert (decided.product_code, decided.standard_units) == ("P02", 4000)
    assert told()[-1].product_decided.standard_units == 4000
    with pytest.raises(Conflict, match="P02"):
        door("binh").DecideProduct(rpc.DecideProductRequest(work_id="task/t1", product_code="P01"))


def test_l4_only_a_missed_due_time_is_excused_and_only_once(door: Door, clock: Clock) -> None:
    door("binh").AssignTask(task(due="2026-03-12"))
    excuse = rpc.ExcuseDelayRequest(
        work_id="task/t1", missed_due_at=stamp("2026-03-12"), reason="Power cut in the archive"
    )
    with pytest.raises(InvalidInput, match="missed"):
        door("binh").ExcuseDelay(excuse)
    clock.now = at("2026-03-13T09:00")
    excuse.due_at.CopyFrom(stamp("2026-03-18"))
    assert due_of(door("binh").ExcuseDelay(excuse).work) == at("2026-03-18")
    with pytest.raises(InvalidInput, match="missed"):
        door("binh").ExcuseDelay(excuse)


def test_a_failed_review_is_excused_by_its_event(door: Door) -> None:
    door("binh").AssignTask(task())
    door("an").SubmitTask(rpc.SubmitTaskRequest(work_id="task/t1"))
    door("binh").ReturnTask(
        rpc.ReturnTaskRequest(work_id="task/t1", grounds=[pb.REVIEW_GROUND_FACTS], note="Wrong ward")
    )
    events = door("an").GetWork(rpc.GetWorkRequest(work_id="task/t1")).events
    excuse = rpc.ExcuseReviewRequest(work_id="task/t1", review_event_id=events[0].event_id, reason="Register was wrong")
    with pytest.raises(InvalidInput, match="failed review"):
        door("binh").ExcuseReview(excuse)
    excuse.review_event_id = events[2].event_id
    assert door("binh").ExcuseReview(excuse).work.revision == 4


def test_a_missing_item_is_named(door: Door) -> None:
    with pytest.raises(NotFound, match="task/none"):
        door("an").SubmitTask(rpc.SubmitTaskRequest(work_id="task/none"))


def test_the_catalogue_keeps_versions_apart(catalogue: WorkServiceStub) -> None:
    listed = catalogue.ListProducts(rpc.ListProductsRequest()).products
    assert [product.product_code for product in listed] == ["P01", "P02", "R01"]
    assert catalogue.PutProducts(rpc.PutProductsRequest(products=listed)).changed == 0
    later = resources.Product()
    later.CopyFrom(listed[0])
    later.valid_from, later.standard_units = "2026-07-01", 1200
    with pytest.raises(InvalidInput, match="P01"):
        catalogue.PutProducts(rpc.PutProductsRequest(products=[later]))
    listed[0].valid_to = "2026-07-01"
    assert catalogue.PutProducts(rpc.PutProductsRequest(products=[listed[0], later])).changed == 2

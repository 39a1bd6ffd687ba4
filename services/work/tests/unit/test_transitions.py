"""What may be done to an item in its state, and what is refused with which reason."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from runtime.errors import Conflict, InvalidInput
from work.domain import transitions
from work.domain.catalogue import Catalogue, Product, check_periods, check_products
from work.domain.excuses import failed_reviews, missed_due_times
from work.domain.facts import (
    Author,
    Basis,
    Completed,
    DelayExcused,
    DueChangeCause,
    DueChanged,
    Returned,
    ReviewExcused,
    ReviewGround,
    Submitted,
    WorkKind,
)
from work.domain.initiatives import find_wrong_authors, find_wrong_recogniser, split_evenly
from work.domain.items import Item, WorkStatus
from work.domain.planning import Share, find_unplanned_fault, units_of_shares

from .facts import CALENDAR, assigned, at, events, open_item

PRODUCT = Product(
    product_code="P01",
    name="Reply",
    complexity_group=2,
    standard_units=1000,
    standard_term_hours=40,
    valid_from=at("2026-01-01").date(),
)
VERBS: dict[str, Callable[[Item], object]] = {
    "reassign": lambda item: transitions.reassign(
        item, officer_id="cuc", unit_id="STC", due_at=None, at=at("2026-03-10")
    ),
    "take": lambda item: transitions.take(
        CALENDAR, item._replace(officer_id=""), officer_id="cuc", product=None, at=at("2026-03-10")
    ),
    "hand_back": lambda item: transitions.hand_back(item, reason="ill"),
    "change_due": lambda item: transitions.change_due(
        CALENDAR, item, due_at=at("2026-03-27"), reason="more", at=at("2026-03-10"), product=None
    ),
    "submit": transitions.submit,
    "return": lambda item: transitions.return_work(
        CALENDAR, item, grounds=[], due_at=None, note="", at=at("2026-03-10")
    ),
    "accept": transitions.accept,
    "reopen": lambda item: transitions.reopen(CALENDAR, item, grounds=[], due_at=None, note="", at=at("2026-03-10")),
    "cancel": lambda item: transitions.cancel(item, reason="no need"),
}
ALLOWED = {
    WorkStatus.ANNOUNCED: set(),
    WorkStatus.OPEN: {"reassign", "take", "hand_back", "change_due", "submit", "accept", "cancel"},
    WorkStatus.SUBMITTED: {"return", "accept", "cancel"},
    WorkStatus.COMPLETED: {"reopen"},
    WorkStatus.CANCELLED: set(),
}


@pytest.mark.parametrize("status", list(WorkStatus))
@pytest.mark.parametrize("verb", list(VERBS))
def test_each_verb_is_allowed_in_its_states_only(verb: str, status: WorkStatus) -> None:
    item = open_item()._replace(status=status)
    if verb in ALLOWED[status]:
        assert VERBS[verb](item)
        return
    with pytest.raises(Conflict, match=r"task/1 is"):
        VERBS[verb](item)


def test_l5_a_due_time_is_not_brought_before_the_standard_term() -> None:
    def change(due: str) -> DueChanged:
        return transitions.change_due(
            CALENDAR, open_item(), due_at=at(due), reason="sooner", at=at("2026-03-02T09:00"), product=PRODUCT
        )

    with pytest.raises(InvalidInput, match="L5"):
        change("2026-03-05")
    assert change("2026-03-06").due_at == at("2026-03-06")


def test_l10_misdirected_work_is_refused_until_the_end_of_the_next_working_day() -> None:
    friday = open_item()._replace(held_since=at("2026-03-06T15:00"))
    assert transitions.refuse_misdirected(CALENDAR, friday, reason="not ours", at=at("2026-03-09"))
    with pytest.raises(Conflict, match="L10"):
        transitions.refuse_misdirected(CALENDAR, friday, reason="not ours", at=at("2026-03-09T17:01"))


@pytest.mark.parametrize("ground", list(ReviewGround))
@pytest.mark.parametrize("kind", [WorkKind.TASK, WorkKind.INCOMING_DOCUMENT, WorkKind.DOSSIER, WorkKind.REQUEST])
def test_l17_each_kind_of_work_has_its_grounds(kind: WorkKind, ground: ReviewGround) -> None:
    of_dossiers = ground >= ReviewGround.REVOKED
    of_documents = ground is ReviewGround.WITHDRAWN_AFTER_ISSUE
    fits = ground is not ReviewGround.UNSPECIFIED and (
        of_dossiers if kind is WorkKind.DOSSIER and (of_dossiers or of_documents) else not of_dossiers
    )
    assert (transitions.find_wrong_ground(kind, [ground]) == "") is fits


def test_a_failed_review_says_what_was_wrong() -> None:
    item = open_item(finished="2026-03-10T09:00")
    with pytest.raises(InvalidInput, match="note"):
        transitions.return_work(
            CALENDAR, item, grounds=[ReviewGround.LAW], due_at=None, note=" ", at=at("2026-03-11T09:00")
        )


@pytest.mark.parametrize(
    ("kind", "basis", "reason", "recurring", "fits"),
    [
        (WorkKind.TASK, Basis.OWN, "", True, True),
        (WorkKind.TASK, Basis.EXTRA, "flood", False, True),
        (WorkKind.TASK, Basis.EXTRA, " ", False, False),
        (WorkKind.TASK, Basis.EXTRA, "flood", True, False),
        (WorkKind.DOSSIER, Basis.EXTRA, "flood", False, False),
        (WorkKind.INCOMING_DOCUMENT, Basis.EXTRA, "flood", False, False),
        (WorkKind.DOSSIER, Basis.TAKEN_OVER, "", False, True),
    ],
)
def test_l6_what_may_be_outside_the_plan(
    kind: WorkKind, basis: Basis, reason: str, recurring: bool, fits: bool
) -> None:
    product = replace(PRODUCT, recurring=recurring)
    assert (find_unplanned_fault(kind=kind, basis=basis, reason=reason, product=product) == "") is fits


def shares(*units: int) -> list[Share]:
    return [Share(officer_id=f"o{n}", unit_id="SNV", standard_units=each) for n, each in enumerate(units)]


def test_l13_shares_add_up_to_the_product() -> None:
    assert units_of_shares(shares(0), PRODUCT) == [1000]
    assert units_of_shares(shares(400, 600), PRODUCT) == [400, 600]
    for wrong in (shares(400, 500), shares(400, 601), shares(0, 1000), shares(999), shares(), shares(-1, 1001)):
        with pytest.raises(InvalidInput):
            units_of_shares(wrong, PRODUCT)


def test_l19_work_without_a_product_has_no_units_and_one_share() -> None:
    assert units_of_shares(shares(0), None) == [0]
    for wrong in (shares(0, 0), shares(100)):
        with pytest.raises(InvalidInput, match="L19"):
            units_of_shares(wrong, None)


def author(officer_id: str, share: int = 0, unit_id: str = "SNV-CCVC") -> Author:
    return Author(officer_id=officer_id, unit_id=unit_id, share=share)


def test_l16_even_shares_add_up_with_the_rest_to_the_first_named() -> None:
    even = split_evenly([author("an"), author("cuc"), author("binh")])
    assert [each.share for each in even] == [334, 333, 333]
    assert find_wrong_authors(even) == ""
    for wrong in ([], [author("an", 500), author("an", 500)], [author("an", 1001)], [author("an", 500)]):
        assert find_wrong_authors(wrong)


def test_l16_neither_authors_nor_their_head_recognise() -> None:
    heads = {"SNV-CCVC": {"binh": 0, "director": 1, "chair": 2}}
    by_staff = [author("an", 1000)]
    assert find_wrong_recogniser("an", by_staff, heads)
    assert find_wrong_recogniser("binh", by_staff, heads)
    assert find_wrong_recogniser("director", by_staff, heads) == ""
    by_head = [author("binh", 1000)]
    assert find_wrong_recogniser("director", by_head, heads)
    assert find_wrong_recogniser("chair", by_head, heads) == ""


def test_l4_what_was_missed_and_is_not_taken_away() -> None:
    history = events(
        ("2026-03-02T08:00", assigned("2026-03-05")),
        ("2026-03-06T08:00", DueChanged(due_at=at("2026-03-12"), cause=DueChangeCause.ASSIGNER)),
        ("2026-03-13T09:00", Completed()),
    )
    assert missed_due_times(history, at("2026-03-20")) == [at("2026-03-05"), at("2026-03-12")]
    excused = DelayExcused(missed_due_at=at("2026-03-05"), reason="flood")
    history += [events(("2026-03-14T09:00", excused))[0]._replace(revision=4)]
    assert missed_due_times(history, at("2026-03-20")) == [at("2026-03-12")]


def test_l7_timely_work_under_review_has_missed_nothing() -> None:
    history = events(("2026-03-02T08:00", assigned("2026-03-05")), ("2026-03-05T16:00", Submitted()))
    assert missed_due_times(history, at("2026-03-20")) == []


def test_reviews_without_a_ground_and_excused_ones_do_not_count() -> None:
    history = events(
        ("2026-03-02T08:00", assigned()),
        ("2026-03-03T08:00", Returned(grounds=(ReviewGround.LAW,), due_at=at("2026-03-20"))),
        ("2026-03-04T08:00", Returned(due_at=at("2026-03-20"))),
        ("2026-03-05T08:00", Returned(grounds=(ReviewGround.FACTS,), due_at=at("2026-03-20"))),
        ("2026-03-06T08:00", ReviewExcused(review_event_id="e2", reason="register was wrong")),
    )
    assert failed_reviews(history) == ["e4"]


def test_the_catalogue_gives_the_version_of_the_day() -> None:
    day = at("2026-07-01").date()
    versions = [replace(PRODUCT, valid_to=day), replace(PRODUCT, valid_from=day, standard_units=1200)]
    check_periods(versions)
    catalogue = Catalogue(versions)
    found = [catalogue.product_on("P01", at(text).date()) for text in ("2025-12-31", "2026-06-30", "2026-07-01")]
    assert [product and product.standard_units for product in found] == [None, 1000, 1200]


@pytest.mark.parametrize(
    "change",
    [
        {"complexity_group": 0},
        {"complexity_group": 6},
        {"standard_units": 0},
        {"standard_term_hours": 0},
        {"product_code": ""},
        {"name": " "},
        {"valid_to": at("2026-01-01").date()},
    ],
)
def test_products_that_the_decree_does_not_know_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        check_products([replace(PRODUCT, **change)])  # type: ignore[arg-type]

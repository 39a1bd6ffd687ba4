"""How scores look."""

import io
import json
from fractions import Fraction

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console

from congvu.evaluation.v1 import resources_pb2, service_pb2
from embedded.render.board import Board, change_line
from embedded.render.explain import print_explanation, total_of, unexplained
from embedded.render.language import Language, band_name
from embedded.render.numbers import decimal_text, fraction_text, instant_text
from embedded.render.plain import json_text, plain
from embedded.render.scores import caption, scores_table
from embedded.render.status import event_log_text


def scorecard(*, points: int | None = 8745, second: int = 0, subject: str = "HUE-00001") -> resources_pb2.Scorecard:
    result = resources_pb2.Result(
        points=points,
        band=resources_pb2.BAND_GOOD if points is not None else resources_pb2.BAND_UNSPECIFIED,
        reason="" if points is not None else "không có công việc theo kế hoạch",
        reason_en="" if points is not None else "no planned work",
        exact_points=resources_pb2.Fraction(numerator="2623", denominator="30"),
        indicators=[
            resources_pb2.Indicator(
                indicator_id="a",
                name_vi="Số lượng",
                name_en="Quantity",
                numerator=1500,
                denominator=2000,
                ratio=resources_pb2.Fraction(numerator="3", denominator="4"),
                weight=20,
                numerator_expression="work_done",
                denominator_expression="work_planned",
            )
        ],
    )
    return resources_pb2.Scorecard(
        subject_id=subject,
        name="Trần Thị Hương",
        unit_id="SNV-CCVC",
        unit_name="Phòng Công chức, viên chức",
        period="2026-11",
        policy="pilot-seven-groups",
        now=result,
        if_nothing_more=result,
        measures={"work_done": 1500, "work_missed_items": 2, "request_carried_items": 1, "work_pending_items": 4},
        as_of=Timestamp(seconds=1_795_000_000 + second),
        open=True,
    )


def rendered(renderable: object, *, width: int = 200) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    console.print(renderable)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("value", "text"), [(Fraction(1, 200), "0.01"), (Fraction(-1, 200), "-0.01"), (Fraction(0), "0.00"), (2, "2.00")]
)
def test_numbers_are_rounded_half_up(value: Fraction, text: str) -> None:
    assert decimal_text(Fraction(value), 2, Language.EN) == text


def test_vietnamese_numbers_have_a_comma() -> None:
    assert decimal_text(Fraction(8745, 100), 2, Language.VI) == "87,45"
    assert fraction_text(Fraction(3, 4), Language.VI) == "3/4 ≈ 0,7500"


def test_instants_are_in_the_citys_time() -> None:
    assert instant_text(Timestamp(seconds=1_795_000_000)) == "18.11.2026 18:06:40"


def test_bands_have_the_names_of_the_decree() -> None:
    assert [band_name(band, Language.VI) for band in (4, 3, 2, 1)] == [
        "Hoàn thành xuất sắc nhiệm vụ",
        "Hoàn thành tốt nhiệm vụ",
        "Hoàn thành nhiệm vụ",
        "Không hoàn thành nhiệm vụ",
    ]


def test_a_row_says_name_unit_points_band_and_overdue() -> None:
    text = rendered(scores_table([scorecard()], Language.VI, terminal=False))

    for part in ("Trần Thị Hương (HUE-00001)", "Phòng Công chức, viên chức", "87,45", "Hoàn thành tốt nhiệm vụ"):
        assert part in text
    assert text.split()[-2:] == ["3", "4"]


def test_without_points_the_reason_stands_in_the_row() -> None:
    card = scorecard(points=None)

    assert "no planned work" in rendered(scores_table([card], Language.EN, terminal=False))
    assert "không có công việc theo kế hoạch" in rendered(scores_table([card], Language.VI, terminal=False))


def test_without_a_terminal_each_scorecard_is_one_line() -> None:
    cards = [scorecard(subject=f"HUE-{number:05}") for number in range(5)]

    lines = rendered(scores_table(cards, Language.VI, terminal=False)).splitlines()

    rule = next(place for place, line in enumerate(lines) if line.startswith("──"))
    assert sum("HUE-" in line for line in lines) == len([line for line in lines[rule + 1 :] if line.strip()]) == 5


@pytest.mark.parametrize("width", [80, 100, 120])
def test_no_number_is_cut_in_a_terminal_of_80_columns_or_more(width: int) -> None:
    text = rendered(scores_table([scorecard()], Language.VI, terminal=True), width=width)

    row = next(line for line in text.splitlines() if "87,45" in line)
    assert [part for part in row.split() if part in ("87,45", "–", "3", "4")] == ["87,45", "–", "87,45", "3", "4"]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_table_is_never_wider_than_the_terminal(width: int) -> None:
    text = rendered(scores_table([scorecard()], Language.VI, terminal=True), width=width)

    assert max(len(line) for line in text.splitlines()) <= width


def test_the_caption_names_month_policy_and_instant() -> None:
    assert "2026-11" in caption(scorecard(), Language.EN)
    assert "pilot-seven-groups" in caption(scorecard(), Language.EN)


def explanation() -> service_pb2.ExplainScorecardResponse:
    return service_pb2.ExplainScorecardResponse(
        scorecard=scorecard(),
        contributions=[
            resources_pb2.Contribution(work_id="task/1", title="Báo cáo", measures={"done": 1000, "missed_items": 2}),
            resources_pb2.Contribution(work_id="task/2", measures={"done": 500, "pending_items": 4}),
            resources_pb2.Contribution(work_id="request/3", request=True, measures={"carried_items": 1}),
        ],
    )


def explained(answer: service_pb2.ExplainScorecardResponse) -> str:
    console = Console(file=io.StringIO(), width=160, highlight=False)
    print_explanation(console, answer, Language.EN, evidence=False)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_total_of_an_explanation_is_the_sum_of_its_items() -> None:
    total = total_of(explanation().contributions)

    assert total == {"work_done": 1500, "work_missed_items": 2, "work_pending_items": 4, "request_carried_items": 1}
    assert unexplained(explanation()) == {}
    assert "They add up to the measures of the score; items: 3." in explained(explanation())


def test_an_explanation_that_does_not_add_up_says_so() -> None:
    answer = explanation()
    answer.scorecard.measures["work_done"] = 2500

    assert unexplained(answer) == {"work_done": 1000}
    assert "NOT explained by the items: work_done 1" in explained(answer)


def test_an_explanation_shows_the_arithmetic() -> None:
    text = explained(explanation())

    for part in ("work_done = 1500", "work_planned = 2000", "3/4 ≈ 0.7500", "15.0000", "2623/30 ≈ 87.4333", "87.45"):
        assert part in text


def test_the_board_shows_what_moved_first_and_by_how_much() -> None:
    board = Board(Language.EN)
    for subject in ("HUE-00001", "HUE-00002", "HUE-00003"):
        assert board.take(scorecard(subject=subject)) is None

    assert board.take(scorecard(subject="HUE-00002", points=8800, second=2), now=10.0) == 55

    assert [row.card.subject_id for row in board.ordered(3)] == ["HUE-00002", "HUE-00001", "HUE-00003"]
    assert "▲ +0.55" in rendered(board.table(Console(width=200, height=40), now=11.0))


def test_the_board_ignores_what_it_has_seen() -> None:
    board = Board(Language.EN)
    board.take(scorecard(second=5))

    assert board.take(scorecard(second=6)) is None
    assert board.take(scorecard(second=4, points=100)) is None
    assert board.ordered(1)[0].card.now.points == 8745


def test_the_board_shows_as_many_rows_as_fit() -> None:
    board = Board(Language.EN)
    for number in range(50):
        board.take(scorecard(subject=f"HUE-{number:05}"))

    text = rendered(board.table(Console(width=200, height=20)))

    assert len(text.splitlines()) <= 20


def test_a_change_is_one_line() -> None:
    line = change_line(scorecard(), -25, Language.EN)

    assert "HUE-00001" in line
    assert "87.45 (-0.25)" in line
    assert "\n" not in line


def test_json_has_plain_numbers_and_names() -> None:
    card = json.loads(json_text(plain(scorecard())))

    assert card["now"]["points"] == 8745
    assert card["now"]["band"] == "BAND_GOOD"
    assert card["now"]["exact_points"] == "2623/30"
    assert card["now"]["result_points"] is None
    assert card["measures"]["work_done"] == 1500
    assert card["as_of"] == "2026-11-18T11:06:40+00:00"
    assert card["name"] == "Trần Thị Hương"


def test_the_event_log_is_named_and_whether_it_answers() -> None:
    kafka = {"engine": "kafka", "bootstrap": "k1:9092", "namespace": "hue", "answers": True}
    assert event_log_text({"engine": "embedded"}) == "embedded, in the city's PostgreSQL"
    assert event_log_text(kafka) == "Apache Kafka at k1:9092, namespace hue"
    assert "k1:9092, which does not answer" in event_log_text({**kafka, "namespace": "", "answers": False})

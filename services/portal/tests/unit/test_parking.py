"""Why records are parked, said in both languages."""

from zoneinfo import ZoneInfo

import pytest

from portal.domain.parking import SENTENCES, explain
from portal.web.downloads import COLUMNS as FILE_COLUMNS
from portal.web.languages import Language
from portal.web.pages.city import COLUMNS, KIND_NAMES

VIETNAMESE = Language("vi", ZoneInfo("Asia/Ho_Chi_Minh"))


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("It is no WorkEvent in protobuf; drop or replace it.", "Đây không phải sự kiện công việc đọc được"),
        ("Revision 2 of the item is missing; send it, or declare it missing.", "Thiếu số thứ tự 2"),
        ("Its occurred_at lies in the future of the log; correct the time.", "occurred_at nằm ở tương lai"),
        ("other/1 does not wait for revision 77; see the list of parked records.", "không chờ số thứ tự 77"),
        ("other/1 has no parked record at offset 5; see the list of parked records.", "other/1"),
    ],
)
def test_reasons_are_said_in_vietnamese_with_their_values(reason: str, said: str) -> None:
    sentence, values = explain(reason)
    assert said in VIETNAMESE.say(sentence, **values)


def test_a_reason_that_nobody_knows_stays_as_it_is() -> None:
    assert explain("Something {odd} happened.") == ("Something {odd} happened.", {})
    assert VIETNAMESE.say("Something {odd} happened.") == "Something {odd} happened."


@pytest.mark.parametrize(
    "sentence",
    [*SENTENCES, *KIND_NAMES.values(), *(one[1] for one in COLUMNS), *(one.heading for one in FILE_COLUMNS)],
)
def test_every_sentence_has_a_vietnamese_one(sentence: str) -> None:
    assert VIETNAMESE.say(sentence) != sentence

"""Vietnamese order."""

import random
import unicodedata

import pytest

from portal.domain.sorting import name_key, sorting_key


@pytest.mark.parametrize(
    "ordered",
    [
        [
            "a",
            "ă",
            "â",
            "b",
            "c",
            "d",
            "đ",
            "e",
            "ê",
            "g",
            "h",
            "i",
            "k",
            "l",
            "m",
            "n",
            "o",
            "ô",
            "ơ",
            "p",
            "q",
            "r",
            "s",
            "t",
            "u",
            "ư",
            "v",
            "x",
            "y",
        ],
        ["ma", "mà", "mả", "mã", "má", "mạ", "mă", "mằ"],
        ["An", "Ân", "Bình", "Châu", "Dũng", "Đức", "Em", "Giang"],
        ["Hoa", "Hoà", "Hoá", "Hoa Lư"],
        ["phường", "Phường", "Phường 2", "Phường An Cựu", "phường Ân"],
        ["xã A Lưới 1", "xã A Lưới 2", "xã Ái Nghĩa"],
    ],
)
def test_letters_come_before_tones_and_tones_before_case(ordered: list[str]) -> None:
    assert sorted(_shuffled(ordered), key=sorting_key) == ordered


def test_the_way_a_letter_is_encoded_changes_nothing() -> None:
    for text in ("Nguyễn Thị Ngọc Ánh", "Đặng Hữu Phước", "Thừa Thiên Huế"):
        assert sorting_key(unicodedata.normalize("NFD", text)) == sorting_key(unicodedata.normalize("NFC", text))


def test_tones_of_earlier_letters_do_not_outweigh_later_letters() -> None:
    assert sorting_key("Hòa An") < sorting_key("Hoa Bình")


def test_people_are_ordered_by_their_given_names_then_by_family_and_middle_names() -> None:
    ordered = ["Trần Văn An", "Lê Thị Ân", "Lê Văn Bình", "Nguyễn An Bình", "Nguyễn Văn Bình", "Đỗ Đức", "Ý"]
    assert sorted(_shuffled(ordered), key=name_key) == ordered


def test_signs_that_are_not_vietnamese_have_a_place_too() -> None:
    assert sorting_key("Zürich") < sorting_key("Ω")
    assert sorting_key("") < sorting_key(" ")


def _shuffled(texts: list[str]) -> list[str]:
    return random.Random(335).sample(texts, len(texts))

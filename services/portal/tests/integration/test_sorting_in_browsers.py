"""Our order of texts beside that of a browser."""

import random

from playwright.sync_api import Browser as Chromium

from portal.domain.sorting import sorting_key

SYLLABLES = [
    "an",
    "ăn",
    "ân",
    "ang",
    "àng",
    "ảng",
    "ãng",
    "áng",
    "ạng",
    "bà",
    "bá",
    "ca",
    "cà",
    "dạ",
    "đá",
    "đà",
    "e",
    "ê",
    "è",
    "ề",
    "ế",
    "hoa",
    "hoà",
    "hoá",
    "hòa",
    "i",
    "ì",
    "kế",
    "khoa",
    "lê",
    "lễ",
    "mai",
    "nguyễn",
    "nguyên",
    "nguyện",
    "o",
    "ô",
    "ơ",
    "ồ",
    "ộ",
    "ờ",
    "phước",
    "quý",
    "thuỷ",
    "thủy",
    "u",
    "ư",
    "ừ",
    "ữ",
    "ý",
    "yến",
    "Huế",
    "Phường",
    "Xã",
    "xã",
    "Đông",
    "Dương",
    "Ân",
    "Án",
    "1",
    "2",
    "10",
    "–",
    "-",
    ",",
    ".",
    "(",
    ")",
]


def test_the_order_is_that_of_browsers(chromium: Chromium) -> None:
    draw = random.Random(20_261_122)
    texts = sorted({" ".join(draw.choices(SYLLABLES, k=draw.randint(1, 4))) for _ in range(3_000)})
    page = chromium.new_page()
    theirs = page.evaluate("texts => texts.sort(new Intl.Collator('vi').compare)", texts)
    assert sorted(texts, key=sorting_key) == theirs

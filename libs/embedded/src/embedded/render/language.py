"""The words of the command line that people of the city read, in both languages."""

from enum import StrEnum

from congvu.evaluation.v1 import resources_pb2


class Language(StrEnum):
    """Language of tables."""

    VI = "vi"
    EN = "en"


BANDS = {
    resources_pb2.BAND_UNSPECIFIED: ("–", "–"),
    resources_pb2.BAND_NOT_COMPLETED: ("Không hoàn thành nhiệm vụ", "Not completed"),
    resources_pb2.BAND_COMPLETED: ("Hoàn thành nhiệm vụ", "Completed"),
    resources_pb2.BAND_GOOD: ("Hoàn thành tốt nhiệm vụ", "Good"),
    resources_pb2.BAND_EXCELLENT: ("Hoàn thành xuất sắc nhiệm vụ", "Excellent"),
}

WORDS = {
    "name": ("Tên", "Name"),
    "unit": ("Đơn vị", "Unit"),
    "points": ("Điểm", "Points"),
    "band": ("Mức xếp loại", "Band"),
    "result": ("Điểm kết quả", "Result"),
    "nothing_more": ("Nếu dừng tại đây", "If nothing more"),
    "overdue": ("Quá hạn", "Overdue"),
    "pending": ("Đang làm", "Open"),
    "general": ("Tiêu chí chung", "General criteria"),
    "self_scored": ("tự chấm", "self-scored"),
    "amended": ("đã điều chỉnh", "amended"),
    "final": ("đã chốt", "final"),
    "open_month": ("đang chạy", "open"),
    "period": ("Kỳ", "Period"),
    "policy": ("Chính sách", "Policy"),
    "as_of": ("Tính đến", "As of"),
    "item": ("Công việc", "Item"),
    "title": ("Nội dung", "Title"),
    "adds": ("Đóng góp", "Adds"),
    "total": ("Tổng cộng", "Total"),
    "indicator": ("Chỉ tiêu", "Indicator"),
    "numerator": ("Tử số", "Numerator"),
    "denominator": ("Mẫu số", "Denominator"),
    "ratio": ("Tỷ lệ", "Ratio"),
    "weight": ("Trọng số", "Weight"),
    "request": ("phối hợp", "request"),
    "exact": ("Điểm chính xác", "Exact points"),
    "because": ("Lý do", "Because"),
    "no_items": ("Không có công việc nào.", "No items."),
    "moved": ("Thay đổi", "Moved"),
    "thousandths": (
        "Trong phép tính này, sản phẩm và sáng kiến tính bằng phần nghìn, số đầu việc tính nguyên.",
        "In this arithmetic units and initiatives are in thousandths, items are whole.",
    ),
    "adds_up": (
        "Cộng lại đúng bằng các số đo của điểm; số công việc: {items}.",
        "They add up to the measures of the score; items: {items}.",
    ),
    "adds_not_up": (
        "CHƯA khớp với các công việc: {rest}. Điểm có thể đang chờ tính lại (`congvu status`); "
        "nếu vẫn vậy, hãy chạy `congvu recompute --check`.",
        "NOT explained by the items: {rest}. The score may wait to be computed anew (`congvu status`); "
        "if this stays, run `congvu recompute --check`.",
    ),
}


def word(key: str, language: Language) -> str:
    """The word of the key in the language."""
    return WORDS[key][language is Language.EN]


def band_name(band: int, language: Language) -> str:
    """The name of a band as the decree has it."""
    return BANDS[band][language is Language.EN]  # type: ignore[index]

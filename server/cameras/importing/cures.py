"""What of a row was wrong, and how to put it right: beside the words of `reasons.py`, for who mends the file; pure."""

from __future__ import annotations

_PLACE = ("위도·경도", "latitude and longitude")
_ROW = ("줄 전체", "the whole row")
FIELDS: dict[str, tuple[str, str]] = {
    "columns": _ROW,
    "not_a_record": _ROW,
    "duplicate": _ROW,
    "count": ("카메라대수", "number of cameras"),
}
CURES: dict[str, tuple[str, str]] = {
    "no_coordinates": (
        "위도와 경도를 적어 다시 올려 주세요.",
        "Write both and upload the file again.",
    ),
    "not_a_number": (
        "37.394300, 126.956800처럼 숫자로 적어 주세요.",
        "Write them as numbers, such as 37.394300 and 126.956800.",
    ),
    "outside_korea": (
        "위도는 33~39, 경도는 124~132 사이여야 합니다. 자리가 바뀌었는지 보세요.",
        "Latitude is 33 to 39, longitude 124 to 132: see whether they are exchanged.",
    ),
    "no_municipality": (
        "바다나 경계 밖입니다. 지도에서 위치를 확인해 주세요.",
        "It lies in the sea or beyond the border: check the place on a map.",
    ),
    "not_served": (
        "이 계정이 맡은 시·군·구의 줄만 들어옵니다. 맡은 센터에서 올려 주세요.",
        "Only rows of your own municipalities come in: upload it at the center that runs the camera.",
    ),
    "other_center": ("고른 시·군·구의 줄만 들어옵니다.", "Only rows of the chosen municipality come in."),
    "columns": (
        "칸 수를 머리글과 맞춰 주세요. 값 안의 쉼표는 큰따옴표로 묶습니다.",
        "Give it as many columns as the header; a value with a comma stands in double quotes.",
    ),
    "not_a_record": ("고칠 것이 없습니다. 합계·비고 줄은 빼도 됩니다.", "Nothing to mend: totals and notes may go."),
    "count": ("1 이상의 숫자를 적어 주세요.", "Write a number of 1 or more."),
}
_REVIEW = (
    "가져온 뒤 ‘확인할 행’에서 제안을 받아들이거나 물리치세요.",
    "After the import accept or reject the suggestion under “Rows to check”.",
)


def explained(reason: str) -> dict[str, str]:
    """`field_ko`, `field_en`, `cure_ko`, `cure_en` of a reason of `reasons.WORDS`."""
    field, cure = FIELDS.get(reason, _PLACE), CURES.get(reason, _REVIEW)
    return {"field_ko": field[0], "field_en": field[1], "cure_ko": cure[0], "cure_en": cure[1]}

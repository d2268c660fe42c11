"""Why a row is refused or doubtful: a code, and the words for it in Korean and English; pure."""

from __future__ import annotations

REFUSED: dict[str, tuple[str, str]] = {
    "no_coordinates": ("위도·경도가 비어 있습니다", "latitude or longitude is empty"),
    "not_a_number": ("위도·경도를 읽을 수 없습니다", "latitude or longitude can't be read"),
    "outside_korea": ("좌표가 대한민국 밖입니다", "the place is outside Korea"),
    "no_municipality": ("어느 시·군·구에도 들지 않는 곳입니다", "the place lies in no municipality"),
    "not_served": ("이 설치가 맡지 않는 시·군·구입니다", "a municipality that this installation does not serve"),
    "other_center": ("--center로 지정한 시·군·구가 아닙니다", "not in the municipality given by --center"),
    "columns": ("칸 수가 맞지 않습니다", "the row has another number of columns than the file"),
    "not_a_record": ("합계나 비고 줄입니다", "a total or a note, not a camera"),
    "count": ("카메라대수가 0이거나 읽을 수 없습니다", "the number of cameras is zero or can't be read"),
}
DOUBTFUL: dict[str, tuple[str, str]] = {
    "swapped_axes": ("위도와 경도가 바뀌어 있습니다", "latitude and longitude are swapped"),
    "degrees_minutes_seconds": ("도·분·초를 소수로 적은 듯합니다", "degrees, minutes and seconds written as a decimal"),
    "rounded_coordinate": ("반올림된 대표 좌표입니다", "a rounded coordinate, not the camera's own place"),
    "shared_coordinate": (
        "서로 다른 주소 여럿이 한 좌표를 씁니다",
        "many different addresses share this one coordinate",
    ),
    "digit_typo": ("숫자 하나가 틀린 듯합니다", "one digit seems wrong"),
    "misplaced_point": ("소수점 자리가 틀린 듯합니다", "the decimal point seems misplaced"),
    "far_from_address": ("주소의 시·군·구에서 멀리 있습니다", "far from the municipality of its own address"),
    "duplicate": ("앞줄과 같은 카메라입니다", "the same camera as in a line before"),
    "projected_coordinates": ("미터 좌표(평면직각좌표)입니다", "projected coordinates in metres, not degrees"),
}
WORDS = REFUSED | DOUBTFUL

FILE: dict[str, tuple[str, str]] = {
    "not_found": ("파일이 없거나 읽을 수 없습니다", "no such file, or it can't be read"),
    "empty": ("빈 파일입니다", "the file is empty"),
    "no_table": (
        "표로 읽을 수 없습니다: CSV, TSV, XLSX, SQL INSERT를 넣어 주세요",
        "no table found: give CSV, TSV, XLSX or SQL INSERT",
    ),
    "no_coordinate_columns": (
        "위도·경도 칸을 찾지 못했습니다: 머리글을 '위도', '경도'로 고쳐 주세요",
        "no columns of latitude and longitude: name them 위도 and 경도 in the header",
    ),
    "protected": (
        "암호가 걸린 파일입니다: 암호를 풀어 저장해 주세요",
        "the workbook is encrypted: save it without a password",
    ),
    "too_long": (
        "끝나지 않는 줄이 있습니다: 닫히지 않은 따옴표나 깨진 곳을 고쳐 주세요",
        "a line without end: look for a quote that nobody closed, or damage",
    ),
    "too_large": (
        "풀면 너무 큰 통합문서입니다: 표에서 멀리 떨어진 칸을 지우거나 CSV로 저장해 주세요",
        "the workbook unpacks to too much: delete cells far from the table, or save it as CSV",
    ),
}


class Unreadable(Exception):
    """A file that can't be imported at all; `code` is one of FILE."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code, self.detail = code, detail

    def json(self) -> dict[str, str]:
        ko, en = FILE[self.code]
        return {"code": self.code, "ko": ko, "en": en, "detail": self.detail}

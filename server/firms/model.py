"""Firms of an association as it lists them: one row of its file, and what is wrong with it; pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from ipaddress import ip_network
from typing import Any

from server.staff.model import LOGIN_PATTERN

AGENCY_ID = re.compile(r"^[a-z0-9][a-z0-9-]{1,39}$")
LOGIN = re.compile(LOGIN_PATTERN)
COLUMNS = (
    *("agency_id", "name_ko", "name_en", "triggers", "centers", "ends_at"),
    *("login", "person", "networks", "branches"),
)
NEEDED = ("agency_id", "name_ko")
MOST_ROWS = 5_000
MOST_BRANCHES, LONGEST_BRANCH = 200, 80
MOST_NAME = {"name_ko": 200, "name_en": 200, "person": 80}
WIDEST_SEATS = {4: 8, 6: 16}
"""Bits of prefix of the widest network that an account may come from, by version."""
KST = timezone(timedelta(hours=9))


@dataclass(frozen=True, slots=True)
class NewFirm:
    """A firm and its limits, None where it has none; `login`, `person`, `networks`: its first account, "" for none."""

    agency_id: str
    name_ko: str
    name_en: str
    triggers: tuple[str, ...] | None = None
    centers: tuple[str, ...] | None = None
    ends_at: datetime | None = None
    login: str = ""
    person: str = ""
    networks: tuple[str, ...] = ()
    branches: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class BadRow:
    """`line` as an editor counts them, the head is 1."""

    line: int
    field: str
    value: str
    code: str
    ko: str
    en: str

    def json(self) -> dict[str, Any]:
        said = {"line": self.line, "field": self.field, "value": self.value[:80], "code": self.code}
        return said | {"message_ko": self.ko, "message_en": self.en}


class BadFile(ValueError):
    """None of its rows can be read; `code`, `ko` and `en` say why."""

    def __init__(self, code: str, ko: str, en: str) -> None:
        super().__init__(en)
        self.code, self.ko, self.en = code, ko, en


def read_file(body: bytes, *, triggers: Collection[str], centers: Collection[str]) -> Iterator[tuple[int, Any]]:
    """Line and `NewFirm` or `BadRow`, in the file's order. UTF-8, or CP949 as Korean spreadsheets write it; commas or
    semicolons; lists inside a cell are parted by blanks, branches by `|`. `triggers`, `centers`: what the umbrella's
    agreements name. Raises BadFile."""
    text = _text(body)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in text.partition("\n")[0] else ",")
    try:
        head = [one.strip().lower() for one in next(rows, [])]
        missing = [name for name in NEEDED if name not in head]
        if missing:
            ko = f"첫 줄에 열 이름이 있어야 합니다. 없는 열: {', '.join(missing)}"
            raise BadFile("no_head", ko, f"The first line names the columns; missing: {', '.join(missing)}.")
        seen: dict[str, int] = {}
        for cells in rows:
            if not any(cell.strip() for cell in cells):
                continue
            if len(seen) >= MOST_ROWS:
                raise BadFile("too_many", f"{MOST_ROWS}줄까지입니다.", f"At most {MOST_ROWS} rows; part the file.")
            said = dict(zip(head, (cell.strip() for cell in cells), strict=False))
            yield rows.line_num, _row(rows.line_num, said, seen, triggers, centers)
    except csv.Error as error:
        raise BadFile("no_csv", "CSV 파일이 아닙니다.", f"This is no CSV file: {error}.") from None


def _text(body: bytes) -> str:
    for encoding in ("utf-8-sig", "cp949"):
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise BadFile("no_text", "UTF-8이나 CP949로 저장해 주세요.", "Save the file as UTF-8 (or CP949).")


def _row(
    line: int, said: dict[str, str], seen: dict[str, int], triggers: Collection[str], centers: Collection[str]
) -> NewFirm | BadRow:
    wrong = _wrong(said, seen, triggers, centers)
    if wrong is not None:
        field, value, code, ko, en = wrong
        return BadRow(line, field, value, code, ko, en)
    seen[said["agency_id"]] = line
    return NewFirm(
        said["agency_id"],
        said["name_ko"],
        said.get("name_en") or said["name_ko"],
        tuple(said.get("triggers", "").split()) or None,
        tuple(said.get("centers", "").split()) or None,
        _day(said.get("ends_at", "")),
        said.get("login", ""),
        said.get("person", "") or said["name_ko"],
        tuple(said.get("networks", "").split()),
        branches_of(said.get("branches", "")),
    )


def branches_of(text: str) -> tuple[str, ...] | None:
    """Names parted by `|`, each once; None: any word."""
    return tuple(dict.fromkeys(one.strip() for one in text.split("|") if one.strip())) or None


def _wrong(
    said: dict[str, str], seen: dict[str, int], triggers: Collection[str], centers: Collection[str]
) -> tuple[str, str, str, str, str] | None:
    """Field, value, code, and what to do in Korean and English; of the first thing that is wrong."""
    agency_id, login = said.get("agency_id", ""), said.get("login", "")
    if not AGENCY_ID.match(agency_id):
        ko, en = "영문 소문자·숫자·-로 2~40자여야 합니다.", "2 to 40 small letters, digits and hyphens."
        return "agency_id", agency_id, "bad_id", ko, en
    if agency_id in seen:
        ko, en = f"{seen[agency_id]}번째 줄에 있습니다.", f"It stands in line {seen[agency_id]} already."
        return "agency_id", agency_id, "twice", ko, en
    for field, most in MOST_NAME.items():
        value = said.get(field, "")
        if (field == "name_ko" and not value) or len(value) > most or not value.isprintable():
            ko, en = f"1~{most}자의 이름을 적어 주세요.", f"Write a name of 1 to {most} printable characters."
            return field, value, "bad_name", ko, en
    for field, known in (("triggers", triggers), ("centers", centers)):
        unknown = sorted(set(said.get(field, "").split()) - set(known))
        if unknown:
            allowed = " ".join(sorted(known)[:20])
            ko, en = f"협약에 없습니다. 가능한 값: {allowed}", f"Not of the umbrella's agreement; it has: {allowed}."
            return field, " ".join(unknown), "wider", ko, en
    branches = branches_of(said.get("branches", "")) or ()
    if len(branches) > MOST_BRANCHES or any(len(one) > LONGEST_BRANCH or not one.isprintable() for one in branches):
        ko, en = (
            f"{LONGEST_BRANCH}자까지의 이름 {MOST_BRANCHES}개까지입니다.",
            f"{MOST_BRANCHES} names of {LONGEST_BRANCH} characters at most.",
        )
        return "branches", said["branches"], "bad_branch", ko, en
    try:
        _day(said.get("ends_at", ""))
    except ValueError:
        return "ends_at", said["ends_at"], "bad_day", "2027-03-31처럼 적어 주세요.", "Write a day like 2027-03-31."
    return _wrong_account(login, said.get("networks", "").split()) if login else None


def _wrong_account(login: str, networks: list[str]) -> tuple[str, str, str, str, str] | None:
    """Of the firm's first account, where the row names one."""
    if not LOGIN.match(login):
        ko, en = "영문·숫자·. _ @ -로 2~80자여야 합니다.", "2 to 80 letters, digits and . _ @ -."
        return "login", login, "bad_login", ko, en
    ko, en = "접속할 주소를 적어 주세요 (203.0.113.7).", "Name the seats' own addresses (203.0.113.7)."
    bad = [one for one in networks if not _is_of_seats(one)]
    if bad or not networks:
        return "networks", " ".join(bad), "bad_network" if bad else "no_network", ko, en
    return None


def _is_of_seats(text: str) -> bool:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return False
    return network.prefixlen >= WIDEST_SEATS[network.version]


def _day(text: str) -> datetime | None:
    """A day is over with it, in Korea; an instant is itself. Raises ValueError."""
    if not text:
        return None
    at = datetime.fromisoformat(text)
    if len(text) == len("2027-03-31"):
        at = datetime.combine(at.date() + timedelta(days=1), time(), KST)
    return at if at.tzinfo else at.replace(tzinfo=KST)

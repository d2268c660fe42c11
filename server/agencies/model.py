"""Agreements (MOU): what an agency may do, for which occasions, and from when to when; pure.

Law as data: whether an agency may look, keep, or be told a name is a switch of its agreement and never of the code.
What is missing is not allowed, so a row of an older release can't widen anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any, Literal, get_args
from uuid import UUID

from server.agencies import area

What = Literal["live", "recorded", "still", "position", "identity", "health", "store"]
WHAT: tuple[What, ...] = get_args(What)
WIDEST_LENT = {4: 8, 6: 16}
"""Bits of prefix of the widest network that may be named for lent cameras, by version."""

Trigger = Literal[
    "dispatch",  # the center asks the agency for help: 112, 119
    "help_request",  # a security firm's person needs help; never its alarms
    "anklet_tamper",
    "anklet_curfew",
    "anklet_zone",
    "anklet_approach",
    "wanted_vehicle",
    "missing_child",
    "missing_dementia",
    "disaster",
]
TRIGGERS: tuple[Trigger, ...] = get_args(Trigger)

BASES: dict[str, tuple[str, str]] = {
    # 개인정보 보호법 제18조제2항 각 호
    "pipa-18-2-1": ("정보주체의 별도 동의", "separate consent of the person"),
    "pipa-18-2-2": ("다른 법률의 특별한 규정", "a special provision of another act"),
    "pipa-18-2-3": ("급박한 생명·신체·재산의 이익", "imminent danger to life, body or property"),
    "pipa-18-2-5": ("보호위원회의 심의·의결", "a decision of the Protection Commission"),
    "pipa-18-2-7": ("범죄의 수사와 공소의 제기·유지", "investigation and prosecution of a crime"),
    "pipa-18-2-9": ("형·감호·보호처분의 집행", "execution of a sentence or protective disposition"),
    "pipa-18-2-10": ("공중위생 등 공공의 안전과 안녕", "urgent public safety and health"),
    "lia-29": ("위치정보법 제29조 긴급구조", "Location Information Act 29: emergency rescue"),
}
"""Legal bases an agreement may name."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """One center's agreement with one agency. Times are aware; `ends_at` None: until it is ended."""

    agreement_id: UUID
    center_id: str
    agency_id: str
    triggers: frozenset[str]
    legal_bases: tuple[str, ...]
    may_view_live: bool
    may_see_position: bool
    starts_at: datetime
    ends_at: datetime | None = None
    suspended_at: datetime | None = None
    may_view_recorded: bool = False
    may_view_still: bool = False
    may_see_identity: bool = False
    may_store: bool = False
    storage_days: int = 0
    is_third_party: bool = True
    may_see_health: bool = False
    """Medical facts that she wrote down for 119; her own agreement is asked as well (`server/gate.py`)."""
    auto_triggers: frozenset[str] = frozenset()
    """Requests of these are accepted by rule; the others wait for an operator, who should decide in `verify_s`."""
    verify_s: int = 60
    max_minutes: int = 120
    areas: dict[str, Any] | None = None
    """GeoJSON MultiPolygon for whose places it may ask; None: the center's whole area."""
    covers_firms: bool = False
    """The agency is an umbrella: its firms may do within these terms what it may (view `agreed`)."""
    camera_networks: tuple[str, ...] = ()
    """Where cameras may stand that it lends for the time of a request; empty: it lends none."""
    plate_quiet_s: int | None = None
    """How long what a person has said no to is not asked again at that camera; None: as the installation says."""

    def covers(self, *, lat: float, lon: float) -> bool:
        """Whether the agency may ask for this place."""
        return self.areas is None or area.covers(self.areas, lat=lat, lon=lon)

    def in_force(self, now: datetime) -> bool:
        """Begun, not ended and not suspended. The end is exclusive."""
        begun = self.starts_at <= now
        over = self.ends_at is not None and now >= self.ends_at
        suspended = self.suspended_at is not None and now >= self.suspended_at
        return begun and not over and not suspended

    def grants(self, what: What) -> bool:
        """Whether the agreement has this switch on, whatever the day."""
        switches: dict[str, bool] = {
            "live": self.may_view_live,
            "recorded": self.may_view_recorded,
            "still": self.may_view_still,
            "position": self.may_see_position,
            "identity": self.may_see_identity,
            "health": self.may_see_health,
            "store": self.may_store and self.storage_days > 0,
        }
        return switches.get(what, False)

    def allows(self, what: What, trigger: str, basis: str, now: datetime) -> str | None:
        """None: allowed. Otherwise the gate's refusal: `no_agreement` (not in force, not for this occasion, not this)
        or `legal_basis` (all of it, but not on this ground)."""
        if not self.in_force(now) or trigger not in self.triggers or not self.grants(what):
            return "no_agreement"
        return None if basis in self.legal_bases else "legal_basis"


def agreement_from_row(row: dict[str, Any]) -> Agreement:
    """From a row of `agreement`, or of a query that names fewer of its columns: those it leaves out grant nothing."""
    return Agreement(
        row["agreement_id"],
        row["center_id"],
        row["agency_id"],
        frozenset(row["triggers"]),
        tuple(row["legal_bases"]),
        row["may_view_live"],
        row["may_see_position"],
        row["starts_at"],
        row["ends_at"],
        row["suspended_at"],
        bool(row.get("may_view_recorded", False)),
        bool(row.get("may_view_still", False)),
        bool(row.get("may_see_identity", False)),
        bool(row.get("may_store", False)),
        row.get("storage_days") or 0,
        bool(row.get("is_third_party", True)),
        bool(row.get("may_see_health", False)),
        frozenset(row.get("auto_triggers") or ()),
        60 if row.get("verify_s") is None else row["verify_s"],
        120 if row.get("max_minutes") is None else row["max_minutes"],
        row.get("areas"),
        bool(row.get("covers_firms", False)),
        tuple(row.get("camera_networks") or ()),
        row.get("plate_quiet_s"),
    )


def choose(agreements: Iterable[Agreement], *, trigger: str, now: datetime) -> Agreement | None:
    """The agreement in force that covers `trigger`; of several, the one that began last."""
    fitting = [a for a in agreements if trigger in a.triggers and a.in_force(now)]
    return max(fitting, key=lambda a: (a.starts_at, str(a.agreement_id)), default=None)


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a draft: `code` for programs, the field, and what to do."""

    code: str
    field: str
    ko: str
    en: str
    allowed: tuple[str, ...] = ()


def flaws(draft: Mapping[str, Any], now: datetime) -> list[Flaw]:
    """What stands against putting this draft (the columns of `agreement`) into force; empty when nothing does."""
    found = [*_bad_codes("triggers", draft, TRIGGERS), *_bad_codes("legal_bases", draft, tuple(BASES))]
    starts_at, ends_at = draft["starts_at"], draft.get("ends_at")
    if ends_at is not None and ends_at <= starts_at:
        found.append(
            Flaw("ends_before_start", "ends_at", "종료가 시작보다 늦어야 합니다.", "It must end after it starts.")
        )
    elif ends_at is not None and ends_at <= now:
        found.append(
            Flaw(
                "ends_in_the_past", "ends_at", "종료가 이미 지났습니다.", "That end has passed; to end it now, end it."
            )
        )
    if draft.get("may_store") and not draft.get("storage_days"):
        ko, en = "보관을 허용하려면 보관 일수를 적어 주세요.", "To allow storing, say for how many days."
        found.append(Flaw("storage_days_missing", "storage_days", ko, en))
    if not draft.get("may_store") and draft.get("storage_days"):
        ko, en = "보관 일수는 보관을 허용할 때만 적습니다.", "Days are for agreements that allow storing."
        found.append(Flaw("storage_not_allowed", "storage_days", ko, en))
    return found + _request_flaws(draft)


def _request_flaws(draft: Mapping[str, Any]) -> list[Flaw]:
    """What it says about the agency's requests. Only occasions that it names can be accepted by rule."""
    found = []
    unknown = sorted(set(draft.get("auto_triggers") or ()) - set(draft["triggers"]))
    if unknown:
        ko, en = f"협약 사유에 없는 자동 승인입니다: {', '.join(unknown)}", f"Not its triggers: {', '.join(unknown)}."
        found.append(Flaw("bad_code", "auto_triggers", ko, en, tuple(draft["triggers"])))
    if draft.get("areas") is not None:
        try:
            area.checked(draft["areas"])
        except area.BadAreas as bad:
            found.append(Flaw("bad_areas", "areas", bad.ko, bad.en))
    return found + [flaw for text in draft.get("camera_networks") or () if (flaw := _bad_network(text))]


def _bad_network(text: str) -> Flaw | None:
    """A network in which lent cameras may stand: written out, however private, and none of half the internet."""
    field, example = "camera_networks", "203.0.113.0/24"
    try:
        network = ip_network(text)
    except ValueError:
        ko, en = f"네트워크가 아닙니다: {text} (예: {example})", f"{text} is no network; write one like {example}."
        return Flaw("bad_network", field, ko, en)
    if network.prefixlen < WIDEST_LENT[network.version]:
        ko, en = f"{text}: 너무 넓은 네트워크입니다.", f"{text}: a network of strangers; name the firm's own."
        return Flaw("bad_network", field, ko, en)
    return None


def _bad_codes(field: str, draft: Mapping[str, Any], allowed: tuple[str, ...]) -> list[Flaw]:
    given = list(draft[field])
    unknown = [one for one in given if one not in allowed]
    if unknown:
        ko, en = f"모르는 코드입니다: {', '.join(unknown)}", f"Unknown codes: {', '.join(unknown)}."
        return [Flaw("bad_code", field, ko, en, allowed)]
    if not given:
        return [Flaw("bad_code", field, "하나 이상 골라 주세요.", "Choose at least one.", allowed)]
    return []


def overlaps(one: Agreement, other: Agreement) -> bool:
    """Whether at some instant both would say something about the same occasion, between the same parties."""
    same = (one.center_id, one.agency_id) == (other.center_id, other.agency_id)
    meet = _before_end(one.starts_at, other.ends_at) and _before_end(other.starts_at, one.ends_at)
    alive = _is_span(one) and _is_span(other)
    return same and one.agreement_id != other.agreement_id and bool(one.triggers & other.triggers) and meet and alive


def _before_end(at: datetime, end: datetime | None) -> bool:
    return end is None or at < end


def _is_span(one: Agreement) -> bool:
    """An agreement that was ended before it began says nothing about any instant."""
    return one.ends_at is None or one.starts_at < one.ends_at


def earliest_end(notice_days: int, now: datetime) -> datetime:
    """When an agreement may end that is given notice of now."""
    return now + timedelta(days=notice_days)

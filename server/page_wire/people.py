"""Who looks at the pages: staff (`Me`), and a guardian with her link (`FollowView`)."""

from __future__ import annotations

from typing import Literal

from server.page_wire.base import AgencyName, Position, Wire

Role = Literal["operator", "supervisor", "admin", "agent", "association", "privacy", "auditor", "traffic", "cyber"]


class MapView(Wire):
    lat: float
    lon: float
    zoom: float


class Session(Wire):
    session_id: str
    expires_at: str
    ends_soon: bool
    extended: bool


class SecondFactor(Wire):
    enrolled: bool
    recovery_codes_left: int


class Notice(Wire):
    code: Literal["new_device"]
    at: str
    address: str


class Me(Wire):
    """`permissions`: what the role may do (server/staff/permissions.py): pages show what is in it, the API decides."""

    account_id: str
    login: str
    name: str
    role: Role
    desk: str | None
    agency: AgencyName | None
    permissions: list[str]
    centers: Literal["all"] | int
    installation: str
    video_public_url: str
    map: MapView
    session: Session
    second_factor: SecondFactor
    notices: list[Notice]


class FollowStep(Wire):
    state: str
    at: str


class FollowCenter(Wire):
    name_ko: str
    name_en: str
    callback: str


class FollowWords(Wire):
    ko: str
    en: str


class FollowView(Wire):
    """`over`: how it ended. `precision`: how exactly the place is told; `exact_later`: once somebody has taken it.
    `address`: the place as it is shown, in words."""

    state: str
    phase: str
    steps: list[FollowStep]
    center: FollowCenter
    person_nickname: str | None
    position: Position | None
    address: FollowWords | None
    precision: Literal["exact", "coarse"]
    exact_later: bool
    ended: bool
    over: Literal["", "safe", "cancelled", "unclear", "gone"]
    push: bool
    now: str

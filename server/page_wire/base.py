"""The smallest things that every page reads. Times are ISO-8601 in UTC."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Wire(BaseModel):
    """Exact: a field that is not named here fails the test, and one without a default is always there."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Position(Wire):
    lat: float
    lon: float
    accuracy_m: float
    fixed_at: str
    sent_at: str | None = None
    received_at: str | None = None
    source: str | None = None
    speed_mps: float | None = None
    heading_deg: float | None = None
    seq: int | None = None
    uncertainty: dict[str, object] | None = None
    alert_id: str | None = None
    """In an operator's track: whose it is, where an incident has several alerts."""


class CenterName(Wire):
    code: str
    name_ko: str
    name_en: str


class AgencyName(Wire):
    agency_id: str
    kind: str
    name_ko: str
    name_en: str


class Owner(Wire):
    account_id: str
    name: str

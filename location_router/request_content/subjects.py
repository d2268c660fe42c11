"""The part of a request that its trigger decides (docs/agencies.md section 2): which fields, and what they may hold."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from location_router import geo
from location_router.request_content.problems import refused_by
from location_router.request_content.values import NOT_ENOUGH, Refused
from location_router.wire import REQUEST_TRIGGERS

HELP_EVENTS = ("panic", "duress_code", "intruder_present", "medical", "fire")
CRIMES = ("murder", "robbery", "abduction", "sexual_violence", "life_at_risk")
"""For which a vehicle may be looked for: the serious crimes, and a life that is at risk. Nothing less."""


def _written(text: str) -> str:
    if "\x00" in text:
        raise ValueError("nul")
    return text.strip()


def _in_korea(place: tuple[float, float]) -> tuple[float, float]:
    if (said := geo.sanity(lat=place[0], lon=place[1])) != "ok":
        raise ValueError(f"place_{said}")
    return place


Text40 = Annotated[str, Field(max_length=40), AfterValidator(_written)]
Text80 = Annotated[str, Field(max_length=80), AfterValidator(_written)]
Text400 = Annotated[str, Field(max_length=400), AfterValidator(_written)]
Text4000 = Annotated[str, Field(max_length=4000), AfterValidator(_written)]
Code = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9-]+$")]
Degrees = Annotated[float, Field(allow_inf_nan=False)]
Point = Annotated[tuple[Degrees, Degrees], AfterValidator(_in_korea)]


class Strict(BaseModel):
    """What is unknown here is refused: a word that nobody reads is a word that somebody relies on."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Place(Strict):
    """WGS84; `accuracy_m` is the radius that holds 68 %."""

    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
    accuracy_m: float = Field(default=50.0, ge=0, le=100_000, allow_inf_nan=False)
    fixed_at: AwareDatetime | None = None
    source: Text40 = "agency"

    @model_validator(mode="after")
    def _is_here(self) -> Self:
        _in_korea((self.lat, self.lon))
        return self


class HelpRequest(Strict):
    event: Literal["panic", "duress_code", "intruder_present", "medical", "fire"]
    site: Text400 = Field(min_length=1)
    contact_name: Text80 = ""
    contact_phone: Text40 = ""
    note: Text400 = ""


class Anklet(Strict):
    category: Literal["sexual_violence", "child_abduction", "murder", "robbery"]
    device_ref: Code
    last_known: Place | None = None


class AnkletApproach(Anklet):
    protected_ref: Code


class Consent(Strict):
    by: Literal["guardian", "self", "law"]
    at: AwareDatetime


class Missing(Strict):
    """`occasion` geofence_exit: left the `zone` (its name) where she is safe, at `left_at`."""

    name: Text80 = Field(min_length=1)
    age: int = Field(ge=0, le=130)
    appearance: Text4000 = ""
    method: Literal["cell", "wifi", "gps"] | None = None
    radius_m: float | None = Field(default=None, gt=0, le=100_000, allow_inf_nan=False)
    guardian_name: Text80 = ""
    guardian_phone: Text40 = ""
    consent: Consent
    occasion: Literal["missing", "geofence_exit"] = "missing"
    zone: Text80 = ""
    left_at: AwareDatetime | None = None


class MissingChild(Missing):
    age: int = Field(ge=0, lt=18)


CONSENTS_FROM = 14
"""Below this age a child's own consent to being located is none (위치정보법 제25조)."""


class WantedVehicle(Strict):
    plate: Text40 = Field(min_length=4)
    crime: Text80 = Field(min_length=1)


class Named(Strict):
    name: Text80
    value: Text400


class Disaster(Strict):
    """`ring`: (lat, lon) of the area's corners, closed or not. `cap`: the fields of the CAP message it came in."""

    title: Text400 = Field(min_length=1)
    category: Text40 = Field(min_length=1)
    ring: list[Point] | None = Field(default=None, min_length=3, max_length=1000)
    radius_m: float | None = Field(default=None, gt=0, le=200_000, allow_inf_nan=False)
    description: Text4000 = ""
    cap: dict[Text40, Text4000 | list[Text400] | list[Named]] | None = Field(default=None, max_length=40)


class VideoForCase(Strict):
    case_kind: Literal["112", "119"]
    note: Text4000 = ""


SUBJECTS: dict[str, type[Strict]] = {
    "dispatch": VideoForCase,
    "help_request": HelpRequest,
    "anklet_tamper": Anklet,
    "anklet_curfew": Anklet,
    "anklet_zone": Anklet,
    "anklet_approach": AnkletApproach,
    "wanted_vehicle": WantedVehicle,
    "missing_child": MissingChild,
    "missing_dementia": Missing,
    "disaster": Disaster,
}
assert set(SUBJECTS) == set(REQUEST_TRIGGERS)


def read_subject(trigger: str, said: dict[str, Any]) -> dict[str, Any]:
    """The subject as it is kept (JSON values, nothing that is empty). Raises Refused."""
    if trigger == "help_request" and isinstance(event := said.get("event"), str) and event not in HELP_EVENTS:
        raise Refused(
            "alarm_not_help",
            "subject.event",
            event,
            f"경보는 받지 않습니다. 사람이 도움을 청한 경우만 보내 주세요: {', '.join(HELP_EVENTS)}",
            f"No alarms: send only that a person asks for help: {', '.join(HELP_EVENTS)}.",
        )
    if trigger.startswith("missing_") and said.get("consent") is None:
        raise Refused(
            "no_consent",
            "subject.consent",
            "",
            "동의한 사람과 시각을 consent에 넣어 주세요: {by: guardian·self·law, at}",
            "Say who agreed and when: consent {by: guardian, self or law, at}.",
            cause=NOT_ENOUGH,
        )
    if trigger == "wanted_vehicle":
        check_crime(said.get("crime"), "subject.crime")
    extra = "free_text" if trigger.startswith("anklet") else ""
    try:
        subject = SUBJECTS[trigger].model_validate(said)
    except ValidationError as error:
        raise refused_by(error, said, root="subject", extra=extra) from None
    if isinstance(subject, Missing):
        _check_consent(subject)
    return subject.model_dump(mode="json", exclude_none=True, exclude_defaults=True)


def check_crime(crime: Any, field: str) -> None:
    """Whether a vehicle may be looked for because of it. Raises Refused."""
    if isinstance(crime, str) and crime and crime not in CRIMES:
        raise Refused(
            "crime_not_allowed",
            field,
            crime,
            f"이 사유로는 차량을 찾지 않습니다. 다음만 됩니다: {', '.join(CRIMES)}",
            f"No vehicle is looked for because of this; only for {', '.join(CRIMES)}.",
        )


def _check_consent(subject: Missing) -> None:
    """Who may agree for whom. Raises Refused."""
    if subject.consent.by == "self" and subject.age < CONSENTS_FROM:
        raise Refused(
            "no_consent",
            "subject.consent.by",
            "self",
            f"만 {CONSENTS_FROM}세 미만은 보호자(guardian)나 법률(law)에 따른 동의가 필요합니다.",
            f"Below {CONSENTS_FROM} years a guardian agrees, or a law.",
        )
    if subject.consent.by == "guardian" and not subject.guardian_phone:
        raise Refused(
            "no_consent",
            "subject.guardian_phone",
            "",
            "동의한 보호자의 전화번호(guardian_phone)를 넣어 주세요. 센터가 전화로 확인합니다.",
            "Say how the guardian who agreed is reached (guardian_phone): the center may telephone.",
            cause=NOT_ENOUGH,
        )

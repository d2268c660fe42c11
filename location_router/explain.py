"""Why an alert went where it went: the stored record in words, and the same decision made once more.

An assignment's record holds the states, exclusions, policy version and boundary version it rests on; the place stands
sealed in the letter that was written with it. While that is there (24 hours), `again` decides anew with exactly these
inputs and says whether the answer is the same. Afterwards only the record is left.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from location_router.assign import Assignment, assign
from location_router.index import Index, Jurisdictions
from location_router.locate import FLAGS, REASONS
from location_router.policy import Policies
from location_router.runtime.db import conninfo
from location_router.runtime.seal import Sealer
from location_router.states import CenterFacts
from location_router.wire import AlertMessage, AssignmentRecord, Delivery

STATES = {
    "online": ("정상", "online"),
    "degraded": ("장애 있음", "degraded"),
    "draining": ("신규 중지", "draining"),
    "closed": ("근무시간 외", "closed"),
    "offline": ("응답 없음", "offline"),
}
SAME_PERSON = "same_person"

_RECORDS = """
SELECT s.record, (SELECT d.delivery_id FROM delivery d WHERE d.alert_id = s.alert_id
    AND d.assignment_no = s.assignment_no AND NOT d.is_notice ORDER BY d.created_at, d.delivery_id LIMIT 1)
FROM assignment s WHERE s.alert_id = %s ORDER BY s.assignment_no"""


@dataclass(frozen=True, slots=True)
class Stored:
    """One decision as it was written down; `alert` None when its personal part is deleted, `policies` None when the
    set of that version is unknown."""

    record: AssignmentRecord
    alert: AlertMessage | None
    policies: Policies | None


async def read_alert(url: str, sealer: Sealer, alert_id: UUID) -> list[Stored]:
    """Every decision about an alert, in order; empty for an unknown alert. Raises psycopg.Error, seal.SealError."""
    import psycopg

    from location_router.policy_store import read_set

    found = []
    async with await psycopg.AsyncConnection.connect(conninfo(url), autocommit=True, connect_timeout=5) as conn:
        for body, delivery_id in await (await conn.execute(_RECORDS, (alert_id,))).fetchall():
            record = AssignmentRecord.model_validate(body)
            sealed = await (
                await conn.execute("SELECT body_sealed FROM delivery WHERE delivery_id = %s", (delivery_id,))
            ).fetchone()
            alert = None
            if sealed is not None and sealed[0] is not None:
                opened = str(sealer.open(sealed[0], context=f"delivery.body:{delivery_id}"))
                alert = Delivery.model_validate_json(opened).alert
            found.append(Stored(record, alert, await read_set(conn, record.policy_version)))
    return found


def _recorded_states(version: Jurisdictions, inputs: Mapping[str, Any]) -> dict[str, CenterFacts]:
    """Those that were named, and what all the others were."""
    otherwise = CenterFacts(str(inputs.get("otherwise", "online")))
    named = {code: CenterFacts.from_json(said) for code, said in inputs.get("states", {}).items()}
    return dict.fromkeys(version.centers, otherwise) | named


def again(index: Index, stored: Stored) -> Assignment | None:
    """The decision made once more from what was recorded; None when something it needs is gone."""
    record, alert = stored.record, stored.alert
    version = index.named(record.boundary_version)
    if version is None or alert is None or stored.policies is None or not record.inputs:
        return None
    place = alert.position
    return assign(
        version,
        lat=place.lat if place else None,
        lon=place.lon if place else None,
        accuracy_m=place.accuracy_m if place else None,
        uncertainty=place.uncertainty if place else None,
        states=_recorded_states(version, record.inputs),
        exclude=record.inputs.get("excluded", ()),
        home=alert.home or None,
        previous=record.inputs.get("previous"),
        policies=stored.policies,
        service=alert.service,
        trigger=alert.trigger,
    )


def differences(record: AssignmentRecord, made: Assignment) -> list[str]:
    """Fields in which a decision made again is not the recorded one. The reason may be the ladder's or a handover's
    own; a decision in favour of the desk that has the person's other alert is not made from place alone."""
    if record.rule == SAME_PERSON:
        return []
    told = [(one.code, one.distance_m, one.probability, one.state) for one in record.candidates]
    now = [(one.code, one.distance_m, one.probability, one.state) for one in made.candidates]
    pairs = {
        "center": (record.center.code, made.center),
        "distance_m": (record.distance_m, round(made.distance_m, 1)),
        "rule": (record.rule, made.rule),
        "runner_up": (record.runner_up, made.runner_up),
        "candidates": (told, now),
    }
    if record.reason not in ("handover", "failover"):
        pairs["reason"] = (str(record.reason), made.reason)
    return [name for name, (old, new) in pairs.items() if old != new]


def explanation(index: Index, stored: Sequence[Stored]) -> list[dict[str, Any]]:
    """One JSON-able answer for each decision. `is_reproduced` None: can't be made again, `why_not` says why."""
    answers = []
    for one in stored:
        made = again(index, one)
        version = index.named(one.record.boundary_version)
        different = [] if made is None else differences(one.record, made)
        answers.append(
            {
                "record": one.record.model_dump(mode="json"),
                "names": _names(version, [candidate.code for candidate in one.record.candidates]),
                "policies": None if one.policies is None else json.loads(one.policies.body),
                "is_reproduced": None if made is None else not different,
                "differs_in": different,
                "why_not": "" if made is not None else _why_not(version, one),
                "made_again": None if made is None else made.as_dict(),
            }
        )
    return answers


def _why_not(version: Jurisdictions | None, one: Stored) -> str:
    if version is None:
        return "boundary_version_unknown"
    if one.policies is None:
        return "policy_version_unknown"
    return "inputs_not_recorded" if not one.record.inputs else "place_deleted"


def _names(version: Jurisdictions | None, codes: Sequence[str]) -> dict[str, dict[str, str]]:
    held = version.centers if version else {}
    return {code: {"ko": held[code].name_ko, "en": held[code].name_en} for code in codes if code in held}


_WHY_NOT = {
    "boundary_version_unknown": ("경계 버전이 없음", "its boundary version is not known here"),
    "policy_version_unknown": ("정책 버전이 없음", "its policy version is not known here"),
    "inputs_not_recorded": ("옛 기록이라 입력이 없음", "an old record, without its inputs"),
    "place_deleted": ("위치가 규정대로 삭제됨", "the place has been deleted, as it must be"),
}


def for_people(answers: Sequence[dict[str, Any]]) -> str:
    """The explanation as a text in both languages."""
    return "\n\n".join(_one_for_people(answer) for answer in answers)


def _one_for_people(answer: dict[str, Any]) -> str:
    record, center = answer["record"], answer["record"]["center"]
    reason = REASONS[record["reason"]]
    lines = [
        f"#{record['assignment_no']} {center['name_ko']} ({center['name_en']})  {center['code']}  → "
        f"{record['served_by'] or '담당 없음 · nobody'}",
        f"  때 · at           {record['decided_at']}",
        f"  까닭 · why        {reason[0]} · {reason[1]}  [{record['reason']}]",
        f"  규칙 · rule       {record['rule'] or '-'}",
        f"  거리 · distance   {record['distance_m']:,.1f} m",
        f"  경계 · boundaries {record['boundary_version']}",
        f"  정책 · policies   {record['policy_version'] or '없음 · none'}",
    ]
    if record["runner_up"]:
        lines.append(f"  차순위 · runner-up {_name(answer, record['runner_up'])}")
    if record["inputs"].get("excluded"):
        lines.append(f"  제외 · tried      {', '.join(record['inputs']['excluded'])}")
    lines.append("  후보 · candidates")
    for one in record["candidates"]:
        state = STATES.get(one["state"], (one["state"], one["state"]))
        share = "" if one["probability"] is None else f"{one['probability']:.0%}"
        lines.append(
            f"    {one['distance_m']:>10,.1f} m  {share:>5}  {_name(answer, one['code'])}  {state[0]} · {state[1]}"
        )
    for flag in record.get("flags", ()):
        lines.append(f"  주의 · note       {FLAGS[flag][0]} · {FLAGS[flag][1]}  [{flag}]")
    if record["assignment_no"]:
        lines.append(f"  재현 · again      {_verdict(answer)}")
    return "\n".join(lines)


def _verdict(answer: dict[str, Any]) -> str:
    if answer["record"]["rule"] == SAME_PERSON and answer["made_again"]:
        made = answer["made_again"]["center"]
        return f"같은 사람의 다른 신고를 맡은 센터 (위치로는 {made}) · has the person's other alert (by place: {made})"
    if answer["is_reproduced"] is None:
        ko, en = _WHY_NOT[answer["why_not"]]
        return f"할 수 없음: {ko} · not possible: {en}"
    if answer["is_reproduced"]:
        return "같은 결정 · the same decision"
    differs = ", ".join(answer["differs_in"])
    return f"다름! {differs} · DIFFERENT in {differs}"


def _name(answer: dict[str, Any], code: str) -> str:
    names = answer["names"].get(code)
    return f"{names['ko']} ({names['en']})  {code}" if names else code

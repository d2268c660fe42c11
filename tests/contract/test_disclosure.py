"""Who reads where a person is, who she is, or opens a picture of her: a list to be read, not only to be passed.

Everything shown of a person goes through the release gate (invariant 4). A module that touches one of these things and
is not named here fails: either it asks `server.gate` or `server.places`, or it shows nobody anything, and says so in
its line. The list names modules, not functions, so it should stay short.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.contract.test_architecture import ROOT, inside, python_files

# Where positions are read or handed on, and why that is no disclosure, or how it is one.
POSITION = {
    "server/places.py": "the gate's own: the place of an incident, in the unit that wrote the release rows",
    "server/console/incident_routes.py": "the track, behind `show_place`",
    "server/breakglass/routes.py": "the track, behind `gate.ask`",
    "server/incidents/service.py": "reads the track for those two",
    "server/dispatch/reading.py": "reads the track for the three that follow",
    "server/dispatch/desk.py": "the agency's desk, behind `disclosing.disclose`",
    "server/dispatch/composing.py": "the request to an agency's system, behind `disclosing.disclose`",
    "server/dispatch/field_view.py": "the field officer's page, behind `disclosing.disclose`",
    "server/dispatch/parts.py": "whether the newest place lies in the areas that were agreed on; the place stays here",
    "server/requests/moving.py": "reads a request's own place for the agency's desk and line, which ask `gate.ask`",
    "server/sightings/moving_areas.py": "the first place of a request's own area, kept sealed with it for its cards",
    "server/line_watch.py": "a digest that says whether the newest place is another one; no place leaves",
    "server/gate_facts.py": "whether a request is within the agreed area; no place leaves",
    "server/dispatch/jobs.py": "asks only whether there is a newer one",
    "server/cameras/service.py": "chooses cameras; no place leaves",
    "server/dispatch/priority.py": "only whether there is a place",
    "server/dispatch/priority_jobs.py": "where lights shall be green, behind the release of `priority.request`",
    "server/sightings/telling.py": "where an escape begins without a sighting, behind `gate.ask`",
    "server/cameras/explaining.py": "which way she goes, behind `show_place` in its routes",
    "server/console/link_commands.py": "moves them with their alert",
    "server/positions.py": "writes them",
    "server/protection/watching.py": "an offender's, sealed for a home that nobody here knows (docs/agencies.md 7)",
    "server/recordings/pins.py": "which recorded cameras are near; no place leaves",
    "server/people/follow.py": "home: keeps the newest one sealed, and writes the guardian's release row",
    "server/sealed_columns.py": "names a sealed column for resealing",
    "server/oversight/traffic.py": "an area of 500 m for the traffic center, behind its own release row",
    "server/people/leaving.py": "destroys them when she withdraws",
    "server/people/follow_page.py": "home: the guardian's page, behind `follow.disclose`",
}
# Where the caller's name and number are opened or handed on.
CALLER = {
    "server/incidents/cards.py": "masks them",
    "server/console/unmask.py": "kind `identity`, with a reason",
    "server/console/caller_profile.py": "kind `profile`, after the SOS; to 119 the medical facts, by her own agreement",
    "server/dispatch/service.py": "sealed again into the body of a dispatch; `disclosing.disclose` opens it",
    "server/intake.py": "writes them",
    "server/talk/service.py": "for the language, and for `calls.py`, which shows a number behind `gate.ask`",
    "server/sealed_columns.py": "names the column for resealing",
    "server/telco_places.py": "compares numbers; the telco hears nothing of it (the answer is always the same)",
}
# Where a stream, or a ticket for one, is opened.
STREAM = {
    "server/cameras/service.py": "tickets, behind `open_views`",
    "server/recordings/service.py": "a clip's ticket, behind `gate.ask`",
    "server/video_gate.py": "the video process's side of the gate",
    "server/video/gateway.py": "turns a ticket of an opened release into the addresses of its doors",
    "server/video/keeping.py": "compares the address of a stream that is down with the registry's; shows nothing",
    "server/video/app.py": "the video process: a ticket opens nothing without that gate",
    "server/video/mediamtx.py": "as `gateway.py`, with MediaMTX's door for the same ticket",
    "server/video/mediamtx_hook.py": "the same gate for MediaMTX's viewers; `ready` opens a camera, shows nobody",
    "server/video/zones.py": "as `gateway.py`, with the relay's doors for the same ticket",
}
# Where releases are granted: each asks `judge`, or the agreement, or the guardian's consent first.
GRANT = {
    "server/gate.py": "`ask`",
    "server/releases.py": "the rows",
    "server/places.py": "`release_places`, each pair judged",
    "server/dispatch/disclosing.py": "agencies, by their agreement",
    "server/dispatch/field_view.py": "a still for the field officer, by the agreement's switch",
    "server/oversight/replay_service.py": "`ansim replay`: who may export, at the machine, with a reason",
    "server/plate_jobs.py": "where a wanted vehicle was, to its agency, by the agreement",
    "server/dispatch/priority.py": "the place for the signal system, for an operator under the dispatch's agreement",
    "server/oversight/traffic.py": "an area of 500 m, by role, own centers only, open dispatched incidents only",
}
# Where walks are read, with where she is or is going.
WALK = {
    "server/people/notice_jobs.py": "whether the trouble that a notice tells of is over; no place",
    "server/sweepers.py": "whether any walk is due; its id alone",
    "server/cap_warnings/jobs.py": "the municipality of a running walk, for a push of ids to her own phone",
    "server/walks/rows.py": "the beat: reads and writes them, shows nobody anything",
    "server/walks/service.py": "her own phone begins, changes and answers",
    "server/walks/reading.py": "her own walks, to herself",
    "server/walks/shown.py": "whether a center may still be shown the dot; its rows, each pair judged",
    "server/walks/seen.py": "the dot's newest place, for the feed, which shows it behind `shown.py`",
    "server/walks/guardian_view.py": "the guardian's look, behind `walk_place.show`",
    "server/people/walk_place.py": "home: the guardian's place, behind its release row",
    "server/people/notices.py": "whether a walk runs and its place may be asked for; no place",
    "server/log/disclosures.py": "her own ledger: which of her walks were shown to whom; no place",
    "server/walks/raising.py": "the alert itself, to the router",
    "server/people/second_hand.py": "the alert itself, to the router, when her account goes",
    "server/walks/asking.py": "whether the question still stands; a push without a place",
    "server/walks/effects.py": "destroys what she does not keep",
    "server/walks/forgetting.py": "destroys what she does not keep any more",
    "server/retention/walk_kinds.py": "when they go",
    "server/walks/elsewhere.py": "whose ledger it is; the dot itself comes from the beat, with her consent",
    "server/walks/visits.py": "others' people in our centers: the dots for that feed",
    "server/walks/due.py": "only whether its time has come",
    "server/people/leaving.py": "destroys them when she withdraws",
}
# Where the words of access notes (door codes) are opened, and where notes are shown.
NOTES = {
    "server/access_notes/service.py": "`show` writes the line `access:shown`; `beside` asks `show_place` first",
    "server/sealed_columns.py": "names the column for resealing",
}

# Where the places that other sources give are read.
SOURCES = {
    "server/second_sources/service.py": "`listed` asks `may_see_place`; who tells one is told what she said",
    "server/sealed_columns.py": "names the column for resealing",
    "server/positions.py": "destroys them at the incident's end",
    "server/console/link_commands.py": "a merged incident's go with its alerts",
}

_WALKS = re.compile(r"\b(?:from|join|update|into)\s+(?:walk|walk_position|walk_visit)\b(?!\s*\()", re.IGNORECASE)
_TABLES = re.compile(
    r"\b(?:from|join|update)\s+(?:only\s+)?\"?(position|positions_[a-z]+)\"?\b(?!\s*\()", re.IGNORECASE
)


def strings_of(tree: ast.AST) -> Iterator[str]:
    """Every text in the module that is no docstring, pieces of f-strings joined by a blank."""
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield " ".join(str(one.value) for one in node.values if isinstance(one, ast.Constant))


def calls_of(tree: ast.AST) -> set[str]:
    """Names of what is called, without what stands before the dot."""
    functions = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {
        one.attr if isinstance(one, ast.Attribute) else one.id
        for one in functions
        if isinstance(one, ast.Attribute | ast.Name)
    }


@cache
def touches(source: str) -> set[str]:
    """Which of position, caller, stream, grant a module touches."""
    tree = ast.parse(source)
    texts, calls = list(strings_of(tree)), calls_of(tree)
    found = {
        "position": bool({"load_places", "details", "track"} & calls)
        or any(_TABLES.search(one) or "followed_alert.position:" in one for one in texts),
        "caller": "phone_of" in calls or any("alert.caller:" in one for one in texts),
        "stream": bool({"new_ticket", "plays_of", "clip_of", "stream_url"} & calls),
        "grant": bool({"grant", "grant_places"} & calls),
        "walk": any(_WALKS.search(one) for one in texts),
        "access_note": any("access_note.words:" in one for one in texts),
        "second_source": any(re.search(r"(?:FROM|UPDATE) second_source\b|second_source\.words:", one) for one in texts),
    }
    return {name for name, is_so in found.items() if is_so}


def modules() -> list[Path]:
    return [file for file in python_files("server") if not {"migrations", "demo"} & set(file.relative_to(ROOT).parts)]


@pytest.mark.parametrize(
    ("what", "known"),
    [("position", POSITION), ("caller", CALLER), ("stream", STREAM), ("grant", GRANT)]
    + [("walk", WALK), ("access_note", NOTES), ("second_source", SOURCES)],
)
def test_only_these_modules_touch_it_and_each_says_why(what: str, known: dict[str, str]) -> None:
    """Add a module here only with a line that says behind which release it shows what it reads."""
    found = {inside(file) for file in modules() if what in touches(file.read_text(encoding="utf-8"))}
    assert found - known.keys() == set(), f"{what}: ask server.gate, or say here why it is no disclosure"
    assert known.keys() - found == set(), f"{what}: no longer touched, take it out of the list"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('unit.all("SELECT lat FROM position p WHERE true")', {"position"}),
        ('unit.all(f"SELECT {x} FROM incident JOIN position USING (incident_id)")', {"position"}),
        ("await load_places(unit, ids)", {"position"}),
        ('sealer.open(row, context=f"alert.caller:{alert_id}")', {"caller"}),
        ("plays_of(new_ticket())", {"stream"}),
        ('"""FROM position is a word of this docstring."""\nposition = 1', set()),
        ('"the position of a person"', set()),
    ],
)
def test_the_check_sees_what_it_looks_for(source: str, found: set[str]) -> None:
    assert touches(source) == found

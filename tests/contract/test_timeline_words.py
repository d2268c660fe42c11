"""Every line that an incident's record can hold is a sentence in both languages on the operator's screen."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from location_router.wire import GuardianNote
from server.scouts.reading import LINES
from server.talk.model import _MAY_FOLLOW

ROOT = Path(__file__).resolve().parents[2]
WORDS = ROOT / "server" / "web" / "src" / "texts" / "timeline.ts"
# subjects of lines that hang on an incident; the others are the installation's own (server/events.py)
SUBJECTS = frozenset(
    [
        "access",
        "alert",
        "analyser",
        "breakglass",
        "call",
        "capture",
        "dispatch",
        "evidence",
        "guardian",
        "incident",
        "recording",
    ]
    + ["release", "request", "responder", "sighting", "source", "talk", "traffic", "video"]
)
CAMERA_LINES = {"camera:chosen", "camera:moved", "camera:ptz_refused", "camera:warmed"}  # the rest is the registry's
# the values of tags that are put together while running: f"dispatch:{state}"
ACTIONS = {
    "breakglass": ("server/breakglass/service.py", r'_record\(unit, row, "(\w+)"'),
    "dispatch": ("server/dispatch/model.py", r'^    \w+ = "(\w+)"$'),
    "sighting": ("server/sightings/service.py", r'_line\(unit, [\w.]+, scene, "(\w+)"'),
    "video": ("server/sightings/requesting.py", r'say\(unit, \w+, "(\w+)"'),
}


def tags_of_the_server() -> set[str]:
    found: set[str] = set()
    for path in (ROOT / "server").rglob("*.py"):
        if not {"demo", "web", "migrations"} & set(path.relative_to(ROOT).parts):
            found |= set(re.findall(r'"([a-z]+:[a-z_0-9]+)"', path.read_text()))
    kept = {tag for tag in found if tag.partition(":")[0] in SUBJECTS}
    for subject, (file, pattern) in ACTIONS.items():
        kept |= {f"{subject}:{one}" for one in re.findall(pattern, (ROOT / file).read_text(), re.MULTILINE)}
    kept |= {f"call:{state}" for after in _MAY_FOLLOW.values() for state in after}
    kept |= {f"guardian:{event}" for event in get_args(GuardianNote.model_fields["event"].annotation)}
    return kept | (CAMERA_LINES & found)


def test_each_tag_has_words_in_korean_and_english() -> None:
    korean, english = WORDS.read_text().split("const en:", 1)
    tags = tags_of_the_server()
    assert len(tags) > 60, sorted(tags)
    for language, text in (("ko", korean), ("en", english)):
        known = set(re.findall(r'^  "([a-z]+:[a-z_0-9]+)":', text, re.MULTILINE))
        assert tags - known == set(), f"{language} has no words for these"
        assert not {tag for tag in known - tags if tag.partition(":")[0] not in {"video", "sighting", "breakglass"}}, (
            "words for lines that nobody writes"
        )


RECORDS = WORDS.with_name("records.ts")
# lines that belong to no incident (server/events.py, `record_admin`), as the event log of the administration names them
OFFICE = frozenset(
    ["account", "session", "agreement", "address", "policy", "hold", "purge", "key", "search", "flag", "shift"]
    + ["misuse", "device", "camera", "scout", "plate"]
)
NO_LINES = CAMERA_LINES | {"session:read"}


def test_each_line_of_the_office_has_words_in_the_event_log() -> None:
    found: set[str] = set()
    for path in (ROOT / "server").rglob("*.py"):
        if not {"demo", "web", "migrations"} & set(path.relative_to(ROOT).parts):
            found |= set(re.findall(r'tag="([a-z]+:[a-z_]+)"', path.read_text()))
    found |= {f"scout:{what}" for what in LINES}
    for name in ("service", "candidates", "clocks"):
        found |= set(re.findall(r'"(plate:[a-z_]+)"', (ROOT / "server" / "plates" / f"{name}.py").read_text()))
    tags = {tag for tag in found if tag.partition(":")[0] in OFFICE} - NO_LINES
    assert len(tags) > 25, sorted(tags)
    korean, english = RECORDS.read_text().split("const en:", 1)
    for language, text in (("ko", korean), ("en", english)):
        known = set(re.findall(r'"([a-z]+:[a-z_]+)": "', text))
        assert tags - known == set(), f"{language} has no words for these"

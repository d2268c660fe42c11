"""The hook on a manifest as python-for-android writes it: what must be there afterwards, and that twice is once."""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from mobile_app.android import p4a_hook
from mobile_app.platforms.android import DISGUISES

TEMPLATE = Path(__file__).parent / "template_manifest.xml"
ANDROID = "{http://schemas.android.com/apk/res/android}"
JAVA = Path(p4a_hook.__file__).parent / "java" / "org" / "ansim" / "phone"
RES = Path(p4a_hook.__file__).parent / "res"


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    path = tmp_path / "AndroidManifest.xml"
    shutil.copy(TEMPLATE, path)
    p4a_hook.edit(path)
    return path


def parts(path: Path, tag: str) -> dict[str, ElementTree.Element]:
    return {each.get(f"{ANDROID}name", ""): each for each in ElementTree.parse(path).getroot().iter(tag)}


def test_the_launcher_has_one_icon_and_three_to_change_to(edited: Path) -> None:
    aliases = parts(edited, "activity-alias")
    assert [name.removeprefix("org.ansim.phone.Icon_") for name in aliases] == list(DISGUISES)
    assert [each.get(f"{ANDROID}enabled") for each in aliases.values()] == ["true", "false", "false", "false"]
    window = parts(edited, "activity")["org.kivy.android.PythonActivity"]
    assert window.find("intent-filter") is None
    assert window.get(f"{ANDROID}exported") == "false"
    for each in aliases.values():
        for fact, folders in (("icon", ("mipmap-anydpi-v26",)), ("label", ("values", "values-ko"))):
            _, name = str(each.get(f"{ANDROID}{fact}")).split("/")
            for folder in folders:
                there = RES / folder / ("words.xml" if fact == "label" else f"{name}.xml")
                assert there.is_file()
                assert fact == "icon" or f'name="{name}"' in there.read_text(encoding="utf-8")


def test_own_parts_are_there_and_closed_to_other_apps(edited: Path) -> None:
    found = {**parts(edited, "service"), **parts(edited, "receiver"), **parts(edited, "activity")}
    opened = {name for name, each in found.items() if each.get(f"{ANDROID}exported") != "false"}
    assert opened == {"org.ansim.phone.HelpKeyActivity"}, "the system starts it; it is off until it is chosen"
    assert found["org.ansim.phone.HelpKeyActivity"].get(f"{ANDROID}enabled") == "false"
    named = {name.rsplit(".", 1)[1] for name in found if name.startswith("org.ansim.phone.")} - {"ServiceGuard"}
    assert named == {"BootReceiver", "PushService", "HelpKeyActivity"}
    assert all((JAVA / f"{name}.java").is_file() for name in named)
    guard = found["org.ansim.phone.ServiceGuard"]
    assert guard.find("property") is not None


def test_nothing_of_the_phone_is_copied_to_another(edited: Path) -> None:
    application = ElementTree.parse(edited).getroot().find("application")
    assert application is not None and application.get(f"{ANDROID}allowBackup") == "false"
    folder, name = application.get(f"{ANDROID}dataExtractionRules", "").removeprefix("@").split("/")
    ways = ElementTree.parse(RES / folder / f"{name}.xml").getroot()
    assert [way.tag for way in ways] == ["cloud-backup", "device-transfer"]
    assert all({"root", "file"} <= {each.get("domain") for each in way} for way in ways)


def test_done_twice_is_done_once(edited: Path) -> None:
    once = edited.read_bytes()
    p4a_hook.edit(edited)
    assert edited.read_bytes() == once


@pytest.mark.parametrize(
    ("lost", "said"),
    [("org.kivy.android.PythonActivity", "PythonActivity"), ("org.ansim.phone.ServiceGuard", "services")],
)
def test_a_template_that_changed_is_told_and_not_guessed(tmp_path: Path, lost: str, said: str) -> None:
    path = tmp_path / "AndroidManifest.xml"
    path.write_text(TEMPLATE.read_text().replace(lost, "org.other.Name"))
    with pytest.raises(p4a_hook.UnexpectedManifest, match=said):
        p4a_hook.edit(path)


def test_no_word_of_android_names_ansim_where_it_must_not() -> None:
    for folder in ("values", "values-ko"):
        words = dict(re.findall(r'<string name="(\w+)">([^<]*)<', (RES / folder / "words.xml").read_text("utf-8")))
        hidden = [words[name] for name in words if name not in ("icon_ansim", "channel_guard", "channel_alert")]
        assert not [word for word in hidden if "ansim" in word.lower() or "안심" in word or "sos" in word.lower()]
    assert len(words) == 13

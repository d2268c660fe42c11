"""python-for-android calls `after_apk_build` when it has written the manifest: what its template has no place for.

Activity-aliases as launcher icons (the app's own and three neutral ones), receiver for the start of the phone, service
for Firebase's data messages, activity for the assistant's key, the reason of the special-use service, and what else may
be seen of other apps. Done twice it is done once. Standard library only: it runs in python-for-android's own Python.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

ANDROID = "http://schemas.android.com/apk/res/android"
PACKAGE = "org.ansim.phone"
WINDOW = "org.kivy.android.PythonActivity"
GUARD = f"{PACKAGE}.ServiceGuard"
ICONS = ("ansim", "notes", "weather", "calculator")
SPECIAL_USE = "android.app.PROPERTY_SPECIAL_USE_FGS_SUBTYPE"
REASON = "Personal safety: notices the person's shake and calls for help, also where location is not permitted."
MAIN, LAUNCHER, DEFAULT = (
    "android.intent.action.MAIN", "android.intent.category.LAUNCHER", "android.intent.category.DEFAULT",
)  # fmt: skip


class UnexpectedManifest(Exception):
    """The template of python-for-android has changed: what was expected and is not there."""


def after_apk_build(_: Any) -> None:
    """Its toolchain is given, and runs in the folder of the distribution."""
    edit(Path("src/main/AndroidManifest.xml"))


def edit(path: Path) -> None:
    """Edit a manifest in place. Raises UnexpectedManifest when it is not one of ours."""
    ElementTree.register_namespace("android", ANDROID)
    tree = ElementTree.parse(path)
    manifest = tree.getroot()
    application = manifest.find("application")
    if application is None:
        raise UnexpectedManifest("no <application>")
    _launcher(application)
    _guard(application)
    _own_parts(application)
    _queries(manifest)
    _optional_hardware(manifest)
    application.set(_a("supportsRtl"), "true")
    application.set(_a("usesCleartextTraffic"), "false")
    application.set(_a("allowBackup"), "false")
    application.set(_a("dataExtractionRules"), "@xml/stays_here")
    ElementTree.indent(tree)
    tree.write(path, encoding="utf-8", xml_declaration=True)


def _a(name: str) -> str:
    return f"{{{ANDROID}}}{name}"


def _named(parent: ElementTree.Element, tag: str, name: str, **facts: str) -> ElementTree.Element:
    """The child of that name, made when it is not there, with these attributes."""
    for each in parent.findall(tag):
        if each.get(_a("name")) == name:
            found = each
            break
    else:
        found = ElementTree.SubElement(parent, tag, {_a("name"): name})
    for fact, value in facts.items():
        found.set(_a(fact), value)
    return found


def _filter(parent: ElementTree.Element, *actions: str, category: str = "") -> None:
    """The one intent filter of this component."""
    for old in parent.findall("intent-filter"):
        parent.remove(old)
    made = ElementTree.SubElement(parent, "intent-filter")
    for action in actions:
        ElementTree.SubElement(made, "action", {_a("name"): action})
    if category:
        ElementTree.SubElement(made, "category", {_a("name"): category})


def _launcher(application: ElementTree.Element) -> None:
    """The launcher shows one alias at a time, and the window itself is no launcher's entry any more."""
    window = next((each for each in application.findall("activity") if each.get(_a("name")) == WINDOW), None)
    if window is None:
        raise UnexpectedManifest(f"no activity {WINDOW}")
    for each in window.findall("intent-filter"):
        if any(action.get(_a("name")) == MAIN for action in each.findall("action")):
            window.remove(each)
    window.set(_a("exported"), "false")
    for icon in ICONS:
        alias = _named(
            application, "activity-alias", f"{PACKAGE}.Icon_{icon}", targetActivity=WINDOW, exported="true",
            enabled="true" if icon == ICONS[0] else "false", icon=f"@mipmap/icon_{icon}", label=f"@string/icon_{icon}",
        )  # fmt: skip
        _filter(alias, MAIN, category=LAUNCHER)


def _guard(application: ElementTree.Element) -> None:
    guard = next((each for each in application.findall("service") if each.get(_a("name")) == GUARD), None)
    if guard is None:
        raise UnexpectedManifest(f"no service {GUARD}; `services` of buildozer.spec must have Guard")
    guard.set(_a("exported"), "false")
    _named(guard, "property", SPECIAL_USE, value=REASON)


def _own_parts(application: ElementTree.Element) -> None:
    boot = _named(application, "receiver", f"{PACKAGE}.BootReceiver", exported="false")
    _filter(boot, "android.intent.action.BOOT_COMPLETED", "android.intent.action.MY_PACKAGE_REPLACED")
    push = _named(application, "service", f"{PACKAGE}.PushService", exported="false")
    _filter(push, "com.google.firebase.MESSAGING_EVENT")
    key = _named(
        application, "activity", f"{PACKAGE}.HelpKeyActivity", exported="true", enabled="false",
        label="@string/help_key", theme="@android:style/Theme.NoDisplay", excludeFromRecents="true",
        noHistory="true", taskAffinity="",
    )  # fmt: skip
    _filter(key, "android.intent.action.ASSIST", category=DEFAULT)
    _named(application, "meta-data", "firebase_analytics_collection_deactivated", value="true")


def _queries(manifest: ElementTree.Element) -> None:
    """Which other apps may be seen: a dialler and a browser (Android 11 hides all others)."""
    queries = manifest.find("queries")
    if queries is None:
        queries = ElementTree.SubElement(manifest, "queries")
    for old in list(queries):
        queries.remove(old)
    for action, scheme in (("android.intent.action.DIAL", "tel"), ("android.intent.action.VIEW", "https")):
        intent = ElementTree.SubElement(queries, "intent")
        ElementTree.SubElement(intent, "action", {_a("name"): action})
        ElementTree.SubElement(intent, "data", {_a("scheme"): scheme})


def _optional_hardware(manifest: ElementTree.Element) -> None:
    """A permission implies its hardware: a tablet without it may install the app all the same."""
    for name in ("telephony", "camera", "camera.flash", "microphone", "location.gps", "sensor.barometer"):
        _named(manifest, "uses-feature", f"android.hardware.{name}", required="false")

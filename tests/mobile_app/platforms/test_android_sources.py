"""The Android adapters where there is no Java: each parses, answers its port's whole Protocol, and names Java classes
and callback signatures that are well formed. They run for real in `make check-android`."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import mobile_app.platforms.android as package
from mobile_app import ports

FOLDER = Path(package.__file__).parent
TREES = {path.stem: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.py"))}
JAVA = FOLDER.parents[1] / "android" / "java"
ONE = r"(?:\[*(?:[ZBCSIJFD]|L[\w/$]+;))"
CLASSES = [each for tree in TREES.values() for each in tree.body if isinstance(each, ast.ClassDef)]
ANSWERS = {each.name.removeprefix("Android"): each for each in CLASSES if each.name.startswith("Android")}


def calls(tree: ast.AST, *names: str) -> list[ast.Call]:
    found = [each for each in ast.walk(tree) if isinstance(each, ast.Call)]
    return [each for each in found if ast.unparse(each.func) in names]


def test_every_port_is_answered_and_no_method_is_forgotten() -> None:
    fields = [*inspect.get_annotations(ports.Device).values(), *inspect.get_annotations(ports.Surface).values()]
    missing = {str(kind) for kind in fields} - set(ANSWERS) - {"Vibrator", "Battery"}
    assert missing == set(), "plyer answers those two"
    for name, answer in ANSWERS.items():
        methods = {each.name: each for each in answer.body if isinstance(each, ast.FunctionDef)}
        for wanted, protocol in vars(getattr(ports, name)).items():
            if not inspect.isfunction(protocol) or wanted.startswith("_"):
                continue
            assert wanted in methods, f"Android{name}.{wanted}"
            given = methods[wanted].args
            told = inspect.getfullargspec(protocol)
            assert [each.arg for each in given.args] == told.args, f"Android{name}.{wanted}"
            assert [each.arg for each in given.kwonlyargs] == told.kwonlyargs, f"Android{name}.{wanted}"


def test_callbacks_have_java_signatures_and_never_let_an_error_out() -> None:
    count = 0
    for name, tree in TREES.items():
        for each in ast.walk(tree):
            if not isinstance(each, ast.FunctionDef):
                continue
            marks = [mark for mark in each.decorator_list if isinstance(mark, ast.Call)]
            for mark in marks:
                if ast.unparse(mark.func) != "java_method":
                    continue
                count += 1
                assert isinstance(mark.args[0], ast.Constant)
                assert re.fullmatch(rf"\({ONE}*\)(?:V|{ONE})", str(mark.args[0].value)), f"{name}: {each.name}"
                does_nothing = [ast.unparse(line) for line in each.body] == ["..."]
                assert does_nothing or "callback" in [ast.unparse(other) for other in each.decorator_list], each.name
    assert count > 10


def test_own_java_classes_that_python_names_exist() -> None:
    named = set()
    for tree in TREES.values():
        for call in calls(tree, "java.find", "find", "self._java.find", "cast"):
            if isinstance(call.args[0], ast.Constant):
                named.add(str(call.args[0].value))
    for each in (name for name in named if name.startswith("org.ansim.")):
        assert (JAVA / Path(*each.split("$")[0].split("."))).with_suffix(".java").is_file(), each
    assert len(named) > 20


def test_nothing_is_looked_up_outside_of_init_that_android_finds_only_there() -> None:
    """Classes of the app itself are found from Python's main thread only (see the package)."""
    late = []
    for name, tree in TREES.items():
        for method in (
            each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef) and each.name != "__init__"
        ):
            for call in calls(method, "java.find"):
                text = ast.literal_eval(call.args[0])
                if text.startswith(("org.ansim.", "org.kivy.")):
                    late.append(f"{name}.{method.name}: {text}")
    assert late == []


def test_only_these_files_import_pyjnius() -> None:
    phone = FOLDER.parents[1]
    found = {
        path for path in phone.rglob("*.py") if re.search(r"^\s*(from|import) jnius", path.read_text("utf-8"), re.M)
    }
    assert found
    assert {path.parent for path in found} == {FOLDER}


def test_importing_the_package_imports_no_java() -> None:
    names = [ast.unparse(each) for each in TREES["__init__"].body if isinstance(each, ast.Import | ast.ImportFrom)]
    assert not [name for name in names if "jnius" in name or "platforms.android" in name]

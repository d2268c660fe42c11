"""The house rules that a reader relies on, checked on every tracked file."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("server", "location_router", "mobile_app")
FILE_MAX, FUNCTION_MAX = 500, 60
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "managers", "schemas"}
SERVER_MAY_USE = {"wire", "request_content", "wire_requests", "wire_walks", "bus", "geo", "index", "runtime"}
SERVER_MAY_USE |= {"cap_warning", "wire_warnings"}
KIT = {"conformance", "conformance_requests"}  # a client of the public API, one list of checks for both doors

# Hosts of package registries and places of a developer's machine, cut in two so that this file doesn't name them.
REGISTRIES = [
    "registry." + "npmjs.org",
    "pypi." + "org",
    "files.python" + "hosted.org",
    "registry.yarn" + "pkg.com",
    "deb.debian" + ".org",
    "npm" + "mirror.com",
]
MACHINE_PATHS = re.compile(r"(?<![\w./-])/(?:wo" + r"rk|home/\w+|ro" + r"ot|Users/\w+)/[\w.]")


@cache
def tracked() -> list[Path]:
    """Files that git knows, or would take: what is ignored is not part of the house."""
    said = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in said.stdout.split("\0") if name and (ROOT / name).is_file()]


def python_files(*tops: str) -> list[Path]:
    return [file for file in tracked() if file.suffix == ".py" and file.relative_to(ROOT).parts[0] in tops]


def inside(file: Path) -> str:
    return str(file.relative_to(ROOT))


@cache
def nodes_of(file: Path) -> list[ast.AST]:
    """The file's imports and functions: read once for all questions about them."""
    kinds = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef
    return [node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, kinds)]


def imports_of(file: Path) -> Iterator[str]:
    """Every module that the file imports, anywhere in it; `from a.b import c` gives a.b and a.b.c."""
    for node in nodes_of(file):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{each.name}" for each in node.names)


def importers(module: str) -> set[str]:
    return {
        inside(file)
        for file in python_files(*PACKAGES)
        if any(name == module or name.startswith(f"{module}.") for name in imports_of(file))
    }


def test_no_file_is_too_long() -> None:
    lengths = {inside(file): len(file.read_text(encoding="utf-8").splitlines()) for file in all_python()}
    assert {name: lines for name, lines in lengths.items() if lines > FILE_MAX} == {}


def test_no_function_is_too_long() -> None:
    long = {}
    for file in all_python():
        for node in nodes_of(file):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_MAX:
                    long[f"{inside(file)}:{node.lineno} {node.name}"] = lines
    assert long == {}


def all_python() -> list[Path]:
    return python_files(*PACKAGES, "tests", "scripts")


def test_names_say_what_things_are() -> None:
    names = {part.removesuffix(".py") for file in all_python() for part in file.relative_to(ROOT).parts}
    assert names & FORBIDDEN_NAMES == set()


def test_import_contracts_hold() -> None:
    said = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={"NO_COLOR": "1", "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
    )
    assert said.returncode == 0, said.stdout[-4000:] + said.stderr[-2000:]


def test_every_pure_module_is_kept_from_io_by_a_contract() -> None:
    """A new pure module must be named in a `pure-…` contract before it can be merged."""
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    contracts = [each for each in tools["importlinter"]["contracts"] if each["id"].startswith("pure-")]
    covered = [re.escape(name).replace(r"\*", "[^.]+") for each in contracts for name in each["source_modules"]]
    pure = {file.relative_to(ROOT) for pattern in tools["ansim"]["pure"] for file in ROOT.glob(pattern)}
    modules = [".".join(file.with_suffix("").parts).removesuffix(".__init__") for file in sorted(pure)]
    assert modules
    assert [name for name in modules if not any(re.fullmatch(rf"{each}(\..+)?", name) for each in covered)] == []


def test_the_server_stands_only_on_the_shared_parts_of_the_router() -> None:
    wrong = []
    for file in python_files("server"):
        for name in imports_of(file):
            parts = name.split(".")
            if parts[0] == "location_router" and len(parts) > 1 and parts[1] not in SERVER_MAY_USE | KIT:
                wrong.append(f"{inside(file)} imports {name}")
    assert wrong == []


def test_only_push_knows_firebase() -> None:
    assert importers("firebase_admin") <= {"server/push.py"}


def test_only_the_android_platform_knows_java() -> None:
    assert [name for name in importers("jnius") if not name.startswith("mobile_app/platforms/android")] == []


def test_importing_the_phone_opens_no_window() -> None:
    code = "import mobile_app, sys; sys.exit('kivy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_no_tracked_file_names_a_registry_or_a_developers_machine() -> None:
    found = []
    for file in tracked():
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{inside(file)}: {host}" for host in REGISTRIES if host in text]
        found += [f"{inside(file)}: {match.group()}…" for match in MACHINE_PATHS.finditer(text)]
    assert found == []


def test_benchmarks_are_programs_not_tests() -> None:
    """The runner leaves `bench` out, so a test in there would never run."""
    assert [inside(file) for file in (ROOT / "tests" / "bench").rglob("test_*.py")] == []


@pytest.mark.parametrize("name", ["help", "setup", "demo", "test", "check", "soak", "bench", "lock"])
def test_make_lists_each_target_with_one_line(name: str) -> None:
    said = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    (line,) = [line for line in said.splitlines() if line.startswith(f"  make {name} ")]
    assert len(line.split()) > 3


def test_the_lock_pins_every_package_with_a_hash() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = re.findall(r"^[\w.\-\[\]]+==\S+", lock, re.MULTILINE)
    assert len(pinned) > 50
    assert all(re.search(rf"^{re.escape(each)}[^\n]*\\\n    --hash=sha256:", lock, re.MULTILINE) for each in pinned)


def test_uv_leaves_the_environment_alone() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["tool"]["uv"]["managed"] is False

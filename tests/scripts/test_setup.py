"""Set-up does what is needed, once, and says in one line what it may not do."""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))  # the scripts run before anything is installed, so they are no package

import setup  # noqa: E402
import system_packages  # noqa: E402
from system_packages import CannotInstall, Need  # noqa: E402


@pytest.fixture
def stamps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(setup, "STAMPS", tmp_path / "stamps")
    return tmp_path


def test_a_step_is_done_once_and_again_when_its_input_changes_or_its_result_is_gone(stamps: Path) -> None:
    done: list[str] = []
    setup.step("pages", "one", lambda: done.append("first"))
    setup.step("pages", "one", lambda: done.append("same input"))
    setup.step("pages", "two", lambda: done.append("new input"))
    setup.step("pages", "two", lambda: done.append("result gone"), done=False)
    assert done == ["first", "new input", "result gone"]


def test_a_step_that_failed_is_done_again(stamps: Path) -> None:
    def fail() -> None:
        raise CannotInstall("no network")

    with pytest.raises(CannotInstall):
        setup.step("pages", "one", fail)
    done: list[str] = []
    setup.step("pages", "one", lambda: done.append("again"))
    assert done == ["again"]


def test_the_digest_sees_content_and_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    page, other = tmp_path / "a.ts", tmp_path / "b.ts"
    page.write_text("1")
    first = setup.digest(files=[page, other])
    page.write_text("2")
    second = setup.digest(files=[page, other])
    page.rename(other)
    assert len({first, second, setup.digest(files=[page, other])}) == 3


def test_without_root_one_line_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    lacking = [Need("PostGIS", lambda: False, ("postgresql", "postgresql-postgis")), Need("x", lambda: True, ("x",))]
    monkeypatch.setattr(system_packages, "needs", lambda: lacking)
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    monkeypatch.setenv("PATH", os.pathsep.join(path for path in os.environ["PATH"].split(":") if not has_sudo(path)))
    with pytest.raises(CannotInstall) as told:
        system_packages.install_missing(print)
    assert str(told.value).endswith("apt-get install --no-install-recommends postgresql postgresql-postgis")
    assert "\n" not in str(told.value)


def has_sudo(folder: str) -> bool:
    return (Path(folder) / "sudo").exists()


def test_a_given_database_needs_no_postgresql_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://city@db/city")
    assert system_packages.has_postgis()


def test_an_existing_uv_is_never_touched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    theirs = tmp_path / "bin" / "uv"
    theirs.parent.mkdir()
    theirs.write_text("#!/bin/sh\n")
    theirs.chmod(0o755)
    monkeypatch.setenv("PATH", str(theirs.parent))
    assert setup.uv() == str(theirs)
    setup.put_uv_on_path()
    assert theirs.read_text() == "#!/bin/sh\n"


def test_everything_that_set_up_calls_missing_is_here_after_set_up() -> None:
    """On the machine that runs the tests, set-up has been run: a need that stays open would be asked for for ever."""
    assert [need.what for need in system_packages.needs() if not need.is_here()] == []

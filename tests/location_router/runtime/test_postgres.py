"""The private cluster's life: started, adopted, killed, brought back, and stopped by whoever leaves last."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from location_router.runtime.db import conninfo
from location_router.runtime.postgres import (
    ClusterError,
    GivenServer,
    PrivateCluster,
    cluster_or_env,
    private_cluster,
)

HOLD = """
import sys, time
from pathlib import Path
from location_router.runtime.postgres import PrivateCluster
cluster = PrivateCluster(state=Path(sys.argv[1]), on_progress=lambda line: None)
cluster.start()
print(cluster.pid, flush=True)
time.sleep(60)
"""


def quiet(folder: Path, **more: object) -> PrivateCluster:
    return PrivateCluster(state=folder, on_progress=lambda line: None, **more)  # type: ignore[arg-type]


def another_program(folder: Path) -> tuple[subprocess.Popen[str], int]:
    """A program of its own that holds the cluster; returns it and the server's process id."""
    program = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    return program, int(program.stdout.readline())


def socket_folder(cluster: PrivateCluster) -> Path:
    return Path(str(make_url(cluster.url("postgres")).query["host"]))


def end(program: subprocess.Popen[str]) -> None:
    program.kill()
    program.communicate()


def test_a_killed_server_comes_back_with_every_acknowledged_row(cluster_folder: Path) -> None:
    cluster = quiet(cluster_folder)
    cluster.start()
    try:
        with psycopg.connect(conninfo(cluster.url("postgres")), autocommit=True) as connection:
            connection.execute("CREATE TABLE alert (n int)")
            for number in range(50):
                connection.execute("INSERT INTO alert VALUES (%s)", [number])
        first = cluster.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        cluster.restart()
        assert cluster.pid not in (None, first)
        with psycopg.connect(conninfo(cluster.url("postgres"))) as connection:
            assert connection.execute("SELECT count(*) FROM alert").fetchone() == (50,)
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    finally:
        cluster.stop()


def test_a_program_killed_with_9_leaves_a_server_that_the_next_one_adopts_and_stops(cluster_folder: Path) -> None:
    program, server = another_program(cluster_folder)
    end(program)
    time.sleep(0.1)
    cluster = quiet(cluster_folder)
    assert cluster.pid == server, "the server must outlive the program"
    cluster.start()
    assert cluster.pid == server
    cluster.stop()
    assert cluster.pid is None


def test_whoever_leaves_first_does_not_take_the_server_from_the_other(cluster_folder: Path) -> None:
    cluster = quiet(cluster_folder)
    cluster.start()
    program, server = another_program(cluster_folder)
    try:
        cluster.stop()
        assert cluster.pid == server
    finally:
        end(program)
    with private_cluster(state=cluster_folder, on_progress=lambda line: None):
        pass
    assert cluster.pid is None


def test_a_server_whose_socket_was_swept_away_is_replaced(cluster_folder: Path) -> None:
    program, server = another_program(cluster_folder)
    end(program)
    cluster = quiet(cluster_folder)
    shutil.rmtree(socket_folder(cluster))
    cluster.start()
    try:
        assert cluster.pid not in (None, server)
        psycopg.connect(conninfo(cluster.url("postgres"))).close()
    finally:
        cluster.stop()


def test_a_start_killed_halfway_through_leaves_nothing_that_stops_the_next(cluster_folder: Path) -> None:
    half = cluster_folder / "pg" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("15\n")
    with private_cluster(state=cluster_folder, on_progress=lambda line: None) as cluster:
        psycopg.connect(conninfo(cluster.url("postgres"))).close()
    assert not half.exists()


def test_nobody_else_may_enter_the_socket_folder(cluster_folder: Path) -> None:
    with private_cluster(state=cluster_folder, on_progress=lambda line: None) as cluster:
        folder = socket_folder(cluster)
        assert folder.stat().st_mode & 0o077 == 0
        assert len(str(folder)) < 80


def test_a_stale_pid_file_that_names_a_living_stranger_is_not_believed(cluster_folder: Path) -> None:
    with private_cluster(state=cluster_folder, on_progress=lambda line: None) as cluster:
        pid_file = cluster.data / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"])
    try:
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        assert cluster.pid is None
    finally:
        pid_file.unlink()
        stranger.kill()
        stranger.wait()


def test_durable_work_refuses_a_server_that_may_lose_data(cluster_folder: Path) -> None:
    careless = quiet(cluster_folder, durable=False)
    careless.start()
    try:
        with pytest.raises(ClusterError, match="can lose data"):
            quiet(cluster_folder).start()
    finally:
        careless.stop()


@pytest.mark.skipif(os.getuid() != 0, reason="only root hands the folder to another account")
def test_root_is_told_which_folder_postgres_cannot_enter(cluster_folder: Path) -> None:
    cluster_folder.chmod(0o700)
    with pytest.raises(ClusterError, match=rf"can't enter {cluster_folder}.*ANSIM_STATE_DIR"):
        quiet(cluster_folder).start()


def test_no_server_programs_gives_the_apt_line(monkeypatch: pytest.MonkeyPatch, cluster_folder: Path) -> None:
    monkeypatch.setenv("PG_BINDIR", "/nowhere")
    with pytest.raises(ClusterError, match="PG_BINDIR=/nowhere: install it with `apt-get install .*postgis`"):
        quiet(cluster_folder).start()


def test_an_unreachable_database_url_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://somebody@127.0.0.1:1/city")
    with pytest.raises(ClusterError, match="^DATABASE_URL can't be reached: ") as told, cluster_or_env():
        pass
    assert "\n" not in str(told.value)


def test_a_given_server_takes_the_applications_role_at_connection_time() -> None:
    server = GivenServer("postgresql://city:secret@db.example:5432/city")
    assert server.url("ansim_router") == "postgresql+psycopg://city:secret@db.example:5432/ansim_router"
    assert server.url("x", role="ansim_app").endswith("/x?options=-c+role%3Dansim_app")

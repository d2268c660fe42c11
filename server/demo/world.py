"""The small country in a box: every part as a process of its own, on its own database, on the loopback.

`World` is what `make demo`, `ansim demo --once`, the journeys and the benchmark start: cameras, router with its
worker, a home installation and a serving one (which answers for every municipality), each with a worker, and the
video gateway. Nothing in it is a stand-in except what the README lists: cameras, people, and the push's last mile.
"""

from __future__ import annotations

import json
import secrets
import shlex
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from location_router.runtime.postgres import Server
from location_router.runtime.provision import provision
from location_router.runtime.seal import new_key
from server.demo.children import Child, free_port, python, stop_all
from server.demo.scene import SceneCamera

SCRIPTS = Path(__file__).parents[1] / "migrations"
INSTALLATIONS = {"serving": "serving-1", "second": "serving-2", "home": "home-1"}
PORTS = {"router": 8100, "home": 8200, "serving": 8300, "video": 8310, "second": 8320, "second video": 8330}
LINES = {
    f"{kind}-demo": f"LINE_{kind.upper()}" for kind in ("112", "security", "anklet", "wanted", "telco", "disaster")
}
"""The name under which a shell finds the key of an agency's line."""
VIDEO = {"serving": "video", "second": "second video"}  # which installation has which video process
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Login:
    login: str
    password: str


@dataclass
class World:
    """Start with `with World(...) as world:`; `stop()` ends every child by its pid."""

    server: Server
    folder: Path
    cameras: list[SceneCamera] = field(default_factory=list)
    home_code: str = "11680"
    serves: str = "all"
    second: str = ""  # center codes of a second serving installation; empty = there is none
    prefix: str = "ansim"
    push: str = "console"
    fcm_url: str = ""
    extra_env: dict[str, str] = field(default_factory=dict)
    fixed_ports: bool = False
    with_home: bool = True
    with_video: bool = True
    with_partners: bool = False
    """Linked agencies with agreements, lines and logins (`partners.PARTNERS`)."""
    fps: int = 10
    """Pictures per second of the simulated cameras: encoding them is most of what they cost."""
    films: bool = False
    """Cameras send a film made once, without the true clock in it, and cost next to nothing."""
    video_command: tuple[str, ...] = tuple(python("-m", "server", "video"))
    progress: Progress = lambda line: None
    children: dict[str, Child] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    databases: dict[str, str] = field(default_factory=dict)
    logins: dict[str, Login] = field(default_factory=dict)
    on_push: Callable[[dict[str, Any]], None] | None = None
    on_text: Callable[[dict[str, Any]], None] | None = None

    def __enter__(self) -> World:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def installations(self) -> list[str]:
        """Names of the installations that run: `serving`, and `second`, `home` as chosen."""
        return ["serving", *(["second"] if self.second else []), *(["home"] if self.with_home else [])]

    # -- start ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Bring everything up; raises ChildFailed or ClusterError with one sentence."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.keys = self._load_keys()
        try:
            self._start_cameras()
            self._provision()
            self._choose_addresses()
            self._seed()
            self._start_servers()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        stop_all(list(self.children.values()))
        self.children.clear()

    def _load_keys(self) -> dict[str, str]:
        path = self.folder / "keys.json"
        keys: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        for name in ("router", *INSTALLATIONS):
            name += "_data"
            keys.setdefault(name, new_key())
        keys.setdefault("bus", new_key())
        for name in (*INSTALLATIONS.values(), "video", *LINES):
            keys.setdefault(name, secrets.token_hex(24))
        path.touch(mode=0o600)
        path.write_text(json.dumps(keys))
        return keys

    def _start_cameras(self) -> None:
        if not self.with_video or not self.cameras:
            return
        alike = {"fps": self.fps, "loop": self.films}
        spec = [
            alike | {"id": c.camera_id, "name": c.name, "heading_deg": c.heading_deg or 0.0, "fault": c.fault}
            for c in self.cameras
        ]
        self.spawn("cameras", python("-m", "server.demo.cameras", "--json-spec", "-"), {}, stdin_text=json.dumps(spec))

    def _provision(self) -> None:
        admin = self.server.admin_url
        kinds = {"router": "router", "bus": "bus"} | dict.fromkeys(self.installations, "installation")
        for name, kind in kinds.items():
            scripts = SCRIPTS if kind == "installation" else None
            self.databases[name] = provision(admin, f"{self.prefix}_{name}", kind, scripts=scripts)
        self.progress(f"databases ready: {', '.join(f'{self.prefix}_{name}' for name in kinds)}")

    def _choose_addresses(self) -> None:
        for name, port in PORTS.items():
            self.urls[name] = f"http://127.0.0.1:{free_port(port if self.fixed_ports else None)}"

    def _seed(self) -> None:
        from server.demo.seeding import seed_world

        if "cameras" in self.children:
            self.urls["rtsp"] = f"rtsp://127.0.0.1:{self.children['cameras'].wait_ready()['port']}"
        self.logins = seed_world(self)
        self.progress(f"{len(self.cameras)} simulated cameras, sample accounts and agreements are in place")

    def _start_servers(self) -> None:
        self.spawn("router", python("-m", "location_router", "serve"), self._router_env())
        self.spawn("router worker", python("-m", "location_router", "worker"), self._router_env())
        for name in self.installations:
            if self.with_video and name in VIDEO:
                self.spawn(VIDEO[name], self.video_command, self._server_env(name, url=VIDEO[name]))
            self.spawn(name, python("-m", "server", "serve"), self._server_env(name))
            self.spawn(
                f"{name} worker",
                python("-m", "server", "worker"),
                self._server_env(name),
                on_line=self._pushed if name == "home" else None,
            )
        self._wait_all()

    def _wait_all(self) -> None:
        with ThreadPoolExecutor(len(self.children)) as pool:
            waits = {name: pool.submit(child.wait_ready) for name, child in self.children.items()}
            for name, wait in waits.items():
                wait.result()
                self.progress(f"{name} is up (process {self.children[name].pid})")

    def _pushed(self, line: dict[str, Any]) -> None:
        if self.on_push is not None and "push" in line:
            self.on_push(line["push"])
        if self.on_text is not None and "sms" in line:
            self.on_text(line["sms"])

    def spawn(
        self,
        name: str,
        command: Iterable[str],
        env: dict[str, str],
        *,
        stdin_text: str = "",
        on_line: Callable[[dict[str, Any]], None] | None = None,
    ) -> Child:
        """Start a child without waiting for it."""
        log_path = self.folder / "logs" / f"{name.replace(' ', '-')}.log"
        child = Child(name, list(command), env, log_path, on_line, stdin_text).start()
        self.children[name] = child
        return child

    # -- settings of the children --------------------------------------------------------------------------------

    def _router_env(self) -> dict[str, str]:
        keys = {name: self.keys[name] for name in INSTALLATIONS.values()}
        return {
            "DATABASE_URL": self.databases["router"],
            "BUS_URL": self.databases["bus"],
            "BUS_KEY": self.keys["bus"],
            "DATA_KEY": self.keys["router_data"],
            "ROUTER_INSTALLATION_KEYS": json.dumps(keys),
            "HOST": "127.0.0.1",
            "PORT": self.urls["router"].rsplit(":", 1)[1],
            **self.extra_env,
        }

    def router_settings_file(self) -> Path:
        """For a person's shell: what `sender`, `nodes` and `explain --alert` need to reach the demo's router."""
        said = self._router_env()
        words = {name: said[name] for name in ("DATABASE_URL", "DATA_KEY", "BUS_URL", "BUS_KEY")}
        words["ROUTER_URL"] = self.urls["router"]
        return self._exported("router.env", words)

    def center_settings_file(self) -> Path:
        """The same for `ansim doctor`, `keys`, `line`, `purge` … at the serving center."""
        return self._exported("center.env", self._server_env("serving"))

    def partner_keys_file(self) -> Path:
        """The keys of the linked agencies' lines, for their simulators."""
        return self._exported("partners.env", {name: self.keys[agency] for agency, name in LINES.items()})

    def _exported(self, name: str, words: dict[str, str]) -> Path:
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text("".join(f"export {name}={shlex.quote(word)}\n" for name, word in words.items()))
        return path

    def _server_env(self, which: str, *, url: str = "") -> dict[str, str]:
        installation, video = INSTALLATIONS[which], VIDEO.get(which, "video")
        return {
            "DATABASE_URL": self.databases[which],
            "BUS_URL": self.databases["bus"],
            "BUS_KEY": self.keys["bus"],
            "DATA_KEY": self.keys[f"{which}_data"],
            "INSTALLATION": installation,
            "INSTALLATION_KEY": self.keys[installation],
            "NODE_LIST": str(self.folder / f"nodes-{which}.json"),
            "ROUTER_URL": self.urls["router"],
            "SERVES": {"serving": self.serves, "second": self.second, "home": ""}[which],
            "HOME_CENTER": self.home_code if which == "home" else "",
            "HOST": "127.0.0.1",
            "PORT": self.urls[url or which].rsplit(":", 1)[1],
            "PUBLIC_URL": self.urls[which],
            "VIDEO_URL": self.urls[video],
            "VIDEO_PUBLIC_URL": self.urls[video].replace("http", "ws"),
            "TRAFFIC": "console",
            "VIDEO_KEY": self.keys["video"],
            "ANSIM_STATE_DIR": str(self.folder),  # what is put into no folder of its own is the world's as well
            "VIDEO_DIR": str(self.folder / video.replace(" ", "-")),
            "VIDEO_GATEWAY": "embedded" if self.with_video and which in VIDEO else "console",
            "PUSH": self.push,
            "SECOND_FACTOR": "off",  # sample accounts are for trying; a city's administrators have a second factor
            "FCM_URL": self.fcm_url,
            **self.extra_env,
        }

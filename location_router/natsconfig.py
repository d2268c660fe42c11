"""Configuration files for the national NATS: a hub of servers, and a leaf beside each installation.

`python -m location_router nats config` writes them; the journey and the soak run on exactly these files. Passwords are
made fresh and stand in the files and in the printed `BUS_URL`s (files are 0600). A center's login at the hub may only
do what its leaf's streams need: make consumers on its own subjects and be asked for its own streams; it can neither
read another center's alerts nor delete anything at the hub.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from location_router.natsstreams import HUB, name_of, token


@dataclass(frozen=True, slots=True)
class HubServer:
    """One server of the hub: `host` is where centers and the other servers really reach it."""

    name: str
    host: str
    client_port: int = 4222
    cluster_port: int = 6222
    leaf_port: int = 7422
    monitor_port: int = 8222
    leaf_address: str = ""  # what the centers dial when that is not host:leaf_port, e.g. behind a firewall

    @property
    def dialled(self) -> str:
        return self.leaf_address or f"{self.host}:{self.leaf_port}"


@dataclass(frozen=True, slots=True)
class Leaf:
    """The server beside one installation; clients on the same machine only."""

    installation: str
    domain: str
    client_port: int = 4222
    monitor_port: int = 8222
    host: str = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Tls:
    """Paths on the servers; empty = no TLS (a test on one machine)."""

    certificate: str = ""
    key: str = ""
    authority: str = ""

    def block(self, *, verify: bool) -> str:
        if not self.certificate:
            return ""
        said = f'cert_file: "{self.certificate}", key_file: "{self.key}", ca_file: "{self.authority}"'
        return f"  tls {{ {said}{', verify: true' if verify else ''} }}\n"


@dataclass(slots=True)
class Plan:
    """Everything that the files are written from."""

    hub: list[HubServer]
    leaves: list[Leaf]
    folder: Path
    store: str = "/var/lib/ansim-nats"
    sync: str = "always"  # empty where the server is older than 2.14 and refuses the word
    tls: Tls = field(default_factory=Tls)
    prefix: str = "ansim"
    passwords: dict[str, str] = field(default_factory=dict)

    @property
    def is_cluster(self) -> bool:
        return len(self.hub) > 1

    def password(self, name: str) -> str:
        return self.passwords.setdefault(name, secrets.token_urlsafe(24))

    def hub_url(self) -> str:
        servers = ",".join(f"{one.host}:{one.client_port}" for one in self.hub)
        scheme = "tls" if self.tls.certificate else "nats"
        return f"{scheme}://router:{self.password('router')}@{servers}/?replicas={3 if self.is_cluster else 1}"

    def leaf_url(self, leaf: Leaf) -> str:
        login = f"center:{self.password(f'center {leaf.installation}')}"
        return f"nats://{login}@{leaf.host}:{leaf.client_port}/?domain={leaf.domain}"


def write(plan: Plan) -> dict[str, Path]:
    """{name: file} of every server; each file is readable by its owner only. The passwords are kept in
    `passwords.json` beside them, so that a later run that adds a leaf changes no other file."""
    plan.folder.mkdir(parents=True, exist_ok=True)
    kept = plan.folder / "passwords.json"
    if kept.exists():
        plan.passwords = json.loads(kept.read_text(encoding="utf-8")) | plan.passwords
    texts = {one.name: hub_text(plan, one) for one in plan.hub}
    texts |= {f"leaf-{one.installation}": leaf_text(plan, one) for one in plan.leaves}
    files = {name: plan.folder / f"{name}.conf" for name in texts}
    for name, text in texts.items():
        _private(files[name], text)
    _private(kept, json.dumps(plan.passwords, indent=1) + "\n")
    return files


def _private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _jetstream(plan: Plan, domain: str, folder: str) -> str:
    sync = f"  sync_interval: {plan.sync}\n" if plan.sync else ""
    return f'jetstream {{\n  domain: {domain}\n  store_dir: "{plan.store}/{folder}"\n{sync}}}\n'


def hub_text(plan: Plan, server: HubServer) -> str:
    """A hub server's file. `advertise` is the address the centers may really use: without it a leaf learns every
    address the servers know of each other and dials those, through no firewall of ours."""
    routes = ", ".join(
        f'"nats://hub:{plan.password("cluster")}@{one.host}:{one.cluster_port}"' for one in plan.hub if one != server
    )
    cluster = (
        f"cluster {{\n  name: ansim-hub\n"
        f'  listen: "{server.host}:{server.cluster_port}"\n  advertise: "{server.host}:{server.cluster_port}"\n'
        f'  authorization {{ user: hub, password: "{plan.password("cluster")}" }}\n'
        f"  routes: [{routes}]\n{plan.tls.block(verify=True)}}}\n"
        if plan.is_cluster
        else ""
    )
    centers = "".join(_leaf_user(plan, leaf) for leaf in plan.leaves)
    return (
        f'server_name: "{server.name}"\n'
        f'listen: "{server.host}:{server.client_port}"\nclient_advertise: "{server.host}:{server.client_port}"\n'
        f'http: "127.0.0.1:{server.monitor_port}"\nping_interval: "2s"\nping_max: 2\nwrite_deadline: "5s"\n'
        f"{plan.tls.block(verify=False)}"
        f"{_jetstream(plan, HUB, server.name)}"
        f"accounts {{\n  ANSIM {{\n    jetstream: enabled\n    users: [\n"
        f'      {{ user: router, password: "{plan.password("router")}" }}\n{centers}    ]\n  }}\n'
        f'  SYS {{ users: [ {{ user: system, password: "{plan.password("system")}" }} ] }}\n}}\n'
        f"system_account: SYS\n"
        f'leafnodes {{\n  listen: "{server.host}:{server.leaf_port}"\n'
        f'  advertise: "{server.dialled}"\n{plan.tls.block(verify=True)}}}\n{cluster}'
    )


def _leaf_user(plan: Plan, leaf: Leaf) -> str:
    """Seen from the hub, a leaf `publish`es what comes in over its line, and `subscribe`s to what goes out to it."""
    rest, prefix = token(leaf.installation), plan.prefix
    asks = [
        f"$JS.{HUB}.API.CONSUMER.CREATE.{prefix}_{kind}.*.{prefix}.{HUB}.{subject}"
        for kind, subject in (
            ("ALERT", f"alert.{rest}"),
            ("HOME", f"home.{rest}"),
            ("LATEST", f"latest.{token(f'position.{leaf.installation}')}.*"),
        )
    ]
    asks += [f"$JS.{HUB}.API.CONSUMER.DELETE.{prefix}_{kind}.>" for kind in ("ALERT", "HOME", "LATEST")]
    # Copies on their way, and answers ($JSC.R is where a server waits for the reply about a copy).
    both = ["$JS.FC.>", "$JS.ACK.>", "$JS.S.>", "$JSC.R.>", "_INBOX.>", "_GR_.>", "_R_.>"]
    asks += [f"$JS.{HUB}.API.INFO", *both]
    hears = [f"$JS.{leaf.domain}.API.>", *both]
    return (
        f'      {{ user: "leaf-{leaf.installation}", password: "{plan.password(f"leaf {leaf.installation}")}"\n'
        f"        permissions {{\n"
        f"          publish {{ allow: {json.dumps(asks)} }}\n"
        f"          subscribe {{ allow: {json.dumps(hears)} }}\n"
        f"        }} }}\n"
    )


def leaf_text(plan: Plan, leaf: Leaf) -> str:
    """A center's file: JetStream of its own domain, clients from this machine, and one line to the hub."""
    login = f"leaf-{leaf.installation}:{plan.password(f'leaf {leaf.installation}')}"
    scheme = "tls" if plan.tls.certificate else "nats-leaf"
    urls = ", ".join(f'"{scheme}://{login}@{one.dialled}"' for one in plan.hub)
    return (
        f'server_name: "leaf-{name_of(leaf.installation)}"\n'
        f'listen: "{leaf.host}:{leaf.client_port}"\nhttp: "127.0.0.1:{leaf.monitor_port}"\n'
        f'ping_interval: "2s"\nping_max: 2\n'
        f"{_jetstream(plan, leaf.domain, f'leaf-{name_of(leaf.installation)}')}"
        f"accounts {{\n  ANSIM {{\n    jetstream: enabled\n"
        f'    users: [ {{ user: center, password: "{plan.password(f"center {leaf.installation}")}" }} ]\n  }}\n'
        f'  SYS {{ users: [ {{ user: system, password: "{plan.password("system")}" }} ] }}\n}}\n'
        f"system_account: SYS\n"
        f'leafnodes {{\n  reconnect: "1s"\n'
        f"  remotes: [ {{ urls: [{urls}], account: ANSIM\n  {plan.tls.block(verify=False)}}} ]\n}}\n"
    )

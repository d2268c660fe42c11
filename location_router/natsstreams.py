"""The streams behind NatsBus: their names, subjects, ages and sources. Everything is made when it is missing.

    hub (replicas=3, file)                          leaf of domain c41170 (one server, file)
    ansim_ALERT   ansim.hub.alert.<installation> ─▶ ansim_ALERT_<installation>_c41170   source, filtered
    ansim_HOME    ansim.hub.home.<installation>  ─▶ ansim_HOME_<installation>_c41170    source, filtered
    ansim_UP      ansim.hub.up.<subject>        ◀── ansim_UP_c41170     ansim.c41170.up.<subject>
    ansim_LATEST  ansim.hub.latest.…  (memory)   ─▶ ansim_LATEST_…      (memory, newest of each key)
    ansim_DEAD    what nobody could handle          ansim_DEAD_c41170

A leaf's name for its sources and the hub's for the leaf's are all different, so that `nats stream ls` can be read.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

API = "$JS.API"
HUB = "hub"
DOWN = ("alert", "home")
DAY_S = 86_400
AGES_S = {"ALERT": DAY_S, "HOME": 7 * DAY_S, "UP": 7 * DAY_S, "LATEST": 600, "DEAD": 30 * DAY_S}
"""How long a stream keeps a message at most. An alert is a person's: no longer than the router itself keeps it."""
DEDUP_S = 3600
_NOT_FOUND = {10014, 10059}
_EXISTS = {10058, 10148, 10013}
_NS = 1_000_000_000

SILENT_S = 4.0  # a healthy source is heard each second

Call = Callable[..., Awaitable[dict[str, Any]]]


class ApiError(Exception):
    """JetStream said no; `code` is its `err_code`."""

    def __init__(self, said: dict[str, Any]) -> None:
        super().__init__(f"{said.get('err_code')}: {said.get('description')}")
        self.code = int(said.get("err_code", 0))


@dataclass(frozen=True, slots=True)
class Address:
    """What BUS_URL says: `nats://user:password@h1:4222,h2:4222/?replicas=3`, at a center
    `nats://user:password@127.0.0.1:4222/?domain=c41170`. `domain` empty = the hub itself (or a single server)."""

    servers: list[str]
    domain: str = ""
    replicas: int = 1
    prefix: str = "ansim"
    hub: str = HUB
    credentials: dict[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(cls, url: str) -> Address:
        """Raises ValueError that says what is wrong, without the password."""
        parts = urlsplit(url)
        if parts.scheme not in ("nats", "tls") or not parts.netloc:
            raise ValueError("BUS_URL must look like nats://user:password@host:4222,host:4222/?replicas=3")
        login, _, hosts = parts.netloc.rpartition("@")
        user, _, password = login.partition(":")
        asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        unknown = set(asked) - {"domain", "replicas", "prefix", "hub"}
        if unknown:
            raise ValueError(f"BUS_URL: unknown option {', '.join(sorted(unknown))}")
        replicas = asked.get("replicas", "1")
        if replicas not in ("1", "3", "5"):
            raise ValueError(f"BUS_URL: replicas is {replicas!r}: 1, 3 or 5")
        words = {
            name: asked.get(name, default) for name, default in (("domain", ""), ("prefix", "ansim"), ("hub", HUB))
        }
        for name, word in words.items():
            if word and not word.replace("-", "").replace("_", "").isalnum():
                raise ValueError(f"BUS_URL: {name} is {word!r}: letters, digits, - and _ only")
        return cls(
            servers=[f"{parts.scheme}://{host}" for host in hosts.split(",") if host],
            replicas=int(replicas),
            credentials={"user": unquote(user), "password": unquote(password)} if login else {},
            **words,
        )


def token(text: str) -> str:
    """Any text as one token of a subject."""
    return quote(text, safe="").replace(".", "%2E") or "%00"


def untoken(text: str) -> str:
    return "" if text == "%00" else unquote(text)


def name_of(text: str) -> str:
    """Any text as part of a stream's or consumer's name."""
    return token(text).replace("%", "=")


class Streams:
    """`api(word, ask)` calls JetStream; every method may raise what that raises."""

    def __init__(self, address: Address, api: Call) -> None:
        self._at, self._api = address, api
        self._here = address.domain or address.hub
        self._is_leaf = bool(address.domain) and address.domain != address.hub

    # -- names

    def publishes(self, subject: str) -> str:
        """The physical subject. Raises ValueError where only the hub may speak."""
        kind, _, rest = subject.partition(".")
        if kind not in DOWN:
            return f"{self._at.prefix}.{self._here}.up.{token(subject)}"
        if self._is_leaf:
            raise ValueError(f"{subject} is published at the hub, not at a leaf")
        return f"{self._at.prefix}.{self._here}.{kind}.{token(rest)}"

    def publishes_latest(self, subject: str, key: str) -> str:
        return f"{self._at.prefix}.{self._here}.latest.{token(subject)}.{token(key)}"

    def dead_subject(self, subject: str, durable: str, message_id: str) -> str:
        return f"{self._at.prefix}.{self._here}.dead.{token(subject)}.{token(durable)}.{token(message_id)}"

    def dedup_id(self, physical: str, message_id: str) -> str:
        return f"{physical}:{token(message_id)}"

    def message_id(self, dedup_id: str) -> str:
        return untoken(dedup_id.rpartition(":")[2])

    def consumer_name(self, subject: str, durable: str) -> str:
        return f"{name_of(durable)}__{name_of(subject)}"

    def _name(self, kind: str, *, of: str = "") -> str:
        parts = [self._at.prefix, kind, name_of(of) if of else "", self._at.domain if self._is_leaf else ""]
        return "_".join(part for part in parts if part)

    # -- streams

    async def ensure(self) -> None:
        """This server's own streams."""
        here, prefix = self._here, self._at.prefix
        own = {"UP": f"{prefix}.{here}.up.>", "DEAD": f"{prefix}.{here}.dead.>"}
        if not self._is_leaf:
            own |= {"ALERT": f"{prefix}.{here}.alert.>", "HOME": f"{prefix}.{here}.home.>"}
            own |= {"LATEST": f"{prefix}.{here}.latest.>"}
        for kind, subjects in own.items():
            await self._ensure_stream(self._config(kind, self._name(kind), subjects=[subjects]))

    async def read_from(self, subject: str) -> tuple[str, str]:
        """(stream, filter) of a durable subject as seen from here; a leaf's copy of the hub's is made if missing."""
        kind, _, rest = subject.partition(".")
        if kind not in DOWN:
            await self._ensure_own("UP", "up")
            return self._name("UP"), f"{self._at.prefix}.*.up.{token(subject)}"
        pattern = f"{self._at.prefix}.{self._at.hub}.{kind}.{token(rest)}"
        if not self._is_leaf:
            await self._ensure_own(kind.upper(), kind)
            return self._name(kind.upper()), pattern
        return await self._copy(kind.upper(), rest, pattern), pattern

    async def read_latest_from(self, subject: str) -> tuple[str, str]:
        pattern = f"{self._at.prefix}.{self._at.hub}.latest.{token(subject)}.*"
        if not self._is_leaf:
            await self._ensure_own("LATEST", "latest")
            return self._name("LATEST"), pattern
        return await self._copy("LATEST", subject, pattern), pattern

    async def _ensure_own(self, kind: str, word: str) -> None:
        subjects = [f"{self._at.prefix}.{self._here}.{word}.>"]
        await self._ensure_stream(self._config(kind, self._name(kind), subjects=subjects))

    async def _copy(self, kind: str, of: str, pattern: str) -> str:
        name = self._name(kind, of=of)
        source = {
            "name": f"{self._at.prefix}_{kind}",
            "filter_subject": pattern,
            "external": {"api": f"$JS.{self._at.hub}.API", "deliver": ""},
        }
        await self._ensure_stream(self._config(kind, name, sources=[source]))
        return name

    def _config(self, kind: str, name: str, **where: Any) -> dict[str, Any]:
        is_latest = kind == "LATEST"
        return {
            "name": name,
            "storage": "memory" if is_latest else "file",
            "retention": "limits",
            "discard": "old",
            "max_msgs_per_subject": 1 if is_latest else -1,
            "max_age": AGES_S[kind] * _NS,
            "max_bytes": -1,
            "max_msgs": -1,
            "max_msg_size": -1,
            "max_consumers": -1,
            "num_replicas": 1 if self._is_leaf else self._at.replicas,
            "duplicate_window": (60 if is_latest else DEDUP_S) * _NS,
            **where,
        }

    async def _ensure_stream(self, config: dict[str, Any]) -> None:
        try:
            await self._api(f"STREAM.INFO.{config['name']}")
            return
        except ApiError as error:
            if error.code not in _NOT_FOUND:
                raise
        try:
            await self._api(f"STREAM.CREATE.{config['name']}", config)
        except ApiError as error:  # another process was faster
            if error.code not in _EXISTS:
                raise

    async def link_leaf(self, domain: str) -> bool:
        """At the hub: let UP gather the leaf's; True when that is new."""
        name = self._name("UP")
        await self._ensure_own("UP", "up")
        config = (await self._api(f"STREAM.INFO.{name}"))["config"]
        sources = config.get("sources") or []
        source = {"name": f"{name}_{domain}", "external": {"api": f"$JS.{domain}.API", "deliver": ""}}
        if any(one["name"] == source["name"] for one in sources):
            return False
        config["sources"] = [*sources, source]
        await self._api(f"STREAM.UPDATE.{name}", config)
        return True

    async def lags(self) -> list[dict[str, Any]]:
        """How far behind each copy is; `silent_s` None: nothing was ever heard of its origin."""
        found, offset = [], 0
        while True:
            page = await self._api("STREAM.LIST", {"offset": offset})
            streams = page.get("streams") or []
            for stream in streams:
                name = stream["config"]["name"]
                if name.startswith(f"{self._at.prefix}_"):
                    found += [_lag(name, source) for source in stream.get("sources") or []]
            offset += len(streams)
            if not streams or offset >= page.get("total", 0):
                return found

    async def mend(self) -> list[str]:
        """Begin again with each copy that hears nothing although the line to its origin stands; names of the copied
        streams. The server itself waits 30 s after a request that went nowhere, e.g. while both sides restart."""
        mended = []
        for one in await self.lags():
            if one["silent_s"] is not None and one["silent_s"] < SILENT_S:
                continue
            api = str(one["api"])
            try:
                await self._api("INFO", prefix=api, timeout_s=0.5)
            except Exception:  # the line is cut: nothing to mend
                continue
            await self._begin_again(one["stream"], one["source"])
            mended.append(one["source"])
        return mended

    async def _begin_again(self, stream: str, source: str) -> None:
        config = (await self._api(f"STREAM.INFO.{stream}"))["config"]
        sources = config.get("sources") or []
        rest = [one for one in sources if one["name"] != source]
        without = {name: value for name, value in config.items() if name != "sources"}
        await self._api(f"STREAM.UPDATE.{stream}", without | ({"sources": rest} if rest else {}))
        await self._api(f"STREAM.UPDATE.{stream}", without | {"sources": sources})

    async def erase_latest(self, subject: str, key: str) -> int:
        stream, pattern = await self.read_latest_from(subject)
        said = await self._api(f"STREAM.PURGE.{stream}", {"filter": pattern[:-1] + token(key)})
        return int(said.get("purged", 0))

    # -- consumers

    async def ensure_consumer(self, stream: str, name: str, pattern: str, *, ack_wait_s: float) -> None:
        try:
            await self._api(f"CONSUMER.INFO.{stream}.{name}")
            return
        except ApiError as error:
            if error.code not in _NOT_FOUND:
                raise
        config = {
            "durable_name": name,
            "deliver_policy": "all",
            "ack_policy": "explicit",
            "ack_wait": int(ack_wait_s * _NS),
            "max_deliver": -1,
            "filter_subject": pattern,
            "replay_policy": "instant",
            "max_ack_pending": 10_000,
            "max_waiting": 128,
        }
        try:
            await self._api(f"CONSUMER.DURABLE.CREATE.{stream}.{name}", {"stream_name": stream, "config": config})
        except ApiError as error:
            if error.code not in _EXISTS:
                raise

    async def new_ephemeral(self, stream: str, pattern: str, *, since: datetime | None) -> str:
        """A consumer that the server forgets a minute after its last request; from `since` (None: from now) on."""
        name = f"latest_{secrets.token_hex(8)}"
        begin: dict[str, Any] = {"deliver_policy": "new"}
        if since is not None:
            begin = {"deliver_policy": "by_start_time", "opt_start_time": since.astimezone(UTC).isoformat()}
        config = {
            "name": name,
            "ack_policy": "none",
            "filter_subject": pattern,
            "replay_policy": "instant",
            "inactive_threshold": 60 * _NS,
            "mem_storage": True,
            "num_replicas": 1,
            **begin,
        }
        await self._api(f"CONSUMER.CREATE.{stream}.{name}", {"stream_name": stream, "config": config})
        return name


def _lag(stream: str, source: dict[str, Any]) -> dict[str, Any]:
    active = source.get("active", -1)
    return {
        "stream": stream,
        "source": source["name"],
        "lag": source.get("lag", 0),
        "silent_s": None if active < 0 else round(active / _NS, 3),
        "api": (source.get("external") or {}).get("api", API),
    }

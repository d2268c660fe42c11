"""Settings of an installation, from the environment (docs/interfaces.md section 1)."""

from __future__ import annotations

from datetime import date
from ipaddress import ip_network
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Names are those of the environment, in lower case; durations end in `_s` and are seconds."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True, hide_input_in_errors=True)

    database_url: str
    bus_url: str = ""
    data_key: str
    node_key: str = ""
    """Private keys of this node of the bus, base64, comma-separated, the first signs; absent = from DATA_KEY."""
    node_trust: str = ""
    """The router's public node keys, base64, comma-separated; absent = those it names under INSTALLATION_KEY."""
    bus_unsigned_until: date | None = None
    """During an upgrade: unsigned messages of the bus are believed up to and including this day."""
    router_url: str = "http://127.0.0.1:8100"
    host: str = "127.0.0.1"
    port: int = 8200
    trusted_proxies: str = ""
    """Addresses whose X-Forwarded-For is believed. Nobody's by default: the seat's address opens what is shown."""
    boundary_snapshot: Path | None = None

    installation: str = "serving-1"
    installation_key: str = ""
    serves: str = ""
    desk: str = "main"
    home_center: str = ""
    public_url: str = ""

    video_gateway: Literal["embedded", "mediamtx", "console"] = "embedded"
    video_url: str = "http://127.0.0.1:8300"
    video_public_url: str = "ws://127.0.0.1:8300"
    video_key: str = ""
    video_whep_addresses: str = ""
    """Of this machine, comma-separated: where WebRTC viewers reach it; absent = all it has, the cameras' side too."""
    mediamtx_api_url: str = "http://127.0.0.1:9997"
    mediamtx_rtsp_url: str = "rtsp://127.0.0.1:8554"
    """Of the MediaMTX beside the video process, on the loopback."""
    mediamtx_public_url: str = Field(default="", validate_default=True)
    """Where browsers reach its WebRTC listener, `https://…`."""
    video_relays: str = ""
    """`address=public key, …`: relays of other zones, whose word about a viewer's address is believed."""
    request_relays: str = ""
    """The same for relays of requests, whose word counts at the doors of agencies' lines alone."""
    video_relay_url: str = ""
    video_relay_networks: str = ""
    """Viewers at these networks (CIDR, comma-separated) are sent to the relay at this address (`wss://…`)."""
    video_patrol_per_minute: float = Field(default=10.0, ge=0, le=120)
    """Cameras that nobody watches, opened to see whether they work; 0 = none."""
    analyser: str = "none"
    """`none`, `console`, or `package.module:factory`: what looks at pictures where a center has switched that on."""
    video_dir: Path | None = None
    """Where recordings lie; absent = `video/<installation>` in the state folder. Video process and worker share it."""
    upload_dir: Path | None = None
    """Where files that an administrator uploads wait for their import; absent = in the state folder."""
    video_record: Literal["sub", "main", "off"] = "sub"
    """Which stream is recorded; `off`: nothing is (the city's own recorder does it)."""
    video_buffer_minutes: float = Field(default=10.0, ge=1)
    """What no incident keeps goes after so long; at least two minutes more than VIDEO_BEFORE_MINUTES."""
    video_before_minutes: float = Field(default=5.0, ge=0, le=60)
    video_after_minutes: float = Field(default=5.0, ge=0, le=120)
    """An incident keeps its cameras' recordings from so long before the alert to so long after the close."""
    video_disk_most_percent: float = Field(default=85.0, ge=10, le=98)

    push: Literal["console", "firebase"] = "console"
    firebase_credentials: Path | None = None
    fcm_url: str = ""

    web_push: Literal["on", "off", "console"] = "on"
    """Push to guardians' browsers by VAPID. `console`: printed; `off`: their pages do not offer it."""
    web_push_contact: str = ""
    """Whom a browser vendor's push service writes to, `mailto:…` or `https://…`; absent = PUBLIC_URL."""
    web_push_networks: str = ""
    """Private networks (CIDR, comma-separated) where a push service may be; absent = public addresses with https."""
    follow_precision: Literal["exact", "acknowledged", "coarse"] = "acknowledged"
    """How exactly guardians see where she is, unless she chose herself: always, from the center's word on, never."""

    sms: Literal["console", "http"] = "console"
    sms_url: str = ""
    sms_key: str = ""
    sos_text_number: str = Field(default="112", pattern=r"^[0-9+*#]{2,20}$")
    """Where text messages of phones and of the web SOS page go when nothing else gets through: the router's SMS
    gateway, or 112 (then the phone app offers the call instead)."""
    voice_call: Literal["off", "console", "http"] = "off"
    """Calls that read a sentence to a guardian whom neither push nor text has reached."""
    voice_call_url: str = ""
    voice_call_key: str = ""
    notice_text_after_s: float = Field(default=20.0, ge=0, le=600)
    notice_sos_text_after_s: float = Field(default=0.0, ge=0, le=600)
    notice_call_after_s: float = Field(default=60.0, ge=10, le=600)
    """So long after the telling a guardian who was not reached is sent a text message, and is called."""
    prove_numbers: Literal["", "on", "off"] = ""
    """Whether sign-up needs the code of a text message; absent: unless SMS is console."""

    second_factor: Literal["off", "admins", "all"] = "admins"
    """Who must have one. `admins`: the roles that manage accounts or export the log."""
    password_max_days: int = Field(default=0, ge=0)
    """0: a password lives until somebody has a reason to change it."""
    password_history: int = Field(default=3, ge=0)
    """So many of one's last passwords may not come back."""
    sessions_max: int = Field(default=5, ge=0)
    """Of one account at once; the one left alone longest ends. 0: no limit."""
    idle_timeout_s: float = Field(default=1800.0, ge=0)
    """For roles that do not wait at a desk. 0: never."""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_login_claim: str = "preferred_username"
    oidc_role_claim: str = ""
    """A claim that names exactly one of our roles; absent: the role stays as the administrator set it."""

    drain_s: float = Field(default=0.0, ge=0)
    """Between SIGTERM and the end: not ready for the proxy, and serving on."""

    backup_dir: Path | None = None
    """Where `ansim backup` puts its files; `ansim doctor` sees that a fresh one is there."""
    backup_keep_days: int = Field(default=30, ge=1)

    camera_networks: str = ""
    """Networks (CIDR, comma-separated) that camera devices may be in; absent = the private ones."""
    camera_redirects: str = ""
    """Networks (CIDR, comma-separated) into which a camera or VMS of the city may lead by an RTSP redirect."""
    camera_basic: bool = False
    """Whether a device's replay may have its password in clear (Basic)."""

    line_networks: str = ""
    """Private networks (CIDR, comma-separated) that agencies' lines may lead into; others must be public and https."""
    line_ca_file: Path | None = None
    """Who signs the certificates of lines within those networks (a relay's, an agency's), beside the public ones."""
    line_per_minute: int = Field(default=3000, ge=1)
    """Calls of one agency from one address; who calls faster waits, in each process."""

    pre_grace_s: float = Field(default=2.0, ge=0)
    escalate_leader_s: float = Field(default=15.0, gt=0)
    escalate_112_s: float = Field(default=60.0, gt=0)
    plate_quiet_s: float = Field(default=1800.0, ge=0)
    plate_recogniser: Literal["none", "tesseract"] = "none"
    """What `ansim plates recognise` reads stills with; nothing else ever starts it."""

    target_contact_s: float = Field(default=30.0, gt=0)
    target_view_s: float = Field(default=30.0, gt=0)
    target_classify_s: float = Field(default=120.0, gt=0)
    """Verify first: target times after the acknowledgment."""
    remind_idle_s: float = Field(default=180.0, gt=0)
    handover_wait_s: float = Field(default=60.0, gt=0)
    take_over_silent_s: float = Field(default=300.0, gt=0)
    """So long without a line of the owner's, a colleague may take an incident over."""

    walk_patience: str = ""
    """How long something may last before a walk asks, JSON of seconds; absent = ours (docs/walks.md section 7)."""

    video_request_leader_s: float = Field(default=120.0, gt=0)
    video_request_expires_s: float = Field(default=900.0, gt=0)
    """An agency's request for pictures that nobody answers: the shift leader is called, and it expires."""

    voice: Literal["callback", "console", "ari"] = "callback"
    ari_url: str = "http://127.0.0.1:8088"
    ari_user: str = ""
    ari_password: str = ""
    ari_endpoint: str = "PJSIP/{number}@trunk"
    """How Asterisk reaches a person's number, and (next) an operator's telephone."""
    ari_operator_endpoint: str = "PJSIP/{login}"
    voice_recording_purpose: str = ""
    """Why calls may be recorded; absent: no call ever is."""

    basemap: Literal["none", "xyz", "wmts", "pmtiles"] = "none"
    """Street tiles under the map: docs/operations/maps.md."""
    basemap_url: str = ""
    basemap_dark_url: str = ""
    """Address template with `{z} {x} {y} {key}`, or the path of a PMTiles file."""
    basemap_key: str = ""
    basemap_attribution: str = ""
    basemap_min_zoom: int = 0
    basemap_max_zoom: int = 19
    basemap_public: bool = False
    """Whether the public pages (a guardian's, SOS, a responder's) may have street tiles too: the licence says."""
    basemap_cache_dir: Path | None = None
    basemap_cache_mb: int = Field(default=256, ge=1)
    geocoder: Literal["none", "console", "http"] = "none"
    """Road names and lot numbers beside the administrative names, which need nobody."""
    geocoder_url: str = ""
    geocoder_key: str = ""

    traffic: Literal["none", "console", "http"] = "none"
    """How the roads run, travel times and green lights: docs/operations/traffic.md."""
    traffic_url: str = ""
    traffic_key: str = ""

    routing_url: str = ""
    """The city's own OSRM, `http(s)://…`: ways on foot past safe facilities. Absent: nobody is asked."""
    routing_networks: str = ""
    """Public networks (CIDR, comma-separated) where that engine may be, with https; absent = private ones only."""

    checkpoint_dir: Path | None = None
    """Where the signed checkpoints of the log are written as well: a folder that is kept elsewhere."""

    @field_validator("mediamtx_public_url")
    @classmethod
    def _is_given_for_mediamtx(cls, text: str, info: ValidationInfo) -> str:
        is_web = text.startswith(("http://", "https://"))
        if (text or info.data.get("video_gateway") == "mediamtx") and not is_web:
            raise ValueError(f"{text!r}: https://주소여야 합니다 · where browsers reach MediaMTX, https://host[:port]")
        return text

    @field_validator("walk_patience")
    @classmethod
    def _is_bounded_patience(cls, text: str) -> str:
        from server.patience import patience_of

        patience_of(text)
        return text

    @field_validator("routing_url")
    @classmethod
    def _is_an_engine(cls, text: str) -> str:
        if text and not text.startswith(("http://", "https://")):
            raise ValueError(f"{text!r}: http(s)://… 이어야 합니다 · the address of the city's own OSRM, http(s)://…")
        return text

    @field_validator("web_push_contact")
    @classmethod
    def _can_be_written_to(cls, text: str) -> str:
        if text and not text.startswith(("mailto:", "https://")):
            raise ValueError(f"{text!r}: mailto:주소 또는 https://주소여야 합니다 · mailto:… or https://…")
        return text

    @field_validator("request_relays")
    @classmethod
    def _are_relays(cls, text: str) -> str:
        from server.video.relayed import relays_from

        relays_from(text, "REQUEST_RELAYS")
        return text

    @field_validator("video_relay_url")
    @classmethod
    def _is_a_socket(cls, text: str) -> str:
        if text and not text.startswith(("ws://", "wss://")):
            raise ValueError(f"{text!r}: wss://주소여야 합니다 · the relay's address for browsers, wss://host[:port]")
        return text

    @field_validator("video_relay_networks", "web_push_networks", "routing_networks", "camera_redirects")
    @classmethod
    def _are_networks(cls, text: str) -> str:
        for one in text.split(","):
            if one.strip():
                ip_network(one.strip())
        return text

    @model_validator(mode="after")
    def _has_a_whole_basemap(self) -> Self:
        from server.basemap.model import check_streets

        zooms = (self.basemap_min_zoom, self.basemap_max_zoom)
        given = (self.basemap, self.basemap_url, self.basemap_dark_url, self.basemap_key, self.basemap_attribution)
        check_streets(*given, zooms)
        if self.geocoder == "http" and not self.geocoder_url.startswith(("http://", "https://")):
            raise ValueError(f"GEOCODER_URL={self.geocoder_url!r}: http(s)://… 이어야 합니다 · the service's address")
        return self

    @model_validator(mode="after")
    def _has_a_whole_traffic_line(self) -> Self:
        if self.traffic == "http" and not self.traffic_url.startswith(("http://", "https://")):
            raise ValueError(f"TRAFFIC_URL={self.traffic_url!r}: http(s)://… 이어야 합니다 · the gateway's address")
        if self.traffic == "http" and not self.traffic_key:
            raise ValueError("TRAFFIC_KEY: 서명할 열쇠를 적어 주세요 · the key that signs the requests")
        return self

    @property
    def proves_numbers(self) -> bool:
        return self.prove_numbers == "on" or (self.prove_numbers == "" and self.sms != "console")

    @property
    def video_folder(self) -> Path:
        """Where recordings lie."""
        from location_router.runtime.postgres import state_dir

        return self.video_dir or state_dir() / "video" / self.installation

    @property
    def upload_folder(self) -> Path:
        """Where files that are to be imported wait."""
        from location_router.runtime.postgres import state_dir

        return self.upload_dir or state_dir() / "uploads" / self.installation

    @property
    def serves_all(self) -> bool:
        return self.serves.strip() == "all"

    @property
    def served_codes(self) -> list[str]:
        """Center codes this desk answers for, without those that `all` means."""
        return [] if self.serves_all else [code.strip() for code in self.serves.split(",") if code.strip()]

    def serves_code(self, center: str) -> bool:
        """Whether that center is this desk's, as far as this installation can tell by itself."""
        return self.serves_all or center in self.served_codes

    @property
    def origin(self) -> str:
        """Where browsers and the router find this server; known once PORT is."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

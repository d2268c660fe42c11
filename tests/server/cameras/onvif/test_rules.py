"""Which stream, which address, whose hand: the rules of devices, without a device."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.cameras.moving import SENTENCES, Facts, Hand, claim, refusal
from server.cameras.onvif.answers import motion_request, profile_list, replay_times
from server.cameras.onvif.port import DeviceTrouble, Motion, Profile
from server.cameras.onvif.profiles import FINDINGS, choose
from server.cameras.onvif.where import (
    BadWhere,
    device_url,
    is_inside,
    is_theirs,
    networks_of,
    service_url,
    stream_host,
    subnet_of,
    with_credentials,
)

MAIN = Profile("m", "main", "H264", 1920, 1080, 25, 50, "Main")
SUB = Profile("s", "sub", "H264", 640, 360, 10, 20, "Main")
PRIVATE = networks_of("")


# ------------------------------------------------------------ streams
def test_the_small_one_for_the_wall_and_the_large_one_for_a_look() -> None:
    huge = Profile("h", "4k", "H264", 3840, 2160, 20, 40, "High")
    tiny = Profile("t", "phone", "H264", 160, 120, 10, 20, "Baseline")
    slow = Profile("z", "slow", "H264", 640, 360, 1, 2, "Baseline")
    hevc = Profile("x", "hevc", "H265", 1920, 1080, 25, 50)
    picked = choose([hevc, huge, tiny, slow, MAIN, SUB])
    assert (picked.sub.token, picked.main.token) == ("s", "m")
    assert choose([huge, SUB]).main == huge, "rather too large than small"
    assert choose([SUB]).findings == ("b_frames_possible", "one_stream")


def test_of_two_alike_the_one_that_has_no_b_frames_for_sure() -> None:
    sure = Profile("b", "base", "H264", 640, 480, 10, 20, "Baseline")
    assert choose([SUB, sure, MAIN]).sub == sure
    sure_main = Profile("c", "base", "H264", 1920, 1080, 25, 50, "Baseline")
    assert choose([MAIN, sure, sure_main]).findings == ()


def test_what_to_set_better_is_named() -> None:
    late = Profile("l", "late", "H264", 1920, 1080, 25, 250, "Baseline")
    assert choose([late]).findings == ("long_group", "one_stream", "large_sub")
    with pytest.raises(DeviceTrouble) as caught:
        choose([Profile("x", "", "H265"), Profile("y", "", "")])
    assert (caught.value.code, caught.value.more) == ("no_h264", {"offers": "?, H265"})
    with pytest.raises(DeviceTrouble, match="no_h264"):
        choose([MAIN, SUB], sub="x")
    assert choose([MAIN, SUB], sub="m", main="s").sub == MAIN, "an administrator may know better"


_PROFILES = st.lists(
    st.builds(
        Profile,
        st.uuids().map(str),
        st.just(""),
        st.sampled_from(["H264", "H265", "JPEG", ""]),
        st.integers(0, 8000),
        st.integers(0, 8000),
        st.floats(0, 120),
        st.integers(0, 1000),
        st.sampled_from(["Baseline", "Main", "High", "Extended", ""]),
    ),
    max_size=8,
)


@given(_PROFILES, st.randoms())
def test_the_choice_is_h264_and_does_not_depend_on_the_order(profiles: list[Profile], random: object) -> None:
    shuffled = list(profiles)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    if not any(one.codec == "H264" for one in profiles):
        with pytest.raises(DeviceTrouble):
            choose(profiles)
        return
    picked = choose(profiles)
    assert picked == choose(shuffled) and {picked.sub.codec, picked.main.codec} == {"H264"}
    assert set(picked.findings) <= FINDINGS.keys()


class Odd:
    """A device's answer with whatever in it."""

    def __init__(self, **parts: object) -> None:
        self.__dict__.update(parts)


def test_answers_with_half_of_it_missing_are_read() -> None:
    words = Odd(Encoding="H.264", Resolution=Odd(Width="x", Height=None), RateControl=None, H264=None)
    told = [Odd(token="1", VideoEncoderConfiguration=words), Odd(token=None), Odd(token=2)]
    assert [(one.token, one.codec, one.width_px) for one in profile_list(told)] == [("1", "H264", 0), ("2", "", 0)]
    assert profile_list(None) == [] and replay_times(None, None) == ("", None, None)
    operation, request = motion_request("p", Motion("continuous", pan=1, seconds=1.5))
    assert (operation, request["Timeout"]) == ("ContinuousMove", timedelta(seconds=1.5))


# ------------------------------------------------------------ addresses
@pytest.mark.parametrize("text", ["127.0.0.1", "169.254.169.254", "8.8.8.8", "0.0.0.0", "::1", "fe80::1", "metadata"])
def test_no_address_outside_the_private_networks_is_gone_to(text: str) -> None:
    assert not is_inside(text, PRIVATE)


def test_addresses_and_networks() -> None:
    assert is_inside("10.2.3.4", PRIVATE) and is_inside("::ffff:192.168.0.9", PRIVATE)
    assert is_inside("203.0.113.9", networks_of("203.0.113.0/24")) and not is_inside("10.0.0.1", networks_of("::1/128"))
    assert str(subnet_of(" 10.1.2.77/24 ", PRIVATE)) == "10.1.2.0/24"
    for text in ("10.0.0.0/21", "127.0.0.0/30", "8.8.8.0/24", "0.0.0.0/0", "fd00::/64", "x", ""):
        with pytest.raises(BadWhere):
            subnet_of(text, PRIVATE)
    assert device_url("10.1.2.3").text() == "http://10.1.2.3:80/onvif/device_service"
    assert device_url("https://cam.example:8443/x").text("10.1.1.1") == "https://10.1.1.1:8443/x"
    assert device_url("http://[fd00::1]:8000").text() == "http://[fd00::1]:8000/onvif/device_service"
    for text in ("", "ftp://h", "http://u:p@h", "http://h:99999", "http://h/?q", "http://a b/", "http://카메라/"):
        with pytest.raises(BadWhere):
            device_url(text)


@given(st.text(max_size=60))
def test_whatever_a_device_says_its_services_are_at_its_own_address(told: str) -> None:
    device = device_url("http://10.1.2.3:8000")
    for text in (told, f"http://{told}", f"http://10.1.2.3{told}", f"//{told}/x"):
        try:
            url = service_url(text, device, "10.1.2.3")
        except BadWhere:
            continue
        assert urlsplit(url).hostname == "10.1.2.3" and urlsplit(url).username is None


def test_a_service_on_another_port_of_the_device_is_believed() -> None:
    device = device_url("http://10.1.2.3:8000")
    assert service_url("http://10.1.2.3/onvif/ptz", device, "10.1.2.3") == "http://10.1.2.3:80/onvif/ptz"
    assert (
        service_url("http://192.168.0.5:80/onvif/ptz?x=1", device, "10.1.2.3") == "http://10.1.2.3:8000/onvif/ptz?x=1"
    )


def test_whose_stream_it_is() -> None:
    assert stream_host("rtsp://u:p@10.1.2.3:554/a") == "10.1.2.3"
    for text in ("http://10.1.2.3/", "rtsp:///x", "file:///etc/passwd", "rtsp://h:x/"):
        with pytest.raises(BadWhere):
            stream_host(text)
    subnet = subnet_of("10.1.2.0/24", PRIVATE)
    assert is_theirs("10.1.2.3", ("10.1.2.3",), None) and is_theirs("10.1.2.9", ("10.1.2.3",), subnet)
    assert not is_theirs("10.1.3.9", ("10.1.2.3",), subnet) and not is_theirs("cam.local", ("10.1.2.3",), subnet)


@given(st.text(min_size=1, max_size=20), st.text(max_size=20))
def test_whatever_the_password_is_it_stays_in_its_place(user: str, password: str) -> None:
    parts = urlsplit(with_credentials("rtsp://old:one@10.1.2.3:554/a?b=1", user, password))
    assert (parts.hostname, parts.port, parts.path, parts.query) == ("10.1.2.3", 554, "/a", "b=1")
    assert (unquote(parts.username or ""), unquote(parts.password or "")) == (user, password)


# ------------------------------------------------------------ hands
_FACTS = st.builds(
    Facts,
    st.sampled_from([None, "received", "acknowledged", "dispatched", "on_scene", "closed", "cancelled", "transferred"]),
    st.sampled_from(["pre", "active", "ended"]),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["owner", "runner_up", "leaving"]),
    *[st.booleans()] * 5,
)


@given(_FACTS)
def test_a_camera_is_moved_only_when_everything_is_right(facts: Facts) -> None:
    code = refusal(facts)
    assert code is None or code in SENTENCES
    is_right = (
        facts.incident_state in ("received", "acknowledged", "dispatched", "on_scene")
        and facts.phase != "pre"
        and facts.was_active
        and not facts.is_drill
        and facts.incident_role == "owner"
        and all((facts.own_desk, facts.may_move, facts.camera_known, facts.can_move, facts.is_watching))
    )
    assert (code is None) == is_right


NOW = datetime(2026, 3, 1, tzinfo=UTC)
_IDS = st.sampled_from([UUID(int=1), UUID(int=2), UUID(int=3)])


@given(st.builds(Hand, _IDS, _IDS, st.integers(-60, 60).map(lambda s: NOW + timedelta(seconds=s))), _IDS, _IDS)
def test_two_never_hold_one_camera(hand: Hand, account_id: UUID, incident_id: UUID) -> None:
    verdict = claim(hand, account_id, incident_id, now=NOW, takes=False)
    is_anothers = hand.until_at > NOW and hand.account_id != account_id
    assert (verdict == "taken") == is_anothers
    assert claim(hand, account_id, incident_id, now=NOW, takes=True) == ("taken_over" if is_anothers else verdict)
    assert claim(None, uuid4(), incident_id, now=NOW, takes=False) == "free"

"""The SOAP answers of the stand-in device (`server/demo/onvif.py`), as text. Every value is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

_NAMES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "ter": "http://www.onvif.org/ver10/error",
    "tt": "http://www.onvif.org/ver10/schema",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tptz": "http://www.onvif.org/ver20/ptz/wsdl",
    "trc": "http://www.onvif.org/ver10/recording/wsdl",
    "tse": "http://www.onvif.org/ver10/search/wsdl",
    "trp": "http://www.onvif.org/ver10/replay/wsdl",
    "tev": "http://www.onvif.org/ver10/events/wsdl",
    "tns1": "http://www.onvif.org/ver10/topics",
    "wsnt": "http://docs.oasis-open.org/wsn/b-2",
    "wsa5": "http://www.w3.org/2005/08/addressing",
}
_DECLARED = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in _NAMES.items())
_PATHS = {"tds": "device_service", "trt": "media", "tptz": "ptz", "trc": "recording", "tse": "search", "trp": "replay"}
_PATHS["tev"] = "events"
_GENERIC = "http://www.onvif.org/ver10/tptz"


@dataclass(frozen=True, slots=True)
class Encoding:
    """One profile. `codec`: `H264`, `JPEG`; `H265` is told as many devices do, without an encoder in Media ver10."""

    token: str
    name: str
    codec: str
    width: int
    height: int
    fps: int
    gov_length: int = 0
    h264_profile: str = ""


@dataclass(frozen=True, slots=True)
class Recording:
    """What the device has recorded, by its own clock."""

    token: str
    name: str
    begin_at: datetime
    end_at: datetime


def _envelope(body: str) -> str:
    return f"<s:Envelope {_DECLARED}><s:Body>{body}</s:Body></s:Envelope>"


def fault(code: str, reason: str) -> str:
    return _envelope(
        f"<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>{code}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="en">{escape(reason)}</s:Text></s:Reason></s:Fault>'
    )


def clock(at: datetime) -> str:
    return _envelope(
        "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType>"
        "<tt:DaylightSavings>false</tt:DaylightSavings><tt:TimeZone><tt:TZ>KST-9</tt:TZ></tt:TimeZone><tt:UTCDateTime>"
        f"<tt:Time><tt:Hour>{at.hour}</tt:Hour><tt:Minute>{at.minute}</tt:Minute><tt:Second>{at.second}</tt:Second>"
        f"</tt:Time><tt:Date><tt:Year>{at.year}</tt:Year><tt:Month>{at.month}</tt:Month><tt:Day>{at.day}</tt:Day>"
        "</tt:Date></tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
    )


def device(maker: str, model: str, firmware: str) -> str:
    return _envelope(
        f"<tds:GetDeviceInformationResponse><tds:Manufacturer>{escape(maker)}</tds:Manufacturer>"
        f"<tds:Model>{escape(model)}</tds:Model><tds:FirmwareVersion>{escape(firmware)}</tds:FirmwareVersion>"
        "<tds:SerialNumber>0001</tds:SerialNumber><tds:HardwareId>1</tds:HardwareId></tds:GetDeviceInformationResponse>"
    )


def services(base: str, *, is_ptz: bool, records: bool, notices: bool = False) -> str:
    offered = ["tds", "trt"] + (["tptz"] if is_ptz else []) + (["trc", "tse", "trp"] if records else [])
    offered += ["tev"] if notices else []
    lines = "".join(
        f"<tds:Service><tds:Namespace>{_NAMES[one]}</tds:Namespace><tds:XAddr>{escape(base)}/onvif/{_PATHS[one]}"
        "</tds:XAddr><tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>"
        for one in offered
    )
    return _envelope(f"<tds:GetServicesResponse>{lines}</tds:GetServicesResponse>")


def capabilities(base: str, *, is_ptz: bool) -> str:
    ptz = f"<tt:PTZ><tt:XAddr>{escape(base)}/onvif/ptz</tt:XAddr></tt:PTZ>" if is_ptz else ""
    streams = "<tt:StreamingCapabilities><tt:RTP_RTSP_TCP>true</tt:RTP_RTSP_TCP></tt:StreamingCapabilities>"
    return _envelope(
        f"<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Media><tt:XAddr>{escape(base)}/onvif/media</tt:XAddr>"
        f"{streams}</tt:Media>{ptz}</tds:Capabilities></tds:GetCapabilitiesResponse>"
    )


def profiles(encodings: Sequence[Encoding], *, is_ptz: bool) -> str:
    ptz = '<tt:PTZConfiguration token="ptz"><tt:Name>ptz</tt:Name><tt:UseCount>1</tt:UseCount>'
    ptz += "<tt:NodeToken>node</tt:NodeToken></tt:PTZConfiguration>"
    lines = "".join(
        f'<trt:Profiles token={quoteattr(one.token)} fixed="true"><tt:Name>{escape(one.name)}</tt:Name>'
        f"{_encoder(one)}{ptz if is_ptz else ''}</trt:Profiles>"
        for one in encodings
    )
    return _envelope(f"<trt:GetProfilesResponse>{lines}</trt:GetProfilesResponse>")


def _encoder(one: Encoding) -> str:
    if one.codec == "H265":
        return ""
    h264 = f"<tt:H264><tt:GovLength>{one.gov_length}</tt:GovLength><tt:H264Profile>{one.h264_profile}</tt:H264Profile>"
    h264 = f"{h264}</tt:H264>" if one.codec == "H264" else ""
    return (
        f'<tt:VideoEncoderConfiguration token="e-{one.token}"><tt:Name>e</tt:Name><tt:UseCount>1</tt:UseCount>'
        f"<tt:Encoding>{one.codec}</tt:Encoding><tt:Resolution><tt:Width>{one.width}</tt:Width>"
        f"<tt:Height>{one.height}</tt:Height></tt:Resolution><tt:Quality>4</tt:Quality><tt:RateControl>"
        f"<tt:FrameRateLimit>{one.fps}</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval>"
        f"<tt:BitrateLimit>2048</tt:BitrateLimit></tt:RateControl>{h264}<tt:SessionTimeout>PT60S</tt:SessionTimeout>"
        "</tt:VideoEncoderConfiguration>"
    )


def media_uri(operation: str, uri: str) -> str:
    return _envelope(
        f"<trt:{operation}Response><trt:MediaUri><tt:Uri>{escape(uri)}</tt:Uri>"
        "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot>"
        f"<tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:{operation}Response>"
    )


def _range(name: str, least: float, most: float) -> str:
    return f"<tt:{name}><tt:Min>{least}</tt:Min><tt:Max>{most}</tt:Max></tt:{name}>"


def nodes(*, has_home: bool) -> str:
    """One node: the generic velocity space, and one in degrees per second, up to 120."""
    spaces = "".join(
        f"<tt:ContinuousPanTiltVelocitySpace><tt:URI>{_GENERIC}/PanTiltSpaces/{name}</tt:URI>"
        f"{_range('XRange', -most, most)}{_range('YRange', -most, most)}</tt:ContinuousPanTiltVelocitySpace>"
        for name, most in (("VelocityGenericSpace", 1.0), ("VelocitySpaceDegrees", 120.0))
    )
    return _envelope(
        '<tptz:GetNodesResponse><tptz:PTZNode token="node"><tt:Name>node</tt:Name>'
        f"<tt:SupportedPTZSpaces>{spaces}</tt:SupportedPTZSpaces><tt:MaximumNumberOfPresets>64"
        f"</tt:MaximumNumberOfPresets><tt:HomeSupported>{str(has_home).lower()}</tt:HomeSupported>"
        "</tptz:PTZNode></tptz:GetNodesResponse>"
    )


def preset_list(presets: dict[str, str]) -> str:
    lines = "".join(
        f"<tptz:Preset token={quoteattr(token)}><tt:Name>{escape(name)}</tt:Name></tptz:Preset>"
        for token, name in presets.items()
    )
    return _envelope(f"<tptz:GetPresetsResponse>{lines}</tptz:GetPresetsResponse>")


def status(pan: float, tilt: float, zoom: float, *, moving: bool, at: datetime) -> str:
    word = "MOVING" if moving else "IDLE"
    return _envelope(
        f'<tptz:GetStatusResponse><tptz:PTZStatus><tt:Position><tt:PanTilt x="{pan:.4f}" y="{tilt:.4f}"/>'
        f'<tt:Zoom x="{zoom:.4f}"/></tt:Position><tt:MoveStatus><tt:PanTilt>{word}</tt:PanTilt>'
        f"<tt:Zoom>{word}</tt:Zoom></tt:MoveStatus><tt:UtcTime>{at:%Y-%m-%dT%H:%M:%SZ}</tt:UtcTime></tptz:PTZStatus></tptz:GetStatusResponse>"
    )


def done(operation: str) -> str:
    return _envelope(f"<tptz:{operation}Response/>")


def recording_list(recordings: Sequence[Recording]) -> str:
    lines = "".join(
        f"<trc:RecordingItem><tt:RecordingToken>{escape(one.token)}</tt:RecordingToken><tt:Configuration><tt:Source>"
        f"<tt:SourceId>s</tt:SourceId><tt:Name>{escape(one.name)}</tt:Name><tt:Location/><tt:Description/><tt:Address/>"
        "</tt:Source><tt:Content/><tt:MaximumRetentionTime>PT0S</tt:MaximumRetentionTime></tt:Configuration>"
        "<tt:Tracks/></trc:RecordingItem>"
        for one in recordings
    )
    return _envelope(f"<trc:GetRecordingsResponse>{lines}</trc:GetRecordingsResponse>")


def recording_about(one: Recording) -> str:
    return _envelope(
        f"<tse:GetRecordingInformationResponse><tse:RecordingInformation><tt:RecordingToken>{escape(one.token)}"
        f"</tt:RecordingToken><tt:Source><tt:SourceId>s</tt:SourceId><tt:Name>{escape(one.name)}</tt:Name><tt:Location/>"
        f"<tt:Description/><tt:Address/></tt:Source><tt:EarliestRecording>{one.begin_at:%Y-%m-%dT%H:%M:%SZ}"
        f"</tt:EarliestRecording><tt:LatestRecording>{one.end_at:%Y-%m-%dT%H:%M:%SZ}</tt:LatestRecording><tt:Content/>"
        "<tt:RecordingStatus>Recording</tt:RecordingStatus></tse:RecordingInformation>"
        "</tse:GetRecordingInformationResponse>"
    )


def replay_uri(uri: str) -> str:
    return _envelope(f"<trp:GetReplayUriResponse><trp:Uri>{escape(uri)}</trp:Uri></trp:GetReplayUriResponse>")


def _times(at: datetime) -> str:
    text = at.isoformat()
    return f"<wsnt:CurrentTime>{text}</wsnt:CurrentTime><wsnt:TerminationTime>{text}</wsnt:TerminationTime>"


def subscribed(base: str, number: int, at: datetime) -> str:
    return _envelope(
        "<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference>"
        f"<wsa5:Address>{escape(base)}/onvif/pull/{number}</wsa5:Address></tev:SubscriptionReference>{_times(at)}"
        "</tev:CreatePullPointSubscriptionResponse>"
    )


def pulled(notices: Sequence[str], at: datetime) -> str:
    """`notices` are elements, as they are."""
    times = _times(at).replace("wsnt:", "tev:")
    return _envelope(f"<tev:PullMessagesResponse>{times}{''.join(notices)}</tev:PullMessagesResponse>")

"""What an ONVIF device with a plate recogniser says, in the documented shapes."""

from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

_NAMES = (
    'xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tt="http://www.onvif.org/ver10/schema"'
    ' xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2" xmlns:tev="http://www.onvif.org/ver10/events/wsdl"'
    ' xmlns:tns1="http://www.onvif.org/ver10/topics"'
)
PLATE = "tns1:RuleEngine/Recognition/LicensePlate"


def notice(
    plate: str, at: datetime, sure: object = None, *, topic: str = PLATE, operation: str = "", **items: str
) -> str:
    likelihood = "" if sure is None else f" Likelihood={quoteattr(str(sure))}"
    number = f"<tt:PlateNumber{likelihood}>{escape(plate)}</tt:PlateNumber>"
    info = (
        f'<tt:ElementItem Name="LicensePlateInfo"><tt:LicensePlateInfo>{number}</tt:LicensePlateInfo></tt:ElementItem>'
    )
    simple = "".join(
        f"<tt:SimpleItem Name={quoteattr(name)} Value={quoteattr(value)}/>" for name, value in items.items()
    )
    changed = f" PropertyOperation={quoteattr(operation)}" if operation else ""
    return (
        '<wsnt:NotificationMessage><wsnt:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">'
        f"{topic}</wsnt:Topic><wsnt:Message><tt:Message UtcTime={quoteattr(at.isoformat())}{changed}><tt:Source>"
        '<tt:SimpleItem Name="VideoSource" Value="VideoSource_1"/><tt:SimpleItem Name="Rule" Value="LPR"/></tt:Source>'
        f"<tt:Data>{simple}{info if plate else ''}</tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>"
    )


def pulled(*notices: str, at: datetime) -> bytes:
    """The answer to PullMessages."""
    now = at.isoformat()
    return (
        f"<s:Envelope {_NAMES}><s:Body><tev:PullMessagesResponse><tev:CurrentTime>{now}</tev:CurrentTime>"
        f"<tev:TerminationTime>{now}</tev:TerminationTime>{''.join(notices)}</tev:PullMessagesResponse></s:Body>"
        "</s:Envelope>"
    ).encode()


def frames(*plates: tuple[str, float], at: datetime) -> bytes:
    """A piece of the metadata stream."""
    objects = "".join(
        f'<tt:Object ObjectId="{number}"><tt:Appearance><tt:LicensePlateInfo>'
        f'<tt:PlateNumber Likelihood="{sure}">{escape(plate)}</tt:PlateNumber></tt:LicensePlateInfo></tt:Appearance>'
        "</tt:Object>"
        for number, (plate, sure) in enumerate(plates)
    )
    frame = f"<tt:Frame UtcTime={quoteattr(at.isoformat())}>{objects}</tt:Frame>"
    stream = f"<tt:MetadataStream {_NAMES}><tt:VideoAnalytics>{frame}</tt:VideoAnalytics></tt:MetadataStream>"
    return stream.encode()

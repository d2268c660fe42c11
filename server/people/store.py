"""People who signed up here, their devices, their guardians, and the follow links of a running alert: tables.

Every name, number and push address is ciphertext (`runtime.seal`); equality is found by keyed digest only.
`center_id` is the home center.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from server.db import metadata

IS_NAMED = "g.ended_at IS NULL AND (g.guest_until IS NULL OR g.guest_until > :now)"
IS_HEARD = "(g.paused_at IS NULL OR g.paused_until <= :now)"
IS_GUARDIAN = f"g.accepted_at IS NOT NULL AND {IS_NAMED} AND {IS_HEARD}"
"""Who is told and shown things at this moment, of `guardian g`; `:now`."""
GUARDIAN_ENDED = """coalesce(g.ended_at, CASE WHEN g.guest_until <= :now THEN g.guest_until END,
 CASE WHEN g.paused_at IS NOT NULL AND (g.paused_until IS NULL OR g.paused_until > :now) THEN g.paused_at END)"""
"""Since when this one is told and shown nothing, ended, paused or a guest whose time is over; else null."""
FOR_HER = "EXISTS (SELECT 1 FROM second_hand_alert s WHERE s.alert_id = a.alert_id AND s.person_id = a.person_id)"
"""Whether a guardian raised `followed_alert a` on her behalf: the others are told so, and not that she pressed."""

person = Table(
    "person",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("nickname_sealed", LargeBinary, nullable=False),
    Column("phone_sealed", LargeBinary, nullable=False),
    Column("phone_digest", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("phone_proved_at", DateTime(timezone=True)),  # she read the code in a text message to that number
    Column("born_year", Integer),
    Column("represented_by", Uuid),  # a minor: the guardian who agreed for her
    # What the ledger says, for the paths that share: nobody is shown anything of her before this moment.
    Column("sharing_stopped_until", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),  # she left, and a legal hold keeps an alert of hers
    # How exactly guardians are shown where she is (model.PRECISIONS); empty: as the installation says.
    Column("follow_precision", Text, nullable=False, server_default=""),
)
# Not unique: whoever signs up without a code has not shown that the number is hers.
Index("ix_person_phone", person.c.center_id, person.c.phone_digest)
Index(
    "ix_person_proved",
    person.c.center_id,
    person.c.phone_digest,
    unique=True,
    postgresql_where=text("phone_proved_at IS NOT NULL"),
)

device = Table(
    "device",
    metadata,
    Column("device_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("person_id", Uuid, ForeignKey("person.person_id", ondelete="CASCADE"), nullable=False),
    Column("enrolled_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("revoked_at", DateTime(timezone=True)),
    Column("kind", Text, nullable=False, server_default="phone"),  # phone | browser | button | wearable | home
    Column("name_sealed", LargeBinary),
    Column("consented_at", DateTime(timezone=True)),
    Column("trouble", Text, nullable=False, server_default=""),  # what the router reported: low_battery | silent
    Column("battery_percent", Integer),
    Column("reported_at", DateTime(timezone=True)),
    Column("renewals", ARRAY(DateTime(timezone=True)), nullable=False, server_default="{}"),  # whole seconds
    Column("push_token_sealed", LargeBinary),  # of her own app: where she is asked whether all is well
)
Index("ix_device_person_id", device.c.person_id)

# A device of kind `browser`: what its cookie is known by. The cookie opens her own page and gets short tokens.
browser = Table(
    "browser",
    metadata,
    Column("device_id", Uuid, ForeignKey("device.device_id", ondelete="CASCADE"), primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("cookie_digest", LargeBinary, nullable=False, unique=True),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True), nullable=False),
    Column("proved_at", DateTime(timezone=True), nullable=False),  # when she last read a code in this browser
)

guardian = Table(
    "guardian",
    metadata,
    Column("guardian_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("person_id", Uuid, ForeignKey("person.person_id", ondelete="CASCADE"), nullable=False),
    Column("name_sealed", LargeBinary, nullable=False),
    Column("phone_sealed", LargeBinary, nullable=False),
    Column("push_token_sealed", LargeBinary),
    Column("invitation_digest", LargeBinary, nullable=False, unique=True),
    Column("designated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("designated_by", Text, nullable=False),  # how the person named the guardian: app | page (legal weight)
    Column("accepted_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    # The person tells this one nothing for a while (`paused_until` null: until she says otherwise); silently.
    Column("paused_at", DateTime(timezone=True)),
    Column("paused_until", DateTime(timezone=True)),
    # The guardian's own: minutes of the day in Seoul, pierced by an SOS only.
    Column("quiet_from_min", Integer),
    Column("quiet_to_min", Integer),
    Column("guest_until", DateTime(timezone=True)),  # for one evening, without an app
    Column("shares_on_silence", Boolean, nullable=False, server_default=text("false")),
)
Index("ix_guardian_person_id", guardian.c.person_id)

# What the home center knows of a running alert of one of its people: fed by the router's statuses.
followed_alert = Table(
    "followed_alert",
    metadata,
    Column("alert_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("person_id", Uuid, ForeignKey("person.person_id", ondelete="CASCADE"), nullable=False),
    Column("state", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("serving", JSONB, nullable=False),
    Column("history", JSONB, nullable=False, server_default="[]"),
    Column("position_sealed", LargeBinary),
    Column("position_at", DateTime(timezone=True)),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("outcome", Text, nullable=False, server_default=""),  # safe | unclear | cancelled, once it has ended
)

follow = Table(
    "follow",
    metadata,
    Column("follow_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("alert_id", Uuid, ForeignKey("followed_alert.alert_id", ondelete="CASCADE"), nullable=False),
    Column("guardian_id", Uuid, ForeignKey("guardian.guardian_id", ondelete="CASCADE"), nullable=False),
    Column("link_digest", LargeBinary, nullable=False, unique=True),
    Column("link_sealed", LargeBinary, nullable=False),
    Column("bound_digest", LargeBinary),  # the cookie of the browser that answered first
    Column("bound_at", DateTime(timezone=True)),
    Column("wrong_answers", Integer, nullable=False, server_default="0"),
    Column("push_state", Text, nullable=False, server_default="waiting"),  # waiting | sent | failed | no_token
    Column("push_message_id", Text),
    Column("pushed_at", DateTime(timezone=True)),
    Column("opened_at", DateTime(timezone=True)),
    Column("seen_at", DateTime(timezone=True)),  # the page was last looked at, to 15 s
    Column("texted_at", DateTime(timezone=True)),  # the link was sent by text message as well
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    UniqueConstraint("alert_id", "guardian_id"),
)

# A browser of a guardian that has agreed to be pushed to: where (a vendor's address) and the keys that seal for it.
web_push = Table(
    "web_push",
    metadata,
    Column("subscription_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("guardian_id", Uuid, ForeignKey("guardian.guardian_id", ondelete="CASCADE"), nullable=False),
    Column("endpoint_digest", LargeBinary, nullable=False),
    Column("subscription_sealed", LargeBinary, nullable=False),
    Column("language", Text, nullable=False, server_default="ko"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("guardian_id", "endpoint_digest"),
)

# One push to one browser about one event of an alert: what a job sends once.
web_push_note = Table(
    "web_push_note",
    metadata,
    Column("note_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("subscription_id", Uuid, ForeignKey("web_push.subscription_id", ondelete="CASCADE"), nullable=False),
    Column("follow_id", Uuid, ForeignKey("follow.follow_id", ondelete="CASCADE"), nullable=False),
    Column("event", Text, nullable=False),  # raised | acknowledged | dispatched | ended
    Column("state", Text, nullable=False, server_default="waiting"),  # waiting | sent | failed
    Column("created_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("subscription_id", "follow_id", "event"),
)

home_inbox = Table(
    "home_inbox",
    metadata,
    Column("status_id", Uuid, primary_key=True),
    Column("alert_id", Uuid, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

# The installation's own key (Ed25519) that signs device tokens; made once, the private half sealed.
signing_key = Table(
    "signing_key",
    metadata,
    Column("purpose", Text, primary_key=True),  # device | web_push
    Column("private_sealed", LargeBinary, nullable=False),
    Column("public_pem", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

# A code that was sent to a number, to be read out by who holds the phone.
phone_proof = Table(
    "phone_proof",
    metadata,
    Column("proof_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("phone_digest", LargeBinary, nullable=False),
    Column("address_digest", LargeBinary, nullable=False),
    Column("code_digest", LargeBinary, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("wrong_answers", Integer, nullable=False, server_default="0"),
    Column("used_at", DateTime(timezone=True)),
)
Index("ix_phone_proof_phone", phone_proof.c.phone_digest, phone_proof.c.asked_at)
Index("ix_phone_proof_address", phone_proof.c.address_digest, phone_proof.c.asked_at)

# A text message that waits for the gateway; gone as soon as it has it.
text_message = Table(
    "text_message",
    metadata,
    Column("message_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("phone_digest", LargeBinary, nullable=False),
    Column("to_sealed", LargeBinary, nullable=False),
    Column("text_sealed", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("notice_id", Uuid, ForeignKey("notice.notice_id", ondelete="CASCADE")),
)
Index("ix_text_message_notice_id", text_message.c.notice_id)

# Append-only (a trigger refuses UPDATE). No foreign key: what she agreed to is proved after she has left, by ids only.
consent_line = Table(
    "consent_line",
    metadata,
    Column("line_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("guardian_id", Uuid),  # the guardian's own consent, else the person's
    Column("number", BigInteger, Identity(always=True), nullable=False),
    Column("kind", Text, nullable=False),  # consents.KINDS, contact, account
    Column("act", Text, nullable=False),  # granted | withdrawn | suspended | resumed | declined | ended
    Column("how", Text, nullable=False),  # app | designation | invitation | representative | protector
    Column("text_version", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("until", DateTime(timezone=True)),
)
Index("ix_consent_line_person", consent_line.c.person_id, consent_line.c.number)

# Under 14: the legal representative, 8 and under: the protector, asked by link and code.
representative = Table(
    "representative",
    metadata,
    Column("request_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("person_id", Uuid, ForeignKey("person.person_id", ondelete="CASCADE"), nullable=False),
    Column("guardian_id", Uuid, ForeignKey("guardian.guardian_id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),  # representative | protector
    Column("link_digest", LargeBinary, nullable=False, unique=True),
    Column("code_digest", LargeBinary, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("wrong_answers", Integer, nullable=False, server_default="0"),
    Column("confirmed_at", DateTime(timezone=True)),
)
Index("ix_representative_person_id", representative.c.person_id, representative.c.asked_at)

# One guardian and one event: who is told what, by which ways, and whether it reached her. An SOS's channels `push` and
# `text` stand in its `follow`.
notice = Table(
    "notice",
    metadata,
    Column("notice_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("person_id", Uuid, ForeignKey("person.person_id", ondelete="CASCADE"), nullable=False),
    Column("guardian_id", Uuid, ForeignKey("guardian.guardian_id", ondelete="CASCADE"), nullable=False),
    Column("event", Text, nullable=False),  # notice_model.Event
    Column("subject_id", Uuid, nullable=False),  # the walk, or the alert
    Column("occasion", Integer, nullable=False, server_default="0"),
    Column("alert_id", Uuid),  # that the walk would raise, or has raised
    Column("follow_id", Uuid, ForeignKey("follow.follow_id", ondelete="CASCADE")),
    Column("link_digest", LargeBinary, unique=True),
    Column("link_sealed", LargeBinary),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("held_back", Text, nullable=False, server_default=""),  # quiet | superseded
    Column("push_state", Text, nullable=False, server_default="waiting"),  # | sent | failed | no_token | skipped
    Column("pushed_at", DateTime(timezone=True)),
    Column("text_state", Text, nullable=False, server_default=""),  # queued | sent | refused | late
    Column("texted_at", DateTime(timezone=True)),
    Column("call_state", Text, nullable=False, server_default=""),  # placed | refused | late
    Column("called_at", DateTime(timezone=True)),
    Column("delivered_at", DateTime(timezone=True)),
    Column("opened_at", DateTime(timezone=True)),
    Column("acknowledged_at", DateTime(timezone=True)),
    Column("wrong_digits", Integer, nullable=False, server_default="0"),  # of who wants to see the walk's place
    UniqueConstraint("guardian_id", "subject_id", "event", "occasion"),
)
Index("ix_notice_person_id", notice.c.person_id, notice.c.created_at)
Index("ix_notice_follow_id", notice.c.follow_id)

# A guardian asks "are you OK?".
care_question = Table(
    "care_question",
    metadata,
    Column("question_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("person_id", Uuid, ForeignKey("person.person_id", ondelete="CASCADE"), nullable=False),
    Column("guardian_id", Uuid, ForeignKey("guardian.guardian_id", ondelete="CASCADE"), nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False, server_default="asked"),  # asked | ok | call_me | silent
    Column("answered_at", DateTime(timezone=True)),
    Column("shown_until", DateTime(timezone=True)),  # nobody answered, and she had allowed it: the place until then
    Column("wrong_answers", Integer, nullable=False, server_default="0"),
)
Index("ix_care_question_guardian_id", care_question.c.guardian_id, care_question.c.asked_at)
Index("ix_care_question_person_id", care_question.c.person_id, care_question.c.asked_at)

# An alert that this center raises for somebody, on its way to the router. No foreign keys: it is sent also when who
# raised it, or whom it is for, has left meanwhile.
second_hand_alert = Table(
    "second_hand_alert",
    metadata,
    Column("alert_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("raised_by", Uuid, nullable=False),  # the guardian; the person, of whose account only her alert is left
    Column("raised_at", DateTime(timezone=True), nullable=False),
    Column("body_sealed", LargeBinary),  # what the router is sent, until it has it
    Column("sent_at", DateTime(timezone=True)),
)
Index("ix_second_hand_alert_raised_by", second_hand_alert.c.raised_by, second_hand_alert.c.raised_at)

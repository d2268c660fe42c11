"""Every sealed column of an installation, with the context its values are bound to: what `reseal` walks.

A column `…_sealed` that is missing here would stay under a key that is thought to be out of use; a test walks all
tables and names it. `context` is the text given to `seal`, its fields are columns of the row (or of `join`).
"""

from __future__ import annotations

import string
from dataclasses import dataclass

from server.db import metadata


@dataclass(frozen=True)
class SealedColumn:
    """`belongs` False: sealed under the installation's key though the row names a center, or names none."""

    table: str
    column: str
    context: str
    join: str = ""
    belongs: bool = True

    @property
    def keys(self) -> tuple[str, ...]:
        """The table's primary key."""
        return tuple(column.name for column in metadata.tables[self.table].primary_key.columns)

    @property
    def fields(self) -> tuple[str, ...]:
        """The columns that stand in the context."""
        return tuple(name for _, name, _, _ in string.Formatter().parse(self.context) if name)

    @property
    def center(self) -> str:
        """SQL for whose key seals a row `t` of this table: a center, or `-`."""
        if not self.belongs or "center_id" not in metadata.tables[self.table].columns:
            return "'-'"
        return "coalesce(t.center_id, '-')"


SEALED_COLUMNS = (
    SealedColumn("account", "name_sealed", "account.name:{account_id}"),
    SealedColumn("account", "totp_sealed", "account.totp:{account_id}"),
    SealedColumn("account", "totp_new_sealed", "account.totp:{account_id}"),
    SealedColumn("access_note", "words_sealed", "access_note.words:{access_note_id}"),
    SealedColumn("agency_line", "key_sealed", "agency_line.key:{line_id}"),
    SealedColumn("agency_request", "body_sealed", "agency_request.body:{request_id}"),
    SealedColumn("agency_request", "area_sealed", "agency_request.area:{request_id}"),
    SealedColumn("alert", "caller_sealed", "alert.caller:{alert_id}"),
    SealedColumn("handed_alert", "caller_sealed", "alert.caller:{alert_id}"),
    SealedColumn("approach_warning", "told_sealed", "approach_warning.told:{warning_id}"),
    SealedColumn("approach_warning", "place_sealed", "approach_warning.place:{warning_id}"),
    SealedColumn("wanted_plate", "body_sealed", "wanted_plate.body:{entry_id}"),
    SealedColumn("plate_reader", "key_sealed", "plate_reader.key:{reader_id}"),
    SealedColumn("plate_candidate", "body_sealed", "plate_candidate.body:{candidate_id}"),
    SealedColumn("plate_candidate", "picture_sealed", "plate_candidate.picture:{candidate_id}"),
    SealedColumn("protected_person", "ref_sealed", "protected_person.ref:{protected_id}"),
    SealedColumn("breakglass", "reason_sealed", "breakglass.reason:{breakglass_id}"),
    SealedColumn("breakglass", "note_sealed", "breakglass.note:{breakglass_id}"),
    SealedColumn("camera", "sub_url_sealed", "camera.sub_url:{camera_id}"),
    SealedColumn("camera", "main_url_sealed", "camera.main_url:{camera_id}"),
    SealedColumn("camera_device", "user_sealed", "camera_device.user:{camera_id}"),
    SealedColumn("camera_device", "password_sealed", "camera_device.password:{camera_id}"),
    SealedColumn("capture_piece", "body_sealed", "capture_piece.body:{capture_id}/{piece_no}"),
    SealedColumn("disclosure_note", "body_sealed", "disclosure_note.body:{alert_id}/{serving_center}"),
    SealedColumn("device", "name_sealed", "device.name:{device_id}"),
    SealedColumn("device", "push_token_sealed", "device.push_token:{device_id}"),
    SealedColumn("dispatch", "body_sealed", "dispatch.body:{dispatch_id}"),
    SealedColumn("evidence_package", "words_sealed", "evidence_package.words:{package_id}"),
    SealedColumn("evidence_package", "password_sealed", "evidence_package.password:{package_id}"),
    SealedColumn("event_payload", "payload_sealed", "event:{event_id}", join="JOIN event e USING (center_id, seq)"),
    SealedColumn("follow", "link_sealed", "follow.link:{follow_id}"),
    # Known only by the alert's id when a position arrives, and gone when the alert ends.
    SealedColumn("followed_alert", "position_sealed", "followed_alert.position:{alert_id}", belongs=False),
    SealedColumn("lent_camera", "url_sealed", "lent_camera.url:{camera_id}"),
    SealedColumn("lent_camera", "consent_sealed", "lent_camera.consent:{camera_id}"),
    SealedColumn("guardian", "name_sealed", "guardian.name:{guardian_id}"),
    SealedColumn("guardian", "phone_sealed", "guardian.phone:{guardian_id}"),
    SealedColumn("guardian", "push_token_sealed", "guardian.push_token:{guardian_id}"),
    SealedColumn("notice", "link_sealed", "notice.link:{notice_id}"),
    SealedColumn("incident", "owner_name_sealed", "incident.owner:{incident_id}"),
    SealedColumn("incident", "handover_sealed", "incident.handover:{incident_id}"),
    SealedColumn("legal_hold", "reason_sealed", "hold.reason:{hold_id}"),
    SealedColumn("legal_hold", "end_reason_sealed", "hold.end_reason:{hold_id}"),
    SealedColumn("second_hand_alert", "body_sealed", "second_hand_alert.body:{alert_id}"),
    SealedColumn("second_source", "words_sealed", "second_source.words:{entry_id}"),
    SealedColumn("shift", "note_sealed", "shift.note:{shift_id}"),
    SealedColumn("scout_booking", "words_sealed", "scout_booking.words:{booking_id}"),
    SealedColumn("scout_booking", "code_key_sealed", "scout_booking.code_key:{booking_id}"),
    SealedColumn("scout_booking", "reason_sealed", "scout_booking.reason:{booking_id}"),
    SealedColumn("scout_pair", "members_sealed", "scout_pair.members:{pair_id}"),
    SealedColumn("scout_pair", "position_sealed", "scout_pair.position:{pair_id}"),
    SealedColumn("scout_sos", "body_sealed", "scout_sos.body:{alert_id}"),
    SealedColumn("sighting", "words_sealed", "sighting.words:{sighting_id}"),
    SealedColumn("video_request", "asked_sealed", "video_request.asked:{request_id}"),
    SealedColumn("video_request", "answer_sealed", "video_request.answer:{request_id}"),
    SealedColumn("misuse_finding", "note_sealed", "misuse.note:{finding_id}"),
    SealedColumn("outbox", "body_sealed", "outbox:{message_id}"),
    SealedColumn("person", "nickname_sealed", "person.nickname:{person_id}"),
    SealedColumn("person", "phone_sealed", "person.phone:{person_id}"),
    SealedColumn("walk", "plan_sealed", "walk.plan:{walk_id}"),
    SealedColumn("warned_browser", "subscription_sealed", "warned_browser.subscription:{device_id}"),
    SealedColumn("web_push", "subscription_sealed", "web_push.subscription:{subscription_id}"),
    SealedColumn("text_message", "to_sealed", "text_message.to:{message_id}"),
    SealedColumn("text_message", "text_sealed", "text_message.text:{message_id}"),
    SealedColumn("quarantine", "body_sealed", "quarantine:{quarantine_id}"),
    SealedColumn("talk_line", "payload_sealed", "talk_line:{said_id}"),
    SealedColumn("responder", "name_sealed", "responder.name:{responder_id}"),
    SealedColumn("still", "image_sealed", "still.image:{still_id}"),
    SealedColumn("signing_key", "private_sealed", "signing_key.private:{purpose}"),
)

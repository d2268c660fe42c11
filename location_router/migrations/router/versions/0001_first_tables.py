"""First tables of the router."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geography
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    _directory()
    _alerts()
    _decisions()
    _conversation()


def _directory() -> None:
    op.create_geospatial_table(
        "center",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_ko", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("callback", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("served_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column(
            "place",
            Geography(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeogFromText",
                name="geography",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("boundary_version", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_center")),
    )
    op.create_geospatial_index(
        "ix_center_place", "center", ["place"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_table(
        "installation",
        sa.Column("installation_id", sa.Text(), nullable=False),
        sa.Column("https_url", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("public_key_pem", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("serves_all", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("serves", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("home_center", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("operators_online", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("installation_id", name=op.f("pk_installation")),
    )


def _alerts() -> None:
    op.create_table(
        "alert",
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("assignment_no", sa.Integer(), nullable=False),
        sa.Column("center_code", sa.Text(), nullable=False),
        sa.Column("served_by", sa.Text(), nullable=False),
        sa.Column("flags", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("message_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("original_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("position_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("device_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("home_installation", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("active_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pre_deadline_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner_receipt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("runner_up_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_alert")),
    )
    op.create_index("ix_alert_device_id_received_at", "alert", ["device_id", "received_at"], unique=False)
    op.create_index(
        "ix_alert_owner_receipt_at",
        "alert",
        ["owner_receipt_at"],
        unique=False,
        postgresql_where=sa.text("message_sealed IS NOT NULL"),
    )


def _decisions() -> None:
    op.create_table(
        "assignment",
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("assignment_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("center_code", sa.Text(), nullable=False),
        sa.Column("served_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("boundary_version", sa.Text(), nullable=False),
        sa.Column("record", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alert.alert_id"], name=op.f("fk_assignment_alert_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("alert_id", "assignment_no", name=op.f("pk_assignment")),
    )
    op.create_table(
        "delivery",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("assignment_no", sa.Integer(), nullable=False),
        sa.Column("installation", sa.Text(), nullable=False),
        sa.Column("is_notice", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("receipt_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alert.alert_id"], name=op.f("fk_delivery_alert_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_delivery")),
    )
    op.create_index("ix_delivery_alert_id", "delivery", ["alert_id"], unique=False)
    op.create_index(
        "ix_delivery_next_attempt_at",
        "delivery",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("next_attempt_at IS NOT NULL"),
    )


def _conversation() -> None:
    op.create_table(
        "status",
        sa.Column("status_no", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("status_id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("assignment_no", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("is_adopted", sa.Boolean(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.alert_id"], name=op.f("fk_status_alert_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("status_no", name=op.f("pk_status")),
        sa.UniqueConstraint("status_id", name=op.f("uq_status_status_id")),
    )
    op.create_index("ix_status_alert_id_status_no", "status", ["alert_id", "status_no"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("subject", "message_id", name=op.f("pk_outbox")),
    )
    op.create_index("ix_outbox_next_attempt_at", "outbox", ["next_attempt_at"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("quarantine_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("quarantine_id", name=op.f("pk_quarantine")),
    )
    op.create_index("ix_quarantine_received_at", "quarantine", ["received_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_status_alert_id_status_no", table_name="status")
    op.drop_table("status")
    op.drop_index(
        "ix_delivery_next_attempt_at", table_name="delivery", postgresql_where=sa.text("next_attempt_at IS NOT NULL")
    )
    op.drop_index("ix_delivery_alert_id", table_name="delivery")
    op.drop_table("delivery")
    op.drop_table("assignment")
    op.drop_index("ix_quarantine_received_at", table_name="quarantine")
    op.drop_table("quarantine")
    op.drop_index("ix_outbox_next_attempt_at", table_name="outbox")
    op.drop_table("outbox")
    op.drop_table("installation")
    op.drop_geospatial_index("ix_center_place", table_name="center", postgresql_using="gist", column_name="place")
    op.drop_geospatial_table("center")
    op.drop_index(
        "ix_alert_owner_receipt_at", table_name="alert", postgresql_where=sa.text("message_sealed IS NOT NULL")
    )
    op.drop_index("ix_alert_device_id_received_at", table_name="alert")
    op.drop_table("alert")

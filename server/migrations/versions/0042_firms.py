"""Firms under an umbrella (view `agreed`: what an agency may, its own agreement or its umbrella's), and their cameras."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0042"
down_revision = "0040"
branch_labels = None
depends_on = None

SEEN = (
    "current_setting('ansim.center', true) = '*' OR "
    "center_id = ANY (string_to_array(current_setting('ansim.center', true), ','))"
)
TIME = sa.DateTime(timezone=True)
SAME = (
    "g.agreement_id, g.center_id, {agency} AS agency_id, g.legal_bases, g.may_view_live, g.may_view_recorded,"
    " g.may_view_still, g.may_see_position, g.may_see_identity, g.may_see_health, g.may_store, g.storage_days,"
    " g.is_third_party, g.starts_at, g.verify_s, g.max_minutes, g.areas, g.document, g.camera_networks"
)
# What an agency may, by which agreement: its own, or, for a firm, that of its umbrella within the firm's own limits. So
# a firm's terms can't be wider, and end with the umbrella's. As who asks (row-level security).
AGREED = f"""
CREATE VIEW agreed WITH (security_invoker = true) AS
SELECT {SAME.format(agency="g.agency_id")}, g.triggers, g.auto_triggers, g.ends_at, g.suspended_at, g.version,
       CAST(NULL AS text) AS umbrella_id
FROM agreement g WHERE NOT EXISTS (SELECT FROM firm f WHERE f.agency_id = g.agency_id)
UNION ALL
SELECT {SAME.format(agency="f.agency_id")},
       CASE WHEN f.triggers IS NULL THEN g.triggers
            ELSE ARRAY(SELECT unnest(g.triggers) INTERSECT SELECT unnest(f.triggers)) END,
       g.auto_triggers, least(g.ends_at, f.ends_at), least(g.suspended_at, f.suspended_at), g.version + f.version,
       g.agency_id
FROM firm f JOIN agreement g ON g.agency_id = f.umbrella_id
WHERE g.covers_firms AND (f.centers IS NULL OR g.center_id = ANY(f.centers))
"""


def upgrade() -> None:
    op.add_column("agreement", sa.Column("covers_firms", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("agreement", sa.Column("camera_networks", ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.create_table(
        "firm",
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("umbrella_id", sa.Text(), nullable=False),
        sa.Column("triggers", ARRAY(sa.Text()), nullable=True),
        sa.Column("centers", ARRAY(sa.Text()), nullable=True),
        sa.Column("ends_at", TIME, nullable=True),
        sa.Column("suspended_at", TIME, nullable=True),
        sa.Column("suspended_by", sa.Uuid(), nullable=True),
        sa.Column("suspended_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("added_at", TIME, nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("agency_id <> umbrella_id", name=op.f("ck_firm_not_itself")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.agency_id"], name=op.f("fk_firm_agency_id_agency")),
        sa.ForeignKeyConstraint(["umbrella_id"], ["agency.agency_id"], name=op.f("fk_firm_umbrella_id_agency")),
        sa.PrimaryKeyConstraint("agency_id", name=op.f("pk_firm")),
    )
    op.create_index("ix_firm_umbrella_id", "firm", ["umbrella_id"])
    _lent()
    op.execute(AGREED)


def _lent() -> None:
    op.create_table(
        "lent_camera",
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("heading_deg", sa.Double(), nullable=True),
        sa.Column("url_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("consent_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("consented_at", TIME, nullable=False),
        sa.Column("is_for_dispatched", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("lent_at", TIME, nullable=False),
        sa.Column("until_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("end_reason", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("camera_id", name=op.f("pk_lent_camera")),
    )
    op.create_index("ix_lent_camera_request_id", "lent_camera", ["request_id"])
    op.execute('ALTER TABLE "lent_camera" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "lent_camera" FORCE ROW LEVEL SECURITY')
    op.execute(f'CREATE POLICY center_separation ON "lent_camera" USING ({SEEN})')


def downgrade() -> None:
    op.execute("DROP VIEW agreed")
    op.drop_table("lent_camera")
    op.drop_table("firm")
    op.drop_column("agreement", "camera_networks")
    op.drop_column("agreement", "covers_firms")

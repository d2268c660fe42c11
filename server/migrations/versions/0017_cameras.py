"""The registry's further columns, imports, doubts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

MINE = "string_to_array(current_setting('ansim.center', true), ',')"
ANY_CENTER = "current_setting('ansim.center', true) = '*'"
POLICIES = {
    "camera_doubt": f"{ANY_CENTER} OR center_id = ANY ({MINE})",
    "camera_import": f"{ANY_CENTER} OR centers && {MINE}",
}

CHECKS = {
    "health": "health IN ('unknown', 'working', 'dark', 'frozen', 'obstructed', 'down')",
    "night": "night IN ('infrared', 'lit', 'none', 'unknown')",
    "source": "source IN ('manual', 'import', 'onvif', 'seed')",
}
UNIQUE = "uq_camera_center_id_source_source_key"

# Everything but health, which is read fresh.
WATCHED = (
    "camera_id, center_id, name, place, accuracy_m, heading_deg, field_of_view_deg, range_m, height_m, is_ptz,"
    " pan_speed_deg_s, is_anpr, width_px, night, purpose, purposes, number_at_site, owner_name, office, management_no,"
    " is_indoor, is_private, consent_until, agreement_id, is_buffered, sub_url_sealed, main_url_sealed, retired_at"
)
TRIGGER = f"""
INSERT INTO camera_revision (one, revision) VALUES (true, 1);
CREATE FUNCTION ansim_camera_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('ansim.bulk', true) = 'on' THEN
    RETURN NULL;  -- an import raises it once, at its end: nobody waits for the whole of it
  END IF;
  UPDATE camera_revision SET revision = revision + 1;
  RETURN NULL;
END $$;
CREATE TRIGGER camera_revision AFTER INSERT OR DELETE OR UPDATE OF {WATCHED} ON camera
  FOR EACH STATEMENT EXECUTE FUNCTION ansim_camera_revision();
"""


def _added() -> list[sa.Column]:
    return [
        sa.Column("accuracy_m", sa.Double(), server_default="10", nullable=False),
        sa.Column("heading_text", sa.Text(), server_default="", nullable=False),
        sa.Column("height_m", sa.Double(), nullable=True),
        sa.Column("pan_speed_deg_s", sa.Double(), nullable=True),
        sa.Column("is_anpr", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("width_px", sa.Integer(), nullable=True),
        sa.Column("night", sa.Text(), server_default="unknown", nullable=False),
        sa.Column("purposes", ARRAY(sa.Text()), server_default=sa.text("ARRAY['crime_prevention']"), nullable=False),
        sa.Column("number_at_site", sa.Integer(), server_default="1", nullable=False),
        sa.Column("owner_name", sa.Text(), server_default="", nullable=False),
        sa.Column("office", sa.Text(), server_default="", nullable=False),
        sa.Column("office_phone", sa.Text(), server_default="", nullable=False),
        sa.Column("management_no", sa.Text(), server_default="", nullable=False),
        sa.Column("site_address", sa.Text(), server_default="", nullable=False),
        sa.Column("retention_days", sa.Integer(), nullable=True),
        sa.Column("installed_on", sa.Date(), nullable=True),
        sa.Column("is_indoor", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("is_private", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("consent_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agreement_id", sa.Uuid(), nullable=True),
        sa.Column("is_buffered", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("source", sa.Text(), server_default="manual", nullable=False),
        sa.Column("source_key", sa.Text(), nullable=True),
        sa.Column("source_digest", sa.Text(), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("health", sa.Text(), server_default="unknown", nullable=False),
        sa.Column("health_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("health_since", sa.DateTime(timezone=True), nullable=True),
    ]


def upgrade() -> None:
    for column in _added():
        op.add_column("camera", column)
    op.execute(
        "UPDATE camera SET health = CASE WHEN healthy THEN 'unknown' ELSE 'down' END,"
        " health_since = CASE WHEN NOT healthy THEN updated_at END"
    )
    op.drop_column("camera", "healthy")
    for name in ("sub_url_sealed", "main_url_sealed"):
        op.alter_column("camera", name, nullable=True)
    for name, rule in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_camera_{name}"), "camera", rule)
    op.create_unique_constraint(UNIQUE, "camera", ["center_id", "source", "source_key"])
    op.create_table(
        "camera_revision",
        sa.Column("one", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_camera_revision")),
    )
    op.execute(TRIGGER)
    _indexes()
    _imports()
    for table, seen in POLICIES.items():
        op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        op.execute(f'CREATE POLICY center_separation ON "{table}" USING ({seen})')


def _indexes() -> None:
    op.create_index("ix_camera_buffered", "camera", ["camera_id"], postgresql_where=sa.text("is_buffered"))
    op.create_index(
        "ix_camera_broken",
        "camera",
        ["center_id"],
        postgresql_where=sa.text("health NOT IN ('unknown', 'working')"),
    )
    op.create_index(
        "ix_camera_looked_at",
        "camera",
        [sa.text("health_at NULLS FIRST"), "camera_id"],
        postgresql_where=sa.text("retired_at IS NULL AND sub_url_sealed IS NOT NULL"),
    )
    op.create_index(
        "ix_camera_source_key",
        "camera",
        ["source_key"],
        postgresql_ops={"source_key": "text_pattern_ops"},
        postgresql_where=sa.text("source = 'import'"),
    )


def _imports() -> None:
    op.create_table(
        "camera_import",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("centers", ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("begun_by", sa.Uuid(), nullable=True),
        sa.Column("report", JSONB(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_camera_import")),
    )
    op.create_index("ix_camera_import_begun_at", "camera_import", ["begun_at"])
    op.create_table(
        "camera_doubt",
        sa.Column("doubt_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("row", JSONB(), nullable=False),
        sa.Column("suggestion", JSONB(), nullable=True),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("before", JSONB(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'accepted', 'rejected')", name=op.f("ck_camera_doubt_state")),
        sa.PrimaryKeyConstraint("doubt_id", name=op.f("pk_camera_doubt")),
        sa.UniqueConstraint("center_id", "source_key", name=op.f("uq_camera_doubt_center_id_source_key")),
    )
    op.create_index("ix_camera_doubt_open", "camera_doubt", ["center_id", "state"])


def downgrade() -> None:
    op.drop_table("camera_doubt")
    op.drop_table("camera_import")
    op.execute("DROP TRIGGER camera_revision ON camera")
    op.execute("DROP FUNCTION ansim_camera_revision()")
    op.drop_table("camera_revision")
    op.execute("DELETE FROM camera WHERE sub_url_sealed IS NULL OR main_url_sealed IS NULL OR retired_at IS NOT NULL")
    op.add_column("camera", sa.Column("healthy", sa.Boolean(), server_default="true", nullable=False))
    op.execute("UPDATE camera SET healthy = health IN ('unknown', 'working')")
    op.drop_constraint(UNIQUE, "camera")
    for name in ("buffered", "broken", "looked_at", "source_key"):
        op.drop_index(f"ix_camera_{name}", "camera")
    for name in ("sub_url_sealed", "main_url_sealed"):
        op.alter_column("camera", name, nullable=False)
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_camera_{name}"), "camera")
    for column in reversed(_added()):
        op.drop_column("camera", column.name)

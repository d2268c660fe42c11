"""Agreements as data, addresses of agencies, break-glass."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

SEEN = (
    "current_setting('ansim.center', true) = '*' OR "
    "center_id = ANY (string_to_array(current_setting('ansim.center', true), ','))"
)

# The service says `version = version + 1` with who and when; any other UPDATE is told as the installation's own.
HISTORY = """
CREATE FUNCTION ansim_agreement_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.version IS DISTINCT FROM OLD.version + 1 THEN
    NEW.version := OLD.version + 1;
    NEW.changed_at := now();
    NEW.changed_by := NULL;
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION ansim_agreement_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO agreement_version (agreement_id, version, center_id, recorded_at, changed_by, terms)
  VALUES (NEW.agreement_id, NEW.version, NEW.center_id, NEW.changed_at, NEW.changed_by, to_jsonb(NEW));
  RETURN NULL;
END $$;
CREATE FUNCTION ansim_history_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the history of agreements is never changed';
END $$;
CREATE TRIGGER agreement_number BEFORE UPDATE ON agreement FOR EACH ROW EXECUTE FUNCTION ansim_agreement_number();
CREATE TRIGGER agreement_history AFTER INSERT OR UPDATE ON agreement
  FOR EACH ROW EXECUTE FUNCTION ansim_agreement_history();
CREATE TRIGGER agreement_version_is_final BEFORE UPDATE OR DELETE ON agreement_version
  FOR EACH ROW EXECUTE FUNCTION ansim_history_is_final();
"""

# Where an account may come from: its own networks and those of its agency. Whoever asks, asks this view.
REGISTERED = """
CREATE VIEW registered_network AS
SELECT account_id, network FROM allowed_address
UNION ALL
SELECT a.account_id, n.network FROM account a JOIN agency_address n USING (agency_id) WHERE a.role = 'agent'
"""


def upgrade() -> None:
    op.execute("SELECT set_config('ansim.center', '*', true)")
    _agreements()
    _addresses()
    _breakglass()


def _agreements() -> None:
    for column in _new_columns():
        op.add_column("agreement", column)
    op.create_index("ix_agreement_parties", "agreement", ["center_id", "agency_id"])
    op.create_index("ix_agreement_ends_at", "agreement", ["ends_at"])
    # Until now a right to live pictures was one to stills, and every dispatch named the person: so it stays.
    op.execute("UPDATE agreement SET may_view_still = may_view_live, may_see_identity = 'dispatch' = ANY (triggers)")
    op.create_table(
        "agreement_version",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.Column("terms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("agreement_id", "version", name=op.f("pk_agreement_version")),
    )
    # What stood there before this release is taken to have stood so from its first day.
    op.execute(
        "INSERT INTO agreement_version (agreement_id, version, center_id, recorded_at, terms)"
        " SELECT agreement_id, version, center_id, least(starts_at, now()), to_jsonb(agreement) FROM agreement"
    )
    _separate("agreement_version")
    for statement in HISTORY.split(";\nCREATE"):
        op.execute(statement if statement.lstrip().startswith("CREATE") else "CREATE" + statement)


def _addresses() -> None:
    op.create_table(
        "agency_address",
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.agency_id"], name=op.f("fk_agency_address_agency_id")),
        sa.PrimaryKeyConstraint("agency_id", "network", name=op.f("pk_agency_address")),
    )
    op.execute(REGISTERED)


def _breakglass() -> None:
    op.create_table(
        "breakglass",
        sa.Column("breakglass_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("session", sa.LargeBinary(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("renews", sa.Uuid(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_approved", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("decided_by IS DISTINCT FROM account_id", name=op.f("ck_breakglass_two_people")),
        sa.CheckConstraint(
            "reviewed_by IS NULL OR (reviewed_by <> account_id AND reviewed_by IS DISTINCT FROM decided_by)",
            name=op.f("ck_breakglass_other_reviewer"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.account_id"], name=op.f("fk_breakglass_account_id")),
        sa.PrimaryKeyConstraint("breakglass_id", name=op.f("pk_breakglass")),
    )
    op.create_index("ix_breakglass_account_id", "breakglass", ["account_id", "incident_id"])
    op.create_index("ix_breakglass_center_id", "breakglass", ["center_id", "requested_at"])
    _separate("breakglass")
    op.add_column("release", sa.Column("breakglass_id", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_release_agreed",
        "release",
        ["agreement_id"],
        postgresql_where=sa.text("ended_at IS NULL AND agreement_id IS NOT NULL"),
    )


def _new_columns() -> list[sa.Column]:
    return [
        sa.Column("may_view_still", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("may_see_identity", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("storage_days", sa.Integer(), server_default="0", nullable=False),
        sa.Column("is_third_party", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("desk", sa.Text(), nullable=True),
        sa.Column("document", sa.Text(), server_default="", nullable=False),
        sa.Column("notice_days", sa.Integer(), server_default="0", nullable=False),
        sa.Column("suspended_by", sa.Uuid(), nullable=True),
        sa.Column("suspended_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
    ]


def _separate(table: str) -> None:
    op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
    op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
    op.execute(f'CREATE POLICY center_separation ON "{table}" USING ({SEEN})')


def downgrade() -> None:
    op.drop_index("ix_release_agreed", "release")
    op.drop_column("release", "breakglass_id")
    op.drop_table("breakglass")
    op.execute("DROP VIEW registered_network")
    op.drop_table("agency_address")
    op.execute("DROP TRIGGER agreement_number ON agreement")
    op.execute("DROP TRIGGER agreement_history ON agreement")
    op.drop_table("agreement_version")
    for function in ("agreement_number", "agreement_history", "history_is_final"):
        op.execute(f"DROP FUNCTION ansim_{function}()")
    op.drop_index("ix_agreement_ends_at", "agreement")
    op.drop_index("ix_agreement_parties", "agreement")
    for column in reversed(_new_columns()):
        op.drop_column("agreement", column.name)

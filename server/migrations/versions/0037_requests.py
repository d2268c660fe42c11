"""Requests of linked agencies, what an agreement says about them, and who takes part in an incident (view `party`)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

SEEN = (
    "current_setting('ansim.center', true) = '*' OR "
    "center_id = ANY (string_to_array(current_setting('ansim.center', true), ','))"
)
TIME = sa.DateTime(timezone=True)
TABLES = ("agency_request", "request_refusal", "request_message")

# Which agency takes part in which incident, by which agreement: sent to it, or asking. As who asks (row-level security).
PARTY = """
CREATE VIEW party WITH (security_invoker = true) AS
SELECT d.incident_id, d.agency_id, d.agreement_id, d.center_id, d.legal_basis, d.trigger,
       d.state IN ('accepted', 'en_route', 'on_scene') AS is_working, CAST(NULL AS timestamptz) AS until_at,
       'dispatch' AS kind, d.dispatch_id AS id
FROM dispatch d
UNION ALL
SELECT r.incident_id, r.agency_id, r.agreement_id, r.center_id, r.legal_basis, r.trigger,
       r.state = 'accepted', r.ends_at, 'request', r.request_id
FROM agency_request r WHERE r.incident_id IS NOT NULL
"""


def upgrade() -> None:
    op.execute("SELECT set_config('ansim.center', '*', true)")
    for column in _terms():
        op.add_column("agreement", column)
    op.add_column("dispatch", sa.Column("trigger", sa.Text(), server_default="dispatch", nullable=False))
    op.execute(
        "UPDATE dispatch d SET trigger = 'disaster' FROM agency a WHERE a.agency_id = d.agency_id"
        " AND a.kind = 'disaster'"
    )
    _requests()
    _refusals()
    for table in TABLES:
        op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        op.execute(f'CREATE POLICY center_separation ON "{table}" USING ({SEEN})')
    op.execute(PARTY)


def _terms() -> list[sa.Column]:
    return [
        sa.Column("auto_triggers", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("verify_s", sa.Integer(), server_default="60", nullable=False),
        sa.Column("max_minutes", sa.Integer(), server_default="120", nullable=False),
        sa.Column("areas", postgresql.JSONB(none_as_null=True), nullable=True),
    ]


def _requests() -> None:
    op.create_table(
        "agency_request",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=True),
        sa.Column("incident_id", sa.Uuid(), nullable=True),
        sa.Column("branch", sa.Text(), server_default="", nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("body_digest", sa.LargeBinary(), nullable=True),
        sa.Column("raised_at", TIME, nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("verify_due_at", TIME, nullable=True),
        sa.Column("is_overdue", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("decided_at", TIME, nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("is_auto", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("ends_at", TIME, nullable=True),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("seq", sa.Integer(), server_default="0", nullable=False),
        sa.Column("history", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("trouble", sa.Text(), server_default="", nullable=False),
        sa.Column("is_drill", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint(
            "state IN ('received', 'accepted', 'rejected', 'refused', 'cancelled', 'ended', 'expired')",
            name=op.f("ck_agency_request_state"),
        ),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.agreement_id"], name=op.f("fk_agency_request_agreement_id")
        ),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.incident_id"], name=op.f("fk_agency_request_incident_id")),
        sa.PrimaryKeyConstraint("request_id", "center_id", name=op.f("pk_agency_request")),
    )
    op.create_index("ix_agency_request_incident_id", "agency_request", ["incident_id", "agency_id"])
    op.create_index("ix_agency_request_agency_id", "agency_request", ["agency_id", "received_at"])
    op.create_index(
        "ix_agency_request_verify_due_at",
        "agency_request",
        ["verify_due_at"],
        postgresql_where=sa.text("verify_due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_agency_request_ends_at",
        "agency_request",
        ["ends_at"],
        postgresql_where=sa.text("state IN ('received', 'accepted')"),
    )


def _refusals() -> None:
    op.create_table(
        "request_refusal",
        sa.Column("refusal_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), server_default="", nullable=False),
        sa.Column("agency_id", sa.Text(), server_default="", nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("trigger", sa.Text(), server_default="", nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=True),
        sa.Column("detail", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("count", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("refusal_id", name=op.f("pk_request_refusal")),
    )
    op.create_index("ix_request_refusal_at", "request_refusal", ["center_id", "at"])
    op.create_table(
        "request_message",
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("body_digest", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", TIME, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("agency_id", "message_id", name=op.f("pk_request_message")),
    )


def downgrade() -> None:
    op.execute("DROP VIEW party")
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_column("dispatch", "trigger")
    for column in reversed(_terms()):
        op.drop_column("agreement", column.name)

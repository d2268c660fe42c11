"""Numbers proved by text message, consents, lost phones, minors."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

SEEN = (
    "current_setting('ansim.center', true) = '*' OR "
    "center_id = ANY (string_to_array(current_setting('ansim.center', true), ','))"
)
NOW = sa.text("now()")
TIME = sa.DateTime(timezone=True)

LEDGER = """
CREATE FUNCTION ansim_consent_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger of consents is only added to';
END $$;
CREATE TRIGGER consent_line_is_final BEFORE UPDATE ON consent_line
  FOR EACH ROW EXECUTE FUNCTION ansim_consent_is_final();
"""


def upgrade() -> None:
    op.execute("SELECT set_config('ansim.center', '*', true)")
    for table, column in _new_columns():
        op.add_column(table, column)
    op.create_index(
        "ix_person_proved",
        "person",
        ["center_id", "phone_digest"],
        unique=True,
        postgresql_where=sa.text("phone_proved_at IS NOT NULL"),
    )
    _proofs()
    _texts()
    _consents()
    _representatives()
    for table in ("phone_proof", "text_message", "consent_line", "representative"):
        op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        op.execute(f'CREATE POLICY center_separation ON "{table}" USING ({SEEN})')
    for statement in LEDGER.split(";\nCREATE"):
        op.execute(statement if statement.lstrip().startswith("CREATE") else "CREATE" + statement)


def _new_columns() -> list[tuple[str, sa.Column]]:
    return [
        ("person", sa.Column("phone_proved_at", TIME, nullable=True)),
        ("person", sa.Column("born_year", sa.Integer(), nullable=True)),
        ("person", sa.Column("represented_by", sa.Uuid(), nullable=True)),
        ("person", sa.Column("sharing_stopped_until", TIME, nullable=True)),
        ("person", sa.Column("ended_at", TIME, nullable=True)),
        ("device", sa.Column("renewals", postgresql.ARRAY(TIME), server_default="{}", nullable=False)),
    ]


def _proofs() -> None:
    op.create_table(
        "phone_proof",
        sa.Column("proof_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("phone_digest", sa.LargeBinary(), nullable=False),
        sa.Column("address_digest", sa.LargeBinary(), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(), nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("wrong_answers", sa.Integer(), server_default="0", nullable=False),
        sa.Column("used_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("proof_id", name=op.f("pk_phone_proof")),
    )
    op.create_index("ix_phone_proof_phone", "phone_proof", ["phone_digest", "asked_at"])
    op.create_index("ix_phone_proof_address", "phone_proof", ["address_digest", "asked_at"])


def _texts() -> None:
    op.create_table(
        "text_message",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("phone_digest", sa.LargeBinary(), nullable=False),
        sa.Column("to_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_text_message")),
    )


def _consents() -> None:
    op.create_table(
        "consent_line",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("guardian_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("text_version", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("until", TIME, nullable=True),
        sa.PrimaryKeyConstraint("line_id", name=op.f("pk_consent_line")),
    )
    op.create_index("ix_consent_line_person", "consent_line", ["person_id", "number"])


def _representatives() -> None:
    op.create_table(
        "representative",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("guardian_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("link_digest", sa.LargeBinary(), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(), nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("wrong_answers", sa.Integer(), server_default="0", nullable=False),
        sa.Column("confirmed_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_representative_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["guardian_id"], ["guardian.guardian_id"], name=op.f("fk_representative_guardian_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_representative")),
        sa.UniqueConstraint("link_digest", name=op.f("uq_representative_link_digest")),
    )
    op.create_index("ix_representative_person_id", "representative", ["person_id", "asked_at"])


def downgrade() -> None:
    op.drop_table("representative")
    op.execute("DROP TRIGGER consent_line_is_final ON consent_line")
    op.drop_table("consent_line")
    op.execute("DROP FUNCTION ansim_consent_is_final()")
    op.drop_table("text_message")
    op.drop_table("phone_proof")
    op.drop_index("ix_person_proved", "person")
    for table, column in reversed(_new_columns()):
        op.drop_column(table, column.name)

"""An alert that the home center raises for somebody outlives her row and the guardian's; wrong digits are counted for
each link of a walk."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

KEYS = {"person": "person_id", "guardian": "guardian_id"}


def upgrade() -> None:
    for table, column in KEYS.items():
        op.drop_constraint(f"fk_guardian_alarm_{column}_{table}", "guardian_alarm", type_="foreignkey")
    op.rename_table("guardian_alarm", "second_hand_alert")
    op.alter_column("second_hand_alert", "guardian_id", new_column_name="raised_by")
    op.execute("ALTER TABLE second_hand_alert RENAME CONSTRAINT pk_guardian_alarm TO pk_second_hand_alert")
    op.execute("ALTER INDEX ix_guardian_alarm_guardian_id RENAME TO ix_second_hand_alert_raised_by")
    op.add_column("second_hand_alert", sa.Column("body_sealed", sa.LargeBinary(), nullable=True))
    op.add_column("notice", sa.Column("wrong_digits", sa.Integer(), server_default="0", nullable=False))
    op.drop_column("walk", "wrong_digits")


def downgrade() -> None:
    op.add_column("walk", sa.Column("wrong_digits", sa.Integer(), server_default="0", nullable=False))
    op.drop_column("notice", "wrong_digits")
    op.drop_column("second_hand_alert", "body_sealed")
    op.execute("ALTER INDEX ix_second_hand_alert_raised_by RENAME TO ix_guardian_alarm_guardian_id")
    op.execute("ALTER TABLE second_hand_alert RENAME CONSTRAINT pk_second_hand_alert TO pk_guardian_alarm")
    op.alter_column("second_hand_alert", "raised_by", new_column_name="guardian_id")
    op.rename_table("second_hand_alert", "guardian_alarm")
    op.execute("SELECT set_config('ansim.center', '*', true)")
    for table, column in KEYS.items():
        op.execute(f'DELETE FROM guardian_alarm WHERE {column} NOT IN (SELECT {column} FROM "{table}")')
        op.create_foreign_key(
            f"fk_guardian_alarm_{column}_{table}", "guardian_alarm", table, [column], [column], ondelete="CASCADE"
        )

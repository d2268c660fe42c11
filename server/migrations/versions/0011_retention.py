"""Retention policies, legal holds, proofs of deletion; positions in daily partitions.

The application owns no table, so what has to be done *to* the table of positions (a new day, a day that is over) is
done by functions of the owner, and by nothing else. A new day keeps writers out for the milliseconds that it takes:
one that had already chosen the default partition would be refused there once the day is attached.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SEEN = (
    "current_setting('ansim.center', true) = '*' OR "
    "center_id = ANY (string_to_array(current_setting('ansim.center', true), ','))"
)
SEPARATED = ("retention_policy", "legal_hold", "retention_proof")
FUNCTIONS = ("position_days_ensure(date, integer)", "position_day_drop(date)", "held_incidents()")

POSITION = """
CREATE TABLE position (
    alert_id uuid NOT NULL, fixed_at timestamptz NOT NULL, center_id text NOT NULL, incident_id uuid NOT NULL,
    lat double precision NOT NULL, lon double precision NOT NULL, accuracy_m double precision NOT NULL,
    speed_mps double precision, heading_deg double precision, source text NOT NULL DEFAULT 'gps',
    received_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_position PRIMARY KEY ({key})
) {partitioned}
"""
RESCUE_INDEX = "CREATE INDEX ix_position_rescue ON position (incident_id) WHERE source IN ('els', 'telco', 'police')"

# Incidents under a legal hold in force, with those merged into them and those they were merged into.
HELD = """
CREATE FUNCTION held_incidents() RETURNS SETOF uuid LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  WITH RECURSIVE held(incident_id) AS (
    SELECT incident_id FROM legal_hold WHERE ended_at IS NULL AND incident_id IS NOT NULL
    UNION SELECT a.incident_id FROM legal_hold h JOIN alert a
      ON a.person_ref = h.person_ref AND a.center_id = h.center_id WHERE h.ended_at IS NULL
    UNION SELECT o.incident_id FROM held JOIN incident i USING (incident_id)
      CROSS JOIN LATERAL (SELECT i.merged_into AS incident_id
                          UNION ALL SELECT m.incident_id FROM incident m WHERE m.merged_into = i.incident_id) o
      WHERE o.incident_id IS NOT NULL)
  SELECT incident_id FROM held
$$
"""
# Rows that had to lie in the default partition until now move to their day.
ENSURE = f"""
CREATE FUNCTION position_days_ensure(first_day date, days integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  made integer := 0; part text; since timestamptz; until timestamptz; narrowed text := current_setting('ansim.center', true);
BEGIN
  PERFORM set_config('ansim.center', '*', true);  -- row-level security holds for the owner, too
  PERFORM pg_advisory_xact_lock(hashtextextended('position_days', 0));
  FOR number IN 0 .. days - 1 LOOP
    part := 'position_p' || to_char(first_day + number, 'YYYYMMDD');
    CONTINUE WHEN to_regclass(part) IS NOT NULL;
    LOCK TABLE position IN SHARE ROW EXCLUSIVE MODE;
    since := (first_day + number)::timestamp AT TIME ZONE 'UTC';
    until := (first_day + number + 1)::timestamp AT TIME ZONE 'UTC';
    EXECUTE format('CREATE TABLE %I (LIKE position INCLUDING ALL)', part);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', part);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', part);
    EXECUTE format($policy$CREATE POLICY center_separation ON %I USING ({SEEN})$policy$, part);
    IF EXISTS (SELECT 1 FROM position_default WHERE fixed_at >= since AND fixed_at < until) THEN
      LOCK TABLE position_default IN ACCESS EXCLUSIVE MODE;
      EXECUTE format('WITH moved AS (DELETE FROM position_default WHERE fixed_at >= %L AND fixed_at < %L RETURNING *)'
                     ' INSERT INTO %I SELECT * FROM moved', since, until, part);
    END IF;
    EXECUTE format('ALTER TABLE position ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', part, since, until);
    made := made + 1;
  END LOOP;
  PERFORM set_config('ansim.center', coalesce(narrowed, ''), true);
  RETURN made;
END $$
"""
# The day goes whole; what a legal hold keeps moves to the default partition, where every reader still finds it.
DROP = """
CREATE FUNCTION position_day_drop(day date) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  part text := 'position_p' || to_char(day, 'YYYYMMDD'); kept bigint := 0;
  narrowed text := current_setting('ansim.center', true);
BEGIN
  PERFORM set_config('ansim.center', '*', true);
  IF to_regclass(part) IS NULL THEN PERFORM set_config('ansim.center', coalesce(narrowed, ''), true); RETURN 0; END IF;
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('legal_hold', 0));
  EXECUTE format('ALTER TABLE position DETACH PARTITION %I', part);
  EXECUTE format('INSERT INTO position SELECT * FROM %I WHERE incident_id IN (SELECT held_incidents())', part);
  GET DIAGNOSTICS kept = ROW_COUNT;
  EXECUTE format('DROP TABLE %I', part);
  PERFORM set_config('ansim.center', coalesce(narrowed, ''), true);
  RETURN kept;
END $$
"""
RIGHTS = """
DO $$ BEGIN
  IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'ansim_app') THEN
    GRANT EXECUTE ON FUNCTION {function} TO ansim_app;
  END IF;
END $$
"""


def upgrade() -> None:
    _retention_tables()
    _run_tables()
    for table in SEPARATED:
        _separate(table)
    op.create_index(
        "ix_incident_merged_into", "incident", ["merged_into"], postgresql_where=sa.text("merged_into IS NOT NULL")
    )
    op.create_index("ix_alert_person_ref", "alert", ["person_ref"], postgresql_where=sa.text("person_ref <> ''"))
    op.execute(HELD)
    _partition()
    for function in FUNCTIONS:
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(RIGHTS.format(function=function))


def downgrade() -> None:
    op.execute("ALTER TABLE position RENAME TO position_of_days")
    op.execute("ALTER TABLE position_of_days RENAME CONSTRAINT pk_position TO pk_position_of_days")
    op.execute(POSITION.format(key="alert_id, fixed_at, incident_id", partitioned=""))
    _separate("position")
    op.execute("INSERT INTO position SELECT * FROM position_of_days")
    op.execute("DROP TABLE position_of_days")
    op.execute("CREATE INDEX ix_position_incident ON position (incident_id, fixed_at)")
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
    op.drop_index("ix_alert_person_ref", "alert")
    op.drop_index("ix_incident_merged_into", "incident")
    for table in ("retention_kind", "retention_proof", "retention_run", "legal_hold", "retention_policy"):
        op.drop_table(table)


def _separate(table: str) -> None:
    op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
    op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
    op.execute(f'CREATE POLICY center_separation ON "{table}" USING ({SEEN})')


def _partition() -> None:
    """The plain table becomes one of days; every row goes over, and the count is compared."""
    op.execute("ALTER TABLE position RENAME TO plain_position")
    op.execute("ALTER TABLE plain_position RENAME CONSTRAINT pk_position TO pk_plain_position")
    op.execute("DROP INDEX ix_position_incident")
    op.execute(POSITION.format(key="incident_id, fixed_at, alert_id", partitioned="PARTITION BY RANGE (fixed_at)"))
    op.execute(RESCUE_INDEX)
    op.execute("CREATE TABLE position_default PARTITION OF position DEFAULT")
    for table in ("position", "position_default"):
        _separate(table)
    op.execute(ENSURE)
    op.execute(DROP)
    # from the oldest fix (at most a month back: phones' clocks may say anything) to three days ahead
    op.execute(
        "SELECT position_days_ensure(first_day, (now() AT TIME ZONE 'UTC')::date + 4 - first_day) FROM (SELECT"
        " greatest((now() AT TIME ZONE 'UTC')::date - 31, least((now() AT TIME ZONE 'UTC')::date,"
        " (SELECT (min(fixed_at) AT TIME ZONE 'UTC')::date FROM plain_position))) AS first_day) p"
    )
    op.execute("INSERT INTO position SELECT * FROM plain_position")
    op.execute(
        "DO $$ BEGIN IF (SELECT count(*) FROM position) <> (SELECT count(*) FROM plain_position) THEN"
        " RAISE EXCEPTION 'positions were lost on the way to daily partitions'; END IF; END $$"
    )
    op.execute("DROP TABLE plain_position")


def _retention_tables() -> None:
    op.create_table(
        "retention_policy",
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("center_id", "kind", name=op.f("pk_retention_policy")),
    )
    op.create_table(
        "legal_hold",
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=True),
        sa.Column("person_ref", sa.Text(), nullable=True),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("placed_by", sa.Uuid(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("end_reason_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("(incident_id IS NULL) <> (person_ref IS NULL)", name=op.f("ck_legal_hold_one_subject")),
        sa.PrimaryKeyConstraint("hold_id", name=op.f("pk_legal_hold")),
    )
    op.create_index("ix_legal_hold_in_force", "legal_hold", ["center_id"], postgresql_where=sa.text("ended_at IS NULL"))


def _run_tables() -> None:
    op.create_table(
        "retention_run",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kinds", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_retention_run")),
    )
    op.create_index(
        "ix_retention_run_unfinished", "retention_run", ["started_at"], postgresql_where=sa.text("finished_at IS NULL")
    )
    op.create_table(
        "retention_proof",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("deleted", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tables", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=True),
        sa.Column("oldest_kept", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["retention_run.run_id"], name=op.f("fk_retention_proof_run_id")),
        sa.PrimaryKeyConstraint("run_id", "center_id", "kind", name=op.f("pk_retention_proof")),
    )
    op.create_index("ix_retention_proof_center", "retention_proof", ["center_id", "finished_at"])
    op.create_table(
        "retention_kind",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cleaned_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_retention_kind")),
    )

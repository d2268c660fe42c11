"""Boundary versions in PostGIS: imported, scheduled, active, rolled back."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "boundary_version",
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("effective", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("imported_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("label", name=op.f("pk_boundary_version")),
    )
    _areas()
    op.create_table(
        "boundary_activation",
        sa.Column("activation_no", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("effective", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("activated_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("until IS NULL OR until > effective", name=op.f("ck_boundary_activation_until")),
        sa.ForeignKeyConstraint(["label"], ["boundary_version.label"], name=op.f("fk_boundary_activation_label")),
        sa.PrimaryKeyConstraint("activation_no", name=op.f("pk_boundary_activation")),
    )
    op.create_table(
        "boundary_key",
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("label", "code", name=op.f("pk_boundary_key")),
        sa.UniqueConstraint("key", name=op.f("uq_boundary_key_key")),
    )


def _areas() -> None:
    area = Geometry(
        geometry_type="MULTIPOLYGON",
        srid=4326,
        dimension=2,
        spatial_index=False,
        from_text="ST_GeomFromEWKT",
        name="geometry",
        nullable=False,
    )
    op.create_geospatial_table(
        "boundary_area",
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_ko", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("area", area, nullable=False),
        sa.ForeignKeyConstraint(
            ["label"], ["boundary_version.label"], name=op.f("fk_boundary_area_label"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("label", "code", name=op.f("pk_boundary_area")),
    )
    op.create_geospatial_index(
        "ix_boundary_area_area", "boundary_area", ["area"], unique=False, postgresql_using="gist", postgresql_ops={}
    )


def downgrade() -> None:
    op.drop_table("boundary_key")
    op.drop_table("boundary_activation")
    op.drop_geospatial_index(
        "ix_boundary_area_area", table_name="boundary_area", postgresql_using="gist", column_name="area"
    )
    op.drop_geospatial_table("boundary_area")
    op.drop_table("boundary_version")

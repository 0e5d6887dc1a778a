"""Teams, categories, replies and tickets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "teams",
        sa.Column("id", sa.Integer, sa.Identity(), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="teams_pkey"),
        sa.UniqueConstraint("name", name="teams_name_key"),
    )
    op.create_table(
        "categories",
        sa.Column("id", sa.Integer, sa.Identity(), nullable=False),
        sa.Column("slug", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("team_id", sa.Integer, nullable=False),
        sa.Column("first_response", sa.Interval, nullable=False),
        sa.PrimaryKeyConstraint("id", name="categories_pkey"),
        sa.UniqueConstraint("slug", name="categories_slug_key"),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="categories_team_id_fkey"),
    )
    op.create_table(
        "replies",
        sa.Column("id", sa.Integer, sa.Identity(), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("category_id", sa.Integer, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="replies_pkey"),
        sa.UniqueConstraint("name", name="replies_name_key"),
        sa.ForeignKeyConstraint(["category_id"], ["categories.id"], name="replies_category_id_fkey"),
    )
    op.create_table(
        "tickets",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("requester", sa.Text, nullable=False),
        sa.Column("category_id", sa.Integer, nullable=False),
        sa.Column("status", sa.Enum("open", "waiting", "solved", name="ticket_status"), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="tickets_pkey"),
        sa.ForeignKeyConstraint(["category_id"], ["categories.id"], name="tickets_category_id_fkey"),
    )
    op.create_index("tickets_category_id_idx", "tickets", ["category_id"])


def downgrade() -> None:
    for table in ("tickets", "replies", "categories", "teams"):
        op.drop_table(table)
    op.execute("DROP TYPE ticket_status")

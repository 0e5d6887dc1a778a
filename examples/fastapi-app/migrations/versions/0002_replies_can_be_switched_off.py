"""Replies can be switched off."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("replies", sa.Column("enabled", sa.Boolean, server_default=sa.true(), nullable=False))


def downgrade() -> None:
    op.drop_column("replies", "enabled")

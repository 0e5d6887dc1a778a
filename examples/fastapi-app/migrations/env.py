"""How Alembic reaches the database: `alembic upgrade head`, with DATABASE_URL as the application reads it."""

from __future__ import annotations

from logging.config import fileConfig

from alembic import context
from sqlalchemy import NullPool, create_engine, text

from helpdesk.models import Base
from helpdesk.settings import Settings

LOCK = 4_337_001
"""Any number that nothing else locks. Whoever comes second finds the migrations done."""


def migrate() -> None:
    """Run the migrations in one transaction, and one at a time: Alembic itself takes no lock."""
    url = context.config.attributes.get("url") or Settings.from_environment().database_url
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
        with context.begin_transaction():
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            context.run_migrations()


if context.config.config_file_name is not None and "url" not in context.config.attributes:
    fileConfig(context.config.config_file_name, disable_existing_loggers=False)
migrate()

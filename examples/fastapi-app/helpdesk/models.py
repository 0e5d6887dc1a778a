"""The tables, as the migrations make them."""

from __future__ import annotations

import enum
import uuid
from datetime import datetime, timedelta

from sqlalchemy import DateTime, Enum, ForeignKey, Identity, Index, MetaData, Text, func, true
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    type_annotation_map = {str: Text, datetime: DateTime(timezone=True)}  # noqa: RUF012 - SQLAlchemy's own name
    metadata = MetaData(
        naming_convention={
            "pk": "%(table_name)s_pkey",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        }
    )


class Status(enum.StrEnum):
    """What a ticket is waiting for."""

    OPEN = "open"
    """For us."""
    WAITING = "waiting"
    """For whoever asked."""
    SOLVED = "solved"


class Team(Base):
    """Who answers. Seeded."""

    __tablename__ = "teams"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str]


class Category(Base):
    """What a ticket is about. Seeded."""

    __tablename__ = "categories"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    first_response: Mapped[timedelta]
    """How soon somebody answers."""

    team: Mapped[Team] = relationship(lazy="joined")


class Reply(Base):
    """A prepared answer. Seeded, and then edited by whoever uses it."""

    __tablename__ = "replies"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    body: Mapped[str]
    category_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"))
    """None: for any category."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
    enabled: Mapped[bool] = mapped_column(server_default=true())

    category: Mapped[Category | None] = relationship(lazy="joined")


class Ticket(Base):
    """What somebody asked. Seeded in development only."""

    __tablename__ = "tickets"
    __table_args__ = (Index(None, "category_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    subject: Mapped[str]
    body: Mapped[str]
    requester: Mapped[str]
    category_id: Mapped[int] = mapped_column(ForeignKey("categories.id"))
    status: Mapped[Status] = mapped_column(
        Enum(Status, name="ticket_status", values_callable=lambda known: [status.value for status in known]),
        default=Status.OPEN,
    )
    opened_at: Mapped[datetime] = mapped_column(server_default=func.now())

    category: Mapped[Category] = relationship(lazy="joined")

"""What needs no application: a session on the seeded tables, rolled back after each test."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from helpdesk.models import Category, Reply, Ticket


def test_every_category_has_a_team(seeded_session: Session) -> None:
    categories = seeded_session.scalars(select(Category)).all()
    assert {category.team.name for category in categories} == {
        "Accounts",
        "Billing",
        "Engineering",
        "Trust and safety",
    }


def test_a_ticket_can_be_committed(seeded_session: Session) -> None:
    category = seeded_session.scalars(select(Category).where(Category.slug == "refunds")).one()
    seeded_session.add(Ticket(subject="Money back", body="Please.", requester="ines", category=category))
    seeded_session.commit()
    assert seeded_session.scalar(select(func.count()).select_from(Ticket)) == 1


def test_and_is_gone_for_the_next_test(seeded_session: Session) -> None:
    assert seeded_session.scalar(select(func.count()).select_from(Ticket)) == 0


def test_replies_name_what_can_be_filled_in(seeded_session: Session) -> None:
    bodies = seeded_session.scalars(select(Reply.body)).all()
    assert all(body.startswith("Hello {{ requester }},") for body in bodies)

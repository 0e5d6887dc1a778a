"""The routes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Request, status
from sqlalchemy import or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from helpdesk.messages import CategoryOut, ReplyChange, ReplyOut, TicketIn, TicketOut
from helpdesk.models import Category, Reply, Status, Ticket

router = APIRouter()


async def session(request: Request) -> AsyncIterator[AsyncSession]:
    """One session and one transaction a request."""
    async with request.app.state.sessions.begin() as session:
        yield session


# Committed before the answer is sent, so that whoever reads it can ask for what it says.
Database = Annotated[AsyncSession, Depends(session, scope="function")]


@router.get("/alive")
async def alive() -> dict[str, str]:
    return {"status": "alive"}


@router.get("/ready")
async def ready(request: Request, database: Database) -> dict[str, Any]:
    """Whether the database answers, and what became of the seeds at start-up."""
    await database.execute(text("SELECT 1"))
    report = request.app.state.seeder_report
    return {"status": "ready", "seeding": report.reason}


@router.get("/categories", response_model=list[CategoryOut])
async def categories(database: Database) -> Sequence[Category]:
    return (await database.scalars(select(Category).order_by(Category.first_response, Category.slug))).all()


@router.get("/replies", response_model=list[ReplyOut])
async def replies(database: Database, category: str | None = None) -> Sequence[Reply]:
    """The replies that can be used: for any category, or for one and those that suit all."""
    found = select(Reply).where(Reply.enabled).order_by(Reply.name)
    if category is not None:
        found = found.outerjoin(Reply.category).where(
            or_(Category.slug == category, Reply.category_id.is_(None))
        )
    return (await database.scalars(found)).all()


@router.patch("/replies/{name}", response_model=ReplyOut)
async def change_reply(name: str, change: ReplyChange, database: Database) -> Reply:
    """Reword a reply, or switch it off. The next seeding leaves that as it is."""
    reply = await database.scalar(select(Reply).where(Reply.name == name))
    if reply is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"there is no reply {name}")
    for column, value in change.model_dump(exclude_none=True).items():
        setattr(reply, column, value)
    return reply


@router.post("/tickets", response_model=TicketOut, status_code=status.HTTP_201_CREATED)
async def open_ticket(new: TicketIn, database: Database) -> Ticket:
    category = await database.scalar(select(Category).where(Category.slug == new.category))
    if category is None:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, f"there is no category {new.category}")
    ticket = Ticket(**new.model_dump(exclude={"category"}), category=category)
    database.add(ticket)
    await database.flush()
    await database.refresh(ticket)
    return ticket


@router.get("/tickets", response_model=list[TicketOut])
async def tickets(database: Database, status: Status = Status.OPEN) -> Sequence[Ticket]:
    return (
        await database.scalars(select(Ticket).where(Ticket.status == status).order_by(Ticket.opened_at))
    ).all()


@router.get("/tickets/{ticket_id}", response_model=TicketOut)
async def ticket(ticket_id: UUID, database: Database) -> Ticket:
    found = await database.get(Ticket, ticket_id)
    if found is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"there is no ticket {ticket_id}")
    return found

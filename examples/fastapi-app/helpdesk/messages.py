"""What goes over the wire."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AliasPath, BaseModel, ConfigDict, Field

from helpdesk.models import Status


class _FromTable(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class CategoryOut(_FromTable):
    slug: str
    title: str
    team: Annotated[str, Field(validation_alias=AliasPath("team", "name"))]
    first_response: timedelta


class ReplyOut(_FromTable):
    name: str
    title: str
    body: str
    enabled: bool


class ReplyChange(BaseModel):
    """What an administrator may change; what is left out stays."""

    title: str | None = None
    body: str | None = None
    enabled: bool | None = None


class TicketIn(BaseModel):
    category: str
    """The category's slug."""
    subject: Annotated[str, Field(min_length=1, max_length=200)]
    body: str
    requester: str


class TicketOut(_FromTable):
    id: uuid.UUID
    subject: str
    body: str
    requester: str
    status: Status
    opened_at: datetime
    category: CategoryOut

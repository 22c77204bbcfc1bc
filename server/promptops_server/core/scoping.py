"""The one helper through which every query of a project's things is scoped."""

from typing import Any, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute


class _OwnedByProject(Protocol):
    id: InstrumentedAttribute[UUID] | Any
    project_id: InstrumentedAttribute[UUID] | Any


M = TypeVar("M", bound=_OwnedByProject)


def of_project(model: type[M], project_id: UUID) -> Select[M]:
    """A SELECT of the rows of `model` that belong to the project; the caller narrows it."""
    return select(model).where(model.project_id == project_id)


def page_of(statement: Select[M], model: type[M], after: UUID | None, limit: int) -> Select[M]:
    """The statement narrowed to one keyset page, newest first, with one row more than the limit."""
    if after is not None:
        statement = statement.where(model.id < after)
    return statement.order_by(model.id.desc()).limit(limit + 1)

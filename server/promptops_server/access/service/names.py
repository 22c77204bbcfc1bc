"""Names to show beside ids."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access import repository


async def person_names(
    session: AsyncSession, authors: Iterable[tuple[str, UUID]]
) -> dict[UUID, str]:
    """The name of each person among these authors (kind and id), as it is now; of no key.

    Whoever asks has these ids from what the project itself holds.
    """
    ids = {identifier for kind, identifier in authors if kind == "user"}
    return await repository.user_names(session, list(ids)) if ids else {}

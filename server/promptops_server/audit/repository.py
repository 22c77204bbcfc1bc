"""Every SQL statement of audit."""

from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.audit.models import AuditEntry


def add(session: AsyncSession, entry: AuditEntry) -> None:
    session.add(entry)

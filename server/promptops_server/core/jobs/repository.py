"""Every SQL statement of jobs."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg
import orjson

from promptops_server.core.db import Pool
from promptops_server.core.jobs.types import (
    LEASE_S,
    IdempotencyKey,
    KnownClaim,
    WorkItem,
    WorkState,
)

# A key that has expired is taken over as if it had never been.
_CLAIM_KEY = """
WITH claimed AS (
  INSERT INTO idempotency_keys (project_id, route, key, fingerprint, work_id, expires_at)
  VALUES ($1, $7, $8, $9, $2, now() + make_interval(secs => $10))
  ON CONFLICT (project_id, route, key) DO UPDATE SET
    fingerprint = EXCLUDED.fingerprint, work_id = EXCLUDED.work_id,
    created_at = now(), expires_at = EXCLUDED.expires_at
  WHERE idempotency_keys.expires_at <= now()
  RETURNING work_id
)
INSERT INTO work (project_id, id, kind, state, payload, owner, attempt, fence, due_at)
SELECT $1, $2, $3, $4, $5::text::jsonb, $6, $11::int, $11::int, now() + make_interval(secs => $12)
FROM claimed RETURNING id
"""
_INSERT = """
INSERT INTO work (project_id, id, kind, state, payload, owner, attempt, fence, due_at)
VALUES ($1, $2, $3, $4, $5::text::jsonb, $6, $7::int, $7::int, now() + make_interval(secs => $8))
RETURNING id
"""
_CLAIM = """
UPDATE work SET state = 'running', attempt = attempt + 1, fence = fence + 1, owner = $2,
  due_at = now() + make_interval(secs => $4)
WHERE id IN (
  SELECT id FROM work WHERE kind = $1 AND state <> 'ended' AND due_at <= now()
  ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
)
RETURNING id, project_id, attempt, fence, payload, cancel_requested_at IS NOT NULL AS is_cancelled
"""


async def add_work(
    pool: Pool,
    *,
    work_id: UUID,
    project_id: UUID,
    kind: str,
    payload: bytes,
    owner: str | None,
    once: IdempotencyKey | None,
    keep_key_s: float,
) -> bool:
    """Adds a unit of work, claimed by `owner` where one is named, else queued.

    With `once`, only where that key is free: False where it is not, and nothing was added.
    """
    state, first, due = ("queued", 0, 0.0) if owner is None else ("running", 1, LEASE_S)
    text = payload.decode()
    if once is None:
        await pool.fetchval(_INSERT, project_id, work_id, kind, state, text, owner, first, due)
        return True
    added = await pool.fetchval(
        _CLAIM_KEY,
        *(project_id, work_id, kind, state, text, owner),
        *(once.route, once.key, once.fingerprint, keep_key_s, first, due),
    )
    return added is not None


async def find_claim(pool: Pool, once: IdempotencyKey) -> KnownClaim | None:
    """What this key was used for, or None where it is free."""
    row = await pool.fetchrow(
        "SELECT work_id, fingerprint FROM idempotency_keys "
        "WHERE project_id = $1 AND route = $2 AND key = $3 AND expires_at > now()",
        once.project_id,
        once.route,
        once.key,
    )
    return None if row is None else KnownClaim(row["work_id"], row["fingerprint"])


async def claim(pool: Pool, kind: str, owner: str, limit: int) -> list[WorkItem]:
    """Up to `limit` units that are due, the longest due first, each leased to `owner`."""
    rows = await pool.fetch(_CLAIM, kind, owner, limit, LEASE_S)
    return [
        WorkItem(
            id=row["id"],
            project_id=row["project_id"],
            attempt=row["attempt"],
            fence=row["fence"],
            payload=_payload(row),
            is_cancelled=row["is_cancelled"],
        )
        for row in rows
    ]


async def renew(pool: Pool, held: Mapping[UUID, int]) -> dict[UUID, bool]:
    """Extends the leases that are still held by these fences.

    Returns whether a cancel was asked for, by the id of each unit that is still held.
    """
    rows = await pool.fetch(
        "UPDATE work SET due_at = now() + make_interval(secs => $3) "
        "FROM unnest($1::uuid[], $2::bigint[]) AS held (id, fence) "
        "WHERE work.id = held.id AND work.fence = held.fence AND work.state = 'running' "
        "RETURNING work.id, work.cancel_requested_at IS NOT NULL AS is_cancelled",
        list(held),
        list(held.values()),
        LEASE_S,
    )
    return {row["id"]: row["is_cancelled"] for row in rows}


async def release(pool: Pool, held: Mapping[UUID, int]) -> None:
    """Gives units back, to be claimed by anybody at once; the attempt does not count."""
    await pool.execute(
        "UPDATE work SET state = 'queued', owner = NULL, due_at = now(), attempt = attempt - 1 "
        "FROM unnest($1::uuid[], $2::bigint[]) AS held (id, fence) "
        "WHERE work.id = held.id AND work.fence = held.fence AND work.state = 'running'",
        list(held),
        list(held.values()),
    )


async def find_work(pool: Pool, project_id: UUID, work_id: UUID) -> WorkState | None:
    """The unit of work of this project, or None."""
    row = await pool.fetchrow(
        "SELECT id, project_id, state, attempt, payload, created_at, "
        "cancel_requested_at IS NOT NULL AS is_cancelled "
        "FROM work WHERE project_id = $1 AND id = $2",
        project_id,
        work_id,
    )
    return None if row is None else _state_of(row)


async def list_unended(
    pool: Pool, project_id: UUID, kind: str, *, without: Sequence[str], limit: int
) -> list[WorkState]:
    """The project's units of this kind that have not ended, newest first.

    Their payload is without the fields that `without` names, which may be large.
    """
    rows = await pool.fetch(
        "SELECT id, project_id, state, attempt, payload - $3::text[] AS payload, created_at, "
        "cancel_requested_at IS NOT NULL AS is_cancelled "
        "FROM work WHERE project_id = $1 AND kind = $2 AND state <> 'ended' "
        "ORDER BY id DESC LIMIT $4",
        project_id,
        kind,
        list(without),
        limit,
    )
    return [_state_of(row) for row in rows]


async def ask_to_cancel(pool: Pool, project_id: UUID, work_id: UUID) -> bool:
    """Marks a unit that has not ended, and lets a queued one be claimed at once to be ended.

    Returns whether there was one.
    """
    found = await pool.fetchval(
        "UPDATE work SET cancel_requested_at = coalesce(cancel_requested_at, now()) "
        "WHERE project_id = $1 AND id = $2 AND state <> 'ended' RETURNING id",
        project_id,
        work_id,
    )
    return found is not None


async def sweep(pool: Pool, keep_ended_s: float) -> int:
    """Deletes keys that have expired and units that ended long ago; returns how many units."""
    await pool.execute("DELETE FROM idempotency_keys WHERE expires_at <= now()")
    rows: Sequence[asyncpg.Record] = await pool.fetch(
        "DELETE FROM work WHERE state = 'ended' AND ended_at < now() - make_interval(secs => $1) "
        "RETURNING id",
        keep_ended_s,
    )
    return len(rows)


def _state_of(row: "asyncpg.Record") -> WorkState:
    return WorkState(
        id=row["id"],
        project_id=row["project_id"],
        state=row["state"],
        attempt=row["attempt"],
        payload=_payload(row),
        created_at=row["created_at"],
        is_cancelled=row["is_cancelled"],
    )


def _payload(row: "asyncpg.Record") -> dict[str, object]:
    text = row["payload"]
    return {} if text is None else orjson.loads(text)

"""Holds back who guesses passwords, per e-mail address and per client address, in Valkey.

A try takes from both buckets before the password is looked at, so that many at once get no more
than one after another. While Valkey is away, each process holds back by buckets of its own.
"""

import hashlib
import ipaddress
import math
import time
from typing import cast

from redis.asyncio import Redis

from promptops_server.access.errors import TooManyAttempts
from promptops_server.core.valkey import VALKEY_AWAY
from promptops_server.ratelimit.bucket import Limit, OwnBuckets

_PER_ACCOUNT = Limit("account", per_minute=5, burst=5)
_PER_ADDRESS = Limit("address", per_minute=30, burst=30)
# How often at most one bucket's refusals are told to the audit log.
_TELL_EVERY_MS = 60_000
_MOST_OWN = 100_000
# Loopback, and the private networks of RFC 1918 and RFC 4193.
_NEARBY = tuple(
    ipaddress.ip_network(network)
    for network in (
        "127.0.0.0/8",
        "::1/128",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "fc00::/7",
    )
)

# KEYS: a bucket and its mark, one pair for each limit. ARGV: interval (us) and burst of each, then
# how long a mark is kept (ms). Takes one of each bucket or none.
# Returns {wait in us (0: taken), 1 where this is the first refusal for a while}.
_TAKE = """
local now = redis.call('TIME')
now = now[1] * 1000000 + now[2]
local longest, refusing, after = 0, 0, {}
for place = 1, #KEYS / 2 do
  local interval, burst = tonumber(ARGV[2 * place - 1]), tonumber(ARGV[2 * place])
  local arrival = math.max(tonumber(redis.call('GET', KEYS[2 * place - 1]) or '0'), now)
  after[place] = arrival + interval
  local wait = after[place] - interval * burst - now
  if wait > 0.5 and wait > longest then longest, refusing = wait, place end
end
if refusing > 0 then
  local first = redis.call('SET', KEYS[2 * refusing], '1', 'NX', 'PX', ARGV[#ARGV])
  return {math.ceil(longest), first and 1 or 0}
end
for place = 1, #KEYS / 2 do
  redis.call('SET', KEYS[2 * place - 1], string.format('%.3f', after[place]),
             'PX', math.ceil((after[place] - now) / 1000) + 1000)
end
return {0, 0}
"""


class Attempts:
    """Counts tries to give a password."""

    def __init__(self, redis: Redis) -> None:
        """Takes the client; opens nothing."""
        self._redis = redis
        self._own = OwnBuckets()
        self._own_taken = 0

    async def take(self, account: str, address: str) -> None:
        """Takes a try for this account (an e-mail address, or an id) from this client address.

        Raises TooManyAttempts, which says when to try again.
        """
        limits = {_account(account): _PER_ACCOUNT, _address(address): _PER_ADDRESS}
        keys = [key for name in limits for key in (name, f"{name}:told")]
        numbers = [
            number for limit in limits.values() for number in (repr(limit.interval_us), limit.burst)
        ]
        try:
            wait_us, first = cast(
                "tuple[int, int]",
                await self._redis.execute_command(  # pyright: ignore[reportUnknownMemberType] # redis-py leaves answers untyped
                    "EVAL", _TAKE, len(keys), *keys, *numbers, _TELL_EVERY_MS
                ),
            )
        except VALKEY_AWAY:
            wait_us, first = self._take_own(limits), 0
        if wait_us:
            seconds = max(1, math.ceil(wait_us / 1_000_000))
            raise TooManyAttempts(seconds, is_first=bool(first))

    async def clear(self, account: str) -> None:
        """Forgets the tries for this account, which gave the right password."""
        try:
            await self._redis.execute_command("UNLINK", _account(account))  # pyright: ignore[reportUnknownMemberType] # as above
        except VALKEY_AWAY:
            now_us = time.monotonic() * 1_000_000
            self._own.take(_account(account), _PER_ACCOUNT, -_PER_ACCOUNT.burst, now_us)

    def _take_own(self, limits: dict[str, Limit]) -> float:
        now_us = time.monotonic() * 1_000_000
        self._own_taken += 1
        if self._own_taken > _MOST_OWN:
            # Names that strangers make up would fill the memory.
            self._own.clear()
            self._own_taken = 0
        wait_us = max(self._own.wait_us(name, limit, 1, now_us) for name, limit in limits.items())
        if not wait_us:
            for name, limit in limits.items():
                self._own.take(name, limit, 1, now_us)
        return wait_us


def _account(account: str) -> str:
    # Hashed, so that Valkey holds nobody's address.
    digest = hashlib.sha256(account.encode("utf-8", errors="replace")).hexdigest()
    return f"attempts:account:{digest}"


def _address(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "attempts:address:unknown"
    if found.version == 6:
        # Who has an IPv6 address has the whole network of 64 bits.
        found = ipaddress.ip_network((found, 64), strict=False).network_address
    return f"attempts:address:{found}"


def client_address(peer: str | None, forwarded_for: str | None) -> str:
    """The address to count by: the peer's, or behind a proxy nearby what that proxy appended.

    Only a peer on loopback or in a private network is taken for a proxy; of its X-Forwarded-For
    the last entry is its own, those before may be made up.
    """
    if peer is None:
        return ""
    if forwarded_for is not None:
        try:
            found = ipaddress.ip_address(peer)
        except ValueError:
            return peer
        if any(found in network for network in _NEARBY):
            return forwarded_for.rpartition(",")[2].strip()
    return peer

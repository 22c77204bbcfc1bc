"""Jobs: units of work that survive the process which does them.

Owns the tables work and idempotency_keys. A slice says what its work is; how it is claimed, leased,
fenced and given up is here.
"""

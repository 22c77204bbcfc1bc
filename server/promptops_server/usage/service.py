"""Reading the ledger, for the slices above."""

from promptops_server.usage.repository import find_run, list_runs

__all__ = ["find_run", "list_runs"]

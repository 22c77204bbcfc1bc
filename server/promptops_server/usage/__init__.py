"""Usage: the ledger of runs, its writer and its months.

Owns the table runs. Higher slices write by calling down; a row that is written never changes.
"""

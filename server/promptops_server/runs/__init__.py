"""Runs: execute one prompt version: limit, render, call, record.

Owns the run path; the ledger that it writes to belongs to usage.
"""

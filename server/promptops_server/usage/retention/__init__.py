"""Retention: runs that are older than their project keeps them are deleted, and that is audited.

Owns no table of its own.
"""

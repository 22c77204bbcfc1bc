"""Audit: who changed what, as plain values that outlive whom and what they name.

Owns audit_entries; takes the actor from whoever calls, and has no router of its own.
"""

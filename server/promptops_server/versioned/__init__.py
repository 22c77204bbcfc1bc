"""Versioned: drafts, immutable versions, content hash and semver, as generic functions.

They work on a slice's own tables; this slice owns none.
"""

"""Framework glue: settings, database, errors, outbound HTTP, secrets, freshness.

Core knows no slice; every slice may lean on it.
"""

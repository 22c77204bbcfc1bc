"""Deployments: which version serves an environment, and the ledger of every release.

Owns the tables deployments and releases; what can be deployed is asked through a port.
"""

"""Providers: the port to models, provider credentials and the price table.

Owns the tables providers and provider_credentials.
"""

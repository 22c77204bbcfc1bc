"""Ratelimit: buckets by name and number, in Valkey.

It knows no Caller; who asks passes the bucket's name and its numbers.
"""

"""The all-in-one default: PostgreSQL, Valkey, a local model and one API process on one machine.

supervisor.py is the way in. Everything here is replaced by a real server with one setting.
"""

"""Pure functions and types that every layer may use.

Only the standard library is imported here, and nothing here does I/O.
"""

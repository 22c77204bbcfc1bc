"""Benchmarks: each a package of its own, run by make and by `python -m`."""

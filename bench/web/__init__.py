"""The benchmark of the web application: what it loads, how it is rated, what a key stroke costs.

`python -m bench.web`; docs/explanation/performance.md says what is measured and how.
"""

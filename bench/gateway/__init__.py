"""The gateway benchmark: PromptOps beside its rivals, on one machine, in one run.

`python -m bench.gateway`; docs/explanation/performance.md says what is measured and how.
"""

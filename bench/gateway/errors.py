"""Why a run has no result."""


class BenchFailed(Exception):
    """The run is void; the sentence says why."""

"""What runs refuses, and how one may end."""

from promptops_server.core.errors import AppError, Conflict, Forbidden, NotFound


class RunNotFound(NotFound):
    """There is no such run in the caller's project."""

    code = "run_not_found"


class FeedbackNotFound(NotFound):
    """The caller has said no such thing about this run."""

    code = "feedback_not_found"


class RunEnded(Conflict):
    """The run has ended already: there is nothing to cancel."""

    code = "run_ended"
    title = "The run has ended"


class RunCancelled(AppError):
    """Somebody asked for the run to be cancelled."""

    code = "run_cancelled"
    title = "Cancelled"
    status = 409


class RunGivenUp(AppError):
    """The run was begun several times and no process came to its end."""

    code = "run_given_up"
    title = "Given up"
    status = 500
    retryable = True


class TooManyWatchers(AppError):
    """This process tells as many watchers of runs as it can."""

    code = "too_many_watchers"
    title = "Too many watchers"
    status = 503
    retryable = True


class OutputNotStored(AppError):
    """The run has ended, and its project does not keep what was said."""

    code = "output_not_stored"
    title = "The output was not stored"
    status = 410


class OverrideNotAllowed(Forbidden):
    """A call changes what the version does not let it change."""

    code = "override_not_allowed"


class IdempotencyInProgress(Conflict):
    """The first request with this Idempotency-Key is still under way."""

    code = "idempotency_in_progress"
    title = "Still under way"
    retryable = True


class IdempotencyKeyReused(AppError):
    """The Idempotency-Key was used for another request."""

    code = "idempotency_key_reused"
    title = "Idempotency-Key used for another request"
    status = 422

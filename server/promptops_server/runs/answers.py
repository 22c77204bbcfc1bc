"""What is told of a run that has ended: the same bytes at once, and to who asks again."""

from collections.abc import Mapping
from dataclasses import replace

from promptops_server.core.errors import AppError
from promptops_server.kit.ids import to_public
from promptops_server.runs.errors import OutputNotStored
from promptops_server.runs.events import usage_data
from promptops_server.runs.types import RunPlan
from promptops_server.usage.types import RunRecord

Event = tuple[str, Mapping[str, object]]


def meta_of_plan(plan: RunPlan, model: str) -> dict[str, object]:
    """What is known when a run begins: the data of the `meta` event."""
    return _meta(plan.public_id, plan.prompt_alias, plan.version_num, plan.environment, model)


def meta_of(run: RunRecord) -> dict[str, object]:
    """The same, of a run that has ended."""
    return _meta(
        to_public("run", run.id),
        run.prompt_alias or "",
        run.version_num,
        run.environment,
        f"{run.provider}/{run.model}",
    )


def _meta(
    run_id: str, prompt: str, version: str | None, environment: str | None, model: str
) -> dict[str, object]:
    return {
        "run_id": run_id,
        "prompt": prompt,
        "version": version or "draft",
        "environment": environment,
        "model": model,
    }


def ending_of(run: RunRecord) -> dict[str, object]:
    """The data of the `done` event."""
    return {
        "run_id": to_public("run", run.id),
        "finish_reason": run.finish_reason,
        "latency_ms": round((run.ended_at - run.started_at).total_seconds() * 1000),
    }


def answer_of(run: RunRecord) -> dict[str, object]:
    """A run that succeeded, as one JSON object."""
    answer = {**meta_of(run), **ending_of(run), "output": run.output}
    if run.tool_calls:
        answer["tool_calls"] = run.tool_calls
    answer["usage"] = usage_data(run.tokens, run.cost_usd)
    return answer


def failure_of(run: RunRecord) -> AppError:
    """The error that a run ended with which did not succeed."""
    told = run.error or {}
    code, detail = str(told.get("code", "internal")), str(told.get("detail", ""))
    found = next((cls for cls in _every_error(AppError) if cls.code == code), AppError)
    return found(detail, facts={"run_id": to_public("run", run.id)})


def _every_error(parent: type[AppError]) -> list[type[AppError]]:
    return [cls for child in parent.__subclasses__() for cls in (child, *_every_error(child))]


def check_stored(run: RunRecord) -> None:
    """Passes where what the run answered is there. Raises OutputNotStored."""
    if run.status == "succeeded" and run.output is None:
        raise OutputNotStored("This project does not keep what its runs answer.")


def events_of(run: RunRecord, *, instance: str) -> tuple[int, list[Event]]:
    """The number of the first event, and every event, as they were emitted.

    A run that nobody could resume kept no marks: its text is one `delta`. Raises OutputNotStored.
    """
    check_stored(run)
    marks = list(run.deltas or [])
    first = marks.pop(0) if marks and isinstance(marks[0], int) else 1
    events: list[Event] = [("meta", meta_of(run))]
    text, position = run.output or "", 0
    for mark in marks:
        if isinstance(mark, int):
            events.append(("delta", {"text": text[position : position + mark]}))
            position += mark
        else:
            events.append(("delta", {"tool_calls": mark}))
    if position < len(text):
        events.append(("delta", {"text": text[position:]}))
    if not marks and run.tool_calls:
        events.append(("delta", {"tool_calls": run.tool_calls}))
    if run.status == "succeeded":
        events.append(("usage", usage_data(run.tokens, run.cost_usd)))
        events.append(("done", ending_of(run)))
    else:
        problem = failure_of(run).problem(instance=instance, request_id=run.request_id)
        events.append(("error", problem))
    return first if isinstance(first, int) else 1, events


def without_texts(run: RunRecord) -> RunRecord:
    """The row of a project that keeps what a run cost, and not what was said."""
    return replace(
        run,
        variables=None,
        messages=None,
        input_messages=None,
        output=None,
        tool_calls=None,
        deltas=None,
        error=None if run.error is None else {"code": run.error["code"], "detail": ""},
    )

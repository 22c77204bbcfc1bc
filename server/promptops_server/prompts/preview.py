"""What a prompt becomes with these variables: rendered, counted and priced, and not sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access.types import Caller
from promptops_server.kit.clock import utc_now
from promptops_server.prompts import snippets
from promptops_server.prompts.compiling import in_its_place
from promptops_server.prompts.models import PromptVersion
from promptops_server.prompts.rendering import PromptTemplate, dump_chat, parse_compiled
from promptops_server.prompts.schemas import RenderRead, TemplateRender, VariablesRead, content_of
from promptops_server.prompts.service import compile_for, get_draft, get_version
from promptops_server.prompts.template_errors import MissingVariable
from promptops_server.providers.errors import ProviderNotConfigured
from promptops_server.providers.service import ModelTargets
from promptops_server.providers.tokens import TokenCount, count_input_tokens, is_ready
from promptops_server.usage.types import TokenUsage

Message = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class PreviewSource:
    """What is previewed. `sends_more` says that the model is sent more than the messages."""

    kind: Literal["text", "chat"]
    compiled_template: str
    model: str | None
    sends_more: bool = False


async def source_of_prompt(
    session: AsyncSession, caller: Caller, ref: str, number: str | None
) -> PreviewSource:
    """The version of this number, or where that is None, the caller's draft.

    Raises PromptNotFound, VersionNotFound and DraftNotFound, and for a draft what is wrong with
    what it includes.
    """
    row: PromptVersion = (
        await get_draft(session, caller, ref)
        if number is None
        else await get_version(session, caller, ref, number)
    )
    config = row.config_json
    text = row.compiled_template
    if number is None and row.source_template is not None:
        compiled = await compile_for(session, caller, row.prompt_id, content_of(row))
        if compiled.problem is not None:
            raise compiled.problem
        text = compiled.compiled_template
    return PreviewSource(
        kind="chat" if row.kind == "chat" else "text",
        compiled_template=text,
        model=config["model"],
        sends_more="tools" in config or "response_format" in config,
    )


async def source_of_template(
    session: AsyncSession, caller: Caller, wanted: TemplateRender
) -> PreviewSource:
    """What stands in the request itself. Raises what is wrong with what it includes."""
    find = snippets.finder(session, caller.project_id)
    wanted, _ = await snippets.put_snippets_in(find, None, wanted)
    if wanted.template is not None:
        return PreviewSource("text", wanted.template, wanted.model)
    entries = [message.entry() for message in wanted.messages or ()]
    return PreviewSource("chat", dump_chat(entries), wanted.model)


async def render_preview(
    project_id: UUID,
    source: PreviewSource,
    variables: Mapping[str, object],
    conversation: Sequence[Message],
    targets: ModelTargets,
) -> RenderRead:
    """The rendered messages with their tokens and price, or which variables are missing.

    Raises what is wrong with the template or its values.
    """
    text = source.compiled_template
    template = await in_its_place(len(text), parse_compiled, source.kind, text)
    size = len(text) + len(orjson.dumps(variables))
    messages, missing = await in_its_place(size, _render, template, variables, conversation)
    count, cost = None, None
    if messages is not None and source.model is not None:
        count, cost = await _count(project_id, source, messages, targets)
    return RenderRead(
        messages=messages,
        missing=missing,
        variables=VariablesRead(
            names=list(template.variables.names), required=list(template.variables.required)
        ),
        input_tokens=None if count is None else count.tokens,
        exact=None if count is None else count.exact,
        input_cost_usd=None if cost is None else format(cost, "f"),
    )


def _render(
    template: PromptTemplate, variables: Mapping[str, object], conversation: Sequence[Message]
) -> tuple[list[dict[str, object]] | None, list[str]]:
    try:
        return template.render(variables, conversation), []
    except MissingVariable as missing:
        return None, list(missing.names)


async def _count(
    project_id: UUID,
    source: PreviewSource,
    messages: Sequence[Message],
    targets: ModelTargets,
) -> tuple[TokenCount | None, Decimal | None]:
    name = source.model or ""
    kind, model, price = "", name.partition("/")[2], None
    try:
        target = await targets.get(project_id, name)
        kind, price = target.provider.kind.value, target.price_at(utc_now())
    except ProviderNotConfigured:
        # A prompt may be written before its provider is there: counted as for any other.
        pass
    size = len(orjson.dumps(messages))
    # The first count loads an encoding, which takes longer than any text that is counted inline.
    count = await in_its_place(
        size if is_ready(model) else None, count_input_tokens, kind, model, messages
    )
    if count is None:
        return None, None
    if source.sends_more:
        count = TokenCount(count.tokens, exact=False)
    cost = None if price is None else price.cost_usd(TokenUsage(input=count.tokens, output=0))
    return count, cost

"""What prompts take and give over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self, cast
from uuid import UUID

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from promptops_server.core.fields import Limit, Name, Slug, Text
from promptops_server.core.pagination import DEFAULT_LIMIT
from promptops_server.kit.ids import from_public, to_public
from promptops_server.prompts.config import Model, PromptConfig
from promptops_server.prompts.models import Prompt, PromptVersion
from promptops_server.prompts.prompt_schema import PromptSchema
from promptops_server.prompts.rendering import ChatEntry, MessageTemplate, Placeholder
from promptops_server.prompts.types import Glance, VersionStatus
from promptops_server.versioned.semver import PATTERN as VERSION_PATTERN
from promptops_server.versioned.semver import Bump

MAX_MESSAGES = 200
MAX_VARIABLES = 200
MAX_TAGS = 20
TAG_PATTERN = "^[a-z0-9][a-z0-9_-]{0,49}$"
# What would be hidden behind an address of the API.
_RESERVED_ALIASES = frozenset({"folders"})

MessageRole = Literal["system", "developer", "user", "assistant"]


class MessageInput(BaseModel):
    """One message of a chat prompt, its content a template; or where the conversation goes.

    The conversation is what a call sends as `messages`. It goes where `placeholder` stands alone,
    behind all others where none does.
    """

    model_config = ConfigDict(extra="forbid")

    role: MessageRole | None = None
    content: Text | None = None
    placeholder: Literal["messages"] | None = None

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        said = (self.role is not None, self.content is not None, self.placeholder is not None)
        if said not in {(True, True, False), (False, False, True)}:
            raise ValueError("A message has a role and a content, or a placeholder alone.")
        return self

    def entry(self) -> ChatEntry:
        """The message as a part of a chat."""
        if self.role is None or self.content is None:
            return Placeholder()
        return MessageTemplate(self.role, self.content)


class Content(BaseModel):
    """What a prompt says: one of `structure` (builder), `template` (text), `messages` (chat)."""

    model_config = ConfigDict(extra="forbid")

    structure: PromptSchema | None = None
    template: Text | None = None
    messages: Annotated[list[MessageInput], Field(min_length=1, max_length=MAX_MESSAGES)] | None = (
        None
    )
    config: PromptConfig

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [self.structure, self.template, self.messages]
        if sum(part is not None for part in given) != 1:
            raise ValueError("Give exactly one of structure, template and messages.")
        messages = self.messages or []
        holes = sum(message.placeholder is not None for message in messages)
        if holes > 1 or (holes and holes == len(messages)):
            raise ValueError(
                "A chat has one placeholder at most, and at least one message beside it."
            )
        return self


def _no_id(alias: str) -> str:
    if from_public("prm", alias) is not None:
        raise ValueError("An alias may not look like a prompt's id.")
    if alias in _RESERVED_ALIASES:
        raise ValueError("This alias is an address of the API itself.")
    return alias


def content_of(version: PromptVersion) -> Content:
    """The content of a row as it was written."""
    config = PromptConfig.model_validate(version.config_json)
    if version.structure_json is not None:
        structure = PromptSchema.model_validate(version.structure_json)
        return Content(structure=structure, config=config)
    return content_from(version.kind, _source_of(version), config)


def content_from(kind: str, source: str, config: PromptConfig) -> Content:
    """The content whose text is `source`: a template, or for a chat the JSON of its messages."""
    if kind == "chat":
        return Content(messages=orjson.loads(source), config=config)
    return Content(template=source, config=config)


def _source_of(version: PromptVersion) -> str:
    """The text as it was written; where nothing is included, that is what runs."""
    if version.source_template is None:
        return version.compiled_template
    return version.source_template


def _segments(name: str) -> str:
    parts = [part.strip() for part in name.split("/")]
    if not all(parts):
        raise ValueError("The folders of a name, parted by /, may not be empty.")
    return "/".join(parts)


def _each_once(tags: list[str]) -> list[str]:
    if len(set(tags)) != len(tags):
        raise ValueError("A tag is given twice.")
    return tags


VersionNumber = Annotated[str, StringConstraints(pattern=VERSION_PATTERN)]
Alias = Annotated[Slug, AfterValidator(_no_id)]
# A name with its folders before it, as `Support/Replies/Refund`.
PromptName = Annotated[Name, AfterValidator(_segments)]
Tag = Annotated[str, StringConstraints(pattern=TAG_PATTERN)]
Tags = Annotated[list[Tag], Field(max_length=MAX_TAGS), AfterValidator(_each_once)]
PromptDescription = Annotated[Text, StringConstraints(max_length=2000)]
SearchText = Annotated[Text, StringConstraints(min_length=1, max_length=200)]


class PromptCreate(BaseModel):
    """A new prompt. `content`, where it is given, becomes the caller's draft."""

    model_config = ConfigDict(extra="forbid")

    name: PromptName
    alias: Alias
    description: PromptDescription | None = None
    tags: Tags = []
    content: Content | None = None


class PromptDuplicate(BaseModel):
    """What a copy of a prompt is called."""

    model_config = ConfigDict(extra="forbid")

    name: PromptName
    alias: Alias


class PromptUpdate(BaseModel):
    """What of a prompt changes; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: PromptName | None = None
    alias: Alias | None = None
    description: PromptDescription | None = None
    tags: Tags | None = None

    @model_validator(mode="after")
    def _only_a_description_can_go(self) -> Self:
        for name in self.model_fields_set - {"description"}:
            if getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null; leave it out to keep it.")
        return self


class PromptQuery(BaseModel):
    """Which prompts a list shows; filters add up, and `folder` holds for what is under it too."""

    model_config = ConfigDict(extra="forbid")

    folder: PromptName | None = None
    tag: Tags = []
    q: Annotated[
        SearchText | None, Field(description="Part of a name, an alias or a tag, in any case.")
    ] = None
    within: Annotated[
        Literal["text"] | None,
        Field(
            alias="in", description="`text`: look for `q` in the newest text and your draft too."
        ),
    ] = None
    archived: Annotated[bool, Field(description="Those in the archive, instead of the rest.")] = (
        False
    )
    sort: Annotated[
        Literal["created", "updated", "name"],
        Field(description="Newest made, last changed (your draft counts), or by name."),
    ] = "created"
    limit: Limit = DEFAULT_LIMIT
    cursor: str | None = None

    def question(self) -> str:
        """What a cursor is bound to: the filters, without the page."""
        return repr(self.model_dump(exclude={"limit", "cursor"}))


class VersionCreate(BaseModel):
    """Publishes the caller's draft, as `version` or as the next number by `bump`.

    Without either the bump is the one that the change of the prompt's contract calls for. Where
    `expected_latest` is given, nothing is published unless it is the version published last.
    """

    model_config = ConfigDict(extra="forbid")

    version: VersionNumber | None = None
    bump: Bump | None = None
    message: Annotated[Text, StringConstraints(max_length=2000)] | None = None
    expected_latest: Annotated[
        VersionNumber | None, Field(description="Null: none was published yet.")
    ] = None


class ConversationMessage(BaseModel):
    """A message of the caller's conversation; it is passed on as it is."""

    model_config = ConfigDict(extra="allow")

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Text | list[dict[str, Any]] | None = None


Variables = Annotated[dict[str, Any], Field(max_length=MAX_VARIABLES)]
Conversation = Annotated[list[ConversationMessage], Field(max_length=MAX_MESSAGES)]


# A version's number, or the caller's draft.
State = Annotated[str, StringConstraints(pattern=f"^draft$|{VERSION_PATTERN}")]


class PromptRender(BaseModel):
    """Which version is rendered (your draft where none is named), and with what."""

    model_config = ConfigDict(extra="forbid")

    version: VersionNumber | None = None
    variables: Variables = {}
    messages: Conversation = []


class TemplateRender(BaseModel):
    """What is rendered, and with what: `template` is a text, `messages` are a chat of templates.

    Tokens are counted and priced for `model`.
    """

    model_config = ConfigDict(extra="forbid")

    template: Text | None = None
    messages: Annotated[list[MessageInput], Field(min_length=1, max_length=MAX_MESSAGES)] | None = (
        None
    )
    variables: Variables = {}
    model: Model | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.template is None) == (self.messages is None):
            raise ValueError("Give exactly one of template and messages.")
        return self


class PromptRead(BaseModel):
    """A prompt.

    `latest_version` is the one published last, `draft_updated_at` of your own draft, and `kind`
    that of your draft, else of the latest version; each is null where there is none.
    """

    id: str
    name: str
    alias: str
    former_aliases: list[str]
    description: str | None
    tags: list[str]
    kind: Literal["text", "chat"] | None
    latest_version: str | None
    versions: int
    draft_updated_at: datetime | None
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, prompt: Prompt, former_aliases: list[str], glance: Glance) -> Self:
        """The public form of a row, with the aliases that it had before and answers to."""
        return cls(
            id=to_public("prm", prompt.id),
            name=prompt.name,
            alias=prompt.alias,
            former_aliases=former_aliases,
            description=prompt.description,
            tags=prompt.tags,
            kind=glance.kind,
            latest_version=glance.latest_version,
            versions=glance.versions,
            draft_updated_at=glance.draft_updated_at,
            archived_at=prompt.archived_at,
            created_at=prompt.created_at,
            updated_at=prompt.updated_at,
        )


class FolderRead(BaseModel):
    """A folder; `prompts` counts those in it and under it."""

    folder: str
    prompts: int


class FolderList(BaseModel):
    """The folders that hold prompts outside the archive, in the order of their names."""

    data: list[FolderRead]


class VariablesRead(BaseModel):
    """A template's variables, in its order; those under a default are not required."""

    names: list[str]
    required: list[str]


class MessageRead(BaseModel):
    """One message of a chat prompt."""

    role: MessageRole
    content: str


class PlaceholderRead(BaseModel):
    """Where the conversation of a call goes."""

    placeholder: Literal["messages"]


class ContentRead(BaseModel):
    """What a version says as it was written: what it includes stands there by its name."""

    kind: Literal["text", "chat"]
    structure: PromptSchema | None
    template: str | None
    messages: list[MessageRead | PlaceholderRead] | None
    config: PromptConfig

    @classmethod
    def of(cls, version: PromptVersion) -> Self:
        """The public form of a row's content; `messages` also for what the builder compiled."""
        chat = version.kind == "chat"
        structure = version.structure_json
        return cls(
            kind=cast("Literal['text', 'chat']", version.kind),
            structure=None if structure is None else PromptSchema.model_validate(structure),
            template=None if chat else _source_of(version),
            messages=orjson.loads(_source_of(version)) if chat else None,
            config=PromptConfig.model_validate(version.config_json),
        )


class SnippetRead(BaseModel):
    """A version that stands in another; `depth` is over 1 where another snippet brought it."""

    alias: str
    prompt_id: str
    version: str
    depth: int

    @classmethod
    def list_of(cls, version: PromptVersion) -> list[Self]:
        """The snippets of a row, outer ones before those that they bring."""
        return [
            cls(
                alias=entry["alias"],
                prompt_id=to_public("prm", UUID(entry["prompt_id"])),
                version=entry["version"],
                depth=entry["depth"],
            )
            for entry in version.snippets_json
        ]


class TemplateProblem(BaseModel):
    """Why a draft could not be published as it stands; the text itself is kept."""

    code: str
    detail: str


class DraftRead(BaseModel):
    """The caller's draft. `edit` is the ETag to send with the next write.

    `base_version` is the version that it began from. `variables` and `snippets` are those of when
    it was saved. `author` is null where an API key wrote it.
    """

    content: ContentRead
    variables: VariablesRead
    snippets: list[SnippetRead]
    problem: TemplateProblem | None
    content_hash: str
    edit: int
    base_version: str | None
    author: str | None
    updated_at: datetime

    @classmethod
    def of(cls, draft: PromptVersion, problem: TemplateProblem | None, author: str | None) -> Self:
        """The public form of a row."""
        return cls(
            content=ContentRead.of(draft),
            variables=VariablesRead.model_validate(draft.variables_json),
            snippets=SnippetRead.list_of(draft),
            problem=problem,
            content_hash=draft.content_hash.hex(),
            edit=draft.edit,
            base_version=draft.base_version,
            author=author,
            updated_at=draft.updated_at,
        )


class VersionRead(BaseModel):
    """A numbered version. It never changes, but that it may be deprecated.

    `author` is the name of who published it, null where an API key did.
    """

    id: str
    version: str
    status: VersionStatus
    content: ContentRead
    variables: VariablesRead
    snippets: list[SnippetRead]
    message: str | None
    content_hash: str
    author: str | None
    published_at: datetime
    deprecated_at: datetime | None

    @classmethod
    def of(cls, version: PromptVersion, author: str | None) -> Self:
        """The public form of a row."""
        return cls(
            id=to_public("ver", version.id),
            version=cast("str", version.version_num),
            status=VersionStatus(version.status),
            content=ContentRead.of(version),
            variables=VariablesRead.model_validate(version.variables_json),
            snippets=SnippetRead.list_of(version),
            message=version.message,
            content_hash=version.content_hash.hex(),
            author=author,
            published_at=cast("datetime", version.published_at),
            deprecated_at=version.deprecated_at,
        )


class RenderRead(BaseModel):
    """A prompt as it would be sent.

    `messages` is null where variables are `missing`. Without a model nothing is counted. The count
    is an estimate unless it is `exact`; the price is null where it is not known.
    """

    messages: list[dict[str, Any]] | None
    missing: list[str]
    variables: VariablesRead
    input_tokens: int | None
    exact: bool | None
    input_cost_usd: str | None

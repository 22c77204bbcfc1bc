"""The model that comes with PromptOps: what the kind `local` runs."""

from promptops_server.providers.prices import FREE, KnownModel

# What /v1/models and every answer call the model, in place of the path of its file.
MODEL_NAME = "smollm2-135m-instruct"
# Of one conversation: the local server parts its memory among those that it holds at once.
CONTEXT_TOKENS = 2048
# Its template has no place for tools; a schema is kept by the server's grammar.
KNOWN = {
    MODEL_NAME: KnownModel(
        price=FREE,
        context_window=CONTEXT_TOKENS,
        max_output_tokens=CONTEXT_TOKENS,
        tools=False,
        vision=False,
        json_schema=True,
        reasoning=False,
    )
}

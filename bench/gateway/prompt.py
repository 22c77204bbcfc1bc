"""What every contender is asked: the same two messages, rendered by PromptOps, sent by the rest."""

TEMPERATURE = 0.2
VARIABLES = {
    "field": "geography",
    "question": "What is the capital of France, on which river does it lie and how many people"
    " live there?",
}
TEMPLATES = (
    ("system", "You are a helpful {{ field }} assistant. Answer in one short paragraph."),
    ("user", "{{ question }}"),
)


def _rendered(template: str) -> str:
    for name, value in VARIABLES.items():
        template = template.replace(f"{{{{ {name} }}}}", value)
    return template


MESSAGES = [{"role": role, "content": _rendered(template)} for role, template in TEMPLATES]

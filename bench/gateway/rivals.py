"""The LiteLLM proxy and the Portkey gateway: installed in places of their own, run at their best.

Both are pinned: LiteLLM by litellm.lock, with hashes, Portkey by portkey/package-lock.json, with
integrity. Nothing that they bring is run at installation.
"""

import asyncio
import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.gateway.calls import Call
from bench.gateway.errors import BenchFailed
from bench.gateway.processes import PinnedProcess
from bench.gateway.prompt import MESSAGES, TEMPERATURE
from bench.gateway.upstream import MODEL

_HERE = Path(__file__).parent
_LOCK = _HERE / "litellm.lock"
_PORTKEY = _HERE / "portkey"
_PORTKEY_FILES = ("package.json", "package-lock.json")
_MASTER_KEY = "sk-bench-master"
_LAST_EVENT = b"data: [DONE]\n"

# https://docs.litellm.ai/docs/proxy/prod and .../benchmarks. PYTHONDONTWRITEBYTECODE is unset.
LITELLM_ENVIRONMENT: Mapping[str, str] = {
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_LOG": "ERROR",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
}
_NODE_ENVIRONMENT: Mapping[str, str] = {"NODE_ENV": "production"}


def install_litellm(uv: Path, python: Path, folder: Path) -> Path:
    """The proxy's program in a virtual environment in this folder, made where it is not current.

    Raises BenchFailed where it cannot be installed, or brings a file that Python would run at
    every start: two releases of LiteLLM once stole credentials by one.
    """
    program, stamp = folder / "bin" / "litellm", folder / _LOCK.name
    if program.exists() and stamp.exists() and stamp.read_bytes() == _LOCK.read_bytes():
        return program
    shutil.rmtree(folder, ignore_errors=True)
    _run((str(uv), "venv", "--quiet", "--python", str(python), str(folder)))
    install = (str(uv), "pip", "install", "--quiet", "--python", str(folder / "bin" / "python"))
    options = ("--require-hashes", "--only-binary", ":all:", "--compile-bytecode")
    _run((*install, *options, "-r", str(_LOCK)))
    hooks = [path.name for path in folder.rglob("*.pth") if path.name != "_virtualenv.pth"]
    if hooks:
        shutil.rmtree(folder)
        raise BenchFailed(f"LiteLLM's environment holds {hooks}, which Python runs at every start.")
    shutil.copyfile(_LOCK, stamp)
    return program


def install_portkey(folder: Path) -> Path | None:
    """The gateway's program in this folder, installed where it is not current.

    None where there is no Node on this machine. Raises BenchFailed where it cannot be installed.
    """
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return None
    program = folder / "node_modules" / "@portkey-ai" / "gateway" / "build" / "start-server.js"
    if program.exists() and all(
        (folder / name).read_bytes() == (_PORTKEY / name).read_bytes() for name in _PORTKEY_FILES
    ):
        return program
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in _PORTKEY_FILES:
        shutil.copyfile(_PORTKEY / name, folder / name)
    quiet = ("--no-audit", "--no-fund", "--loglevel", "error")
    _run((npm, "ci", "--prefix", str(folder), "--ignore-scripts", *quiet))
    return program


def _run(argv: Sequence[str]) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)  # noqa: S603 # Our own argv.
    if done.returncode:
        raise BenchFailed(f"{Path(argv[0]).name} {argv[1]} failed: {done.stderr[-1500:]}")


def _litellm_config(base_urls: Mapping[int, str]) -> dict[str, object]:
    models = [
        {
            "model_name": _litellm_model(latency_ms),
            "litellm_params": {
                "model": f"openai/{MODEL}",
                "api_base": base_url,
                "api_key": "sk-bench",
            },
        }
        for latency_ms, base_url in base_urls.items()
    ]
    no_callbacks: list[str] = []
    library = {
        "callbacks": no_callbacks,
        "set_verbose": False,
        "json_logs": True,
        "num_retries": 0,
        "request_timeout": 600,
    }
    return {
        "model_list": models,
        "general_settings": {"master_key": _MASTER_KEY},
        "litellm_settings": library,
    }


async def start_litellm(
    program: Path, port: int, base_urls: Mapping[int, str], *, core: int, log: Path
) -> PinnedProcess:
    """The started proxy: one worker, a master key, no callbacks, no database."""
    path = log.with_suffix(".yaml")
    # Every JSON document is a YAML document.
    config = json.dumps(_litellm_config(base_urls), indent=2)
    await asyncio.to_thread(path.write_text, config, encoding="utf-8")
    argv = (str(program), "--config", str(path), "--host", "127.0.0.1", "--port", str(port))
    argv = (*argv, "--num_workers", "1")
    return await PinnedProcess.start(argv, core=core, log=log, environment=LITELLM_ENVIRONMENT)


def _litellm_model(latency_ms: int) -> str:
    return f"{MODEL}-{latency_ms}ms"


def _chat(model: str, *, stream: bool) -> dict[str, object]:
    body: dict[str, object] = {"model": model, "messages": MESSAGES, "temperature": TEMPERATURE}
    if stream:
        body["stream"] = True
    return body


def direct_call(port: int, latency_ms: int, *, stream: bool) -> Call:
    """The call that goes to the upstream itself."""
    path = f"/{latency_ms}ms/v1/chat/completions" if latency_ms else "/v1/chat/completions"
    headers = {"authorization": "Bearer sk-bench"}
    return Call.post(port, path, _chat(MODEL, stream=stream), headers, _last_event(stream=stream))


def litellm_call(port: int, latency_ms: int, *, stream: bool) -> Call:
    """The call to the LiteLLM proxy."""
    body = _chat(_litellm_model(latency_ms), stream=stream)
    headers = {"authorization": f"Bearer {_MASTER_KEY}"}
    return Call.post(port, "/v1/chat/completions", body, headers, _last_event(stream=stream))


async def start_portkey(program: Path, port: int, *, core: int, log: Path) -> PinnedProcess:
    """The started gateway, without its console in the browser."""
    argv = ("node", str(program), f"--port={port}", "--headless")
    return await PinnedProcess.start(argv, core=core, log=log, environment=_NODE_ENVIRONMENT)


def portkey_call(port: int, base_url: str, *, stream: bool) -> Call:
    """The call to the Portkey gateway, which is told its upstream in a header."""
    headers = {
        "authorization": "Bearer sk-bench",
        "x-portkey-provider": "openai",
        "x-portkey-custom-host": base_url,
    }
    body, last_event = _chat(MODEL, stream=stream), _last_event(stream=stream)
    return Call.post(port, "/v1/chat/completions", body, headers, last_event)


def _last_event(*, stream: bool) -> bytes:
    return _LAST_EVENT if stream else b""

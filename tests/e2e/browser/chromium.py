"""The browser of the tests: the machine's own, else one that npm brings, installed on demand."""

import fcntl
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FOLDER = Path(__file__).parents[3] / "tools" / "browser"
_UNPACKED = _FOLDER / "unpacked"


@dataclass(frozen=True)
class Program:
    """A browser's program, how it is called and what its environment has to have."""

    path: str
    # Nothing but our own server is shown, and root cannot have a sandbox.
    arguments: tuple[str, ...] = ("--no-sandbox",)
    environment: dict[str, str] = field(default_factory=dict[str, str])


def find_or_install_browser() -> Program:
    """A browser that starts; a test fails with a sentence where none can be had."""
    for name in _NAMES:
        if path := shutil.which(name):
            return Program(path)
    return _installed()


def _installed() -> Program:
    npm = shutil.which("npm")
    if npm is None:
        pytest.fail(
            "There is no browser to test with: install Chromium (Debian, Ubuntu: apt-get install"
            " chromium), or Node.js with npm, which brings one."
        )
    # One of several workers installs it; the others wait for it.
    with (_FOLDER / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        marker = _UNPACKED / ".program"
        if not marker.exists():
            _UNPACKED.mkdir(exist_ok=True)
            _call(npm, "ci", "--no-audit", "--no-fund", "--loglevel=error")
            marker.write_text(_call("node", "unpack.mjs").strip())
        path = marker.read_text()
    # Where the system lacks a library it stands among those that came with the browser.
    libraries = {"LD_LIBRARY_PATH": str(_UNPACKED / "al2023" / "lib")}
    starts = subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0
    return Program(path, ("--no-sandbox", "--headless=shell"), {} if starts else libraries)


def _call(*command: str) -> str:
    # It unpacks into the temporary folder, where another user's would be in the way.
    environment = {**os.environ, "TMPDIR": str(_UNPACKED)}
    done = subprocess.run(
        command, cwd=_FOLDER, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        shutil.rmtree(_UNPACKED, ignore_errors=True)
        pytest.fail(f"A browser to test with could not be installed: {done.stdout}{done.stderr}")
    return done.stdout

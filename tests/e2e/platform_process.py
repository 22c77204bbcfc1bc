"""The whole platform as a newcomer starts it: `promptops-server up`, and what it prints."""

import asyncio
import json
import os
import shlex
import signal
import sys
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

from promptops_server.embedded.processes import die_with_parent


@dataclass
class Command:
    """A curl command that the product gives, read as a shell would."""

    url: str
    headers: dict[str, str]
    body: str

    @classmethod
    def read(cls, text: str) -> "Command":
        """The command of this text; its variables stay as they are written."""
        command = cls("", {}, "")
        for flag, word in pairwise(shlex.split(text)):
            if flag == "-H":
                name, _, value = word.partition(": ")
                command.headers[name] = value
            elif flag == "-d":
                command.body = word
            elif word.startswith("http"):
                command.url = word
        return command


@dataclass
class Platform:
    """One run of `up` on a data directory and a port."""

    data_dir: Path
    port: int
    environment: dict[str, str] = field(default_factory=dict[str, str])
    output: list[str] = field(default_factory=list[str])
    process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """Where the API answers."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Starts it and returns when it has said how to stop it."""
        await self.launch()
        await self.said("Stop ")

    async def launch(self) -> None:
        """Starts it and returns at once."""
        self.output = []
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "promptops_server.cli",
            "up",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            # Also when pytest itself is killed, nothing is left running.
            preexec_fn=die_with_parent(signal.SIGTERM),
            env=self._whole_environment(),
        )

    def _whole_environment(self) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PROMPTOPS_")}
        return {
            **inherited,
            "PROMPTOPS_DATA_DIR": str(self.data_dir),
            "PROMPTOPS_PORT": str(self.port),
            **self.environment,
        }

    async def command(self, *words: str) -> str:
        """What a command that is typed beside it prints; it has to succeed."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "promptops_server.cli", *words),
            stdout=asyncio.subprocess.PIPE,
            env=self._whole_environment(),
        )
        output, _ = await process.communicate()
        assert process.returncode == 0
        return output.decode().strip()

    def sign_in_link(self) -> str:
        """The link that it printed."""
        lines = [line.split() for line in self.output]
        return next(words[2] for words in lines if words[:2] == ["Sign", "in"])

    async def said(self, text: str) -> None:
        """Returns when it has printed a line with the text."""
        stream = self._stdout()
        async with asyncio.timeout(120):
            while not any(text in line for line in self.output):
                line = await stream.readline()
                assert line, f"it ended: {self.output}"
                self.output.append(line.decode().rstrip("\n"))

    async def ended(self) -> int:
        """Its exit code, once it has ended and said everything."""
        process = cast("asyncio.subprocess.Process", self.process)
        async with asyncio.timeout(60):
            self.output += (await self._stdout().read()).decode().splitlines()
            return await process.wait()

    async def stop(self) -> int:
        """Stops it as Ctrl-C does."""
        process = cast("asyncio.subprocess.Process", self.process)
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        return await self.ended()

    def _stdout(self) -> asyncio.StreamReader:
        return cast("asyncio.StreamReader", cast("Any", self.process).stdout)

    def curl(self) -> Command:
        """The command that it printed, ready to paste."""
        start = next(i for i, line in enumerate(self.output) if line.lstrip().startswith("curl "))
        text = self.output[start]
        while text.endswith("\\"):
            start += 1
            text = text[:-1] + self.output[start]
        return Command.read(text)

    def child(self, name: str) -> int:
        """The process id of a child that runs."""
        entries = json.loads((self.data_dir / "run" / "children.json").read_text())
        return next(entry["pid"] for entry in entries if entry["name"] == name)

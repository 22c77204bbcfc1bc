"""The run itself: PromptOps, its rivals, PromptOps again (A-B-A), one at a time.

Whoever is measured has a core of its own; upstream, driver, PostgreSQL and Valkey share the other.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.gateway import product, rivals
from bench.gateway.calls import Call, Cell, Load, Measured
from bench.gateway.contender import Contender, Name, wait_first_answer
from bench.gateway.errors import BenchFailed
from bench.gateway.facts import find_facts
from bench.gateway.plan import LATENCIES_MS, Plan
from bench.gateway.processes import PinnedProcess, cpu_s, free_port, pss_mb, rss_mb, run_to_end
from bench.gateway.results import Ledger, Library, Results, Row, Start

_IDLE_S = 2.0


@dataclass(frozen=True, slots=True)
class Places:
    """Where the benchmark keeps what it installs and writes."""

    uv: Path
    build: Path
    data: Path

    def log(self, name: str) -> Path:
        """The log of a process."""
        return self.build / "logs" / f"{name}.log"


class Bench:
    """One run; used once."""

    def __init__(self, plan: Plan, places: Places, cores: tuple[int, int]) -> None:
        """Takes what to measure, where to keep things, and the contender's and the other core."""
        self._plan = plan
        self._places = places
        self._core, self._other_core = cores
        self._rows: list[Row] = []
        self._starts: list[Start] = []
        self._library: list[Library] = []
        self._answers = 0
        self._upstream_port = free_port()

    async def run(self) -> Results:
        """Everything that was measured. Raises BenchFailed, and leaves no process behind."""
        began = time.monotonic()
        places = self._places
        for folder in (places.build / "logs", places.data.parent):
            folder.mkdir(parents=True, exist_ok=True)
        _say("installing the rivals, where they are not there yet")
        litellm = await asyncio.to_thread(
            rivals.install_litellm, places.uv, Path(sys.executable), places.build / "litellm"
        )
        portkey = await asyncio.to_thread(rivals.install_portkey, places.build / "portkey")
        os.sched_setaffinity(0, {self._other_core})
        async with self._upstream(), product.running_stores(places.data, self._upstream_port) as at:
            await self._measure_direct()
            headers = await self._prepare_product(at)
            await self._measure_product(at, headers, 1, self._plan.starts)
            await self._measure_library()
            await self._measure_litellm(litellm)
            if portkey is None:
                _say("Portkey is left out: there is no Node on this machine")
            else:
                await self._measure_portkey(portkey)
            await self._measure_product(at, headers, 2, 1)
            ledger = Ledger(self._answers, await at.count_succeeded_runs())
            facts = await find_facts(at, places.data, has_node=portkey is not None)
        if ledger.answers != ledger.rows:
            raise BenchFailed(
                f"PromptOps gave {ledger.answers} answers, and its ledger holds {ledger.rows} runs."
            )
        return Results(
            rows=self._rows,
            starts=self._starts,
            library=self._library,
            ledger=ledger,
            facts=facts,
            is_quick=self._plan.is_quick,
            seconds=round(time.monotonic() - began, 1),
        )

    def _base_url(self, latency_ms: int) -> str:
        path = f"/{latency_ms}ms/v1" if latency_ms else "/v1"
        return f"http://127.0.0.1:{self._upstream_port}{path}"

    @asynccontextmanager
    async def _upstream(self) -> AsyncGenerator[None]:
        argv = (sys.executable, "-m", "bench.gateway.upstream", "--port", str(self._upstream_port))
        log = self._places.log("upstream")
        process = await PinnedProcess.start(argv, core=self._other_core, log=log, environment={})
        try:
            await wait_first_answer(process, self._direct_call(stream=False, latency_ms=0))
            yield
        finally:
            await process.stop()

    def _direct_call(self, *, stream: bool, latency_ms: int) -> Call:
        return rivals.direct_call(self._upstream_port, latency_ms, stream=stream)

    async def _measure_direct(self) -> None:
        def call(cell: Cell) -> Call:
            return self._direct_call(stream=cell.stream, latency_ms=cell.latency_ms)

        await self._measure(Contender("direct", call), 1)

    async def _prepare_product(self, at: product.Stores) -> dict[str, str]:
        log = self._places.log("promptops")
        key = await product.create_admin_key(at)
        process = await product.start_api(at, core=self._core, log=log)
        try:
            base_urls = {latency_ms: self._base_url(latency_ms) for latency_ms in LATENCIES_MS}
            return await product.deploy_prompts(at, key, base_urls)
        finally:
            await process.stop()

    async def _measure_product(
        self, at: product.Stores, headers: dict[str, str], number: int, starts: int
    ) -> None:
        log = self._places.log("promptops")

        def call(cell: Cell) -> Call:
            return product.run_call(at, headers, cell.latency_ms, stream=cell.stream)

        async with self._started(
            "promptops",
            call,
            lambda: product.start_api(at, core=self._core, log=log),
            starts,
            at.processes,
        ) as contender:
            self._answers += starts
            self._answers += await self._measure(contender, number)

    async def _measure_litellm(self, program: Path) -> None:
        port = free_port()
        base_urls = {latency_ms: self._base_url(latency_ms) for latency_ms in LATENCIES_MS}
        log = self._places.log("litellm_proxy")

        def call(cell: Cell) -> Call:
            return rivals.litellm_call(port, cell.latency_ms, stream=cell.stream)

        async with self._started(
            "litellm_proxy",
            call,
            lambda: rivals.start_litellm(program, port, base_urls, core=self._core, log=log),
            self._plan.starts,
        ) as contender:
            await self._measure(contender, 1)

    async def _measure_portkey(self, program: Path) -> None:
        port, log = free_port(), self._places.log("portkey")

        def call(cell: Cell) -> Call:
            base_url = self._base_url(cell.latency_ms)
            return rivals.portkey_call(port, base_url, stream=cell.stream)

        async with self._started(
            "portkey",
            call,
            lambda: rivals.start_portkey(program, port, core=self._core, log=log),
            self._plan.starts,
        ) as contender:
            await self._measure(contender, 1)

    @asynccontextmanager
    async def _started(
        self,
        name: Name,
        call: Callable[[Cell], Call],
        start: Callable[[], Awaitable[PinnedProcess]],
        times: int,
        stores: frozenset[int] = frozenset(),
    ) -> AsyncGenerator[Contender]:
        """The contender, started so many times, the last time left running for the block."""
        first_call = call(Cell(0, stream=False, concurrency=1))
        seconds: list[float] = []
        while True:
            began = time.monotonic()
            process = await start()
            try:
                await wait_first_answer(process, first_call)
                seconds.append(round(time.monotonic() - began, 3))
                if len(seconds) < times:
                    continue
                await asyncio.sleep(_IDLE_S)
                self._keep_start(name, seconds, process, stores)
                yield Contender(name, call, process, stores)
                return
            finally:
                await process.stop()

    def _keep_start(
        self, name: Name, seconds: Sequence[float], process: PinnedProcess, stores: frozenset[int]
    ) -> None:
        rss = rss_mb([process.pid])
        _say(f"{name}: first answer after {', '.join(map(str, seconds))} s, {rss:.0f} MB")
        # The second round of PromptOps starts it once more and adds nothing to the figure.
        if all(start.contender != name for start in self._starts):
            self._starts.append(Start(name, tuple(seconds), rss, pss_mb(stores)))

    async def _measure(self, contender: Contender, number: int) -> int:
        """Measures every cell of the plan and returns how many answers there were."""
        answers = 0
        for cell, seconds in self._plan.seconds_by_cell.items():
            process = [] if contender.process is None else [contender.process.pid]
            before, stores_before = cpu_s(process), cpu_s(contender.stores)
            measured = await self._drive(contender.make_call(cell), cell.concurrency, seconds)
            if measured.failure:
                raise BenchFailed(f"{contender.name}, {cell}: {measured.failure}")
            share = 1e6 / measured.answers
            cpu_us = round((cpu_s(process) - before) * share, 1)
            stores_cpu_us = round((cpu_s(contender.stores) - stores_before) * share, 1)
            row = Row(contender.name, number, cell, measured, cpu_us, stores_cpu_us)
            self._rows.append(row)
            answers += measured.answers
            _say(_described(row))
        return answers

    async def _drive(self, call: Call, concurrency: int, seconds: float) -> Measured:
        load = Load(call=call, concurrency=concurrency, warm_s=self._plan.warm_s, seconds=seconds)
        printed = await run_to_end(
            (sys.executable, "-m", "bench.gateway.driver"),
            core=self._other_core,
            environment={},
            given=load.to_json(),
        )
        return Measured(**json.loads(printed))

    async def _measure_library(self) -> None:
        for stream in (False, True):
            for concurrency in self._plan.library_concurrency:
                argv = (
                    *(sys.executable, "-m", "bench.gateway.acompletion"),
                    *("--base-url", self._base_url(0), "--concurrency", str(concurrency)),
                    *("--seconds", str(self._plan.library_s)),
                    *(("--stream",) if stream else ()),
                )
                printed = await run_to_end(
                    argv, core=self._core, environment=rivals.LITELLM_ENVIRONMENT
                )
                library = Library(stream, concurrency, **json.loads(printed.splitlines()[-1]))
                self._library.append(library)
                _say(f"acompletion: {library}")


def _say(text: str) -> None:
    print(text, flush=True)


def _described(row: Row) -> str:
    cell, measured = row.cell, row.measured
    what = "streams" if cell.stream else "whole answers"
    return (
        f"{row.contender:13} {what:13} {cell.latency_ms:2} ms, {cell.concurrency:2} at once:"
        f" {measured.rps:9.1f}/s  p50 {measured.p50_ms:8.3f} ms  p99 {measured.p99_ms:8.3f} ms"
        f"  CPU {row.cpu_us:6.0f} + {row.stores_cpu_us:.0f} µs"
    )

"""A slow line: a proxy that passes every byte on, some time later; for benches, in a thread of its own."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

from bench._jupyterlab import LabServer

_CHUNK_BYTES = 1 << 16


@contextmanager
def delayed(server: LabServer, round_trip_ms: float, megabits_per_s: float = math.inf) -> Iterator[LabServer]:
    """The same server behind a line on which a byte needs half of `round_trip_ms` in each direction.

    All connections share `megabits_per_s` in each direction.
    """
    if not round_trip_ms:
        yield server
        return
    address = urlsplit(server.url)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    line = _Line(str(address.hostname), int(address.port or 80), round_trip_ms / 2000, megabits_per_s * 125_000)
    port = asyncio.run_coroutine_threadsafe(line.open(), loop).result(10)
    try:
        yield replace(server, url=urlunsplit(address._replace(netloc=f"127.0.0.1:{port}")))
    finally:
        asyncio.run_coroutine_threadsafe(line.close(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


class _Line:
    """Connections to one address; what comes in at one end goes out at the other `delay_s` later, in order."""

    def __init__(self, host: str, port: int, delay_s: float, bytes_per_s: float = math.inf) -> None:
        self._host, self._port, self._delay_s, self._bytes_per_s = host, port, delay_s, bytes_per_s
        self._free_at = {"out": 0.0, "in": 0.0}
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> int:
        """Listen; the port."""
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        return self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Hang up."""
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(self._host, self._port)
        except OSError:
            writer.close()
            return
        for way, source, target in (("out", reader, far_writer), ("in", far_reader, writer)):
            late: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
            for work in (self._hear(source, late, way), self._say(late, target)):
                task = asyncio.create_task(work)
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _hear(self, source: asyncio.StreamReader, late: asyncio.Queue[tuple[float, bytes]], way: str) -> None:
        clock = asyncio.get_running_loop()
        data = b" "
        while data:
            try:
                data = await source.read(_CHUNK_BYTES)
            except OSError:
                data = b""
            through = max(clock.time(), self._free_at[way]) + len(data) / self._bytes_per_s
            self._free_at[way] = through
            late.put_nowait((through + self._delay_s, data))

    async def _say(self, late: asyncio.Queue[tuple[float, bytes]], target: asyncio.StreamWriter) -> None:
        clock = asyncio.get_running_loop()
        with suppress(OSError):
            while True:
                due, data = await late.get()
                await asyncio.sleep(due - clock.time())
                if not data:
                    break
                target.write(data)
                await target.drain()
        target.close()

"""A small server on this machine that speaks as much of a model hub's protocol as the library asks for."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import huggingface_hub.utils as hub_utils
import pytest
from huggingface_hub import constants

COMMIT = "1234567890abcdef1234567890abcdef12345678"
WAIT_S = 20
TOKEN = "hf_this-is-a-secret"  # noqa: S105 - for a server of this test alone


class Hub:
    """Serves folders as repositories: `hub.repos["owner/name"] = folder`; notes what was asked for, and with what.

    `hub.breaks_after = n` lets a line break after n bytes of a file; `hub.stuck`, an event, holds it after
    `stuck_after` until it is set; `hub.together`, a barrier, is waited at before a piece of a file is sent, so that so
    many are asked for at once, or none comes; `hub.sends_ranges = False` sends all of a file to whoever asks for a
    piece; `hub.has_xet = True` says of every file that it can be had by Xet, too; `hub.gated` names a repository that
    wants a token; `hub.answers = 429` is all that it says to whoever asks for a listing.
    """

    def __init__(self) -> None:
        self.repos: dict[str, dict[str, bytes]] = {}
        self.asked: list[tuple[str, str]] = []
        self.tokens: list[str | None] = []
        self.sent = 0
        self.breaks_after: int | None = None
        self.together: threading.Barrier | None = None
        self.stuck: threading.Event | None = None
        self.stuck_after = 100_000
        self.sends_ranges = True
        self.has_xet = False
        self.gated: str | None = None
        self.answers: int | None = None
        self.said_sizes: dict[str, Mapping[str, int]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def add(self, repo: str, folder: Path) -> None:
        files = [file for file in folder.rglob("*") if file.is_file()]
        self.repos[repo] = {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}

    def add_listing(self, repo: str, sizes: Mapping[str, int], texts: Mapping[str, str]) -> None:
        """A repository by its listing: it says the sizes, and sends a few bytes behind each name.

        Args:
            repo: owner/name.
            sizes: of its files, in bytes.
            texts: the content of those that are read.
        """
        self.said_sizes[repo] = sizes
        self.repos[repo] = {name: texts.get(name, f'{{"of": "{name}"}}').encode() for name in sizes}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def files_asked(self) -> set[str]:
        return {name for method, name in self.asked if method == "GET"}

    def _handler(hub) -> type[BaseHTTPRequestHandler]:  # noqa: N805, C901 - the handler's own self is another
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                """Say nothing."""

            def do_GET(self) -> None:
                self._answer(with_body=True)

            def do_HEAD(self) -> None:
                self._answer(with_body=False)

            def _answer(self, *, with_body: bool) -> None:
                hub.tokens.append(self.headers.get("authorization"))
                parts = self.path.split("?")[0].strip("/").split("/")
                if parts[0] == "api":
                    self._describe("/".join(parts[2:4]))
                    return
                repo, name = "/".join(parts[:2]), "/".join(parts[4:])
                if name not in hub.repos.get(repo, {}):
                    self._head(404, {"X-Error-Code": "EntryNotFound"})
                    return
                hub.asked.append((self.command, name))
                data = hub.repos[repo][name]
                wanted = self.headers.get("Range") if hub.sends_ranges else None
                first, _, last = (wanted or "bytes=0-").removeprefix("bytes=").partition("-")
                start, end = int(first), min(len(data), int(last or len(data)) + 1)
                self._head(206 if wanted else 200, {
                    "Content-Length": str(end - start), "X-Repo-Commit": COMMIT,
                    "Content-Range": f"bytes {start}-{end - 1}/{len(data)}",
                    "ETag": f'"{hashlib.sha256(data).hexdigest()}"', "Accept-Ranges": "bytes",
                    **({"X-Xet-Hash": "ab" * 32, "X-Xet-Refresh-Route": f"{hub.address}/api/x"} if hub.has_xet else {}),
                })  # fmt: skip
                if with_body:
                    if hub.together is not None and last:
                        hub.together.wait(WAIT_S)
                    sent = data[start:end][: hub.breaks_after if hub.stuck is None else hub.stuck_after]
                    hub.sent += len(sent)
                    self.wfile.write(sent)
                    if hub.stuck is not None:
                        self.wfile.flush()
                        hub.stuck.wait(WAIT_S)
                    if len(sent) < end - start:
                        self.close_connection = True

            def _describe(self, repo: str) -> None:
                if hub.answers is not None:
                    self._head(hub.answers, {"X-Error-Code": "RepoNotFound"} if hub.answers == 404 else {})
                    return
                if repo == hub.gated and self.headers.get("authorization") != f"Bearer {TOKEN}":
                    self._head(403, {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access is restricted"})
                    return
                if repo not in hub.repos:
                    self._head(404, {"X-Error-Code": "RepoNotFound"})
                    return
                sizes = hub.said_sizes.get(repo) or {name: len(data) for name, data in hub.repos[repo].items()}
                files = [{"rfilename": name, "size": size} for name, size in sizes.items()]
                body = json.dumps({"id": repo, "sha": COMMIT, "siblings": files}).encode()
                self._head(200, {"Content-Length": str(len(body)), "Content-Type": "application/json"})
                self.wfile.write(body)

            def _head(self, status: int, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in {"Content-Length": "0", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()

        return Handler


@contextmanager
def open_hub(patch: pytest.MonkeyPatch, cache: Path) -> Iterator[Hub]:
    """A hub on this machine, with a cache of its own, and the library allowed to reach it."""
    hub = Hub()
    for module in (constants, hub_utils._http.constants):
        patch.setattr(module, "HF_HUB_OFFLINE", False)
        patch.setattr(module, "ENDPOINT", hub.address)
        patch.setattr(module, "HF_HUB_CACHE", str(cache))
        patch.setattr(module, "HUGGINGFACE_CO_URL_TEMPLATE", hub.address + "/{repo_id}/resolve/{revision}/{filename}")
    patch.setenv("HF_TOKEN", "")
    patch.setenv("NO_PROXY", "127.0.0.1")
    patch.setenv("SKETCHLAB_HOME", str(cache.parent / "home"))
    patch.delenv("SKETCHLAB_ACCEPT", raising=False)
    hub_utils.close_session()
    try:
        yield hub
    finally:
        hub_utils.close_session()
        hub.close()

"""Fields that stay alive while a cell awaits: the kernel says `idle` after every message of a widget; knows no widget.

The page holds a field's next value back until it hears that the kernel is `idle` after the last one. ipykernel 7.4
handles a widget's message at once while a cell of the same shell awaits (`Kernel.shell_main`), but then says neither
`busy` nor `idle` for it (`concurrent` in `Kernel.dispatch_shell`): the field would send nothing more until the page is
reloaded.
"""

from __future__ import annotations

from functools import wraps
from inspect import signature
from typing import Any

from ipykernel.kernelbase import Kernel


def keep_fields_alive() -> None:
    """Let this process's kernel say `idle` after those messages, too. Once is enough; without a kernel, nothing."""
    if not Kernel.initialized():
        return
    kernel = Kernel.instance()
    dispatch = kernel.dispatch_shell
    if "concurrent" not in signature(dispatch).parameters or "dispatch_shell" in vars(kernel):
        return

    @wraps(dispatch)
    async def dispatched(msg: Any, /, subshell_id: str | None = None, *, concurrent: bool = False) -> None:
        try:
            await dispatch(msg, subshell_id, concurrent=concurrent)
        finally:
            parent: Any = kernel.get_parent("shell")  # the cell itself, where the message could not be read
            if concurrent and parent["header"]["msg_type"].startswith("comm_"):
                kernel._publish_status("idle", "shell")  # noqa: SLF001 - ipykernel has no public way to say it

    kernel.dispatch_shell = dispatched

"""One prompt that stands for many: `{red|blue} apple`, and files of lines; by the package dynamicprompts.

Only its grammar of variants is used. Its other one is Jinja, a language of templates, which is never loaded.
"""

from __future__ import annotations

import logging
import os
import re
from itertools import islice
from pathlib import Path

from lab.core.errors import BadInput
from lab.core.sentences.checked_call import checked

_log = logging.getLogger("lab.prompts")
_MOST = 100
_MOST_CHOICES = 200
"""Brackets and bars together; the grammar takes a millisecond for each, and a thousand of them for ever."""
_HOW_MANY = re.compile(r"\{\s*(\d*)\s*-?\s*(\d*)\s*\$\$")
_FILES = re.compile(r"__[^_\s](?:.*?[^_\s])?__")
_VARIANTS = re.compile(r"(?<!\\)\{|\$\{")


@checked
def has_variants(prompt: str) -> bool:
    """Whether the prompt may stand for several."""
    return bool(_VARIANTS.search(prompt) or _FILES.search(prompt))


@checked
def expanded(prompt: str, folder: Path | None = None, *, most: int = _MOST) -> tuple[str, ...]:
    """All prompts that one stands for, in order; itself alone where there is nothing to choose.

    `{red|blue} apple` are two, `{2$$a|b|c}` the pairs, `__animals__` one for each line of `animals.txt`; the whole
    grammar is that of https://github.com/adieyal/dynamicprompts without its templates.

    Args:
        prompt: as it was written.
        folder: where the files of lines are; those in folders of it are `__folder/name__`.
        most: more prompts than this are refused.

    Raises:
        BadInput: when a bracket is not closed, a file is not there, there are too many, or nothing is left to choose.
    """
    if not has_variants(prompt):
        return (prompt,)
    _check_short(prompt)
    from dynamicprompts.enums import SamplingMethod
    from dynamicprompts.sampling_context import SamplingContext
    from dynamicprompts.wildcards import WildcardManager

    manager = WildcardManager(folder if folder and os.path.isdir(folder) else None)  # noqa: PTH112 - False too for no name
    for name in _FILES.findall(prompt):
        if not manager.get_values(name).string_values:
            place = f"in {folder}" if folder else "since no folder of such files was given"
            msg = f"there are no lines for {name} {place}: make a file {name.strip('_')}.txt there, one choice a line"
            raise BadInput(msg)
    try:
        context = SamplingContext(SamplingMethod.COMBINATORIAL, manager)
        made = [*dict.fromkeys(str(one) for one in islice(context.sample_prompts(prompt), most + 1))]
    except Exception as error:  # of the grammar's own kinds, and whatever a file holds
        _log.info("a prompt could not be expanded", exc_info=True)
        why = str(error).strip().partition("\n")[0]
        msg = f"the variants in this prompt cannot be read ({why}): close every bracket, as in {{red|blue}}"
        raise BadInput(msg) from None
    if len(made) > most:
        msg = f"this prompt stands for more than {most} others: choose among fewer"
        raise BadInput(msg)
    if not made:
        msg = "this prompt stands for none: {2$$a|b|c} takes 2 of 3, so give it as many choices as it takes"
        raise BadInput(msg)
    return tuple(made)


def _check_short(prompt: str) -> None:
    """Refuse what would take minutes to read, before it is read."""
    choices = sum(map(prompt.count, "{|"))
    taken = max((int(number) for found in _HOW_MANY.findall(prompt) for number in found if number), default=0)
    if max(choices, taken) > _MOST_CHOICES:
        msg = f"this prompt has more than {_MOST_CHOICES} choices: choose among fewer, or put them into a file of lines"
        raise BadInput(msg)

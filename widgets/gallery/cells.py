"""What a page is told of a picture of the gallery: words and numbers, as plain text. Opens no file."""

from __future__ import annotations

from typing import Any

from lab.core.sentences.wording import short
from lab.gallery import Kept

_TITLE = 80
_MOST_LETTERS = 2000


def cell_of(kept: Kept) -> dict[str, Any]:
    """A cell of the page's `cells`: `id`, `title`, `facts` as pairs of a heading and a line, and what belongs to it.

    `tags` are as a person gave them; `file` and `parent` are files within the gallery's folder, as a search has them;
    the parent may be none.
    """
    recipe, task = kept.recipe, kept.recipe.task.replace("_", " ")
    ran = kept.made.planned
    facts = [
        ("Prompt", recipe.prompt),
        ("Not", recipe.negative_prompt),
        ("Task", task),
        ("Model", recipe.model),
        ("Seed", str(recipe.seed)),
        ("Steps", str(ran.get("steps") or recipe.steps or "")),
        ("Guidance", str(ran.get("guidance_scale") or recipe.guidance_scale or "")),
        ("Made", f"{kept.made_at:%Y-%m-%d %H:%M} in {kept.seconds:.1f} s"),
        ("Session", kept.made.session),
        ("File", kept.path.name),
        ("Note", kept.not_read),
    ]
    return {
        "id": kept.id,
        "title": short(" ".join(recipe.prompt.split()), _TITLE) or task,
        "facts": [(heading, short(line, _MOST_LETTERS)) for heading, line in facts if line],
        "is_starred": kept.is_starred,
        "file": f"{kept.path.parent.name}/{kept.path.name}",
        "parent": kept.made.parent,
        "tags": list(kept.tags),
    }

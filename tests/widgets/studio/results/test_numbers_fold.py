"""What is counted of a picture stands in a fold of the tasks in which something is to stay."""

from __future__ import annotations

import numpy as np

from lab import Lab, Mask, Picture
from lab.core.events import Result
from lab.tasks import plan
from tests.tasks.paper_stages import PaperStages, noise
from tests.widgets.controls import part_of
from tests.widgets.studio.following import let_it_follow
from widgets import Studio
from widgets.studio.results.numbers_fold import NumbersFold

PHOTO = Picture(np.full((128, 128, 3), (90, 120, 60), np.uint8))
HOLE = Mask(np.pad(np.full((40, 40), 255, np.uint8), 44))


def test_it_counts_while_it_is_open_and_says_what_python_says(lab: Lab) -> None:
    studio = Studio(lab, "inpaint")
    studio.live_button.value = False
    studio.image, studio.canvas.mask = PHOTO, HOLE
    planned = plan(studio.request(prompt="a hole"))
    made = Result(planned.task.run(planned.request, planned.plan, PaperStages(noise)), planned.request, planned.plan, 1)
    numbers = part_of(studio, NumbersFold)
    numbers.came(made)
    let_it_follow(studio)
    assert numbers.lines[1].value == "", "nobody looks"
    studio.panel.folds.opened = ["Numbers"]
    let_it_follow(studio)
    found = made.numbers()
    assert found.changed == 0
    assert numbers.lines[0].value == f"0 of {found.pixels:,} pixels of what is not masked changed"
    assert numbers.lines[1].value == f"Colour step across the seam {found.seam:.1f} (CIELAB)"
    studio.close()

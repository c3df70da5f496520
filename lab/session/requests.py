"""From what a person gives, pictures of any kind and settings by name, to a request. Plans nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from pydantic import SkipValidation

from lab.core.catalogue import ChosenModel, ModelCard, chosen_model
from lab.core.conditioning import ControlGuide, ReferenceGuide, RegionGuide
from lab.core.errors import BadInput
from lab.core.picture import Mask, Picture, PictureLike
from lab.core.raster import DrawnSketch, as_seen, drawn, on_paper, rasterise
from lab.core.recipe import Control, Recipe, Request
from lab.core.sketch import Sketch
from lab.session.choices.lora_files import with_files
from lab.session.choices.named_model import named_model
from lab.tasks import sketch_size, task_named

SketchLike: TypeAlias = Annotated[Sketch | DrawnSketch | PictureLike, SkipValidation]


def requested(
    model: ChosenModel,
    task: str,
    /,
    *,
    home: Path | None = None,
    sketch: SketchLike | None = None,
    sketch_strength: float = 1.0,
    sketch_range: tuple[float, float] = (0.0, 1.0),
    colours: PictureLike | None = None,
    image: PictureLike | None = None,
    mask: Mask | PictureLike | None = None,
    scene: PictureLike | None = None,
    controls: Sequence[ControlGuide] = (),
    references: Sequence[ReferenceGuide] = (),
    regions: Sequence[RegionGuide] = (),
    **settings: Any,
) -> Request:
    """The request for a task on this model, or on the one that the settings name; else as for `Lab.request`.

    With a home, LoRAs are looked for in its folders of models, and refused where they were trained for others.
    """
    found = task_named(task)
    if isinstance(settings.get("model"), str):
        said = {name: settings.pop(name, None) for name in ("family", "acceleration", "precision")}
        name = settings.pop("model")
        model = chosen_model(name, **said) if home is None else named_model(name, home=home, **said)
    own = {name: settings.pop(name) for name in found.settings.model_fields if name in settings}
    pictures = {guide.picture.hash: guide.picture for guide in (*controls, *references, *regions)}

    def keep(picture: Picture) -> str:
        pictures[picture.hash] = picture
        return picture.hash

    steering = [guide.value for guide in controls]
    strokes: Sketch | None = None
    if sketch is not None:
        if found.sketch is None:
            msg = f"{task} takes no sketch: use sketch_to_image, or leave it out"
            raise BadInput(msg)
        weight, (start, end) = _checked_strength(sketch_strength), sketch_range
        read = _read(model.card, sketch, in_colour="colours" in found.recipe_fields)
        steering.insert(0, Control(kind=found.sketch, picture=keep(read.lines), weight=weight, start=start, end=end))
        strokes = read.sketch
        if read.colours is not None:
            settings["colours"] = keep(read.colours)
    if colours is not None:
        laid = Picture.of(colours)
        settings["colours"] = keep(as_seen(laid, laid) if laid.has_alpha else laid)
    if image is not None:
        settings["image"] = keep(Picture.of(image))
    if mask is not None:
        settings["mask"] = keep(Mask.of(mask).to_picture())
    if scene is not None:
        settings["scene"] = keep(Picture.of(scene))
    settings |= {"controls": tuple(steering), "references": tuple(guide.value for guide in references)}
    settings |= {"regions": tuple(guide.value for guide in regions)}
    recipe = Recipe(**{"task": task, **model.recipe_fields, "settings": own, **settings})
    return Request(_with_lora_files(recipe, model.card, home), pictures, sketch=strokes)


def _with_lora_files(recipe: Recipe, card: ModelCard, home: Path | None) -> Recipe:
    if home is None or not recipe.loras:
        return recipe
    return recipe.changed(loras=with_files(recipe.loras, card, home))


def _read(card: ModelCard, sketch: SketchLike, *, in_colour: bool) -> DrawnSketch:
    """Lines and colours of a sketch, drawn for the model where it is of strokes; not in colour, all is lines."""
    if isinstance(sketch, DrawnSketch):
        return sketch
    if not isinstance(sketch, Sketch):
        return DrawnSketch(Picture.of(sketch))
    size = sketch_size(card, sketch.size)
    return drawn(sketch, size) if in_colour else DrawnSketch(on_paper(rasterise(sketch, size), sketch), sketch=sketch)


def _checked_strength(sketch_strength: float) -> float:
    """The strength, under the name that the caller used."""
    try:
        return Control(picture="0" * 32, weight=sketch_strength).weight
    except BadInput as error:
        raise BadInput(str(error).replace("this control cannot be used: weight", "sketch_strength")) from None

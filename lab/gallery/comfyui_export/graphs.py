"""One drawing as a graph of ComfyUI's core nodes: loader, words, steering, sampler, decoder, what is saved."""

from __future__ import annotations

from lab.core.errors import BadInput
from lab.core.geometry import Size
from lab.core.picture import Mask, Picture
from lab.core.recipe import Control, Lora, Recipe
from lab.gallery.comfyui_export.builder import Builder, of
from lab.gallery.comfyui_export.names import (
    control_file,
    escaped,
    lora_file,
    model_file,
    sampler_name,
    union_type,
)
from lab.gallery.foreign.comfyui.graph import Link
from lab.gallery.foreign.names import bare_name
from lab.preprocessors import control_map
from lab.tasks import PlannedRequest

_GROWN_BY = 8
"""ComfyUI pads pictures by multiples of this."""
_LAST = 10_000
"""`end_at_step` for "to the end"."""
_WHOLE = (
    "text_to_image",
    "image_to_image",
    "inpaint",
    "outpaint",
    "control_to_image",
    "sketch_to_image",
    "upscale",
    "edit",
)


class Drawing:
    """Puts the nodes of one planned drawing into a builder, and keeps what of the recipe they carry.

    Args:
        planned: what is drawn.
        builder: takes the nodes.
    """

    def __init__(self, planned: PlannedRequest, builder: Builder) -> None:
        self._planned, self._plan, self._graph = planned, planned.plan, builder
        self._recipe = planned.request.recipe
        self._carried = Recipe(task=self._recipe.task)

    def build(self) -> Recipe:
        """All nodes; the recipe that they are.

        Raises:
            BadInput: when ComfyUI's core has no nodes for the task, or cannot draw with the model.
        """
        recipe = self._recipe
        if recipe.task not in _WHOLE:
            msg = f"ComfyUI's core has no nodes for {recipe.task}: export {', '.join(_WHOLE)}"
            raise BadInput(msg)
        self._say_what_is_left_out()
        if recipe.task == "upscale":
            return self._upscaled()
        if self._plan.card.family == "starter":
            msg = "ComfyUI cannot draw with the starter model, which is the lab's own: choose another, such as sd15"
            raise BadInput(msg)
        model, clip, vae = self._loaded()
        model, clip = self._with_loras(model, clip)
        positive, negative = self._words(clip)
        positive, negative = self._controlled(positive, negative, vae)
        if recipe.task == "edit":
            picture = self._edited(model, positive, negative, vae)
        else:
            picture = self._drawn(model, positive, negative, vae)
        self._graph.add("output", "SaveImage", "Save", images=picture, filename_prefix="sketchlab")
        return self._carried

    def _carry(self, **fields: object) -> None:
        self._carried = self._carried.changed(**fields)

    def _loaded(self) -> tuple[Link, Link, Link]:
        """Model, text encoder and autoencoder."""
        card = self._plan.card
        file = model_file(card)
        self._carry(model=card.name if self._recipe.family is None and not self._recipe.revision else file)
        if self._recipe.family is not None or self._recipe.revision:
            self._graph.say(f"the model is named {file}: put it into models/checkpoints under that name")
        if card.family == "z-image":
            model = self._graph.add("input", "UNETLoader", unet_name=file, weight_dtype="default")
            words = {"clip_name": "qwen_3_4b.safetensors", "type": "lumina2", "device": "default"}
            clip = self._graph.add("input", "CLIPLoader", **words)
            vae = self._graph.add("input", "VAELoader", vae_name="ae.safetensors")
            shifted = self._graph.add("input", "ModelSamplingAuraFlow", model=of(model), shift=3.0)
            return of(shifted), of(clip), of(vae)
        loader = self._graph.add("input", "CheckpointLoaderSimple", "Model", ckpt_name=file)
        return of(loader, 0), of(loader, 1), of(loader, 2)

    def _with_loras(self, model: Link, clip: Link) -> tuple[Link, Link]:
        carried = []
        for lora in self._recipe.loras:
            weights = {"strength_model": lora.weight, "strength_clip": lora.weight}
            file = lora_file(lora.name)
            node = self._graph.add(
                "steering",
                "LoraLoader",
                f"LoRA {bare_name(lora.name)}",
                model=model,
                clip=clip,
                lora_name=file,
                **weights,
            )
            model, clip = of(node, 0), of(node, 1)
            carried.append(Lora(name=bare_name(lora.name), weight=lora.weight))
            if lora.name != bare_name(lora.name):
                self._graph.say(f"a LoRA is named {file}: put it into models/loras under that name")
        self._carry(loras=tuple(carried))
        return model, clip

    def _words(self, clip: Link) -> tuple[Link, Link]:
        found = []
        weighted = self._recipe.model_dump().get("words") == "weighted"
        if weighted:
            self._carry(words="weighted")
            self._graph.say("ComfyUI reckons with weights of words in another way")
        for field, title in (("prompt", "Prompt"), ("negative_prompt", "Negative prompt")):
            text = getattr(self._recipe, field)
            written = text if weighted else escaped(text)
            found.append(of(self._graph.add("words", "CLIPTextEncode", title, text=written, clip=clip)))
            self._carry(**{field: text})
            if "{" in text or "//" in text or "/*" in text:
                self._graph.say(
                    f"ComfyUI's page reads braces and // in the {title.lower()} in its own way; its API does not"
                )
        return found[0], found[1]

    def _controlled(self, positive: Link, negative: Link, vae: Link) -> tuple[Link, Link]:
        carried = []
        for control in self._recipe.controls:
            source = self._plan.card.controls[control.kind]
            steering = self._map(control)
            picture = self._graph.add("input", "LoadImage", f"Map for {control.kind}", image=self._file(steering))
            net = self._graph.add("steering", "ControlNetLoader", control_net_name=control_file(source))
            if source.mode is not None:
                net = self._graph.add(
                    "steering", "SetUnionControlNetType", control_net=of(net), type=union_type(source.mode)
                )
            node = self._graph.add(
                "steering", "ControlNetApplyAdvanced", f"Control: {control.kind}", positive=positive, negative=negative,
                control_net=of(net), image=of(picture), strength=control.weight, start_percent=control.start,
                end_percent=control.end, vae=vae,
            )  # fmt: skip
            positive, negative = of(node, 0), of(node, 1)
            carried.append(control.changed(picture=steering.hash, preprocessor="none", settings={}))
            self._graph.say("a control begins and ends by noise in ComfyUI, and by the number of steps in the lab")
        self._carry(controls=tuple(carried))
        return positive, negative

    def _map(self, control: Control) -> Picture:
        picture = self._planned.request.pictures[control.picture]
        size = self._plan.size
        if self._recipe.task == "inpaint":  # where the lab looks at a part of the map
            size = self._planned.request.pictures[self._recipe.image or ""].size
        return control_map(control.preprocessor, picture, size, control.settings)

    def _file(self, picture: Picture) -> str:
        """The name under which a picture will lie in ComfyUI's folder of inputs."""
        name = f"sketchlab-{picture.hash}.png"
        self._graph.pictures[name] = picture
        return name

    def _picture(self, *, size: Size | None = None) -> Link:
        """The picture to start from, at a size where one is given."""
        picture = self._planned.request.pictures[self._recipe.image or ""].on_white()
        if picture.hash != self._recipe.image:
            self._graph.say("transparent parts of the picture became white")
        self._carry(image=picture.hash)
        loaded = of(self._graph.add("input", "LoadImage", "Picture", image=self._file(picture)))
        if size is None:
            return loaded
        fitted = self._graph.add(
            "input", "ImageScale", "To size", image=loaded, upscale_method="lanczos", width=size.width,
            height=size.height, crop="disabled",
        )  # fmt: skip
        return of(fitted)

    def _drawn(self, model: Link, positive: Link, negative: Link, vae: Link) -> Link:
        """The latents that are started from, the sampler, the decoder; the finished picture."""
        recipe, plan, graph = self._recipe, self._plan, self._graph
        start, original, mask = Link("", 0), None, None
        if recipe.task in ("inpaint", "outpaint"):
            original, mask = self._masked()
            model, positive, negative, start = self._within(original, mask, (model, positive, negative), vae)
        elif recipe.task == "image_to_image":
            pixels = self._picture(size=plan.size)
            start = of(graph.add("drawing", "VAEEncode", pixels=pixels, vae=vae))
            self._carry(width=plan.size.width, height=plan.size.height)
        else:
            kind = "EmptySD3LatentImage" if plan.card.family == "z-image" else "EmptyLatentImage"
            size = {"width": plan.size.width, "height": plan.size.height}
            start = of(graph.add("drawing", kind, "Size", **size, batch_size=1))
            self._carry(**size, task="control_to_image" if recipe.controls else "text_to_image")
        latents = self._sampled(model, positive, negative, start)
        picture = of(graph.add("drawing", "VAEDecode", samples=latents, vae=vae))
        if original is None or mask is None:
            return picture
        pasted = graph.add(
            "output", "ImageCompositeMasked", "The rest stays", destination=original, source=picture, x=0, y=0,
            resize_source=True, mask=mask,
        )  # fmt: skip
        return of(pasted)

    def _sampled(self, model: Link, positive: Link, negative: Link, start: Link) -> Link:
        plan = self._plan
        if self._recipe.image and plan.steps_run == 0:
            msg = "at this strength no step runs, so there is nothing to draw in ComfyUI: raise the strength"
            raise BadInput(msg)
        named = sampler_name(plan.scheduler, plan.steps, plan.card.family)
        begins = plan.steps - plan.steps_run
        node = self._graph.add(
            "drawing", "KSamplerAdvanced", "Draw", model=model, add_noise="enable", noise_seed=self._recipe.seed,
            steps=plan.steps, cfg=plan.guidance_scale, sampler_name=named.sampler, scheduler=named.schedule,
            positive=positive, negative=negative, latent_image=start, start_at_step=begins, end_at_step=_LAST,
            return_with_leftover_noise="disable",
        )  # fmt: skip
        self._carry(
            seed=self._recipe.seed, steps=plan.steps, guidance_scale=plan.guidance_scale, scheduler=plan.scheduler
        )
        if self._recipe.image:
            self._carry(strength=round(plan.steps_run / plan.steps, 6))
        self._graph.say(
            "the picture will differ in its pixels: ComfyUI spaces steps, scales noise and rounds in other ways"
        )
        return of(node)

    def _masked(self) -> tuple[Link, Link]:
        """The picture and the mask of what is redrawn."""
        recipe, graph = self._recipe, self._graph
        if recipe.task == "inpaint":
            original = self._picture()
            mask = Mask.of(self._planned.request.pictures[recipe.mask or ""]).to_picture()
            painted = of(graph.add("input", "LoadImageMask", "Mask", image=self._file(mask), channel="red"))
            settings = self._planned.task.settings.of(recipe).model_dump()
            grown = graph.add("drawing", "GrowMask", mask=painted, expand=settings["grow_px"], tapered_corners=True)
            self._carry(mask=mask.hash, settings={"grow_px": settings["grow_px"]})
            graph.say(
                "ComfyUI draws the whole picture at once, the lab the mask with what is around it at the model's size"
            )
            graph.say(
                f"not carried: a seam that fades over {settings['feather_px']} pixels, and colours that are matched"
            )
            return original, of(grown)
        settings = self._planned.task.settings.of(recipe).model_dump()
        sides = {side: -(-settings[side] // _GROWN_BY) * _GROWN_BY for side in ("left", "top", "right", "bottom")}
        if any(sides[side] != settings[side] for side in sides):
            graph.say(f"ComfyUI grows pictures by multiples of {_GROWN_BY} pixels, so it grows by more")
        original = self._picture()
        padded = graph.add(
            "drawing", "ImagePadForOutpaint", image=original, **sides, feathering=settings["overlap_px"]
        )  # fmt: skip
        self._carry(settings=sides)
        graph.say("ComfyUI draws all sides at once, the lab one part after the other")
        return of(padded, 0), of(padded, 1)

    def _within(self, pixels: Link, mask: Link, steered: tuple[Link, Link, Link], vae: Link) -> tuple[Link, ...]:
        """Model, words and latents for drawing within a mask."""
        model, positive, negative = steered
        graph = self._graph
        if self._plan.card.fills:
            node = graph.add(
                "drawing", "InpaintModelConditioning", positive=positive, negative=negative, vae=vae, pixels=pixels,
                mask=mask, noise_mask=True,
            )  # fmt: skip
            return model, of(node, 0), of(node, 1), of(node, 2)
        soft = graph.add("steering", "DifferentialDiffusion", model=model)
        encoded = graph.add("drawing", "VAEEncode", pixels=pixels, vae=vae)
        start = graph.add("drawing", "SetLatentNoiseMask", samples=of(encoded), mask=mask)
        return of(soft), positive, negative, of(start)

    def _edited(self, model: Link, positive: Link, negative: Link, vae: Link) -> Link:
        """By an instruction: the guider weighs words and picture each by itself."""
        recipe, plan, graph = self._recipe, self._plan, self._graph
        pixels = self._picture(size=plan.size)
        seen = graph.add(
            "drawing", "InstructPixToPixConditioning", positive=positive, negative=negative, vae=vae, pixels=pixels
        )
        guider = graph.add(
            "drawing", "DualCFGGuider", model=model, cond1=of(seen, 0), cond2=of(seen, 1), negative=negative,
            cfg_conds=plan.guidance_scale, cfg_cond2_negative=plan.image_guidance_scale, style="regular",
        )  # fmt: skip
        named = sampler_name(plan.scheduler, plan.steps, plan.card.family)
        noise = graph.add("drawing", "RandomNoise", noise_seed=recipe.seed)
        chosen = graph.add("drawing", "KSamplerSelect", sampler_name=named.sampler)
        sigmas = graph.add(
            "drawing", "BasicScheduler", model=model, scheduler=named.schedule, steps=plan.steps, denoise=1.0
        )
        drawn = graph.add(
            "drawing", "SamplerCustomAdvanced", "Draw", noise=of(noise), guider=of(guider), sampler=of(chosen),
            sigmas=of(sigmas), latent_image=of(seen, 2),
        )  # fmt: skip
        self._carry(
            seed=recipe.seed, steps=plan.steps, guidance_scale=plan.guidance_scale,
            image_guidance_scale=plan.image_guidance_scale, scheduler=plan.scheduler, width=plan.size.width,
            height=plan.size.height,
        )  # fmt: skip
        self._graph.say(
            "the picture will differ in its pixels: ComfyUI spaces steps, scales noise and rounds in other ways"
        )
        return of(graph.add("drawing", "VAEDecode", samples=of(drawn), vae=vae))

    def _upscaled(self) -> Recipe:
        """A picture through an upscaling network."""
        recipe, graph = self._recipe, self._graph
        settings = self._planned.task.settings.of(recipe).model_dump()
        own = settings["upscaler"] == "starter"
        file = f"RealESRGAN_x{settings['factor']}plus.pth" if own else f"{bare_name(settings['upscaler'])}.safetensors"
        if own:
            graph.say(f"the lab's own upscaler is not ComfyUI's: {file} stands for it, or any network that you have")
        if self._plan.steps_run:
            graph.say("not carried: the new detail that is drawn in tiles; the network alone makes it larger")
        pixels = self._picture()
        network = graph.add("drawing", "UpscaleModelLoader", model_name=file)
        larger = graph.add("drawing", "ImageUpscaleWithModel", upscale_model=of(network), image=pixels)
        graph.add("output", "SaveImage", "Save", images=of(larger), filename_prefix="sketchlab")
        carried: dict[str, object] = {"upscaler": bare_name(file)}
        if f"x{settings['factor']}" in file:
            carried["factor"] = settings["factor"]
        else:
            graph.say(f"how many times larger is for the network {file} to say")
        self._carry(strength=0.0, settings=carried)
        return self._carried

    def _say_what_is_left_out(self) -> None:
        recipe, say = self._recipe, self._graph.say
        if recipe.references:
            say("not carried: references (IP-Adapter), for which ComfyUI's core has no nodes")
        if recipe.regions:
            say("not carried: regions with words of their own")
        if recipe.colours:
            say("not carried: the colours of the sketch")
        if recipe.filters:
            say(f"not carried: filters of the finished picture ({', '.join(one.name for one in recipe.filters)})")
        if recipe.acceleration:
            say(f"not carried: the acceleration {recipe.acceleration}")
        if recipe.precision != "exact":
            say(f"not carried: the precision {recipe.precision}")

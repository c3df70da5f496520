"""How the shadow of a subject looks: the settings that every task with a shadow shares."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from lab.retouch.shadow import Light
from lab.tasks._task import Settings

Share = Annotated[float, Field(ge=0, le=1)]
_LIGHT: Any = {"group": "Light"}
_STEP: Any = {"step": 0.05, **_LIGHT}
_ANGLE: Any = {"step": 5, "is_angle": True, **_LIGHT}


class LightSettings(Settings):
    """Where the light comes from, and what it leaves."""

    light_direction: Annotated[int, Field(ge=0, le=360)] = Field(default=315, json_schema_extra=_ANGLE)
    """Degrees clockwise: 0 from behind the subject, 90 from the right, 180 from the viewer, 270 from the left."""
    light_elevation: Annotated[int, Field(ge=10, le=85)] = Field(default=50, json_schema_extra=_LIGHT)
    """Degrees above the floor: a low light makes long shadows."""
    shadow_opacity: Share = Field(default=0.5, json_schema_extra=_STEP)
    """How dark the cast shadow is where it begins; 0 casts none."""
    shadow_softness: Share = Field(default=0.5, json_schema_extra=_STEP)
    """0 is the sun, 1 a large lamp; shadows get softer the farther they fall."""
    contact_shadow: Share = Field(default=0.6, json_schema_extra=_STEP)
    """How dark the narrow shadow is where the subject touches the floor."""
    reflection: Share = Field(default=0.0, json_schema_extra=_STEP)
    """How much the floor mirrors."""

    @property
    def light(self) -> Light:
        """The light that these settings describe."""
        return Light(
            direction=self.light_direction,
            elevation=self.light_elevation,
            softness=self.shadow_softness,
            opacity=self.shadow_opacity,
            contact=self.contact_shadow,
        )

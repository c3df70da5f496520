"""Looking into a drawing is tested on the tiny models of the pipelines' own tests."""

from tests.pipelines.conftest import _new_objects, engine, tiny

__all__ = ["_new_objects", "engine", "tiny"]

"""The architecture, proven from the source: imports point down, files stay small, and nothing heavy loads early."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
FLOORS = (
    {"lab.core"},
    {"lab.retouch", "lab.starter", "lab.hub", "lab.prompts"},
    {"lab.vision"},
    {"lab.preprocessors"},
    {"lab.tasks", "lab.pipelines"},
    {"lab.jobs"},
    {"lab.gallery"},
    {"lab.cloud"},
    {"lab.session", "lab.doctor", "lab.fetch"},
    {"lab.explain", "lab.commands", "lab.fetching"},
    {"lab", "lab.__main__", "lab.read_ahead"},
    {"widgets.base"},
    {"widgets.canvas", "widgets.panel", "widgets.views"},
    {"widgets.preview", "widgets.compare"},
    {"widgets.gallery"},
    {"widgets.studio"},
    {"widgets"},
)
NEURAL_ROOMS = {"lab.pipelines", "lab.vision", "lab.explain"}
"""The rooms that know torch."""
NEURAL = {"lab.preprocessors.networks": {"controlnet_aux"}, "lab.doctor": {"torch"}}
"""The other modules that call upon a library of networks, inside the function that needs it."""
HEAVY = {"torch", "diffusers", "transformers", "rembg", "controlnet_aux", "torchvision"}
LATER = {"huggingface_hub", "onnxruntime", "pandas", "psutil", "scipy", "skimage"}
"""What may wait until somebody draws, or fetches, or looks for leftovers of a killed process."""
GROUND = {"annotated_types", "cv2", "numpy", "PIL", "pydantic", "pydantic_core"}
SOURCES = sorted(
    path for folder in ("lab", "widgets") for path in (ROOT / folder).rglob("*.py") if "starter/train" not in str(path)
)


def room(module: str) -> str:
    """The room a module lies in: its first two parts, or the one part of a package's front door."""
    return ".".join(module.split(".")[:2])


def floor(module: str) -> int:
    (level,) = [level for level, rooms in enumerate(FLOORS) if room(module) in rooms]
    return level


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def parsed(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text())))


def imports(path: Path) -> list[str]:
    found = []
    for node in parsed(path):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively: write the whole name"
            found.append(node.module or "")
    return found


def modules(*rooms: str) -> dict[str, Path]:
    """The modules of these rooms by name; of all when none is said."""
    found = {module_of(path): path for path in SOURCES}
    return {module: path for module, path in found.items() if not rooms or room(module) in rooms}


def test_imports_point_down() -> None:
    wrong = [
        f"{module} imports {name}, which is on a floor above it"
        for module, path in modules().items()
        for name in imports(path)
        if name.split(".")[0] in {"lab", "widgets"} and room(name) != room(module) and floor(name) >= floor(module)
    ]
    assert not wrong, "\n".join(wrong)


def test_what_is_planned_is_looked_up_nowhere_below() -> None:
    """The plan travels with its model card and its task: only who plans goes by their names."""
    planners = {"lab.tasks", "lab.tasks._plan", "lab.tasks._registry"}
    for module, path in modules("lab.tasks", "lab.pipelines", "lab.jobs").items():
        names = {part.id for part in parsed(path) if isinstance(part, ast.Name)}
        wanted = names & {"model_card", "card_for", "chosen_model", "taken_apart", "task_named"}
        assert module in planners or not wanted, (
            f"{module}: take the plan's card, the recipe's acceleration, and the task that comes with the plan"
        )


def test_only_rooms_of_networks_import_torch() -> None:
    found = {module: {name.split(".")[0] for name in imports(path)} & HEAVY for module, path in modules().items()}
    wrong = {module: heavy - NEURAL.get(module, set()) for module, heavy in found.items()
             if room(module) not in NEURAL_ROOMS}  # fmt: skip
    assert not any(wrong.values()), {module: heavy for module, heavy in wrong.items() if heavy}
    assert any(found.values()), "the walk lost its way"


def test_the_ground_floor_needs_little() -> None:
    for module, path in modules("lab.core").items():
        outside = {name.split(".")[0] for name in imports(path)} - set(sys.stdlib_module_names) - {"lab"}
        assert outside <= GROUND, f"{module} imports {outside - GROUND}"


def test_every_room_has_a_floor() -> None:
    for path in SOURCES:
        floor(module_of(path))


def test_files_stay_small() -> None:
    folders = ("lab", "widgets", "bench", "tests")
    files = [p for folder in folders for ending in ("*.py", "*.js") for p in (ROOT / folder).rglob(ending)]
    long = {str(p.relative_to(ROOT)): n for p in files if (n := len(p.read_text().splitlines())) > 350}
    assert not long, f"one idea a file: {long}"


def test_rooms_stay_small() -> None:
    files = [
        p for folder in ("lab", "widgets") for end in ("*.py", "*.js", "*.css") for p in (ROOT / folder).rglob(end)
    ]
    sources = Counter(p.parent for p in files if p.name != "__init__.py" and "starter/train" not in str(p))
    crowded = {str(folder.relative_to(ROOT)): count for folder, count in sources.items() if count > 20}
    assert not crowded, f"is there a room for some of them? {crowded}"


def test_importing_the_lab_and_its_widgets_loads_nothing_heavy() -> None:
    code = "import json, sys, lab.read_ahead, widgets, widgets.studio.studio; print(json.dumps(sorted(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not HEAVY & set(json.loads(shown.stdout))


def test_a_studio_is_there_before_anything_heavy(tmp_path: Path) -> None:
    """The lab's thread begins to read the engine as soon as this one lets it."""
    code = (
        "import json, os, sys, lab, widgets\n"
        "from lab.vision.waking import WAKING\n"
        "with WAKING:\n"
        f"    studio = widgets.Studio(lab.open_lab(home={str(tmp_path)!r}), 'sketch_to_image')\n"
        "    studio._repr_mimebundle_()\n"
        "    print(json.dumps(sorted(sys.modules)), flush=True)\n"
        "    os._exit(0)"
    )
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stderr
    early = (HEAVY | LATER) & set(json.loads(shown.stdout))
    assert not early, f"{early} can wait until the canvas is there"


def test_the_engine_reads_no_family_before_it_is_asked_for() -> None:
    """Each has pipelines of its own, of which a picture needs one or two."""
    known, seen, to_see = modules(), set(), ["lab.pipelines.engine"]
    while to_see:
        module = to_see.pop()
        if module in known and module not in seen:
            seen.add(module)
            for node in ast.parse(known[module].read_text()).body:
                if isinstance(node, ast.ImportFrom) and node.module:
                    names = [alias.name for alias in node.names]
                    to_see += [node.module, *(f"{node.module}.{name}" for name in names)]
                    pipelines = {name for name in names if name.endswith("Pipeline")} - {"DiffusionPipeline"}
                    assert node.module.split(".")[0] != "diffusers" or not pipelines, f"{module} imports {pipelines}"
    assert "lab.pipelines.families" in seen, "the walk lost its way"

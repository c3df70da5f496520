#!/usr/bin/env bash
# Sketchlab in the JupyterLab that a Runpod pod runs already: `bash deploy/pod/start.sh`, then reload the page.
#
# The packages go into a folder of their own on /workspace and leave the image's torch in place, which fits its driver.
# What the page needs, and the kernel, are put where this JupyterLab looks for them; that is on the disk that each stop
# wipes, so run it again after every start: it takes seconds. It starts no server and changes no package of the image.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
workspace=${SKETCHLAB_WORKSPACE:-/workspace}
venv=$workspace/sketchlab-venv
server=${SKETCHLAB_SERVER_PYTHON:-python} # the Python of the image, whose JupyterLab runs
log=$workspace/sketchlab-install.log

say() { printf '%s\n' "$*"; }
fail() { say "error: $*" >&2; exit 1; }

command -v "$server" >/dev/null || server=python3
command -v "$server" >/dev/null || fail "there is no python in this image: use the template runpod/pytorch"
[ -d "$workspace" ] && [ -w "$workspace" ] || fail "$workspace cannot be written: attach a volume to the pod"
"$server" -c 'import importlib.util as u, sys; sys.exit(u.find_spec("jupyterlab") is None)' || fail "this image has no JupyterLab: use the template runpod/pytorch"
case $root/ in
  "$workspace"/*) ;;
  *) say "note: $root is wiped when the pod stops: clone it into $workspace" ;;
esac
[ -n "${JUPYTER_PASSWORD:-}" ] || say "note: JUPYTER_PASSWORD is not set here: JupyterLab runs only where the template sets it"

# What the packages were installed for: another image, torch or lock, and they are installed anew.
stamp=$("$server" - "$root/deploy/requirements.lock" <<'PYTHON'
import hashlib, importlib.metadata, importlib.util, pathlib, sys

versions = [sys.version, sys.prefix]
for name in ("torch", "torchvision"):
    try:
        versions.append(f"{name} {importlib.metadata.version(name)}")
    except importlib.metadata.PackageNotFoundError:
        versions.append(f"no {name}")
text = "\n".join([*versions, pathlib.Path(sys.argv[1]).read_text()])
print(hashlib.sha256(text.encode()).hexdigest())
PYTHON
)

if [ "$(cat "$venv/stamp" 2>/dev/null || true)" != "$stamp" ] || [ ! -x "$venv/bin/python" ]; then
  say "Installing into $venv; the first time this takes minutes ..."
  rm -rf "$venv"
  "$server" -m venv --system-site-packages "$venv" || fail "python's venv is missing: apt-get install python3-venv"
  # The image's own packages, also where its Python is a virtual environment; the image's torch stays, whatever is newer.
  "$server" - "$root" "$venv" <<'PYTHON'
import importlib.metadata, pathlib, re, sys

root, venv = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
(own,) = venv.glob("lib/python3*/site-packages")
images = [place for place in sys.path if place.endswith(("site-packages", "dist-packages"))]
(own / "image.pth").write_text("\n".join(images) + "\n")
(own / "sketchlab.pth").write_text(f"{root}\n")
images_own = ["jupyterlab"]  # which runs
try:
    importlib.metadata.version("torch"), importlib.metadata.version("torchvision")
    images_own += ["torch", "torchvision", "triton", r"nvidia-[\w-]+", r"cuda-[\w-]+"]
except importlib.metadata.PackageNotFoundError:
    print("note: this image has no torch: the newest is installed, which may want a newer driver than the pod has")
pinned = re.findall(r"^\S.*(?:\n\s+.*)*", (root / "deploy" / "requirements.lock").read_text(), re.MULTILINE)
needs = [one for one in pinned if not re.match(rf"({'|'.join(images_own)})==", one)]
(venv / "requirements.txt").write_text("\n".join(needs) + "\n")
PYTHON
  # Each package in the version that was tested, and only if it is to the bit what was tested.
  "$venv/bin/python" -m pip install --disable-pip-version-check --quiet --require-hashes --no-deps \
    --requirement "$venv/requirements.txt" >"$log" 2>&1 \
    || { tail -5 "$log" >&2; fail "the packages could not be installed; the whole story is in $log"; }
  printf '%s\n' "$stamp" >"$venv/stamp"
fi

# What this server needs to know: the page's half of the widgets in the kernel's versions, and the kernel.
"$server" - "$venv" "$root" "$workspace" <<'PYTHON'
import filecmp, json, os, pathlib, shutil, subprocess, sys

venv, root, workspace = map(pathlib.Path, sys.argv[1:])
changed = []


def write(path, text):
    if not path.is_file() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        changed.append(str(path))


def same(left, right):
    found = filecmp.dircmp(left, right)
    return not (found.left_only or found.right_only or found.diff_files or found.funny_files) and all(
        same(left / name, right / name) for name in found.common_dirs
    )


code = """
import importlib.metadata, json
found = {}
for name in ("anywidget", "ipycanvas"):
    for file in importlib.metadata.distribution(name).files or ():
        if file.match(f"*/labextensions/{name}/package.json"):
            found[name] = str(file.locate().resolve().parent)
print(json.dumps(found))
"""
where = json.loads(subprocess.run([venv / "bin/python", "-c", code], check=True, capture_output=True, text=True).stdout)
share = pathlib.Path(sys.prefix) / "share" / "jupyter"
for name, folder in where.items():
    target = share / "labextensions" / name
    if not target.is_dir() or not same(pathlib.Path(folder), target):
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(folder, target)
        changed.append(str(target))

overrides = share / "lab" / "settings" / "overrides.d" / "sketchlab.json"
write(overrides, (root / "deploy" / "jupyterlab-settings.json").read_text())

from jupyter_core.paths import jupyter_data_dir

kernel = {
    "argv": [str(venv / "bin" / "python"), "-m", "ipykernel_launcher", "-f", "{connection_file}",
             "--InteractiveShellApp.extra_extensions=lab.read_ahead"],
    "display_name": "Python 3 (Sketchlab)",
    "language": "python",
    "metadata": {"debugger": True},
    "env": {
        "SKETCHLAB_HOME": os.environ.get("SKETCHLAB_HOME") or str(workspace / "sketchlab"),
        "HF_HOME": os.environ.get("HF_HOME") or str(workspace / ".cache" / "huggingface"),
    },
}
write(pathlib.Path(jupyter_data_dir()) / "kernels" / "python3" / "kernel.json", json.dumps(kernel, indent=1) + "\n")
print("Changed: " + ", ".join(changed) if changed else "Nothing had to be changed.")
PYTHON

say "Ready. Reload the page of JupyterLab, open $root/notebooks/sketch_to_image.ipynb, and draw."
say "What this pod has and lacks: $venv/bin/python -m lab doctor"

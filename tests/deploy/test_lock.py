"""The promise: what a pod installs is pinned to the bit, is all that the lab needs, and within its bounds."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent.parent
LOCK = (ROOT / "deploy" / "requirements.lock").read_text()
NEEDED = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
ENTRIES = re.findall(r"^\S.*(?:\n\s+.*)*", LOCK, re.MULTILINE)
PINNED = {
    canonicalize_name(one.name): one for one in (Requirement(entry.partition("\\")[0].strip()) for entry in ENTRIES)
}
"""What is pinned, by name."""


def test_every_package_is_pinned_by_version_and_content_and_no_host_is_named() -> None:
    assert len(PINNED) == len(ENTRIES)
    for entry in ENTRIES:
        pin = Requirement(entry.partition("\\")[0].strip())
        assert [one.operator for one in pin.specifier] == ["=="], entry[:80]
        assert re.fullmatch(r"(--hash=sha256:[0-9a-f]{64}\s*\\?\s*)+", entry.partition("\\\n")[2].strip()), entry[:80]
    assert "//" not in LOCK


def test_all_that_the_lab_needs_is_in_it_within_its_bounds() -> None:
    for one in map(Requirement, NEEDED):
        (version,) = [pin.version for pin in PINNED[canonicalize_name(one.name)].specifier]
        assert one.specifier.contains(version), f"{one} is {version}: make lock"


def test_what_its_packages_need_here_is_in_it() -> None:
    """Pods install it without looking for dependencies."""
    waiting, seen = [Requirement(one) for one in NEEDED], set()
    while waiting:
        one = waiting.pop()
        name = canonicalize_name(one.name)
        if name in seen and not one.extras:
            continue
        seen.add(name)
        assert name in PINNED, f"{name} is not in the lock: make lock"
        for told in metadata.requires(name) or ():
            needs = Requirement(told)
            if needs.marker is None or any(needs.marker.evaluate({"extra": extra}) for extra in (one.extras or {""})):
                waiting.append(needs)

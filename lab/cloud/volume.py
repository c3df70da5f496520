"""Files that lab and endpoint share: what is too large to travel, and answers, so that none is drawn and paid twice.

A network volume is a folder for workers (`/runpod-volume`) and for pods (`/workspace`); from elsewhere it is a bucket
of Runpod's S3, whose keys boto3 takes from its usual environment. Files are named by the hash of what is in them, or
of what was asked, and are whole or not there.
"""

from __future__ import annotations

import hashlib
import json
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from lab.cloud.answer import answer_of
from lab.core.errors import BadInput
from lab.core.events import Result
from lab.core.recipe import Recipe
from lab.gallery.files import write_whole
from lab.hub.command import install_command

WORKER_VOLUME = Path("/runpod-volume")
"""Where a serverless worker has it, when one is attached."""
FOLDER = "sketchlab"
"""Where on a volume all of it is."""
_KEPT_S = 7 * 24 * 3600
"""How long pictures and answers are kept: as long as Runpod can keep a job."""


def picture_name(name: str) -> str:
    """The file of a picture, by the hash of its content."""
    return f"pictures/{name}.png"


def answer_name(recipe: Recipe) -> str:
    """The name of the answer to a request: the recipe says all that can change it, its pictures by their hashes."""
    return hashlib.sha256(recipe.to_json().encode()).hexdigest()[:32]


class Files(Protocol):
    """Where bytes are kept under names."""

    def read(self, name: str) -> bytes | None:
        """What is kept under a name; None when nothing is."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """Keep these bytes under a name, all of them or none."""
        ...


class Volume:
    """Pictures and answers on files that both sides see."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._written: set[str] = set()

    def read(self, name: str) -> bytes | None:
        """What is kept under a name; None when nothing is."""
        return self._files.read(name)

    def write_once(self, name: str, content: bytes) -> None:
        """Keep what is named by its content, unless that was done."""
        if name not in self._written:
            self._files.write(name, content)
            self._written.add(name)

    def answered(self, result: Result, asked: Recipe) -> dict[str, Any]:
        """The answer for a result, which the same request finds again: first its picture is kept, then what ran."""
        name = answer_name(asked)

        def store(png: bytes) -> str:
            self._files.write(f"answers/{name}.png", png)
            return f"answers/{name}.png"

        answer = answer_of(result, asked, store=store)
        kept = {key: value for key, value in answer.items() if key != "png"} | {"stored": f"answers/{name}.png"}
        self._files.write(f"answers/{name}.json", json.dumps(kept).encode())
        return answer

    def read_answer(self, name: str) -> dict[str, Any] | None:
        """The answer that is kept for a request, with a picture that is there; None when there is none."""
        text = self._files.read(f"answers/{name}.json")
        if text is None or self._files.read(f"answers/{name}.png") is None:
            return None
        try:
            answer = json.loads(text)
        except ValueError:
            return None
        return answer if isinstance(answer, dict) else None


class FolderFiles:
    """Files in a folder, of a volume that is mounted here."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER

    def read(self, name: str) -> bytes | None:
        """What is kept under a name; None when nothing is."""
        try:
            return (self._folder / name).read_bytes()
        except OSError:
            return None

    def write(self, name: str, content: bytes) -> None:
        """Keep these bytes under a name, all of them or none."""
        write_whole(self._folder / name, content)

    def forget_old(self, now: float | None = None) -> int:
        """Delete what nobody asks for any more; how many files that were."""
        before, count = (now or time.time()) - _KEPT_S, 0
        for file in self._folder.glob("*/*"):
            with suppress(OSError):
                if file.stat().st_mtime < before:
                    file.unlink()
                    count += 1
        return count


class S3Files:
    """Files in a network volume, through Runpod's S3; boto3 finds its keys by itself.

    Args:
        bucket: the volume's id.
        region: its data centre, such as "EU-RO-1".
        url: of the S3 there, where that is not Runpod's usual one.
    """

    def __init__(self, bucket: str, region: str, url: str = "") -> None:
        try:
            import boto3  # pyright: ignore[reportMissingImports] - an extra
            from botocore.config import Config  # pyright: ignore[reportMissingImports]
        except ImportError as error:
            msg = f"a network volume from outside Runpod needs boto3: `{install_command('boto3')}`"
            raise BadInput(msg) from error
        self._bucket = bucket
        url = url or f"https://s3api-{region.lower()}.runpod.io"
        # No checksums behind the content, which boto3 adds by itself and not every S3 but Amazon's takes off again.
        plain = Config(
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            retries={"max_attempts": 5, "mode": "standard"},
        )
        self._client: Any = boto3.client("s3", region_name=region, endpoint_url=url, config=plain)

    def read(self, name: str) -> bytes | None:
        """What is kept under a name; None when nothing is."""
        try:
            return self._client.get_object(Bucket=self._bucket, Key=f"{FOLDER}/{name}")["Body"].read()
        except self._client.exceptions.NoSuchKey:
            return None

    def write(self, name: str, content: bytes) -> None:
        """Keep it; S3 shows a file only when it is whole."""
        self._client.put_object(Bucket=self._bucket, Key=f"{FOLDER}/{name}", Body=content)


def volume_at(place: str) -> Volume:
    """The volume in a folder, or in `s3://VOLUME_ID?region=EU-RO-1`.

    Raises:
        BadInput: when there is no such folder, or it is not said where the bucket is.
    """
    parts = urlsplit(place)
    if parts.scheme == "s3":
        said = parse_qs(parts.query)
        region = said.get("region", [""])[0]
        if not parts.netloc or not region:
            msg = f"a volume from outside Runpod is s3://VOLUME_ID?region=EU-RO-1, not {place}"
            raise BadInput(msg)
        return Volume(S3Files(parts.netloc, region, said.get("endpoint", [""])[0]))
    folder = Path(place).expanduser()
    if not folder.is_dir():
        msg = f"there is no folder {folder}: a network volume is /workspace in a pod"
        raise BadInput(msg)
    return Volume(FolderFiles(folder))

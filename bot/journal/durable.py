"""Small files that are written whole or not at all, and stay written."""

import os
from contextlib import suppress
from pathlib import Path

from bot.errors import JournalError


def write_whole(path: Path, content: bytes) -> None:
    """Put a file in place, synced; a crash leaves the one before or this one."""
    draft = path.with_name(path.name + ".draft")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):  # half a file would keep the room that the next one needs
            draft.unlink(missing_ok=True)
        raise unusable(path, error) from error


def make_folder(path: Path) -> None:
    """A folder that is there and stays there; one that is there already is as good."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        sync_folder(path.parent)
    except OSError as error:
        raise unusable(path, error) from error


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def unusable(path: Path, error: OSError) -> JournalError:
    """The refusal of a place that the disk or its permissions deny us."""
    return JournalError(
        where=str(path),
        seen=error.strerror or str(error),
        expected="a folder on a local disk, with room, that this user may write",
        fix="free some space, give this user the folder, or name another one",
    )

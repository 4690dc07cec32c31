"""What a session runs with: enough to run it again and get the same decisions."""

from hashlib import blake2b
from pathlib import Path

import msgspec
from msgspec import Struct

from bot.errors import JournalError, NotFoundError
from bot.journal.durable import unusable, write_whole
from bot.journal.port import canonical
from bot.model.instrument import Instrument

FILE = "session.json"
SCHEMA_VERSION = 1


class Manifest(Struct, frozen=True):
    """The terms of a session's run: configuration, instruments and code.

    config: the text as it was read. plugins: name to hash of each strategy and signal that
    is not part of the bot. schema: of the session's folder.
    """

    config: str
    instruments: tuple[Instrument, ...]
    code_version: str
    plugins: dict[str, str]
    created_ns: int
    schema: int = SCHEMA_VERSION

    @property
    def config_hash(self) -> str:
        """Tells whether two configurations are the same text."""
        return _hash(self.config.encode())


class _File(Struct, frozen=True):
    config_hash: str
    checksum: str
    manifest: msgspec.Raw


class _Schema(Struct, frozen=True):
    schema: int


def encode(manifest: Manifest) -> bytes:
    """A manifest as the record that begins a run carries it."""
    return canonical(manifest)


def decode(payload: bytes, where: str) -> Manifest:
    """The manifest in a payload; JournalError when there is none that we know."""
    try:
        schema = msgspec.json.decode(payload, type=_Schema).schema
        if schema <= SCHEMA_VERSION:
            return msgspec.json.decode(payload, type=Manifest)
    except msgspec.MsgspecError as error:
        raise _damaged(where, str(error)) from error
    raise JournalError(
        where=where,
        seen=f"schema {schema}",
        expected=f"at most {SCHEMA_VERSION}",
        fix="open it with the newer version of the bot that wrote it",
    )


def write(folder: Path, manifest: Manifest) -> None:
    """Put `session.json` in a folder, whole or not at all."""
    content = encode(manifest)
    file = _File(manifest.config_hash, _hash(content), msgspec.Raw(content))
    write_whole(folder / FILE, msgspec.json.format(msgspec.json.encode(file)) + b"\n")


def read(folder: Path) -> Manifest:
    """What `write` put there; NotFoundError when there is none, JournalError when it is damaged."""
    path = folder / FILE
    try:
        file = msgspec.json.decode(path.read_bytes(), type=_File)
        content = msgspec.json.format(bytes(file.manifest), indent=-1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFoundError(
            where=str(path),
            seen="nothing",
            expected="the folder of a session",
            fix="name a folder that a run has made, or start a new session",
        ) from error
    except OSError as error:
        raise unusable(path, error) from error
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise _damaged(str(path), str(error)) from error
    if _hash(content) != file.checksum:
        raise _damaged(str(path), "a manifest that differs from its checksum")
    manifest = decode(content, str(path))
    if manifest.config_hash != file.config_hash:
        raise _damaged(str(path), "a configuration that differs from its hash")
    return manifest


def _hash(content: bytes) -> str:
    return blake2b(content, digest_size=16).hexdigest()


def _damaged(where: str, seen: str) -> JournalError:
    return JournalError(
        where=where,
        seen=seen,
        expected="the manifest as it was written",
        fix="restore the file from a copy; the journal's first record of a run holds one too",
    )

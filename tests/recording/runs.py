"""The recorded runs of five venues, read without the importer."""

import gzip
import re

_ANSWER = re.compile(rb"(https?://\S+) -> ([\d.]+): (.*)")
_MESSAGE = re.compile(rb"(\d+)\.(\d+): (.*)")
FOLDER = "raw-captures-30s"


def answers(recordings, venue):
    """(url, body) of a run's answers about instruments."""
    lines = gzip.decompress((recordings / FOLDER / f"{venue}.0.gz").read_bytes()).splitlines()
    found = (_ANSWER.fullmatch(line) for line in lines)
    return [(one[1].decode(), one[3]) for one in found if one]


def messages(recordings, venue):
    """(ts_recv, frame) of a run's messages."""
    path = recordings / FOLDER / f"{venue}.ws.1.0.gz"
    found = (_MESSAGE.fullmatch(line) for line in gzip.decompress(path.read_bytes()).splitlines())
    return [(int(one[1]) * 10**9 + int(one[2].ljust(9, b"0")), one[3]) for one in found if one]


def files(recordings, venue):
    """All files of a run."""
    return sorted((recordings / FOLDER).glob(f"{venue}.*"))

"""Archives of a venue: its frames without a time of receipt."""

import json
import zipfile
from decimal import Decimal

import pytest
from msgspec.structs import replace

from bot.errors import DataError
from bot.feeds.venues import decoder_of
from bot.model.instrument import PriceGrid
from bot.recording.importers.archive import import_archive
from bot.recording.reader import Recording
from bot.recording.stamps import STAMPS
from tests.feeds.bybit.test_decoder import PERPETUAL, book, start
from tests.feeds.tape import crossed

XRP = replace(
    PERPETUAL,
    id="bybit:XRP/USDT:USDT",
    base="XRP",
    grid=PriceGrid(Decimal("0.0001")),
    lot=Decimal(1),
)


def imported(path, out, instrument=PERPETUAL):
    return import_archive([path], instrument, out, decoder_of, STAMPS["bybit"])


def stored(path, *frames):
    path.write_text("\n".join(json.dumps(frame) for frame in frames))
    return path


def test_the_recorded_archive_is_whole(recordings, tmp_path):
    path = recordings / "bybit-l2-2024-12-01/xrpusdt-ob500.data.zip"

    result = imported(path, tmp_path, XRP)

    counted = result.instruments[XRP.id].decoded
    assert (counted["snapshots"], counted["depth_applied"], counted["gaps"]) == (1, 49, 0)
    (source,) = Recording.open(tmp_path).sources()
    blocks = list(source.blocks())
    assert crossed(blocks) == (50, 0)
    # Sent at 00:00:00.691 and matched at .589; received no earlier than a millisecond later.
    assert blocks[0].ts_recv[0] == 1_733_011_200_692_000_000
    assert blocks[0].ts_venue[0] == 1_733_011_200_589_000_000


def test_a_gap_is_on_the_tape(tmp_path):
    result = imported(stored(tmp_path / "x.data", start(), book(9)), tmp_path / "out")

    assert result.instruments[PERPETUAL.id].decoded["gaps"] == 1


def test_another_symbol_is_told(tmp_path):
    path = stored(tmp_path / "x.data", start(), book(8))

    with pytest.raises(DataError, match="2 of 2 frames of other symbols"):
        imported(path, tmp_path / "out", XRP)


def test_a_frame_that_does_not_say_when_is_refused_and_the_rest_kept(tmp_path):
    path = stored(tmp_path / "x.data", start(), {"topic": "orderbook.500.BTCUSDT"})

    with pytest.raises(DataError, match=r"line 2.*when it was sent"):
        imported(path, tmp_path / "out")

    assert Recording.open(tmp_path / "out").sources()


def test_a_damaged_zip_is_refused(tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.data", json.dumps(start()) * 50)
    damaged = bytearray(path.read_bytes())
    damaged[60:80] = bytes(20)
    path.write_bytes(damaged)

    with pytest.raises(DataError, match="a whole archive"):
        imported(path, tmp_path / "out")

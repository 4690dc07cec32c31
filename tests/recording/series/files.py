"""Small files of rare series, as their collectors write them."""

import gzip
from datetime import datetime, timedelta


def stored(path, text):
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def history(folder, venue, *lines, base="BTC"):
    """A funding history of a venue: lines of `date,rate`."""
    name = f"{base}-USDT_{venue}_2021-01-01_2024-01-01_funding_history.csv"
    rows = "".join(f"{base}-USDT,{line}\n" for line in lines)
    return stored(folder / name, "Symbol,Date,Funding Rate\n" + rows)


def every(hours, count, *, start="2021-01-01T00:00:00", rate="0.0001"):
    """Lines of a history by regular steps."""
    first = datetime.fromisoformat(start)
    times = (first + timedelta(hours=hours * i) for i in range(count))
    return [f"{time:%Y-%m-%d %H:%M:%S},{rate}" for time in times]

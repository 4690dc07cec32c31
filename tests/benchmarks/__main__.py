"""Every benchmark, one after the other.

Run: BOT_RECORDINGS=FOLDER python -m tests.benchmarks
"""

import importlib
from pathlib import Path

for path in sorted(Path(__file__).parent.glob("bench_*.py")):
    print(f"── {path.stem}")
    importlib.import_module(f"tests.benchmarks.{path.stem}").main()

"""From what a strategy is given nothing can be reached that has not happened yet."""

import gc
import types
from typing import Any

import numpy as np

from bot import LogMid, Target, Universe, Urgency
from bot.tape.rows import Block
from bot.testing import run
from bot.testing.tape import START_NS
from bot.venues.simulated.venue import SimulatedVenue
from tests.engine.world import ETH, PERP, Does, quoted

# What leads from any object to the whole process, and has nothing to do with the view.
ELSEWHERE = (types.ModuleType, type, types.BuiltinFunctionType, types.FrameType, types.CodeType)


def reachable(root: object) -> list[object]:
    """Everything that can be reached from an object by its references."""
    seen: dict[int, object] = {id(root): root}
    waiting = [root]
    while waiting:
        for found in _referents(waiting.pop()):
            if id(found) not in seen and not isinstance(found, ELSEWHERE):
                seen[id(found)] = found
                waiting.append(found)
    return list(seen.values())


def _referents(one: object) -> list[object]:
    if isinstance(one, types.FunctionType):
        # Its module's names lead everywhere; what it has closed over is its own.
        return [one.__closure__, one.__defaults__, one.__kwdefaults__]
    found = gc.get_referents(one)
    # Structs without garbage collection do not tell what they hold.
    found += [getattr(one, name, None) for name in getattr(one, "__struct_fields__", ())]
    if isinstance(one, np.ndarray) and one.base is not None:
        found.append(one.base)
    return found


def test_no_row_to_come_can_be_reached_from_a_view() -> None:
    tape = quoted(PERP, ETH)
    for k in range(1, 20):
        tape.wait(0.5).book(PERP, 99.9 + k / 10, 100.1 + k / 10)
    looked: list[int] = []

    def decide(view: Any) -> Target:
        found = reachable(view)
        blocks = [one for one in found if isinstance(one, Block)]
        arrays = [one for one in found if isinstance(one, np.ndarray) and one.dtype == np.int64]
        late = [one for one in arrays if one.size and _late(one, view.now)]
        looked.append(len(found))
        assert not any(isinstance(one, SimulatedVenue) for one in found)
        assert blocks == []
        assert late == []
        return Target(PERP, len(looked) % 2, Urgency.URGENT)

    looks = {"mid": LogMid(PERP, wake=0.5), "table": LogMid(Universe(), wake=0.5)}

    done = run(Does(does=decide, looks=looks), tape)

    assert done.faults == []
    assert len(looked) >= 20
    assert min(looked) > 200


def _late(array: np.ndarray, now: int) -> bool:
    """Whether an array holds a time of the tape that is still to come, samples due aside."""
    times = array[(array > START_NS - 10**12) & (array < START_NS + 10**12)]
    return bool((times > now + 10**9).any())


def test_the_walk_would_find_it() -> None:
    tape = quoted()
    blocks = list(tape.wait(5).sources()[0].blocks())
    hidden = types.SimpleNamespace(deep=[lambda: blocks])

    found = reachable(hidden)

    assert any(isinstance(one, Block) for one in found)
    assert any(isinstance(one, np.ndarray) and _late(one, START_NS) for one in found)

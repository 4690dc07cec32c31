"""Nonsense is refused: no 5xx, no crash, and nothing has changed.

The whole of it, 100,000 requests and frames: python -m tests.venues.server.fuzz
"""

from tests.venues.server.fuzz import attack, state
from tests.venues.server.served import FAPI, serve


async def test_nonsense_changes_nothing():
    with serve() as served:
        client = served.client(FAPI)
        bid, _ = client.touch()
        stands = client.order(type="LIMIT", timeInForce="GTC", quantity="0.010", price=bid - 2_500)
        before = state(served)

        found = await attack(served, 2_000, seed=20)

        assert stands.status == 200
        assert state(served) == before
        assert found[-1] == 200
        assert found[400] > 500
        assert found[200] > 50
        assert client.get("/fapi/v1/ping").status == 200
        client.close()

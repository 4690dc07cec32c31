"""Money as clients are told it: the same as the venue's own books, to the last digit."""

from decimal import Decimal

from tests.venues.server.ears import listen
from tests.venues.server.served import API, FAPI, serve

PERP, USDT = "sim:BTC/USDT:USDT", "USDT"


async def test_funding_is_paid_and_told():
    with serve(speed=10) as venue:
        usdm = venue.client(FAPI)
        key = usdm.keyed("POST", "/fapi/v1/listenKey").json["listenKey"]
        usdm.order(type="MARKET", quantity="1")
        async with listen(venue, f"/private/ws?listenKey={key}") as ears:
            told = await ears.until("ACCOUNT_UPDATE")
            while told["a"]["m"] != "FUNDING_FEE":
                told = await ears.until("ACCOUNT_UPDATE")
        paid = usdm.signed("GET", "/fapi/v1/income", incomeType="FUNDING_FEE").json
        rates = usdm.get("/fapi/v1/fundingRate", symbol="BTCUSDT").json
        usdm.close()

    assert paid[0]["symbol"] == "BTCUSDT"
    by_time = {each["fundingTime"]: Decimal(each["fundingRate"]) for each in rates}
    assert Decimal(paid[0]["income"]) * by_time[min(by_time)] < 0  # a long pays a positive rate
    assert told["a"]["P"] == []


def test_equity_is_what_the_books_of_the_venue_say():
    with serve() as venue:
        usdm, spot = venue.client(FAPI), venue.client(API)
        for side, size in (("BUY", "1.5"), ("SELL", "0.4"), ("SELL", "2.3"), ("BUY", "0.7")):
            assert usdm.order(type="MARKET", side=side, quantity=size).status == 200
            assert spot.order(type="MARKET", side=side, quantity="0.5").status == 200
        world, member, face = venue.world, usdm.member, venue.serving.face

        def look():
            return (
                face.margin.asset(member.usdm, USDT),
                world.mark(PERP),
                world.venue.positions[member.usdm, PERP],
                world.venue.wallets,
                world.venue.state().positions,
            )

        stated, mark, lots, wallets, positions = venue.at_once(look)
        coins = {
            each["asset"]: Decimal(each["free"])
            for each in spot.signed("GET", "/api/v3/account").json["balances"]
        }
        usdm.close()
        spot.close()

    (cost,) = (held.cost for account, _, held in positions if account == member.usdm)
    equity = wallets[member.usdm, USDT] + world.instrument(PERP).notional(lots, mark) - cost
    assert lots == -500
    assert abs(stated.balance - equity) < Decimal("1e-7")
    for asset in (USDT, "BTC"):
        assert abs(coins[asset] - wallets[member.spot, asset]) < Decimal("1e-8")


def test_what_is_locked_is_not_free():
    with serve() as venue:
        spot = venue.client(API)
        bid, _ = spot.touch()
        price = bid - 1_000
        spot.order(type="LIMIT_MAKER", quantity="2", price=price)
        balances = spot.signed("GET", "/api/v3/account").json["balances"]
        dollars = next(each for each in balances if each["asset"] == "USDT")
        spot.close()

    assert Decimal(dollars["locked"]) == 2 * price
    assert Decimal(dollars["free"]) == 1_000_000 - 2 * price

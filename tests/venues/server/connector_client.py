"""A stranger's client, binance-futures-connector 4.2.0, trades at an address that it is given.

Run by `test_connector` with an interpreter that has it: BASE STREAMS KEY SECRET. Prints one JSON
line with what it saw; it knows nothing of the venue but its address.
"""

import json
import sys
import threading

from binance.error import ClientError
from binance.um_futures import UMFutures
from binance.websocket.um_futures.websocket_client import UMFuturesWebsocketClient

SYMBOL = "BTCUSDT"
PATIENCE_S = 20


def heard(streams, begin, kinds):
    """The kinds of events that came before all that are wanted had come."""
    found, done = {}, threading.Event()

    def take(_, message):
        event = json.loads(message)
        found[event.get("e")] = event
        if kinds <= found.keys():
            done.set()

    client = UMFuturesWebsocketClient(stream_url=streams, on_message=take, on_error=lambda *_: None)
    begin(client)
    done.wait(PATIENCE_S)
    client.stop()
    return found


def main():
    """Everything that a desk does in a morning."""
    base, streams, key, secret = sys.argv[1:]
    client = UMFutures(key=key, secret=secret, base_url=base)
    saw = {"time": client.time()["serverTime"] > 0}
    saw["symbols"] = [each["symbol"] for each in client.exchange_info()["symbols"]]
    book = client.depth(SYMBOL, limit=5)
    low = f"{float(book['bids'][0][0]) - 500:.1f}"
    high = f"{float(book['asks'][0][0]) + 500:.1f}"
    saw["leverage"] = client.change_leverage(SYMBOL, 10)["leverage"]
    saw["mark"] = float(client.mark_price(SYMBOL)["markPrice"]) > 0
    limit = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "quantity": 0.01, "price": low}
    order = client.new_order(**limit, timeInForce="GTX", newClientOrderId="mine")
    saw["placed"] = order["status"]
    saw["found"] = (
        client.query_order(SYMBOL, origClientOrderId="mine")["orderId"] == order["orderId"]
    )
    saw["open"] = len(client.get_orders(symbol=SYMBOL))
    saw["modified"] = client.modify_order(
        SYMBOL, side="BUY", quantity=0.02, price=low, orderId=order["orderId"]
    )["origQty"]
    saw["canceled"] = client.cancel_order(SYMBOL, orderId=order["orderId"])["status"]
    try:
        client.new_order(**(limit | {"price": high}), timeInForce="GTX")
    except ClientError as error:
        saw["crossing"] = [error.status_code, error.error_code]
    batch = [{**limit, "quantity": "0.01", "timeInForce": "GTC"}, {**limit, "quantity": "bad"}]
    saw["batch"] = [each.get("status", each.get("code")) for each in client.new_batch_order(batch)]
    saw["all canceled"] = client.cancel_open_orders(SYMBOL)["code"]
    events = []

    def trade(ears):
        listen_key = client.new_listen_key()["listenKey"]
        ears.user_data(listen_key=listen_key)
        threading.Event().wait(0.5)
        events.append(client.new_order(symbol=SYMBOL, side="BUY", type="MARKET", quantity=0.01))

    private = heard(streams, trade, {"ORDER_TRADE_UPDATE", "ACCOUNT_UPDATE"})
    saw["private"] = sorted(str(kind) for kind in private if kind)
    (position,) = [each for each in client.get_position_risk() if each["symbol"] == SYMBOL]
    saw["position"] = position["positionAmt"]
    client.new_order(symbol=SYMBOL, side="SELL", type="MARKET", quantity=0.01, reduceOnly="true")
    saw["trades"] = len(client.get_account_trades(SYMBOL))
    saw["balance"] = [each["asset"] for each in client.balance()]
    saw["account"] = float(client.account()["availableBalance"]) > 0
    saw["brackets"] = client.leverage_brackets(symbol=SYMBOL)[0]["brackets"][0]["bracket"]
    saw["interest"] = client.open_interest(SYMBOL)["symbol"]
    saw["income"] = sorted({each["incomeType"] for each in client.get_income_history()})
    saw["countdown"] = client.countdown_cancel_order(SYMBOL, 0)["countdownTime"]

    def public(ears):
        ears.agg_trade(SYMBOL.lower())
        ears.mark_price(SYMBOL.lower(), 1)
        ears.diff_book_depth(SYMBOL.lower(), speed=100)

    wanted = {"aggTrade", "markPriceUpdate", "depthUpdate"}
    saw["public"] = sorted(str(kind) for kind in heard(streams, public, wanted) if kind)
    print(json.dumps(saw))


if __name__ == "__main__":
    main()

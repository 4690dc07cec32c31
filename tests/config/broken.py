"""Configurations that are wrong in one way each: the text, the key that is named, what is said."""

from tests.config.samples import WHOLE, spoiled

Case = tuple[str, str, str]


def lined(terms: str) -> str:
    """The whole configuration with another line to its venue."""
    plain = "latency_out_ms = 2.5\nlatency_in_ms = 5\n"
    return spoiled(plain, f"latency = {{ {terms} }}\n")


SYNTAX: dict[str, Case] = {
    "empty": ("", "the file", "mode, money"),
    "a key without a value": (spoiled("seed = 1", "seed ="), "line 4", "TOML"),
    "a bare word": (spoiled('mode = "paper"', "mode = paper"), "line 1", "TOML"),
    "an open quote": (spoiled('mode = "paper"', 'mode = "paper'), "line 1", "TOML"),
    "an open section": (spoiled("[money]", "[money"), "line 9", "TOML"),
    "a key twice": (spoiled("seed = 1", "seed = 1\nseed = 2"), "line 5", "TOML"),
    "a section twice": (WHOLE + "[money]\n", "line", "TOML"),
    "cut in the middle": (WHOLE[: len(WHOLE) // 2], "line", "TOML"),
    "JSON": ('{"mode": "paper"}', "line 1", "TOML"),
    "a value in place of a section": (
        spoiled("[money]", "money = 3\n[moneyy]"),
        "simulated.money",
        "unknown key",
    ),
}

KEYS: dict[str, Case] = {
    "an unknown section": (WHOLE + "[riks]\na = 1\n", "riks", "did you mean risk?"),
    "an unknown top key": (spoiled("mode", "verbose = 1\nmode"), "verbose", "an unknown key"),
    "a misspelt limit": (
        spoiled("order_notional_max", "order_notional_mx"),
        "risk.order_notional_mx",
        "did you mean order_notional_max?",
    ),
    "a misspelt limit of an account": (
        WHOLE.replace("leverage_max", "leverage", 2).replace("leverage", "leverage_max", 1),
        "risk.accounts.sim.leverage",
        "did you mean leverage_max?",
    ),
    "a misspelt patience": (
        spoiled("repeg_ticks", "repeg_tick"),
        "execution.patience.repeg_tick",
        "did you mean repeg_ticks?",
    ),
    "a misspelt parameter": (
        spoiled("band =", "bnad ="),
        "strategies.hedge.bnad",
        "did you mean band?",
    ),
    "a parameter of another strategy": (
        spoiled("band =", "levels = 3\nband ="),
        "strategies.hedge.levels",
        "an unknown key",
    ),
    "no mode": (spoiled('mode = "paper"\n', ""), "mode", "nothing"),
    "no fees": (spoiled("[fees.sim]", "[fees]"), "fees.maker", "a table"),
    "no maker fee": (spoiled('maker = "0.0002"\n', ""), "fees.sim.maker", "nothing"),
    "a limit left out": (spoiled("leverage_max", "#"), "risk.leverage_max", "none"),
    "three limits left out": (
        spoiled("leverage_max", "#")
        .replace("orders_per_second_max", "#", 1)
        .replace("quote_age_ms_max", "#", 1),
        "risk",
        "leverage_max, orders_per_second_max, quote_age_ms_max",
    ),
    "no latency": (spoiled("latency_in_ms = 5\n", ""), "venue.latency_in_ms", "nothing"),
    "no reference": (spoiled('reference.mark = "venue"\n', ""), "risk.reference", "nothing"),
    "no word on cascades": (spoiled('cascade = "none"\n', ""), "risk.cascade", "nothing"),
    "a cascade that is told by halves": (
        spoiled('cascade = "none"', 'cascade = { "sim:BTC/USDT:USDT" = "half" }'),
        "risk.cascade",
        'for sim:BTC/USDT:USDT "all" or "sampled"',
    ),
    "a cascade without a table": (
        spoiled('cascade = "none"', 'cascade = ["sim:BTC/USDT:USDT"]'),
        "risk.cascade",
        'a table of "all" or "sampled" by perpetual',
    ),
    "no parameter that must be given": (
        spoiled("band = 0.25\n", ""),
        "strategies.hedge.band",
        "a number",
    ),
    "no word whether it trades": (
        spoiled("enabled = true\n", ""),
        "strategies.hedge.enabled",
        "nothing",
    ),
    "no use": (spoiled('use = "delta_hedge"\n', ""), "strategies.hedge.use", "nothing"),
    "no simulated market on paper": (
        WHOLE[: WHOLE.index("[simulated]")] + WHOLE[WHOLE.index("[money]") :],
        "simulated",
        "a section [simulated]",
    ),
    "a seed left out": (spoiled("seed = 1\n", ""), "simulated.seed", "nothing"),
}

VALUES: dict[str, Case] = {
    "an unknown mode": (spoiled('"paper"', '"papr"'), "mode", '"paper", "replay" or "live"'),
    "live": (spoiled('"paper"', '"live"'), "mode", "no adapter of a real venue"),
    "money with a point": (
        spoiled('order_notional_max = "10000"', "order_notional_max = 10000.5"),
        "risk.order_notional_max",
        'write "10000.5"',
    ),
    "money with a unit": (
        spoiled('order_notional_max = "10000"', 'order_notional_max = "10k"'),
        "risk.order_notional_max",
        'got "10k", expected a number >= 0 or "none"',
    ),
    "money as true": (
        spoiled('order_notional_max = "10000"', "order_notional_max = true"),
        "risk.order_notional_max",
        "got true",
    ),
    "negative money": (
        spoiled('daily_loss_max = "1000"', 'daily_loss_max = "-1000"'),
        "risk.daily_loss_max",
        "write 0 or more",
    ),
    "money that is not a number": (
        spoiled('daily_loss_max = "1000"', 'daily_loss_max = "nan"'),
        "risk.daily_loss_max",
        "finite",
    ),
    "endless money": (
        spoiled('daily_loss_max = "1000"', 'daily_loss_max = "inf"'),
        "risk.daily_loss_max",
        "finite",
    ),
    "an empty text for money": (
        spoiled('daily_loss_max = "1000"', 'daily_loss_max = ""'),
        "risk.daily_loss_max",
        "digits",
    ),
    "None for none": (
        spoiled('order_size_max = "none"', 'order_size_max = "None"'),
        "risk.order_size_max",
        "a table of numbers by instrument",
    ),
    "a number for a table": (
        spoiled('order_size_max = "none"', "order_size_max = 3"),
        "risk.order_size_max",
        'or "none"',
    ),
    "a size with a point": (
        spoiled('"sim:BTC/USDT:USDT" = "2"', '"sim:BTC/USDT:USDT" = 2.5'),
        "risk.position_max",
        "in quotes",
    ),
    "a collar of something unknown": (
        spoiled('mark = "100"', 'marc = "100"'),
        "risk.price_collar_bps",
        "index, last, mark, mid, touch",
    ),
    "half an order a second": (
        spoiled("orders_per_second_max = 10", "orders_per_second_max = 0.5"),
        "risk.orders_per_second_max",
        "a whole number",
    ),
    "a rate in quotes": (
        spoiled("orders_per_second_max = 10", 'orders_per_second_max = "10"'),
        "risk.orders_per_second_max",
        "without quotes",
    ),
    "an unknown mark": (spoiled('"venue"', '"last"'), "risk.reference.mark", '"venue" or "mid"'),
    "a fee in bps": (spoiled('taker = "0.0005"', 'taker = "5"'), "fees.sim.taker", "neither"),
    "a fee with a point": (
        spoiled('taker = "0.0005"', "taker = 0.0005"),
        "fees.sim.taker",
        'write "0.0005"',
    ),
    "a fee of an odd name": (
        spoiled("[fees.sim]", '[fees."sim BTC"]'),
        'fees."sim BTC"',
        "a venue or venue:symbol",
    ),
    "margins that fall": (
        spoiled('["50000", "0.005"]', '["50000", "0.001"]'),
        "margin.sim",
        "must rise",
    ),
    "margins that begin late": (spoiled('["0", "0.004"]', '["1", "0.004"]'), "margin.sim", "0"),
    "margins of one number": (
        spoiled('[["0", "0.004"], ["50000", "0.005"]]', '["0.004"]'),
        "margin.sim",
        "[floor, rate]",
    ),
    "margins in a word": (
        spoiled('sim = [["0", "0.004"], ["50000", "0.005"]]', 'sim = "careful"'),
        "margin.sim",
        '"cautious"',
    ),
    "a negative latency": (
        spoiled("latency_in_ms = 5", "latency_in_ms = -5"),
        "venue.latency_in_ms",
        ">= 0",
    ),
    "a latency in quotes": (
        spoiled("latency_in_ms = 5", 'latency_in_ms = "5 ms"'),
        "venue.latency_in_ms",
        "without quotes",
    ),
    "two lines": (
        spoiled(
            "latency_in_ms = 5", 'latency_in_ms = 5\nlatency = { model = "lognormal", seed = 1 }'
        ),
        "venue.latency_out_ms",
        "either a table latency",
    ),
    "a line without its model": (lined("seed = 1"), "venue.latency", "model"),
    "an unknown model of the line": (lined('model = "gamma"'), "venue.latency", "lognormal"),
    "a line of chance without a seed": (
        lined('model = "lognormal"'),
        "venue.latency.lognormal.seed",
        "nothing",
    ),
    "a median above its tail": (
        lined('model = "lognormal", seed = 1, out_median_ms = 200'),
        "venue.latency",
        "out_median_ms <= out_p99_ms",
    ),
    "a line measured in a file that is not there": (
        lined('model = "empirical", seed = 1, file = "nowhere.csv"'),
        "venue.latency.file",
        "a CSV file",
    ),
    "outages that overlap": (
        lined(
            'model = "constant", out_ms = 1, in_ms = 1, outages = ['
            "{ start = 2026-01-01T00:00:00Z, ms = 2000 }, { start = 2026-01-01T00:00:01Z, ms = 1 }]"
        ),
        "venue.latency",
        "one after the other",
    ),
    "an outage in no zone": (
        lined(
            'model = "constant", out_ms = 1, in_ms = 1, '
            "outages = [{ start = 2026-01-01T00:00:00, ms = 2000 }]"
        ),
        "venue.latency",
        "zone",
    ),
    "a band in percent": (
        WHOLE + '[venue.rules."sim:BTC/USDT:USDT"]\nband_up = "0.05"\n',
        'venue.rules."sim:BTC/USDT:USDT".band_up',
        "a multiple of the mark",
    ),
    "a rule that is none": (
        WHOLE + '[venue.rules."sim:BTC/USDT:USDT"]\nsize_mx = "5"\n',
        "venue.rules",
        "did you mean size_max?",
    ),
    "an endless latency": (
        spoiled("latency_in_ms = 5", "latency_in_ms = inf"),
        "venue.latency_in_ms",
        "finite",
    ),
    "an unknown queue": (spoiled('"risk_averse"', '"lucky"'), "venue.queue", '"risk_averse"'),
    "lending in a word": (
        spoiled("lends_spot = false", 'lends_spot = "no"'),
        "venue.lends_spot",
        "true or false",
    ),
    "no pause before a repeg": (
        spoiled("repeg_ms = 500", "repeg_ms = 0"),
        "execution.patience.repeg_ms",
        ">= 1",
    ),
    "a longest pause shorter than the first": (
        spoiled("retry_ms_max = 30000", "retry_ms_max = 100"),
        "execution.patience.retry_ms_max",
        "expected >= 500",
    ),
    "a loss in a word": (
        spoiled("loss_bps_max = 20", 'loss_bps_max = "little"'),
        "execution.budget.loss_bps_max",
        "a number",
    ),
    "a deposit with a point": (
        spoiled('USDT = "100000"', "USDT = 1e5"),
        "deposits.sim.USDT",
        "in quotes",
    ),
    "a negative deposit": (spoiled('USDT = "100000"', 'USDT = "-1"'), "deposits.sim.USDT", ">= 0"),
    "a peg of nothing": (spoiled('USDC = "1"', 'USDC = "0"'), "money.pegs.USDC", "> 0"),
    "a currency that is a number": (
        spoiled('reporting_currency = "USDT"', "reporting_currency = 840"),
        "money.reporting_currency",
        "text",
    ),
    "a start without a zone": (
        spoiled("2026-01-01T00:00:00Z", "2026-01-01T00:00:00"),
        "simulated.start",
        "with its zone",
    ),
    "a start between seconds": (
        spoiled("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.5Z"),
        "simulated.start",
        "to the second",
    ),
    "no coin": (spoiled('["BTC"]', "[]"), "simulated.coins", "at least one"),
    "a coin that the market has not": (spoiled('["BTC"]', '["XRP"]'), "simulated.coins.0", '"BTC"'),
    "time that stands": (spoiled("speed = 60", "speed = 0"), "simulated.speed", "> 0"),
    "a name with a space": (
        WHOLE.replace("hedge]", '"my hedge"]'),
        '"my hedge"',
        "letters, digits",
    ),
}

TOGETHER: dict[str, Case] = {
    "a strategy without limits": (
        WHOLE.replace("[risk.strategies.hedge]", "[risk.strategies.hedg]"),
        "risk.strategies.hedg",
        "did you mean hedge?",
    ),
    "an account without limits": (
        spoiled("[risk.accounts.sim]", "[risk.accounts.sin]"),
        "risk.accounts.sin",
        "did you mean sim?",
    ),
    "money for nobody": (
        spoiled("[deposits.sim]", "[deposits.simm]"),
        "deposits.simm",
        "did you mean sim?",
    ),
    "an account of an unknown venue": (
        spoiled("[money]", '[accounts]\nsimm = "main"\n\n[money]'),
        "accounts.simm",
        "did you mean sim?",
    ),
    "an unknown strategy": (
        spoiled('"delta_hedge"', '"delta_hegde"'),
        "strategies.hedge.use",
        "did you mean delta_hedge?",
    ),
    "a strategy file that is not there": (
        spoiled('"delta_hedge"', '"mine.py:Mine"'),
        "strategies.hedge.use",
        "a Python file",
    ),
    "a strategy package that is not there": (
        spoiled('"delta_hedge"', '"nowhere.at_all:Mine"'),
        "strategies.hedge.use nowhere.at_all",
        "no such module",
    ),
    "text for a number": (
        spoiled("band = 0.25", 'band = "narrow"'),
        "strategies.hedge.band",
        "a number",
    ),
    "true for a number": (spoiled("band = 0.25", "band = true"), "strategies.hedge.band", "number"),
    "a parameter that is no number": (
        spoiled("inventory = 1.5", "inventory = nan"),
        "strategies.hedge.inventory",
        "finite",
    ),
    "a parameter out of range": (
        spoiled("band = 0.25", "band = -1"),
        "strategies.hedge.band",
        "expected a number > 0",
    ),
    "a choice that is none": (
        spoiled("band =", 'urgency = "soon"\nband ='),
        "strategies.hedge.urgency",
        '"passive"',
    ),
}

BROKEN: dict[str, Case] = {**SYNTAX, **KEYS, **VALUES, **TOGETHER}

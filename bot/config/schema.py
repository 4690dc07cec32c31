"""The JSON schema of a configuration, with the parameters of every strategy that has a name."""

from typing import Any

import msgspec

from bot.config.sections import File
from bot.plugins.catalogue import strategies


def schema() -> dict[str, Any]:
    """What a file may say. A strategy's parameters stand under `$defs`, by its name."""
    whole = File.model_json_schema()
    for plugin in strategies().plugins:
        parameters = msgspec.json.schema(plugin.cls)
        definitions = parameters.pop("$defs", {})
        whole["$defs"][plugin.name] = definitions.get(plugin.cls.__name__, parameters)
        for name, each in definitions.items():
            if name != plugin.cls.__name__:
                whole["$defs"].setdefault(name, each)
    return whole

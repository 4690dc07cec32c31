"""The one class that authors subclass."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, dataclass_transform

from msgspec import Struct, StructMeta, field

from bot.model.intent import Intent
from bot.signals.base import Watch
from bot.strategy.view import View

Decision = Intent | Sequence[Intent] | None
"""What `decide` returns; None changes nothing, targets that stand go on standing."""


class _Parameters(StructMeta):
    """Makes what an author derives frozen and keyword-only, without a word from the author."""

    def __new__(
        mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any
    ) -> Any:
        """Make the class."""
        return super().__new__(
            mcs, name, bases, namespace, **{"frozen": True, "kw_only": True, **options}
        )


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
class Strategy(Struct, frozen=True, kw_only=True, metaclass=_Parameters):
    """A rule that states what to hold.

    Annotated fields are its parameters: they are frozen, checked when the configuration is
    read, and are the schema of its section there. A field without a default must be given,
    which is right for everything that can lose money.

    `watches` names the scores it looks at. `decide` is asked when one of them has moved, when
    one of its orders filled and when a target's timer ran out; it must be a pure function of
    the parameters and the view. What it has to remember beyond positions goes into a nested
    `class Memory(Struct)`, every field with a default, reached as `view.memory`.
    """

    Memory: ClassVar[type[Struct] | None] = None

    def watches(self) -> Mapping[str, Watch]:
        """The scores to look at, by the names that `decide` uses."""
        return {}

    def trades(self) -> Sequence[str]:
        """The instruments that it may trade; by default those named by its fields.

        A strategy that chooses from a universe returns nothing here and is checked by the
        limits alone.
        """
        return [
            value
            for value in (getattr(self, field) for field in self.__struct_fields__)
            if isinstance(value, str) and ":" in value
        ]

    def decide(self, view: View) -> Decision:
        """What to hold now, as targets, a basket or quotes."""
        del view
        raise TypeError(f"{type(self).__name__}: expected a method decide(view)")


def fresh_memory(strategy: Strategy) -> Any:
    """What a strategy remembers before it has been asked: its `Memory` with all defaults."""
    memory = type(strategy).Memory
    return None if memory is None else memory()

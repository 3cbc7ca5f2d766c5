"""What the person shared. It does not show itself."""

from types import MappingProxyType
from typing import Iterator, Mapping, Optional, Union

ClaimValue = Union[str, bool, None]


class Claims:
    """Claims by key. `repr` tells how many there are; `get` and `expose` give values."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, ClaimValue]) -> None:
        self._values = dict(values)

    def get(self, key: str) -> ClaimValue:
        """A claim; None if it is absent or was declined."""
        return self._values.get(key)

    def text(self, key: str) -> Optional[str]:
        """A claim that is a text; else None."""
        value = self._values.get(key)
        return value if isinstance(value, str) else None

    def flag(self, key: str) -> Optional[bool]:
        """A claim that is a boolean (`age_over_N`); else None."""
        value = self._values.get(key)
        return value if isinstance(value, bool) else None

    def expose(self) -> Mapping[str, ClaimValue]:
        """Everything."""
        return MappingProxyType(self._values)

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Claims) and self._values == other._values

    def __repr__(self) -> str:
        return f"Claims({len(self._values)} keys)"

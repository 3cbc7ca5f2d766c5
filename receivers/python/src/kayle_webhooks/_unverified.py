"""What came beside an event and is not signed."""

from dataclasses import dataclass
from typing import Optional


@dataclass(frozen=True)
class Unverified:
    """For logs only."""

    delivery_id: Optional[str] = None

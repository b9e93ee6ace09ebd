"""The other daemons, as far as one that looks at sources must know of them."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from monitor.cluster.duties import Role
from monitor.domain.crew import Member

LOOKS = "looks"
"""What a daemon says that it cannot do while its own line is down (`Standing.troubles`)."""


class Peers:
    """`alive` gives all daemons, `holder` this one's id."""

    def __init__(
        self, alive: Callable[[], Awaitable[Sequence[Member]]], holder: Callable[[], str], now: Callable[[], datetime]
    ) -> None:
        self._alive, self._holder, self._now = alive, holder, now

    async def reach(self, role: Role) -> bool:
        """Whether any of that role has a line that is not down, as far as it said."""
        _, others = await self._known(role)
        return any(LOOKS not in one.standing.troubles for one in others)

    async def differ(self) -> bool:
        """Whether any of them watches something else, as far as it said."""
        settings, others = await self._known(Role.FETCH)
        return any(one.settings != settings for one in others)

    async def _known(self, role: Role) -> tuple[str, Sequence[Member]]:
        """Our configuration as they know it, and those that live and have the role."""
        now, own, known = self._now(), self._holder(), await self._alive()
        settings = next((one.settings for one in known if one.id == own), "")
        return settings, [one for one in known if one.id != own and one.until > now and role in one.roles]

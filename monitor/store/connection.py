"""The connection that work is handed, by a name that costs nothing: its own module brings the whole ORM with it, which
only PostgreSQL needs.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection as AsyncConnection
else:
    AsyncConnection = Any

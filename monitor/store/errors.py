"""What the store raises beyond the errors of the domain."""

from monitor.domain.errors import StoreUnavailableError


class UnusableDatabaseError(StoreUnavailableError):
    """Waiting will not help: a newer schema, a damaged or foreign file, a wrong URL. At start this is exit code 78."""


class DamagedDatabaseError(UnusableDatabaseError):
    """Bytes are not as they were written: only a backup helps."""

"""A message that the pages are asked about."""

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.domain.alerts import Delivery

MADE = datetime(2026, 11, 27, 16, tzinfo=UTC)
for part in ("notify", "ports"):
    sys.path.append(str(Path(__file__).parent.parent / part))


@pytest.fixture
def closing() -> Delivery:
    from letters import closing as made

    return replace(made(), created_at=MADE)

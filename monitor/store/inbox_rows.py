"""Captures and wanted pages as rows, and back."""

import asyncio
import json
import zlib
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Row

from monitor.domain.documents import Capture
from monitor.domain.errors import FailureReason
from monitor.steps import WantedPage
from monitor.store import codec
from monitor.store.columns import EPOCH

SMALL = 256 * 1024  # bytes: what is packed sooner than a thread could be asked to do it


async def row_of(capture: Capture) -> dict[str, Any]:
    """The capture's row, its body packed."""
    body = capture.body  # level 1: feeds get within a tenth as small as at 6, in a third of the time
    if len(body) < SMALL:
        body = zlib.compress(body, 1)
    else:  # megabytes would hold up the loop
        body = await asyncio.to_thread(zlib.compress, body, 1)
    return codec.row(
        "captures",
        id=capture.id,
        source_id=capture.source_id,
        url=capture.url,
        fetched_at=capture.fetched_at,
        status=capture.status,
        content_type=capture.content_type,
        body_hash=capture.body_hash,
        headers=json.dumps(capture.headers),  # ASCII, so any header is storable
        document_id=capture.document_id,
        failure=capture.failure,
        due_at=EPOCH,  # at once, even when the clock is set back
        tries=0,
        detail="",
        body=body,
    )


def wish(row: Row[Any]) -> WantedPage:
    """The wanted page of its row."""
    return WantedPage(row.document_id, row.source_id, row.url, row.wanted_at, row.follow)


async def capture_of(row: Row[Any]) -> Capture:
    """The capture of its row. Raises ValueError or zlib.error when other hands wrote there."""
    return Capture(
        id=row.id,
        source_id=row.source_id,
        url=row.url,
        fetched_at=row.fetched_at,
        status=row.status,
        content_type=row.content_type,
        body=zlib.decompress(row.body) if len(row.body) < SMALL else await asyncio.to_thread(zlib.decompress, row.body),
        body_hash=row.body_hash,
        headers=tuple((name, value) for name, value in json.loads(row.headers)),
        document_id=row.document_id,
        failure=FailureReason(row.failure) if row.failure else None,
    )


def host_of(url: str) -> str:
    """Whose pace an address is asked at; empty for one that names no host."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""

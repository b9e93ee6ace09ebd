"""An evidence pack: all that stands behind an incident in one file that others can check, without us and for ever.

Equal contents make equal bytes: nothing of the moment at which it is made is in it, and a seal by Ed25519 has no chance
in it. What is too large is left out, and named.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from importlib.resources import files
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from monitor import __version__, tables
from monitor.config import Config
from monitor.desk.incident import known
from monitor.desk.sealing import fingerprint, public_pem, seal
from monitor.domain.documents import Document
from monitor.domain.incidents import Incident
from monitor.domain.people import Record
from monitor.opened import Store
from monitor.store.sayings import Saying, sayings
from monitor.web.access import Visitor
from monitor.web.sections.incident import Pack
from monitor.web.speech import NotDoneError, noop

FORMAT = "sellerwatch-evidence/1"
MOST_BYTES = 48_000_000  # of captures, before compression
MOST_DOCUMENTS = 1_000
MOST_SAID = 500  # deliveries
IN_MEMORY = 4_000_000  # bytes of a pack; what is larger lies in a file without a name
PIECE = 65_536  # bytes of one answer
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a ZIP can name
_UNSAFE = re.compile(r"[^a-z0-9]+")
_VECTORS = ("gist", "sketch", "meaning")  # numbers that mean something to the machine alone


@dataclass(slots=True)
class _Bundle:
    """A ZIP that grows, and what is to be said of its files."""

    zip: ZipFile
    most: int
    listed: list[dict[str, Any]] = field(default_factory=list)
    left_out: list[dict[str, Any]] = field(default_factory=list)
    captured: int = 0

    def add(self, name: str, content: bytes, listed: bool = True) -> None:
        """`name` is one of ours: it leads nowhere but into the pack."""
        entry = ZipInfo(name, _EPOCH)
        entry.compress_type, entry.create_system, entry.external_attr = ZIP_DEFLATED, 3, 0o644 << 16
        self.zip.writestr(entry, content)
        if listed:
            self.listed.append({"name": name, "bytes": len(content), "sha256": sha256(content).hexdigest()})


class Packs:
    """A `monitor.web.sections.incident.Packs`: one pack at a time, each download on record."""

    def __init__(
        self,
        store: Store,
        settings: Callable[[], Config],
        now: Callable[[], datetime],
        most_bytes: int = MOST_BYTES,
        most_documents: int = MOST_DOCUMENTS,
    ) -> None:
        self._store, self._settings, self._now = store, settings, now
        self._most_bytes, self._most_documents = most_bytes, most_documents
        self._one = asyncio.Semaphore(1)

    async def pack(self, visitor: Visitor, id: str) -> Pack | None:
        """The pack of an incident, by the beginning of its id. Raises NotDoneError while the key cannot be read."""
        incident = await known(self._store, id)
        if incident is None:
            return None
        try:
            key = seal(self._settings().state_dir)
        except OSError as error:
            raise NotDoneError(noop("The key that seals it cannot be used: {why}"), why=str(error)) from None
        async with self._one:
            file: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - whoever reads it to its end closes it
            with ExitStack() as unless_done:
                unless_done.callback(file.close)
                with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=6) as made:
                    await self._fill(_Bundle(made, self._most_bytes), incident, key)
                unless_done.pop_all()
        size = file.tell()
        record = Record(
            self._now(), visitor.name, visitor.via, "incident.pack", incident.id, f"{size} bytes", visitor.address
        )
        await self._store.people.record(record)
        return Pack(f"sellerwatch-{_safe(incident.id)[:12]}-r{incident.revision}.zip", size, _read(file))

    async def _fill(self, bundle: _Bundle, incident: Incident, key: Ed25519PrivateKey) -> None:
        desk = self._store.desk
        ids = list(dict.fromkeys(item.document_id for item in incident.evidence))
        texts = await desk.documents(ids[: self._most_documents])
        for id in ids[self._most_documents :]:
            bundle.left_out.append({"document": id, "why": f"more than {self._most_documents} documents"})
        captures = await self._documents(bundle, [texts[id] for id in ids if id in texts])
        bundle.left_out += [
            {"document": id, "why": "no longer kept"} for id in ids[: self._most_documents] if id not in texts
        ]
        await self._captures(bundle, captures)
        said, number = await sayings(self._store.database, incident.id, MOST_SAID)
        if number > len(said):
            bundle.left_out.append({"deliveries": number - len(said), "why": f"more than {MOST_SAID}"})
        acts, held = await desk.acts(incident.id), await desk.held(incident.id, MOST_SAID)
        alerts = await desk.alerts([one.alert_id for one in said])
        for name, value in (
            ("incident", incident),
            ("acts", acts),
            ("rulings", await desk.rulings(incident)),
            ("alerts", alerts),
            ("held", held),
            ("deliveries", said),
        ):
            bundle.add(f"{name}.json", _json(value))
        moments = [*((act.at, "act", act) for act in acts), *((one.at, "alert", one) for one in alerts)]
        moments += [(change.at, "change", change) for change in incident.history]
        moments += [(tried.at, "try", _tried(one, tried.attempt)) for one in said for tried in one.tries]
        bundle.add("log.jsonl", _log(moments))
        as_of = max([incident.updated_at, *(at for at, _, _ in moments)])
        await asyncio.to_thread(_sealed, bundle, incident, key, as_of)

    async def _documents(self, bundle: _Bundle, some: Sequence[Document]) -> Sequence[str]:
        """Each as text and as JSON with what decided; returns what they were read from."""
        for number, one in enumerate(some, 1):
            name = f"documents/{number:04}-{_safe(one.id)}"
            told = await self._store.desk.assessment(one.id)
            bundle.add(f"{name}.txt", _text(one))
            bundle.add(f"{name}.json", _json({"document": one, "assessment": told}))
        return list(dict.fromkeys(one.capture_id for one in some))

    async def _captures(self, bundle: _Bundle, ids: Sequence[str]) -> None:
        """The bytes as they were fetched, as many as there is room for."""
        known = []
        for number, id in enumerate(ids, 1):
            found = await self._store.evidence.exhibit(id)
            if found is None:
                bundle.left_out.append({"capture": id, "why": "no longer kept"})
                continue
            name = f"captures/{number:04}-{_safe(found.capture_id)}.bin"
            known.append({**found.facts, "verdict": found.verdict, "file": None if found.body is None else name})
            if found.body is None:
                bundle.left_out.append(
                    {"capture": id, "sha256": found.body_hash, "why": f"its bytes are {found.verdict}"}
                )
            elif bundle.captured + len(found.body) > bundle.most:
                known[-1]["file"] = None
                why = f"{len(found.body)} bytes more than the {bundle.most} that a pack may hold"
                bundle.left_out.append({"capture": id, "sha256": found.body_hash, "why": why})
            else:
                bundle.captured += len(found.body)
                await asyncio.to_thread(bundle.add, name, found.body)
        bundle.add("captures.json", _json(known))


async def _read(file: IO[bytes]) -> AsyncIterator[bytes]:
    try:
        file.seek(0)
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece
    finally:
        file.close()


def _sealed(bundle: _Bundle, incident: Incident, key: Ed25519PrivateKey, as_of: datetime) -> None:
    """What is in it, and the seal under that."""
    readme = (files("monitor.desk") / "evidence_pack.md").read_text(encoding="utf-8")
    bundle.add("README.txt", readme.encode())
    bundle.add("SHA256SUMS", "".join(f"{one['sha256']}  {one['name']}\n" for one in bundle.listed).encode())
    manifest = {
        "format": FORMAT,
        "made_by": f"Sellerwatch {__version__}",
        "incident": incident.id,
        "revision": incident.revision,
        "headline": incident.headline,
        "as_of": as_of,
        "key_sha256": fingerprint(key),
        "files": sorted(bundle.listed, key=lambda one: str(one["name"])),
        "left_out": bundle.left_out,
    }
    content = _json(manifest)
    bundle.add("manifest.json", content, listed=False)
    bundle.add("manifest.sig", key.sign(content), listed=False)
    bundle.add("key.pem", public_pem(key), listed=False)


def _safe(id: str) -> str:
    """An id as part of a file's name, on every system: letters, digits, hyphens; never empty."""
    return _UNSAFE.sub("-", id.lower()).strip("-")[:40] or "x"


def _text(one: Document) -> bytes:
    published = one.published.isoformat() if one.published else one.published_as or "not known"
    head = f"Title: {one.title}\nAddress: {one.url}\nPublished: {published}\nFetched: {one.fetched_at.isoformat()}\n"
    return f"{head}Document: {one.id}\nCapture: {one.capture_id}\n\n{one.text}\n".encode("utf-8", "replace")


def _tried(one: Saying, attempt: object) -> dict[str, Any]:
    return {"delivery": one.key, "target": one.target, "channel": one.channel, "attempt": attempt}


def _log(moments: Sequence[tuple[datetime, str, object]]) -> bytes:
    lines = [_line({"at": at, "what": what, "value": value}) for at, what, value in moments]
    return "".join(sorted(lines)).encode()  # each begins with its time


def _line(value: object) -> str:
    return json.dumps(_plain(tables.as_json(value)), ensure_ascii=False, separators=(",", ":")) + "\n"


def _json(value: object) -> bytes:
    return (json.dumps(_plain(tables.as_json(value)), ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")


def _plain(value: Any) -> Any:
    """Without vectors."""
    match value:
        case dict():
            return {key: _plain(one) for key, one in value.items() if key not in _VECTORS}
        case list():
            return [_plain(one) for one in value]
    return value

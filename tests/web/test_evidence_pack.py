"""An evidence pack: all that stands behind an incident, checked by anybody with two common tools, and safe to open."""

import io
import json
import shutil
import subprocess
import zipfile
from dataclasses import replace
from hashlib import sha256

import pytest
import pytest_asyncio
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from incident_given import AT, document, publish, spans, word, world
from rooms_given import NOW, desk_of

from monitor.desk.evidence_pack import Packs
from monitor.desk.incident import Cases
from monitor.domain.people import Role
from monitor.notify.tongue import tongue
from monitor.web.access import Visitor
from monitor.web.paper import Reader
from monitor.web.speech import NotDoneError

pytestmark = pytest.mark.asyncio(loop_scope="module")
VERA = Visitor("vera", Role.VIEWER, "password", address="127.0.0.1")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room(tmp_path_factory):
    """The store, the configuration and the incident of a world, and a viewer at its desk."""
    store, settings, incident = await world(tmp_path_factory.mktemp("pack"))
    async with desk_of(store, settings) as browsers:
        vera = browsers()
        await vera.log_in("vera")
        yield store, settings, incident, vera
    await store.database.close()


async def packed(packs: Packs, id: str) -> bytes:
    pack = await packs.pack(VERA, id)
    assert pack is not None
    content = b"".join([piece async for piece in pack.content])
    assert len(content) == pack.size
    return content


def opened(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert file.testzip() is None
        names = file.namelist()
        assert len(names) == len(set(names))
        return {name: file.read(name) for name in names}


async def test_it_holds_what_was_fetched_read_decided_told_and_done_and_every_digest_fits(room):
    store, settings, incident, _ = room
    files = opened(await packed(Packs(store, lambda: settings, lambda: NOW), incident.id[:9]))
    manifest = json.loads(files["manifest.json"])
    assert (manifest["incident"], manifest["revision"]) == (incident.id, incident.revision)
    listed = {one["name"]: (one["bytes"], one["sha256"]) for one in manifest["files"]}
    inside = {name: (len(content), sha256(content).hexdigest()) for name, content in files.items()}
    assert listed == {
        name: one for name, one in inside.items() if name not in {"manifest.json", "manifest.sig", "key.pem"}
    }
    assert manifest["left_out"] == []
    captures = json.loads(files["captures.json"])
    assert {one["sha256"] for one in captures} == {sha256(files[one["file"]]).hexdigest() for one in captures}
    assert len(captures) == 5
    some = [
        json.loads(files[name]) for name in sorted(files) if name.startswith("documents/") and name.endswith("json")
    ]
    for one in some:
        for span in one["assessment"]["signals"][0]["spans"]:
            assert one["document"][span["field"]][span["start"] : span["end"]] == span["quote"]
    said = [line for line in files["log.jsonl"].decode().splitlines() if line]
    assert [json.loads(line)["at"] for line in said] == sorted(json.loads(line)["at"] for line in said)
    assert {json.loads(line)["what"] for line in said} == {"change", "alert"}
    assert json.loads(files["alerts.json"])[0]["trail"]
    assert b'"sketch"' not in files["incident.json"]
    assert (await store.people.records(subject=incident.id))[0][1].did == "incident.pack"


async def test_its_seal_is_this_installation_s_and_breaks_with_one_bit(room):
    store, settings, incident, vera = room
    files = opened(await packed(Packs(store, lambda: settings, lambda: NOW), incident.id))
    key = load_pem_public_key(files["key.pem"])
    key.verify(files["manifest.sig"], files["manifest.json"])
    with pytest.raises(InvalidSignature):
        key.verify(files["manifest.sig"], files["manifest.json"].replace(b'"revision": 5', b'"revision": 6'))
    shown = (await vera.client.get(f"/api/v1/incidents/{incident.id}")).json()["key"]
    assert shown == json.loads(files["manifest.json"])["key_sha256"]
    private = settings.state_dir / "evidence.key"
    assert private.stat().st_mode & 0o77 == 0
    assert all(private.read_bytes() not in content for content in files.values())


async def test_the_commands_of_its_readme_check_it(room, tmp_path):
    store, settings, incident, _ = room
    files = opened(await packed(Packs(store, lambda: settings, lambda: NOW), incident.id))
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    lines = [line.strip() for line in files["README.txt"].decode().splitlines()]
    commands = [line for line in lines if line.startswith(("sha256sum", "openssl"))]
    assert len(commands) == 3
    if not (shutil.which("openssl") and shutil.which("sha256sum")):
        return  # the same is checked above, by other means
    outputs = [
        subprocess.run(["sh", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        for line in commands
    ]
    assert "FAILED" not in outputs[0]
    assert "Verified Successfully" in outputs[1]
    assert outputs[2].startswith(json.loads(files["manifest.json"])["key_sha256"])


async def test_the_same_incident_makes_the_same_bytes_at_any_time(room):
    store, settings, incident, _ = room
    first = await packed(Packs(store, lambda: settings, lambda: NOW), incident.id)
    later = await packed(Packs(store, lambda: settings, lambda: NOW.replace(year=2025)), incident.id)
    assert first == later


async def test_what_is_too_large_is_left_out_and_named(room):
    store, settings, incident, _ = room
    packs = Packs(store, lambda: settings, lambda: NOW, most_bytes=1_000, most_documents=3)
    files = opened(await packed(packs, incident.id))
    left = json.loads(files["manifest.json"])["left_out"]
    assert [one["why"] for one in left if "document" in one] == ["more than 3 documents"] * 2
    (large,) = [one for one in left if "capture" in one]
    assert "more than the 1000 that a pack may hold" in large["why"]
    assert large["sha256"] in {one["sha256"] for one in json.loads(files["captures.json"]) if one["file"] is None}


async def test_hostile_ids_name_no_file_outside_of_it(room):
    store, settings, *_ = room
    bad = document(77, "=HYPERLINK(1)", "TikTok Shop closes.", "en", AT)
    bad = replace(bad, id="../../../etc/passwd", capture_id="C:\\..\\evil")
    said = word(bad, "Evil", "news", "confirmed", "2024-11-28", spans(bad.text, event="closes"))
    incident = await publish(store, [(bad, said)], "../x")
    files = opened(await packed(Packs(store, lambda: settings, lambda: NOW), incident.id))
    for name in files:
        assert not name.startswith(("/", "\\"))
        assert not set(name) - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-/.")
        assert ".." not in name
    pack = await Packs(store, lambda: settings, lambda: NOW).pack(VERA, incident.id)
    assert pack is not None
    assert pack.name == "sellerwatch-x-r1.zip"
    assert sum([len(piece) async for piece in pack.content]) == pack.size


async def test_a_viewer_downloads_it_as_a_file(room):
    *_, incident, vera = room
    answer = await vera.client.get(f"/incidents/{incident.id}/pack.zip")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].startswith('attachment; filename="sellerwatch-')
    assert answer.headers["x-content-type-options"] == "nosniff"
    same = await vera.client.get(f"/api/v1/incidents/{incident.id}/pack.zip")
    assert opened(answer.content) == opened(same.content)
    assert (await vera.client.get("/incidents/nobody/pack.zip")).status_code == 404


async def test_a_key_that_cannot_be_read_is_a_refusal_in_words_and_the_page_stands(room, tmp_path):
    store, settings, incident, _ = room
    (tmp_path / "evidence.key").mkdir()
    other = replace(settings, state_dir=tmp_path)
    with pytest.raises(NotDoneError, match="The key that seals it cannot be used"):
        await Packs(store, lambda: other, lambda: NOW).pack(VERA, incident.id)
    case = await Cases(store, lambda: other, lambda: NOW).case(Reader(VERA, tongue()), incident.id)
    assert case is not None
    assert case.key == ""

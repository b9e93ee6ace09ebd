"""The story of the egress guard behind a browser: no script of a page talks us into our own network."""

import asyncio
import re
from collections.abc import Sequence

from aiohttp import web
from local_sites import LocalSite, raw_server, running_host
from rendering import HAS_BROWSER, page_at, rendered


class Ear(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.heard.append(data)


FORBIDDEN = """<!DOCTYPE html><body><script>
fetch("/hold");  // until all was tried
const metadata = "http://169.254.169.254/latest", hidden = "http://0.0.0.0:%(hidden)d/", open = "127.0.0.1:%(open)d";
const say = words => document.body.append(Object.assign(document.createElement("p"), {textContent: words}));
const told = (name, promise) => promise.then(() => say(`${name} reached`), () => say(`${name} refused`));
const tag = (kind, fields) => new Promise((good, bad) => {
  const element = Object.assign(document.createElement(kind), fields, {onload: good, onerror: bad});
  document.body.append(element);
});
const socket = new Promise((good, bad) => {
  const one = new WebSocket(`ws://${open}/socket`);
  one.onopen = good; one.onclose = bad;
});
const worker = new Promise((good, bad) => {
  const code = `fetch("${hidden}worker").then(() => postMessage(1), () => postMessage(0))`;
  const one = new Worker(URL.createObjectURL(new Blob([code])));
  one.onmessage = said => said.data ? good() : bad();
  one.onerror = bad;
});
const call = new RTCPeerConnection({iceServers: [
  {urls: `turn:${open}?transport=tcp`, username: "a", credential: "b"},
  {urls: `stun:${open}`}, {urls: `turns:${open}?transport=tcp`, username: "a", credential: "b"}]});
call.createDataChannel("a");
call.createOffer().then(offer => call.setLocalDescription(offer));
const gathered = new Promise(done => {
  call.onicegatheringstatechange = () => call.iceGatheringState == "complete" && done();
});
for (const rel of ["preconnect", "dns-prefetch", "prefetch", "prerender"])
  document.head.append(Object.assign(document.createElement("link"), {rel, href: `http://${open}/${rel}`}));
navigator.sendBeacon(`http://${open}/beacon`, "x");
window.open(`http://${open}/popup`);
Promise.all([
  told("metadata", fetch(metadata, {mode: "no-cors"})),
  told("hidden", fetch(hidden, {mode: "no-cors"})),
  told("named", fetch("http://inside.test/", {mode: "no-cors"})),
  told("bounced", fetch("/bounce", {mode: "no-cors"})),
  told("script", tag("script", {src: hidden + "a.js"})),
  told("image", tag("img", {src: hidden + "a.png"})),
  told("file", fetch("file:///etc/hostname")),
  told("worker", worker),
  told("socket", socket),
  told("transport", new WebTransport(`https://${open}/`).ready),
  told("open", fetch(`http://${open}/`, {mode: "no-cors"})),
  told("call", gathered),
]).then(() => fetch("/done"));
</script>"""


async def test_no_script_talks_us_into_a_private_network(site: LocalSite) -> None:
    """0.0.0.0 leads to this machine and is refused even where private addresses are allowed; 127.0.0.1 is not, so
    there a script's own request arrives, and all that would go around the guard does not."""

    tried = asyncio.Event()

    async def lookup(host: str) -> Sequence[str]:
        return ["169.254.169.254"]

    async def hold(_: web.Request) -> web.Response:
        await tried.wait()
        return web.Response()

    async def done(_: web.Request) -> web.Response:
        tried.set()
        return web.Response()

    site.pages |= {"/hold": hold, "/done": done}
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    async with raw_server(answer) as (hidden, seen), raw_server(answer) as (open_port, arrived):
        ear, protocol = await asyncio.get_running_loop().create_datagram_endpoint(Ear, ("127.0.0.1", open_port))
        site.says("/bounce", status=302, Location=f"http://0.0.0.0:{hidden}/")
        source = page_at(site, "/news", FORBIDDEN % {"hidden": hidden, "open": open_port})
        async with running_host(lookup, per_host=8) as host:
            look, capture = await rendered(host, source)
        ear.close()
    assert (seen, protocol.heard) == ([], [])
    if not HAS_BROWSER:
        return
    assert capture is not None, look
    told = set(re.findall(r"<p>(\w+ \w+)</p>", capture.body.decode()))
    refused = ["metadata", "hidden", "named", "bounced", "script", "image", "file", "worker", "socket", "transport"]
    assert told == {f"{name} refused" for name in refused} | {"open reached", "call reached"}
    assert len(arrived) == 2  # robots.txt and the one request

"""In the machine: a webhook on 127.0.0.1:8077 that appends what it is told to /root/told."""

from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


class Hook(BaseHTTPRequestHandler):
    """Takes all."""

    def do_POST(self) -> None:
        with Path("/root/told").open("ab") as told:
            told.write(self.rfile.read(int(self.headers["Content-Length"])) + b"\n")
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: who tells keeps addresses out of the journal, and so does who is told."""


HTTPServer(("127.0.0.1", 8077), Hook).serve_forever()

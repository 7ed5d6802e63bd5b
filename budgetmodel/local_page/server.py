"""The server of the page: 127.0.0.1 only, one random key, no path from a name, limits on size, time and number.

What is refused: another Host (421, so that a name that an attacker points to 127.0.0.1 reaches nothing); a path without
the key (403); a POST from another origin or without the page's own header (403), which no form of another site sends;
a body without a length (411) or too large (413, unread); more connections at once than a browser needs (closed); a
connection that takes too long, however little it sends at a time (closed).
"""

from __future__ import annotations

import hmac
import os
import secrets
import socket
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from threading import BoundedSemaphore, Timer
from typing import Any, ClassVar
from urllib.parse import unquote

from budgetmodel.excel.read.guard import FILE_LIMIT, MEGABYTE
from budgetmodel.files.disk import read_regular
from budgetmodel.local_page.desk import Desk
from budgetmodel.local_page.page import page, state_html

HERE = "127.0.0.1"

CONNECTIONS = 24
"""Connections at once; a browser opens six."""

SECONDS = 30.0
"""For a whole request: 20 MB on one computer take less than one."""

SILENCE = 10.0
"""Seconds without a byte after which a connection is closed."""

LARGEST = 1 << 30
"""Bytes of a file of results that is handed out."""

NAME_LIMIT = 2000
"""Letters of the header with a file's name."""

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".pdf": "application/pdf",
}

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""Of every answer."""

OWN_POLICY = "frame-ancestors 'none'"
"""The page's own policy is in its head."""

FILE_POLICY = "sandbox allow-scripts allow-downloads allow-popups; frame-ancestors 'none'"
"""A file of results that is shown has no part in the page's origin, whatever it holds."""

PLAIN = "text/plain; charset=utf-8"


class Server(ThreadingHTTPServer):
    """Serves one desk until it is closed; `address` has the key, `once` opens the page one time.

    A browser is started with `once`: other users of a computer can see the words with which programs are started.
    """

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = os.name != "nt"  # on Windows it lets another program take the port over

    def __init__(self, desk: Desk, port: int = 0) -> None:
        """Listen on a free port of this computer; raises OSError where `port` is taken."""
        self.desk, self.key, self.first = desk, secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self.room = BoundedSemaphore(CONNECTIONS)
        super().__init__((HERE, port), Handler)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts as which a browser may know this server."""
        return tuple(f"{name}:{self.server_address[1]}" for name in (HERE, "localhost"))

    @property
    def address(self) -> str:
        """The address of the page."""
        return f"http://{self.hosts[0]}/{self.key}/"

    @property
    def once(self) -> str:
        """An address that leads to the page the first time it is asked for."""
        return f"http://{self.hosts[0]}/{self.first}"

    def server_bind(self) -> None:
        """Bind without asking for this computer's name, which takes seconds on some networks."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = HERE, self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own, if there is room."""
        if not self.room.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer within SECONDS; then the connection is cut, whatever has come of it."""
        limit = Timer(SECONDS, _cut, [request])
        limit.daemon = True
        limit.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            limit.cancel()
            self.room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke is nobody's concern; the page asks again."""


def _cut(request: socket.socket) -> None:
    with suppress(OSError):
        request.shutdown(socket.SHUT_RDWR)


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Server
    timeout: ClassVar[float] = SILENCE

    def do_GET(self) -> None:
        """The page, its state, or a file of results by its very name."""
        words = self._words()
        match words:
            case None:
                return
            case [""]:
                self._answer(200, page().encode(), TYPES[".html"], OWN_POLICY)
            case ["state"]:
                state = self.server.desk.shown()
                self._answer(200, state_html(*state).encode(), TYPES[".html"], OWN_POLICY)
            case ["files", number, name] if number.isascii() and number.isdecimal() and len(number) < 9:
                self._file(self.server.desk.file(int(number), unquote(name)))
            case _:
                self._refuse(404, "There is nothing of this name.")

    def do_POST(self) -> None:
        """A workbook, or the end."""
        words = self._words()
        if words is None or not self._is_own():
            return
        if words == ["close"]:
            self._answer(200, b"Closed.", PLAIN, OWN_POLICY)
            self.server.desk.close()
        elif words == ["workbook"]:
            self._workbook()
        else:
            self._refuse(404, "There is nothing of this name.")

    def _words(self) -> list[str] | None:
        """The path behind the key, in parts; None for a request that was refused, or led to the page."""
        if self.headers.get_all("Host", []) not in [[host] for host in self.server.hosts]:
            self._refuse(421, "This is not the server that you look for.")
            return None
        first, *rest = self.path.removeprefix("/").split("/")
        if self.server.first and not rest and self.command == "GET" and _same(first, self.server.first):
            self.server.first = ""
            self.send_response(303)
            self.send_header("Location", f"/{self.server.key}/")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None
        if not rest or not _same(first, self.server.key):
            self._refuse(403, "Open the address that the window of budgetmodel shows, with its key.")
            return None
        return rest

    def _is_own(self) -> bool:
        """Whether a POST comes from the page itself; it is refused otherwise."""
        origins = [f"http://{host}" for host in self.server.hosts]
        origin, site = self.headers.get_all("Origin", []), self.headers.get("Sec-Fetch-Site", "same-origin")
        if len(origin) == 1 and origin[0] in origins and site == "same-origin" and self.headers.get("X-Budgetmodel"):
            return True
        self._refuse(403, "Only the page itself may send this.")
        return False

    def _workbook(self) -> None:
        lengths = self.headers.get_all("Content-Length", [])
        if self.headers.get("Transfer-Encoding") or len(lengths) != 1 or not _is_number(lengths[0]):
            self._refuse(411, "A workbook is sent with its length.")
            return
        length = int(lengths[0])
        if length > FILE_LIMIT:
            self._refuse(413, f"A workbook has at most {FILE_LIMIT // MEGABYTE} MB: clear unused rows and pictures.")
            return
        content = self.rfile.read(length)
        if len(content) < length:
            self._refuse(400, "The workbook did not come whole: drop it again.")
            return
        trouble = self.server.desk.drop(unquote(self.headers.get("X-Name", "")[:NAME_LIMIT]), content)
        if trouble:
            self._refuse(409, trouble)
        else:
            self._answer(202, b"It has come, and is being checked.", PLAIN, OWN_POLICY)

    def _file(self, path: Path | None) -> None:
        try:
            content = None if path is None else read_regular(path, LARGEST, follow=False)
        except OSError:
            content = None
        if path is None or content is None:
            self._refuse(404, "There is no such file any more.")
            return
        kind = TYPES.get(path.suffix, "application/octet-stream")
        away = {} if path.suffix == ".html" else {"Content-Disposition": f'attachment; filename="{path.name}"'}
        self._answer(200, content, kind, FILE_POLICY, away)

    def _refuse(self, code: int, words: str) -> None:
        self.close_connection = True
        self._answer(code, words.encode(), PLAIN, OWN_POLICY)

    def _answer(self, code: int, content: bytes, kind: str, policy: str, more: dict[str, str] | None = None) -> None:
        headers = {"Content-Type": kind, "Content-Length": str(len(content)), "Content-Security-Policy": policy}
        self.send_response(code)
        for name, value in {**headers, **HEADERS, **(more or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the base class refuses, in our own words: nothing of the request comes back."""
        self.headers = getattr(self, "headers", None) or self.MessageClass()
        self._refuse(code, "This request is not understood.")

    def version_string(self) -> str:
        """No version is told to whoever asks without the key."""
        return "budgetmodel"

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed: addresses have the key."""


def _same(given: str, key: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), key.encode())


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 12

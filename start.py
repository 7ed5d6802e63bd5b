"""Install budgetmodel beside this file and run it, in one command.

    python3 start.py                        solve the example, inputs/greater_manchester.xlsx
    python3 start.py run my_system.xlsx     any budgetmodel command (run, check, template, diff, demo, ...)
    python3 start.py test                   run the tests; words after "test" go to pytest
    python3 start.py test --fast            run those that take under 3 minutes in all
    python3 start.py test --slow            run the slow tests as well

On Windows type "py" where it says "python3". Everything is kept in the folder .venv beside this file: nothing
needs activating, no question is asked, no administrator is needed. Deleting .venv undoes it all.

An old Python must be able to read this file far enough to say that it is too old, so types stand in comments
here and the newer parts of the language are not used.
"""

import sys

OLDEST = (3, 11)

if sys.version_info < OLDEST:
    sys.stderr.write(
        "budgetmodel needs Python %d.%d or newer; this is Python %d.%d. "
        "Install a newer one from https://www.python.org/downloads/ (no administrator needed) and "
        "start it by its number, for example: python3.12 start.py\n" % (OLDEST + tuple(sys.version_info[:2]))
    )
    sys.exit(2)

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent
EXAMPLE = "greater_manchester"

# What a command needs beyond the package itself: the name of an extra in setup.cfg.
EXTRA_FOR = {"test": "dev"}

# Requirements files with hashes, made by .ci/lock: the same libraries on every machine, by the extra that needs them.
LOCKS = {"": "requirements.lock", "dev": "requirements-dev.lock"}
# The newest Python they were made for.
NEWEST_LOCKED = (3, 14)

# A change of one of these files is installed at the next start.
INSTALLED_FROM = ("setup.cfg", "pyproject.toml", "requirements.lock", "requirements-dev.lock")

# The folders and files of "test --fast": checks, metrics, programs with answers worked out by hand, and the commands.
FAST = (
    "tests/checks",
    "tests/contract/test_selectors.py",
    "tests/metrics",
    "tests/program/test_hand.py",
    "tests/cli/test_cli.py",
    "tests/test_start.py",
    "tests/test_requirements.py",
    # random books and every row of the example: minutes
    "--ignore=tests/metrics/test_organisations_add_up.py",
    "--ignore=tests/checks/test_rows.py",
)

UNFIT_PYTHON, NOT_INSTALLED, FILE_TROUBLE, INTERRUPTED = 2, 1, 5, 130

# What pip's log says, and what helps. The first that matches is shown.
REMEDIES = (
    ("No space left on device", "the disk is full: free about 1 GB"),
    ("not enough space on the disk", "the disk is full: free about 1 GB"),
    ("Permission denied", "close programs that use this folder, or copy the folder to Documents"),
    ("Access is denied", "close programs that use this folder, or copy the folder to Documents"),
    ("CERTIFICATE_VERIFY_FAILED", "ask IT for the organisation's certificate file and set PIP_CERT to it"),
    ("ProxyError", "ask IT for the address of the web proxy and set HTTPS_PROXY to it"),
    ("Connection", "check the internet connection; behind a proxy set HTTPS_PROXY"),
    ("Failed to build", "this Python may be too new for a library: try Python 3.12"),
    (
        "DO NOT MATCH THE HASHES",
        "the package index gave a file that is not the published one: ask IT which index pip uses (pip config list)",
    ),
    (
        "No matching distribution",
        "check the internet connection, that the package index is a full one, and that Python is a 64-bit one "
        "(on Windows on Arm: the one for x64)",
    ),
)


class Trouble(Exception):
    """Something the user can mend: one line to print and the exit code that goes with it."""

    def __init__(self, message, code):
        # type: (str, int) -> None
        super().__init__(message)
        self.code = code


def say(message):
    # type: (str) -> None
    """Print progress where it cannot mix with an answer on standard output."""
    sys.stderr.write(message + "\n")
    sys.stderr.flush()


def venv_python(venv, windows=os.name == "nt"):
    # type: (Path, bool) -> Path
    """Return the path of the interpreter inside a virtual environment."""
    return venv / "Scripts" / "python.exe" if windows else venv / "bin" / "python"


def this_python():
    # type: () -> str
    """Return the version that decides which libraries fit: 3.11, 3.12 and so on."""
    return "%d.%d" % sys.version_info[:2]


def fingerprint(root, python):
    # type: (Path, str) -> str
    """Return a hash that changes when what must be installed changes."""
    digest = hashlib.sha256(python.encode())
    for name in INSTALLED_FROM:
        digest.update((root / name).read_bytes())
    return digest.hexdigest()


def read_stamp(path):
    # type: (Path) -> dict[str, object]
    """Return what the last finished installation noted; empty when there was none or it cannot be read."""
    try:
        stamp = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def make_stamp(root, python, extras):
    # type: (Path, str, set[str]) -> dict[str, object]
    """Return the note that a finished installation leaves in .venv.

    The place is part of it because a folder that was moved or copied brings a .venv that belongs to the old.
    """
    return {
        "fingerprint": fingerprint(root, python),
        "python": python,
        "place": str(root),
        "extras": sorted(extras),
    }


def stamped_extras(stamp):
    # type: (dict[str, object]) -> set[str]
    """Return the extras that a stamp speaks of."""
    extras = stamp.get("extras")
    return {str(extra) for extra in extras} if isinstance(extras, list) else set()


def is_current(stamp, wanted):
    # type: (dict[str, object], dict[str, object]) -> bool
    """Tell whether an installation already holds all that is wanted."""
    same = all(stamp.get(key) == wanted[key] for key in ("fingerprint", "python", "place"))
    return same and stamped_extras(wanted) <= stamped_extras(stamp)


def is_elsewhere(stamp, wanted):
    # type: (dict[str, object], dict[str, object]) -> bool
    """Tell whether an environment was made for another folder or another Python, so cannot be mended."""
    return any(key in stamp and stamp[key] != wanted[key] for key in ("python", "place"))


def clean_environment():
    # type: () -> dict[str, str]
    """Return the environment without what would lead our own Python or pip astray."""
    stray = ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__", "PIP_TARGET", "PIP_PREFIX")
    env = {name: value for name, value in os.environ.items() if name.upper() not in stray}
    env.update(PIP_USER="0", PIP_NO_INPUT="1", PIP_DISABLE_PIP_VERSION_CHECK="1")
    return env


def exit_code(returncode):
    # type: (int) -> int
    """Return a child's exit code as a shell gives it: a child ended by signal 9 is 137."""
    return 128 - returncode if returncode < 0 else returncode


def call(command, folder=None, log=None):
    # type: (list[str], Path | None, Path | None) -> int
    """Run a program and return its exit code, its output appended to a log if one is given.

    On Ctrl-C the program has been told as well: it gets ten seconds to put its files in order.
    """
    output = log.open("ab") if log else None
    try:
        process = subprocess.Popen(
            command, cwd=folder, env=clean_environment(), stdout=output, stderr=output and subprocess.STDOUT
        )
        try:
            return exit_code(process.wait())
        except KeyboardInterrupt:
            if finish(process) == INTERRUPTED:  # it has said so itself
                return INTERRUPTED
            raise
    finally:
        if output:
            output.close()


def finish(process):
    # type: (subprocess.Popen[bytes]) -> int
    """Wait for an interrupted program to end, and end it if it does not."""
    try:
        return process.wait(timeout=10)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        return process.wait()


def works(python, version):
    # type: (Path, str) -> bool
    """Tell whether an interpreter runs and is of the version wanted."""
    ask = "import sys; sys.stdout.write('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.check_output(
            [str(python), "-c", ask], env=clean_environment(), stderr=subprocess.DEVNULL, timeout=60
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return answer.decode() == version


def check_python():
    # type: () -> None
    """Raise Trouble if this Python was installed without the parts that make a virtual environment."""
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        raise Trouble(
            "This Python lacks %s. On Debian or Ubuntu: sudo apt install python%s-venv. "
            "Elsewhere: install Python from https://www.python.org/downloads/ and run this again."
            % (" and ".join(missing), this_python()),
            UNFIT_PYTHON,
        )


def make_venv(venv, log):
    # type: (Path, Path) -> None
    """Make an empty virtual environment, replacing what is left of an unusable one."""
    check_python()
    say("Making a Python environment of its own in %s ..." % venv)
    if venv.exists():
        shutil.rmtree(venv)
    venv.mkdir()
    if call([sys.executable, "-m", "venv", str(venv)], log=log):
        raise Trouble(
            "The Python environment could not be made. Try Python from https://www.python.org/downloads/. "
            "Details: %s" % log,
            UNFIT_PYTHON,
        )


def remedy(log_text):
    # type: (str) -> str
    """Return what most probably helps, judged by what pip wrote."""
    for sign, advice in REMEDIES:
        if sign in log_text:
            return advice
    return "check the internet connection and run this again"


def pip_arguments(extras, version):
    # type: (set[str], tuple[int, int]) -> list[list[str]]
    """Return the words for pip, one list for each time it is run, that install the package of the current folder.

    From the locked set come exactly its versions, each file checked by its hash and none built here; then the package
    goes in beside them, with nothing fetched. A Python newer than the locked set gets what setup.cfg allows.
    """
    if version > NEWEST_LOCKED:
        return [["--editable", ".[%s]" % ",".join(sorted(extras)) if extras else "."]]
    locks = [LOCKS[extra] for extra in sorted(extras)] or [LOCKS[""]]
    locked = ["--require-hashes", "--only-binary", ":all:"]
    for lock in locks:
        locked += ["--requirement", lock]
    return [locked, ["--no-index", "--no-deps", "--no-build-isolation", "--editable", "."]]


def install(root, venv, extras, log):
    # type: (Path, Path, set[str], Path) -> None
    """Install the package of this folder, with the extras named, into the environment."""
    say("Installing budgetmodel and its libraries; the first time takes a few minutes (log: %s) ..." % log)
    version = sys.version_info[:2]
    if version > NEWEST_LOCKED:
        say(
            "The locked libraries are for Python up to %d.%d and this is Python %d.%d: the newest that setup.cfg "
            "allows are installed, and another machine may have others." % (NEWEST_LOCKED + version)
        )
    before = log.stat().st_size if log.exists() else 0
    pip = [str(venv_python(venv)), "-m", "pip", "install", "--progress-bar", "off"]
    for words in pip_arguments(extras, version):
        code = call(pip + words, folder=root, log=log)
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        if code:
            said = log.read_bytes()[before:].decode("utf-8", "replace")
            raise Trouble("Installing failed: %s. Details: %s" % (remedy(said), log), NOT_INSTALLED)


def ensure_installed(root, extra):
    # type: (Path, str | None) -> Path
    """Install what is not installed yet and return the interpreter to use.

    The stamp is removed first and written last, so an installation that was cut short is done again.
    """
    venv, python = root / ".venv", this_python()
    stamp_file, log = venv / "budgetmodel.stamp", venv / "install.log"
    stamp = read_stamp(stamp_file)
    wanted = make_stamp(root, python, {extra} if extra else set())
    usable = works(venv_python(venv), python) and not is_elsewhere(stamp, wanted)
    if usable and is_current(stamp, wanted):
        return venv_python(venv)
    stamp_file.unlink(missing_ok=True)
    if not usable or call([str(venv_python(venv)), "-m", "pip", "--version"], log=log):
        make_venv(venv, log)
        stamp = {}
    # Extras that are there already are kept up to date, not left behind with old versions.
    extras = stamped_extras(stamp) | stamped_extras(wanted)
    install(root, venv, extras, log)
    stamp_file.write_text(json.dumps(make_stamp(root, python, extras), indent=2) + "\n", encoding="utf-8")
    return venv_python(venv)


def fetch_browser_solver(python, root):
    # type: (Path, Path) -> None
    """Fetch what whatif.html solves with, once after installing; offline or barred, everything else goes on."""
    log = root / ".venv" / "install.log"
    if call([str(python), "-m", "budgetmodel", "doctor", "--fetch-browser-solver"], folder=root, log=log):
        say("The solver for whatif.html could not be fetched: there will be no such page. Everything else works.")


def pytest_arguments(words):
    # type: (list[str]) -> list[str]
    """Return the words for pytest: --fast names the fast tests, --slow lifts the default that leaves the slow out."""
    lanes = {"--slow": ["-m", "slow or not slow"], "--fast": list(FAST)}
    chosen = [word for lane, meaning in lanes.items() if lane in words for word in meaning]
    return chosen + [word for word in words if word not in lanes]


def run_example(python, root):
    # type: (Path, Path) -> int
    """Solve the example workbook and say where its results are and what to do next."""
    workbook = Path("inputs") / (EXAMPLE + ".xlsx")
    code = call([str(python), "-m", "budgetmodel", "run", str(workbook)], folder=root)
    if code == 0:
        command = "py" if os.name == "nt" else "python3"
        print("\nResults:    %s" % (root / "outputs" / EXAMPLE / "results.xlsx"))
        print("Next:       copy %s, put your own figures into the copy, then" % (root / workbook))
        print("            %s start.py check YOUR_COPY.xlsx    lists every problem, cell by cell" % command)
        print("            %s start.py run YOUR_COPY.xlsx      solves it" % command)
        sys.stdout.flush()
    return code


def start(words):
    # type: (list[str]) -> int
    """Do what the words of the command line ask for and return the exit code."""
    if words and words[0] in ("-h", "--help", "help"):
        print((__doc__ or "").strip())
        return 0
    stamp_file = ROOT / ".venv" / "budgetmodel.stamp"
    before = read_stamp(stamp_file)
    python = ensure_installed(ROOT, EXTRA_FOR.get(words[0]) if words else None)
    if read_stamp(stamp_file) != before:
        fetch_browser_solver(python, ROOT)
    if not words:
        return run_example(python, ROOT)
    if words[0] == "test":
        return call([str(python), "-m", "pytest"] + pytest_arguments(words[1:]), folder=ROOT)
    return call([str(python), "-m", "budgetmodel"] + words)


def main(words):
    # type: (list[str]) -> int
    """Run start, with every foreseeable failure told in one line."""
    try:
        return start(words)
    except Trouble as trouble:
        say(str(trouble))
        return trouble.code
    except OSError as error:
        where = error.filename or ROOT
        say("%s: %s. Close programs that use this folder, or copy it to Documents." % (where, error.strerror))
        return FILE_TROUBLE
    except KeyboardInterrupt:
        say("Stopped. Run the same command again to carry on.")
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""start.py: two commands, no activation, no question, and one helpful line when something is amiss."""

import ast
import configparser
import os
import signal
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

import start

ROOT = Path(__file__).resolve().parent.parent
START = ROOT / "start.py"
OLD_PYTHONS = sorted(
    python
    for python in Path.home().glob(".pyenv/versions/*/bin/python")
    if python.parts[-3].split(".")[:2] in ([["2", "7"]] + [["3", str(minor)] for minor in range(6, 11)])
)


def project(folder: Path) -> Path:
    """Make the least that start.py looks at: the files that say what to install."""
    folder.mkdir(parents=True)
    for name in start.INSTALLED_FROM:
        (folder / name).write_text("# as it was\n")
    return folder


class Machine:
    """Stands in for the programs that start.py starts: environments are real, pip is played."""

    def __init__(self) -> None:
        self.commands: list[list[str]] = []
        self.folders: list[Path | None] = []
        self.codes: dict[str, int] = {}
        self.pip_does: Callable[[], object] = lambda: None
        self.pip_says = ""

    def call(self, command: list[str], folder: Path | None = None, log: Path | None = None) -> int:
        kind = " ".join(command[1:4])
        self.commands.append(command)
        self.folders.append(folder)
        if kind.startswith("-m venv"):
            venv.create(command[-1], with_pip=False)
        if kind == "-m pip install":
            assert log is not None
            log.write_text(self.pip_says)
            self.pip_does()
        return self.codes.get(kind, 0)

    def requirements(self) -> list[str]:
        """The files of requirements that pip was given, and the package itself."""
        given = [word for command in self.commands if "install" in command for word in command[command.index("off") :]]
        self.commands.clear()
        return [word for word in given if word.endswith(".lock") or word.startswith(".")]

    def kinds(self) -> list[str]:
        """What was started, one word for pip however often it is run in a row."""
        kinds = [" ".join(command[2:4]) if command[2] == "pip" else command[2] for command in self.commands]
        self.commands.clear()
        return [kind for kind, before in zip(kinds, [None, *kinds], strict=False) if kind != before]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    played = Machine()
    monkeypatch.setattr(start, "call", played.call)
    return played


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = project(tmp_path / "My Documents (old)" / "budget model")
    monkeypatch.setattr(start, "ROOT", folder)
    return folder


def one_line(text: str) -> str:
    assert text.count("\n") == 1, text
    assert text.endswith("\n")
    assert "Traceback" not in text
    return text


# An old Python


@pytest.mark.parametrize("python", OLD_PYTHONS, ids=lambda python: python.parts[-3])
def test_an_old_python_is_told_in_one_line_what_to_install(python: Path) -> None:
    ran = subprocess.run([str(python), str(START)], capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "needs Python 3.11 or newer; this is Python " + python.parts[-3][:3] in one_line(ran.stderr)
    assert ran.stdout == ""


def test_the_version_is_checked_before_anything_an_old_python_lacks() -> None:
    """Holds without an old Python too: this one pretends to be 3.8, with nothing left to import."""
    pretend = (
        "import sys; sys.version_info = (3, 8, 2); source = open(sys.argv[1]).read(); sys.path.clear();"
        "exec(compile(source, 'start.py', 'exec'))"
    )
    ran = subprocess.run([sys.executable, "-c", pretend, str(START)], capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "this is Python 3.8" in one_line(ran.stderr)


def test_start_keeps_to_syntax_that_old_pythons_can_read() -> None:
    source = START.read_bytes()
    tree = ast.parse(source, feature_version=(3, 6))
    assert source.isascii(), "Python 2 refuses a file with other signs before it reads a line of it"
    newer = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.AsyncFunctionDef)
    assert not [node for node in ast.walk(tree) if isinstance(node, newer)]
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert not [f.name for f in functions if f.returns or f.args.kwonlyargs or any(a.annotation for a in f.args.args)]


# What is installed when


def test_the_first_run_installs_and_the_second_does_nothing(here: Path, machine: Machine) -> None:
    python = start.ensure_installed(here, None)
    assert python.exists()
    assert python.is_relative_to(here / ".venv")
    assert machine.kinds() == ["venv", "pip install"]
    assert start.ensure_installed(here, None) == python
    assert machine.kinds() == []


def test_the_tests_add_their_extra_and_the_program_then_needs_nothing(here: Path, machine: Machine) -> None:
    start.ensure_installed(here, None)
    machine.commands.clear()
    start.ensure_installed(here, "dev")
    assert machine.requirements() == ["requirements-dev.lock", "."]
    start.ensure_installed(here, None)
    assert machine.kinds() == []


@pytest.mark.parametrize("name", ["setup.cfg", "pyproject.toml", "requirements.lock", "requirements-dev.lock"])
def test_changed_requirements_are_installed_with_the_extras_there_are(here: Path, machine: Machine, name: str) -> None:
    start.ensure_installed(here, "dev")
    machine.commands.clear()
    (here / name).write_text("# changed\n")
    start.ensure_installed(here, None)
    assert "venv" not in [command[2] for command in machine.commands]
    assert machine.requirements() == ["requirements-dev.lock", "."]


def test_the_libraries_are_the_locked_ones_and_nothing_else_is_fetched(here: Path, machine: Machine) -> None:
    start.ensure_installed(here, None)
    libraries, package = [command for command in machine.commands if "pip" in command]
    assert {"--require-hashes", "--only-binary", "requirements.lock"} <= set(libraries)
    assert {"--no-index", "--no-deps", "--no-build-isolation"} <= set(package)
    assert package[-2:] == ["--editable", "."]


@pytest.mark.parametrize("extra, wanted", [(None, "."), ("dev", ".[dev]")])
def test_a_python_newer_than_the_locked_set_gets_what_setup_cfg_allows_and_is_told_so(
    here: Path,
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    extra: str | None,
    wanted: str,
) -> None:
    monkeypatch.setattr(start, "NEWEST_LOCKED", (3, 10))
    start.ensure_installed(here, extra)
    assert machine.requirements() == [wanted]
    (told,) = [line for line in capsys.readouterr().err.splitlines() if "locked" in line]
    assert f"up to 3.10 and this is Python {start.this_python()}:" in told
    assert "another machine may have others" in told


def test_another_python_gets_an_environment_of_its_own(here: Path) -> None:
    stamp = start.make_stamp(here, "3.11", set())
    wanted = start.make_stamp(here, "3.12", set())
    assert not start.is_current(stamp, wanted)
    assert start.is_elsewhere(stamp, wanted)


def test_a_moved_folder_gets_a_new_environment(here: Path, machine: Machine) -> None:
    start.ensure_installed(here, None)
    moved = here.rename(here.with_name("moved"))
    machine.commands.clear()
    start.ensure_installed(moved, None)
    assert machine.kinds() == ["venv", "pip install"]


def test_an_installation_that_was_cut_short_is_done_again(here: Path, machine: Machine) -> None:
    def ctrl_c() -> None:
        raise KeyboardInterrupt

    machine.pip_does = ctrl_c
    with pytest.raises(KeyboardInterrupt):
        start.ensure_installed(here, None)
    machine.commands.clear()
    machine.pip_does = lambda: None
    start.ensure_installed(here, None)
    assert machine.kinds() == ["pip --version", "pip install"]


def test_an_environment_without_a_working_pip_is_made_anew(here: Path, machine: Machine) -> None:
    start.ensure_installed(here, None)
    (here / ".venv" / "budgetmodel.stamp").unlink()
    machine.commands.clear()
    machine.codes["-m pip --version"] = 1
    start.ensure_installed(here, None)
    assert machine.kinds() == ["pip --version", "venv", "pip install"]


def test_an_environment_whose_python_is_gone_is_made_anew(here: Path, machine: Machine) -> None:
    python = start.ensure_installed(here, None)
    python.unlink()
    machine.commands.clear()
    assert start.ensure_installed(here, None).exists()
    assert machine.kinds() == ["venv", "pip install"]


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", '{"extras": "dev"}', "\x00"])
def test_a_damaged_stamp_counts_as_none(here: Path, text: str) -> None:
    file = here / "stamp"
    file.write_text(text)
    wanted = start.make_stamp(here, "3.11", set())
    assert not start.is_current(start.read_stamp(file), wanted)
    assert not start.is_elsewhere(start.read_stamp(file), wanted)


def test_the_extras_that_commands_need_are_in_setup_cfg() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    assert set(start.EXTRA_FOR.values()) <= set(setup["options.extras_require"])
    assert set(start.LOCKS) == {"", *start.EXTRA_FOR.values()}


def test_windows_keeps_its_python_in_scripts() -> None:
    assert start.venv_python(Path("v"), windows=True) == Path("v/Scripts/python.exe")
    assert start.venv_python(Path("v"), windows=False) == Path("v/bin/python")


# What goes wrong


@pytest.mark.parametrize(
    "log, advice",
    [
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("ProxyError('Cannot connect to proxy.')\nConnection refused", "HTTPS_PROXY"),
        ("SSLError(SSLCertVerificationError: CERTIFICATE_VERIFY_FAILED)", "PIP_CERT"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "pip config list"),
        ("ERROR: No matching distribution found for clarabel==0.11.1", "64-bit"),
        ("NewConnectionError: Failed to establish a new connection", "internet connection"),
        ("something never seen before", "run this again"),
    ],
)
def test_a_failed_installation_says_in_one_line_what_to_try_and_where_the_log_is(
    here: Path, machine: Machine, capsys: pytest.CaptureFixture[str], log: str, advice: str
) -> None:
    machine.pip_says = log
    machine.codes["-m pip install"] = 1
    assert start.main(["check", "a.xlsx"]) == start.NOT_INSTALLED
    *progress, last = capsys.readouterr().err.splitlines()
    assert [line[-3:] for line in progress] == ["...", "..."]
    assert advice in last
    assert str(here / ".venv" / "install.log") in last
    machine.codes.clear()
    assert start.main(["check", "a.xlsx"]) == 0, "the next run must try again"


def test_a_python_without_venv_is_told_what_to_install(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(start.importlib.util, "find_spec", lambda name: None if name == "ensurepip" else name)
    assert start.main([]) == 2
    text = one_line(capsys.readouterr().err)
    assert "lacks ensurepip" in text
    assert "apt install python3" in text


def test_a_folder_that_cannot_be_written_is_named(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(venv: Path, log: Path) -> None:
        raise PermissionError(13, "Permission denied", str(venv))

    monkeypatch.setattr(start, "make_venv", refuse)
    assert start.main([]) == 5
    text = one_line(capsys.readouterr().err)
    assert str(here / ".venv") in text
    assert "Documents" in text


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals to send to a group of programs")
@pytest.mark.parametrize("child_says, lines", [("sys.exit(130)", 0), ("sys.exit(1)", 1)])
def test_ctrl_c_ends_with_130_and_one_line(child_says: str, lines: int) -> None:
    """A child that ends with 130 has printed its own line already; any other end gets ours."""
    child = (
        "import sys, time\n"
        "try:\n    print('ready', flush=True); time.sleep(60)\n"
        f"except KeyboardInterrupt:\n    {child_says}\n"
    )
    parent = (  # the signal is ignored in what was started in the background
        "import signal, sys, start; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "start.start = lambda words: start.call([sys.executable, '-c', words[0]]);"
        "sys.exit(start.main(sys.argv[1:]))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", parent, child],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert said.count("\n") == lines, said


# What is run


def test_without_words_the_example_is_solved_and_its_results_are_named(
    here: Path, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert start.main([]) == 0
    assert machine.commands[-1][1:4] == ["-m", "budgetmodel", "run"]
    assert Path(machine.commands[-1][4]) == Path("inputs/greater_manchester.xlsx")
    assert machine.folders[-1] == here, "outputs/ must lie beside start.py wherever it was started from"
    said = capsys.readouterr().out
    assert str(here / "outputs" / "greater_manchester" / "results.xlsx") in said
    assert "start.py run YOUR_COPY.xlsx" in said


def test_no_results_are_promised_when_the_run_failed(
    here: Path, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.codes["-m budgetmodel run"] = 4
    assert start.main([]) == 4
    assert capsys.readouterr().out == ""


def test_any_command_is_passed_on_in_the_users_own_folder(here: Path, machine: Machine) -> None:
    machine.codes["-m budgetmodel check"] = 3
    assert start.main(["check", "my own.xlsx", "--json"]) == 3
    assert machine.commands[-1][1:] == ["-m", "budgetmodel", "check", "my own.xlsx", "--json"]
    assert machine.folders[-1] is None


def test_test_runs_pytest_and_passes_its_exit_code_on(here: Path, machine: Machine) -> None:
    machine.codes["-m pytest -k"] = 1
    assert start.main(["test", "-k", "money"]) == 1
    assert machine.commands[-1][1:] == ["-m", "pytest", "-k", "money"]
    assert machine.folders[-1] == here


def test_slow_lifts_the_default_that_leaves_slow_tests_out() -> None:
    assert start.pytest_arguments(["--slow", "-q"]) == ["-m", "slow or not slow", "-q"]
    assert start.pytest_arguments(["-q"]) == ["-q"]


def test_fast_names_files_and_folders_that_are_there() -> None:
    chosen = start.pytest_arguments(["--fast", "-x"])
    assert chosen == [*start.FAST, "-x"]
    assert [path for path in start.FAST if not (ROOT / path.removeprefix("--ignore=")).exists()] == []


def test_help_installs_nothing(here: Path, machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    assert start.main(["--help"]) == 0
    assert "python3 start.py test" in capsys.readouterr().out
    assert machine.commands == []


def test_a_child_ended_by_a_signal_has_the_exit_code_a_shell_gives() -> None:
    assert start.exit_code(-9) == 137
    assert start.exit_code(3) == 3


def test_settings_of_the_machine_do_not_lead_pip_astray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    monkeypatch.setenv("PIP_TARGET", "elsewhere")
    monkeypatch.setenv("PIP_USER", "1")
    monkeypatch.setenv("PIP_INDEX_URL", "https://packages.example.nhs.uk/simple")
    env = start.clean_environment()
    assert "elsewhere" not in env.values()
    assert env["PIP_USER"] == "0"
    assert env["PIP_INDEX_URL"] == "https://packages.example.nhs.uk/simple"

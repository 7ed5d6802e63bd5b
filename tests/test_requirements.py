"""The locked sets of libraries hold what setup.cfg asks for, on every Python and system; .ci/lock makes them."""

from __future__ import annotations

import configparser
import itertools
import re
import tomllib
from collections import defaultdict
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import start

ROOT = Path(__file__).resolve().parent.parent
SETUP = configparser.ConfigParser()
SETUP.read(ROOT / "setup.cfg", encoding="utf-8")

REMADE = "run .ci/lock and commit what it changes"
LOWEST = "requirements-lowest.lock"
LOCKS = (*start.LOCKS.values(), LOWEST)

PYTHONS = re.findall(r"Python :: (3\.\d+)$", SETUP["metadata"]["classifiers"], re.MULTILINE)
SYSTEMS = {"win32": "Windows", "darwin": "Darwin", "linux": "Linux"}

Environment = dict[str, str]

ENVIRONMENTS: dict[str, Environment] = {
    f"{python} on {system}": {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": platform,
        "platform_system": system,
        "os_name": "nt" if platform == "win32" else "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    for python, (platform, system) in itertools.product(PYTHONS, SYSTEMS.items())
}


def requirements(text: str) -> list[Requirement]:
    """The requirements of a setting of several lines."""
    return [Requirement(line) for line in text.splitlines() if line.strip() and not line.startswith("#")]


RUNTIME = requirements(SETUP["options"]["install_requires"])
DEV = requirements(SETUP["options.extras_require"]["dev"])
BUILD = requirements("\n".join(tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]))

ASKED = {"requirements.lock": RUNTIME + BUILD, "requirements-dev.lock": RUNTIME + BUILD + DEV}


def entries(name: str) -> list[str]:
    """The requirements of a locked set, each with the hashes of its files."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", "")
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def pins(name: str, environment: Environment) -> dict[str, Version]:
    """Library -> version that a locked set gives in an environment."""
    found: defaultdict[str, list[Version]] = defaultdict(list)
    for entry in entries(name):
        pin = Requirement(entry.partition("--hash")[0])
        if pin.marker is None or pin.marker.evaluate(environment):
            (only,) = pin.specifier
            assert only.operator == "==", pin
            found[canonicalize_name(pin.name)].append(Version(only.version))
    assert all(len(versions) == 1 for versions in found.values()), found
    return {library: versions[0] for library, versions in found.items()}


def unmet(asked: list[Requirement], held: dict[str, Version], environment: Environment) -> list[str]:
    """What is asked for in an environment and is missing, or of a version outside its bounds."""
    wanted = [each for each in asked if each.marker is None or each.marker.evaluate(environment)]
    return [
        f"{each}: {held.get(canonicalize_name(each.name), 'missing')}"
        for each in wanted
        if canonicalize_name(each.name) not in held or held[canonicalize_name(each.name)] not in each.specifier
    ]


@pytest.mark.parametrize("environment", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
@pytest.mark.parametrize("lock", ASKED)
def test_a_locked_set_holds_what_setup_cfg_asks_for_within_its_bounds(lock: str, environment: Environment) -> None:
    assert unmet(ASKED[lock], pins(lock, environment), environment) == [], REMADE


def test_what_extras_of_a_library_bring_is_locked_too() -> None:
    """`pip install --no-deps` would not miss it. The versions are those that the library installed here names."""
    for asked, environment in itertools.product(RUNTIME, ENVIRONMENTS.values()):
        needs = [Requirement(line) for line in metadata.requires(asked.name) or []] if asked.extras else []
        here = [{**environment, "extra": extra} for extra in asked.extras]
        brought = {each.name for each in needs for extra in here if each.marker and each.marker.evaluate(extra)}
        assert bool(brought) == bool(asked.extras), asked
        assert {canonicalize_name(name) for name in brought} <= pins("requirements.lock", environment).keys(), REMADE


def test_a_fault_in_a_locked_set_is_found() -> None:
    held = pins("requirements.lock", ENVIRONMENTS["3.11 on Linux"])
    here = ENVIRONMENTS["3.11 on Linux"]
    assert unmet([Requirement("pandas>=99")], held, here) == [f"pandas>=99: {held['pandas']}"]
    assert unmet([Requirement("nowhere>=1")], held, here) == ["nowhere>=1: missing"]
    assert unmet([Requirement('nowhere>=1; python_version >= "3.12"')], held, here) == []


@pytest.mark.parametrize("environment", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_the_tests_run_with_the_libraries_of_the_program(environment: Environment) -> None:
    assert pins("requirements.lock", environment).items() <= pins("requirements-dev.lock", environment).items(), REMADE


def test_two_laptops_hold_the_same_libraries_whatever_their_python() -> None:
    """PuLP has no version for both Python 3.11 and later ones; what PuLP 4 brings along comes with it."""
    held = [pins("requirements.lock", environment) for environment in ENVIRONMENTS.values()]
    shared = set.intersection(*(set(each) for each in held))
    assert {library for library in shared if len({each[library] for each in held}) > 1} == {"pulp"}
    assert {"highspy", "highspy-extras", "clarabel", "scipy", "numpy", "pandas"} <= shared


@pytest.mark.parametrize("lock", LOCKS)
def test_every_file_is_known_by_its_hash_and_no_index_is_named(lock: str) -> None:
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry) for entry in entries(lock)), REMADE
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert not re.search(r"https?:|file:|--(extra-)?index-url|--find-links", text)


def test_the_pythons_of_the_locked_sets_are_those_of_setup_cfg() -> None:
    assert [tuple(map(int, python.split("."))) for python in (PYTHONS[0], PYTHONS[-1])] == [
        start.OLDEST,
        start.NEWEST_LOCKED,
    ]
    assert SETUP["options"]["python_requires"] == f">={PYTHONS[0]}"


def test_the_lowest_set_holds_the_lower_bounds() -> None:
    """What .ci/lowest installs is what setup.cfg calls enough, on the oldest Python."""
    oldest = ENVIRONMENTS[f"{PYTHONS[0]} on Linux"]
    held = pins(LOWEST, oldest)
    assert unmet(RUNTIME + BUILD + DEV, held, oldest) == [], REMADE
    for asked in RUNTIME + BUILD:
        if asked.marker is None or asked.marker.evaluate(oldest):
            (lower,) = [bound for bound in asked.specifier if bound.operator == ">="]
            assert held[canonicalize_name(asked.name)] == Version(lower.version), f"{asked}: {REMADE}"


def test_an_extra_asks_only_for_what_is_not_asked_for_already() -> None:
    names = [canonicalize_name(each.name) for each in RUNTIME if each.marker is None]
    assert not {canonicalize_name(each.name) for each in DEV} & set(names)

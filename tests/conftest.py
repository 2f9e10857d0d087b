# SPDX-License-Identifier: Apache-2.0
"""For all suites in Python: the harness on the path, one house per test, its logs when it fails."""
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent / "integration"))
from harness import SHARED, House  # noqa: E402


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for house in item.stash.get(HOUSES, []):
            for name, process in house.processes.items():
                report.sections.append((f"log of {name}", process.text()[-3000:]))


HOUSES = pytest.StashKey()


@pytest.fixture
def make_house(tmp_path, request):
    """make_house(**arguments of House): ended, and judged, after the test."""
    made = request.node.stash.setdefault(HOUSES, [])

    def make(**arguments):
        folder = tmp_path / f"house{len(made)}"
        folder.mkdir()
        house = House(folder, **arguments)
        made.append(house)
        return house

    yield make
    for house in made:
        house.close()


@pytest.fixture
def house(make_house):
    """The demo's house, all services online, the car not plugged in."""
    return make_house()


@pytest.fixture
def shared():
    """Reference material outside of the repository."""
    if not SHARED.is_dir():
        text = f"skipped: no reference material in {SHARED} (WATTBUS_SHARED)"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(text)
    return SHARED

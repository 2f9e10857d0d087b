# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from home_assistant import HERE, HomeAssistant  # noqa: E402


@pytest.fixture(scope="session")
def installed():
    """Home Assistant outside of the repository, installed when it is not there yet."""
    if os.getuid() != 0 or not shutil.which("debootstrap"):
        if sys.version_info < (3, 13, 2):
            text = "Home Assistant needs Python 3.13.2, or root and debootstrap to get it"
            (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(text)
    subprocess.run([HERE / "setup.sh"], check=True, stdin=subprocess.DEVNULL)


@pytest.fixture
def make_home_assistant(installed):
    made = []

    def make(*arguments):
        made.append(HomeAssistant(*arguments))
        return made[-1]

    yield make
    for ha in made:
        ha.close()
        shutil.rmtree(ha.dir, ignore_errors=True)

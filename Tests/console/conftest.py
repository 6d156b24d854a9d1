# SPDX-License-Identifier: Apache-2.0
"""One server and one Chromium for all tests; each gets the page as it is when freshly loaded."""

import pytest
from browser import Console, start_chromium
from serverprocess import ServerProcess
from steps import connect, open_queue


@pytest.fixture(scope="session")
def server():
    process = ServerProcess("--port", "0", "--store", "memory")
    yield process
    process.stop()


@pytest.fixture(scope="session")
def chromium():
    driver = start_chromium()
    yield driver
    driver.quit()


@pytest.fixture
def console(server, chromium):
    """The console page. Afterwards Chromium must have had nothing to complain of."""
    page = Console(chromium, f"http://127.0.0.1:{server.port}/")
    yield page
    assert page.complaints() == []


@pytest.fixture
def connected(console):
    connect(console)
    yield console
    if console.text("#state") == "connected":
        console.click("#connect")
        console.until_status("Disconnected.")


@pytest.fixture
def queue(connected, request):
    """A queue of the test's own, in view."""
    name = "q-" + "".join(c if c.isalnum() else "-" for c in request.node.name)[-60:]
    open_queue(connected, name)
    return name

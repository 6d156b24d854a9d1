# SPDX-License-Identifier: Apache-2.0
"""Servers for the tests: one with the default settings shared by many, or one of a test's own."""

import contextlib

import pytest

pytest.register_assert_rewrite("rawsocket")  # before its import, so that its asserts show values

from rawsocket import RawSocket  # noqa: E402
from serverprocess import ServerProcess, binary  # noqa: E402

_SERVERS = pytest.StashKey[list[ServerProcess]]()


def pytest_sessionstart():
    try:
        binary()
    except FileNotFoundError as error:  # said once, not by each test
        pytest.exit(str(error), returncode=1)


class SharedServer:
    """One process for all tests that need no flags; made anew should a test bring it down."""

    def __init__(self):
        self.current: ServerProcess | None = None

    def get(self) -> ServerProcess:
        if self.current is None or not self.current.running:
            self.current = ServerProcess("--port", "0")
        return self.current


@pytest.fixture(scope="session")
def shared_server():
    shared = SharedServer()
    yield shared
    if shared.current:
        shared.current.stop()


@pytest.fixture
def watch(request):
    """Has a server's standard error shown should the test fail."""
    return request.node.stash.setdefault(_SERVERS, []).append


@pytest.fixture
def server(shared_server, watch):
    """The shared server, which must outlive the test."""
    process = shared_server.get()
    watch(process)
    yield process
    assert process.running, f"the server ended with status {process.process.returncode}"


@pytest.fixture
def start_server(watch):
    """Starts servers with flags of the test's own; each must still end cleanly afterwards."""
    with contextlib.ExitStack() as stops:

        def start(*flags: str, env: dict[str, str] | None = None) -> ServerProcess:
            process = ServerProcess("--port", "0", *flags, env=env)
            stops.callback(process.stop)
            watch(process)
            return process

        yield start


@pytest.fixture
def connect(server):
    """Opens WebSocket connections to the shared server and closes their sockets afterwards."""
    with contextlib.ExitStack() as closes:

        def open_one(path: str = "/echo") -> RawSocket:
            return closes.enter_context(RawSocket(server.port)).upgrade(path)

        yield open_one


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    if report.failed:
        for process in item.stash.get(_SERVERS, []):
            tail = process.stderr()[-8000:]
            report.sections.append((f"standard error of swiftlet {process.process.pid}", tail))
    return report

# SPDX-License-Identifier: Apache-2.0
"""Messaging servers, one a store, that all tests share; each test has a project of its own."""

import contextlib

import pytest

pytest.register_assert_rewrite("wire")  # before its import, so that its asserts show values

from serverprocess import ServerProcess  # noqa: E402
from wire import JSON, MSGPACK, Client, new_project  # noqa: E402


@pytest.fixture(scope="session", params=["memory", "sqlite"])
def store_server(request, tmp_path_factory):
    store = request.param
    if store == "sqlite":
        store += f":{tmp_path_factory.mktemp('store') / 'messages'}"
    process = ServerProcess("--port", "0", "--store", store)
    yield process
    process.stop()


@pytest.fixture
def server(store_server, watch):
    """The server of each store, which must outlive the test."""
    watch(store_server)
    yield store_server
    assert store_server.running, f"the server ended with status {store_server.process.returncode}"


@pytest.fixture(params=[JSON, MSGPACK], ids=lambda encoding: encoding.name)
def encoding(request):
    return request.param


@pytest.fixture
def project():
    return new_project()


@pytest.fixture
def connect(server, encoding, project):
    """Opens connections in the test's encoding and project, unless told otherwise."""
    with contextlib.ExitStack() as closes:

        def open_one(**given) -> Client:
            client = Client(server, **({"encoding": encoding, "project": project} | given))
            return closes.enter_context(client)

        yield open_one


@pytest.fixture
def client(connect):
    return connect()

# SPDX-License-Identifier: Apache-2.0
"""Runs of `swiftlet-perf`, and servers that nobody here wrote."""

import contextlib
import json
import threading

from reports import perf
from websockets.sync.server import serve


def measured(file, *arguments):
    """The runs of a result file, and how the command ended that wrote it."""
    done = perf(*arguments, "--json", file)
    return (json.loads(file.read_text())["runs"] if file.exists() else None), done


def echo(connection):
    for message in connection:
        connection.send(message)


@contextlib.contextmanager
def python_server(handler, ssl=None):
    """The URL of a server whose connections are handled by `handler`, each on a thread."""
    with serve(handler, "127.0.0.1", 0, compression=None, ssl=ssl) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"{'wss' if ssl else 'ws'}://127.0.0.1:{server.socket.getsockname()[1]}/"
        server.shutdown()

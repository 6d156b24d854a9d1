# SPDX-License-Identifier: Apache-2.0
"""What webhooks are posted to."""

import json
import queue
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from serverprocess import PATIENCE


@dataclass
class Post:
    path: str
    headers: dict[str, str]
    body: bytes
    connection: tuple[str, int]

    @property
    def json(self):
        return json.loads(self.body)


class Receiver:
    """Takes posts at a free port of this machine, and answers with what it is told."""

    def __init__(self):
        self.posts: queue.Queue[Post] = queue.Queue()
        self.answers: queue.Queue[int] = queue.Queue()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.posts.put(Post(self.path, dict(self.headers), body, self.client_address))
                try:
                    status = receiver.answers.get_nowait()
                except queue.Empty:
                    status = 200
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self) -> Post:
        """The next post, in the order of their coming."""
        return self.posts.get(timeout=PATIENCE)

    def close(self):
        self.server.shutdown()
        self.server.server_close()

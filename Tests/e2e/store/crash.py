#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills a loaded server over and over, and holds its store against what it had answered.

Each connection loads a queue of its own, sixteen requests ahead of their answers, and keeps books. After
SIGKILL at a random moment and a new start:

- what was acknowledged is there, and what was acknowledged as deleted is not;
- of the requests without an answer all up to one are done and none behind it, each wholly or not at all;
- messages stand in the order of posting, under the ids that were given out;
- claims hold what they held, and statistics agree with lists.
"""

import argparse
import contextlib
import os
import random
import sys
import tempfile
import threading
import time
from collections import deque
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import msgpack  # noqa: E402
from serverprocess import PATIENCE, ServerProcess  # noqa: E402
from websockets.exceptions import ConnectionClosed, InvalidHandshake  # noqa: E402
from websockets.sync.client import connect  # noqa: E402

HEADERS = {"Client-ID": "3381af92-2b9e-11e3-b191-71861300734c", "X-Project-ID": "crash"}
AHEAD = 16
PAGE = 20


class Connection:
    def __init__(self, socket, queue: str):
        self.socket = socket
        self.queue = queue

    @classmethod
    @contextlib.contextmanager
    def open(cls, server: ServerProcess, queue: str):
        with connect(f"{server.url}/v2", compression=None, max_queue=None) as socket:
            yield cls(socket, queue)

    def send(self, action: str, body: dict) -> None:
        request = {"action": action, "headers": HEADERS, "body": {"queue_name": self.queue} | body}
        self.socket.send(msgpack.packb(request))

    def receive(self) -> tuple[int, dict]:
        response = msgpack.unpackb(self.socket.recv(timeout=PATIENCE))
        return response["headers"]["status"], response["body"]

    def ask(self, action: str, **body) -> tuple[int, dict]:
        self.send(action, body)
        return self.receive()

    def messages(self, *, include_claimed: bool) -> list[dict]:
        found: list[dict] = []
        while True:
            marker = {"marker": found[-1]["id"]} if found else {}
            status, body = self.ask(
                "message_list", echo=True, limit=PAGE, include_claimed=include_claimed, **marker
            )
            assert status == 200, body
            if not body["messages"]:
                return found
            found += body["messages"]


class Books:
    """What a queue's connection has sent and was told. Messages are numbered in order of posting."""

    def __init__(self, name: str, randomness: random.Random):
        self.name = name
        self.random = randomness
        self.next_number = 0
        self.ids: dict[int, str] = {}  # of what was acknowledged and not taken out since
        self.deleted: set[int] = set()  # acknowledged
        self.unanswered: deque[tuple[str, dict]] = deque()
        self.answered = 0

    def load(self, server: ServerProcess) -> None:
        """Sends and receives until the server is gone."""
        with (
            contextlib.suppress(ConnectionClosed, ConnectionError, InvalidHandshake),
            Connection.open(server, self.name) as connection,
        ):
            while True:
                while len(self.unanswered) < AHEAD:
                    action, body = self.choose()
                    self.unanswered.append((action, body))
                    connection.send(action, body)
                answer = connection.receive()
                self.note(*self.unanswered.popleft(), *answer)
                self.answered += 1

    def post(self) -> tuple[str, dict]:
        first = self.next_number
        self.next_number += self.random.randint(1, 3)
        size = self.random.choice([10, 100, 3000])
        messages = [
            {"ttl": 86400, "body": {"number": number, "rest": bytes(size)}}
            for number in range(first, self.next_number)
        ]
        return "message_post", {"messages": messages}

    def note_post(self, body: dict, status: int, answer: dict) -> None:
        assert status == 201, answer
        numbers = [message["body"]["number"] for message in body["messages"]]
        self.ids |= dict(zip(numbers, answer["message_ids"], strict=True))

    def posts_without_answer(self) -> list[list[int]]:
        return [
            [message["body"]["number"] for message in body["messages"]]
            for action, body in self.unanswered
            if action == "message_post"
        ]

    def check(self, server: ServerProcess) -> None:
        with Connection.open(server, self.name) as connection:
            messages = connection.messages(include_claimed=True)
            free = connection.messages(include_claimed=False)
            numbers = [message["body"]["number"] for message in messages]
            present = set(numbers)
            assert numbers == sorted(present), "out of order, or twice"
            for number, message in zip(numbers, messages):
                assert self.ids.get(number, message["id"]) == message["id"], "another id"
            assert not present & self.deleted, "deleted messages returned"
            self.check_statistics(connection, messages, free)
            self.check_marker(connection, free)
            lost = self.ids.keys() - present
            self.check_missing(lost, present)
            self.deleted |= lost
            self.unanswered.clear()
            self.ids = {number: message["id"] for number, message in zip(numbers, messages)}
            self.check_claims(connection, {message["body"]["number"] for message in free})

    def check_statistics(self, connection: Connection, messages: list, free: list) -> None:
        statistics = connection.ask("queue_get_stats")[1]["messages"]
        counts = [statistics[key] for key in ("total", "free", "claimed")]
        assert counts == [len(messages), len(free), len(messages) - len(free)]
        if messages:
            assert statistics["oldest"]["id"] == messages[0]["id"]
            assert statistics["newest"]["id"] == messages[-1]["id"]

    def check_marker(self, connection: Connection, free: list) -> None:
        """One from before the crash marks its place, whether or not its message is still there."""
        if self.ids:
            number = self.random.choice(list(self.ids))
            _, page = connection.ask("message_list", marker=self.ids[number], echo=True, limit=1)
            expected = [message for message in free if message["body"]["number"] > number][:1]
            assert [m["id"] for m in page["messages"]] == [m["id"] for m in expected]

    def check_posts_without_answer(self, present: set[int]) -> None:
        is_done = [present.issuperset(post) for post in self.posts_without_answer()]
        assert is_done == sorted(is_done, reverse=True), "a later post is there, an earlier one not"
        for post, done in zip(self.posts_without_answer(), is_done):
            assert done or present.isdisjoint(post), "a part of a post"


class LineBooks(Books):
    """Posts at one end and pops at the other."""

    def choose(self) -> tuple[str, dict]:
        if len(self.ids) > 200 or self.random.random() < 0.4:
            return "message_delete_many", {"pop": self.random.randint(1, 5)}
        return self.post()

    def note(self, action: str, body: dict, status: int, answer: dict) -> None:
        if action == "message_post":
            return self.note_post(body, status, answer)
        assert status == 200, answer
        for message in answer["messages"]:
            number = message["body"]["number"]
            assert self.ids.pop(number) == message["id"]
            self.deleted.add(number)

    def check_missing(self, lost: set[int], present: set[int]) -> None:
        popped = sum(body.get("pop", 0) for _, body in self.unanswered)
        assert len(lost) <= popped, f"lost {sorted(lost)}"
        left = self.ids.keys() & present
        if left:
            assert not lost or max(lost) < min(left), "popped, but not the oldest"
            self.check_posts_without_answer(present)

    def check_claims(self, connection: Connection, free: set[int]) -> None:
        assert free == self.ids.keys()


class HeapBooks(Books):
    """Deletes one here and one there, and claims what it then deletes or releases."""

    def __init__(self, name: str, randomness: random.Random):
        super().__init__(name, randomness)
        self.claims: dict[str, set[int]] = {}
        self.released: set[str] = set()
        self.touched: set[int] = set()  # their deletion is asked for

    def choose(self) -> tuple[str, dict]:
        choices = [self.post, self.claim, self.delete, self.delete, self.release]
        weights = [1 if len(self.ids) > 200 else 5, 2, 3, 3, 1]
        return self.random.choices(choices, weights)[0]() or self.post()

    def claim(self) -> tuple[str, dict]:
        return "claim_create", {"limit": self.random.randint(1, 5), "ttl": 3600}

    def delete(self) -> tuple[str, dict] | None:
        candidates = self.ids.keys() - self.touched
        if not candidates:
            return None
        number = self.random.choice(sorted(candidates)[:40])
        self.touched.add(number)
        holders = [claim for claim, held in self.claims.items() if number in held]
        return "message_delete", {"message_id": self.ids[number]} | (
            {"claim_id": holders[0]} if holders else {}
        )

    def release(self) -> tuple[str, dict] | None:
        if not self.claims:
            return None
        claim = self.random.choice(list(self.claims))
        del self.claims[claim]
        return "claim_delete", {"claim_id": claim}

    def note(self, action: str, body: dict, status: int, answer: dict) -> None:
        if action == "message_post":
            self.note_post(body, status, answer)
        elif action == "claim_create":
            assert status in (201, 204), answer
            if status == 201:
                held = {message["body"]["number"] for message in answer["messages"]}
                assert not held & self.deleted, "claimed what was deleted"
                self.claims[answer["claim_id"]] = held
        elif action == "claim_delete":
            assert status == 204, answer
            self.released.add(body["claim_id"])
        else:
            number = next(n for n in self.touched if self.ids.get(n) == body["message_id"])
            self.touched.discard(number)
            if status == 204:
                del self.ids[number]
                self.deleted.add(number)
            else:  # a claim that was under way came first, or went
                assert status in (400, 403), answer

    def check_missing(self, lost: set[int], present: set[int]) -> None:
        assert lost <= self.touched, f"lost {sorted(lost - self.touched)}"
        self.touched.clear()
        self.check_posts_without_answer(present)

    def check_claims(self, connection: Connection, free: set[int]) -> None:
        for claim, held in self.claims.items():
            assert held.isdisjoint(free), "a claim lost its messages"
            status, answer = connection.ask("claim_get", claim_id=claim)
            assert status == 200, "lost a claim"
            assert {m["body"]["number"] for m in answer["messages"]} == held & self.ids.keys()
        for claim in self.released:
            assert connection.ask("claim_get", claim_id=claim)[0] == 404, "a claim returned"
        # Begin anew: what is held, also by claims of which nothing was heard, would be in the way.
        held = sorted(self.ids.keys() - free)
        for start in range(0, len(held), PAGE):
            ids = [self.ids[number] for number in held[start : start + PAGE]]
            assert connection.ask("message_delete_many", message_ids=ids)[0] == 204
        self.deleted.update(held)
        for number in held:
            del self.ids[number]
        self.claims.clear()
        self.released.clear()


def run(path: Path, rounds: int, seed: int, report=lambda line: None) -> None:
    """Kills the server of a store so many times; what it finds wrong is an AssertionError."""
    randomness = random.Random(seed)
    books = [
        kind(f"queue-{number}", random.Random(randomness.random()))
        for number, kind in enumerate([LineBooks, HeapBooks] * 3)
    ]
    for number in range(rounds):
        server = ServerProcess("--port", "0", "--log-level", "error", "--store", f"sqlite:{path}")
        try:
            before = sum(book.answered for book in books)
            failures: list[BaseException] = []
            threads = [
                threading.Thread(target=watched, args=(book.load, server, failures))
                for book in books
            ]
            for thread in threads:
                thread.start()
            time.sleep(randomness.uniform(0.05, 1))
            server.kill()
            for thread in threads:
                thread.join(PATIENCE)
            if failures:
                raise failures[0]
        finally:
            server.kill()
        server = ServerProcess("--port", "0", "--log-level", "error", "--store", f"sqlite:{path}")
        try:
            for book in books:
                book.check(server)
            server.stop()
        finally:
            server.kill()
        answered = sum(book.answered for book in books) - before
        kept = sum(len(book.ids) for book in books)
        report(f"round {number}: {answered} requests answered, {kept} messages kept")


def watched(load, server: ServerProcess, failures: list[BaseException]) -> None:
    try:
        load(server)
    except BaseException as failure:
        failures.append(failure)


def main() -> None:
    parser = argparse.ArgumentParser(description="Kills a loaded server and checks its store.")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4)))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    with tempfile.TemporaryDirectory() as folder:
        run(Path(folder) / "store", options.rounds, options.seed, report=print)
    print("nothing was lost, and nothing returned")


if __name__ == "__main__":
    main()

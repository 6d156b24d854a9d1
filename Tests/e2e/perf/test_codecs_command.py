# SPDX-License-Identifier: Apache-2.0
"""`swiftlet-perf codecs`: the bytes are those of other libraries' codecs too."""

import json

import msgpack
import pytest
from reports import perf

CELLS = [f"{content}, {format}" for content in ("record", "text", "binary") for format in ("json", "msgpack")]


def measured(tmp_path, *arguments):
    file = tmp_path / "result.json"
    done = perf("codecs", "--repetitions", "1", "--json", str(file), *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    runs = json.loads(file.read_text())["runs"]
    assert [run["name"] for run in runs] == CELLS
    return done.stdout, {run["name"]: run["figures"] for run in runs}


@pytest.mark.parametrize("size", [1, 100, 3000])
def test_bytes_are_those_of_the_contents(tmp_path, size):
    output, cells = measured(tmp_path, "--size", str(size))
    text, binary = "x" * size, bytes(size)
    assert cells["text, json"]["bytes"] == len(json.dumps(text))
    assert cells["text, msgpack"]["bytes"] == len(msgpack.packb(text))
    assert cells["binary, msgpack"]["bytes"] == len(msgpack.packb(binary))
    # Four characters for three bytes, within quotes; "/" may be escaped, and is not.
    assert cells["binary, json"]["bytes"] == 2 + 4 * ((size + 2) // 3)
    assert all(cell["writeNanoseconds"] > 0 and cell["readNanoseconds"] > 0 for cell in cells.values())
    assert "MessagePack over JSON" in output


def test_messages_take_turns_on_a_server(server, tmp_path):
    output, cells = measured(
        tmp_path, "--url", f"ws://127.0.0.1:{server.port}/echo", "--size", "200", "--connections", "4",
        "--rounds", "6", "--round-duration", "50ms",
    )  # fmt: skip
    assert all(cell["rate"] > 0 for cell in cells.values())
    assert output.count(", rate ") == 3

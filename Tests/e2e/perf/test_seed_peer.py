# SPDX-License-Identifier: Apache-2.0
"""The experiment's server and client, as perf/peers/seed has them, and ours in their place."""

import json
import random
import subprocess
import sys

import pytest
from serverprocess import PATIENCE, ROOT
from websockets.sync.client import connect

SEED = ROOT / "perf" / "peers" / "seed"


@pytest.fixture(scope="module")
def seed_server():
    process = subprocess.Popen(
        [sys.executable, SEED / "server.py", "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        line = process.stdout.readline()
        assert line.startswith("listening on ws://127.0.0.1:")
        yield line.split()[-1]
    finally:
        process.terminate()
        process.wait(PATIENCE)


def answer(url, image):
    with connect(url, compression=None) as connection:
        connection.send(image)
        return connection.recv(timeout=PATIENCE)


def test_answers_are_ours_to_the_letter(server, seed_server):
    ours = f"ws://127.0.0.1:{server.port}/stats"
    for seed in range(4):
        image = random.Random(seed).randbytes(480_000 - seed)
        assert answer(seed_server, image) == answer(ours, image)


@pytest.mark.parametrize("processes", ["1", "2"])
def test_its_client_measures_both(server, seed_server, processes, tmp_path):
    for url in (seed_server, f"ws://127.0.0.1:{server.port}/stats"):
        file = tmp_path / "images.jsonl"
        arguments = [url, "--count", "4", "--processes", processes, "--jsonl", file]
        done = subprocess.run(
            [sys.executable, SEED / "client.py", *arguments],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("4 images in ")
        images = [json.loads(line) for line in file.read_text().splitlines()]
        assert [image["idx"] for image in images] == [0, 1, 2, 3]
        for image in images:
            assert image["total"] == pytest.approx(image["send"] + image["recv"])
            assert image["time"] > 0

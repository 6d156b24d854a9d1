# SPDX-License-Identifier: Apache-2.0
"""The client of the experiment that this project grew from, in its tools:

  client.py URL [--count 1000] [--processes 1] [--jsonl FILE]

Sends images of 800x600 random bytes, each over a connection of its own, which is what its serial
clients did: one after another, or from a pool of processes. Times are seconds, connecting is not
in them, as it was not then; the total is what it took all in all.
"""

import argparse
import json
import multiprocessing
import time

import numpy
from websockets.sync.client import connect


def send_image(task):
    url, index, begin = task
    image = numpy.random.default_rng(index).integers(0, 255, (600, 800), numpy.uint8).tobytes()
    with connect(url, compression=None) as connection:
        start = time.monotonic()
        connection.send(image)
        sent = time.monotonic()
        reply = connection.recv()
        received = time.monotonic()
    if not reply.startswith(f"Received: {len(image)}"):
        raise RuntimeError(f"not an answer to {len(image)} bytes: {reply!r}")
    return {
        "time": start - begin,
        "send": sent - start,
        "recv": received - sent,
        "total": received - start,
        "idx": index,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--jsonl", metavar="FILE", help="write a line for each image")
    options = parser.parse_args()
    begin = time.monotonic()
    tasks = [(options.url, index, begin) for index in range(options.count)]
    if options.processes == 1:
        images = [send_image(task) for task in tasks]
    else:
        with multiprocessing.Pool(options.processes) as pool:
            images = pool.map(send_image, tasks, chunksize=1)
    elapsed = time.monotonic() - begin
    if options.jsonl:
        with open(options.jsonl, "w") as file:
            file.writelines(json.dumps(image) + "\n" for image in images)
    median = numpy.median([image["total"] for image in images])
    print(f"{options.count} images in {elapsed:.2f} s, {options.processes} at once, median {median * 1000:.2f} ms")


if __name__ == "__main__":
    main()

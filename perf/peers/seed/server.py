# SPDX-License-Identifier: Apache-2.0
"""The image server of the experiment that this project grew from, in its tools: server.py PORT

A binary message is an image of 800x600 bytes. numpy computes, and one line of text answers:
bytes, shape, max, min, mean, median. With /ack the answer is the count of bytes alone, at once.
"""

import asyncio
import sys

import numpy
from websockets.asyncio.server import serve


async def answer(connection):
    acknowledges = connection.request.path.startswith("/ack")
    async for message in connection:
        if acknowledges:
            await connection.send(f"Received: {len(message)}")
        image = numpy.frombuffer(message, dtype=numpy.uint8)
        statistics = (
            f"{image.max()}, {image.min()}, {numpy.mean(image)}, {numpy.median(image)}"
        )
        if not acknowledges:
            await connection.send(f"Received: {len(message)}, {image.shape}, {statistics}")


async def main(port):
    async with serve(answer, "127.0.0.1", port, compression=None) as server:
        port = server.sockets[0].getsockname()[1]
        print(f"listening on ws://127.0.0.1:{port}/stats", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))

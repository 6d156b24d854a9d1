# SPDX-License-Identifier: Apache-2.0
"""An echo server on Python's websockets and uvloop: echo.py PORT | --version"""

import platform
import sys

import uvloop
import websockets
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed


async def echo(connection):
    try:
        while True:
            await connection.send(await connection.recv())
    except ConnectionClosed:
        pass


async def main(port):
    # Both event loops set TCP_NODELAY. Pings of its own would be measured as well.
    async with serve(
        echo, "127.0.0.1", port, compression=None, max_size=16 << 20, ping_interval=None
    ) as server:
        port = server.sockets[0].getsockname()[1]
        print(f"listening on ws://127.0.0.1:{port}/echo", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    if sys.argv[1] == "--version":
        print(f"websockets {websockets.__version__}, uvloop {uvloop.__version__}, "
              f"Python {platform.python_version()}")
        sys.exit()
    uvloop.run(main(int(sys.argv[1])))

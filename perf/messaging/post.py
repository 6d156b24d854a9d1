#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Posts messages to `swiftlet serve` in JSON and in MessagePack by turns: requests a second, the server's
CPU time for one, and the bytes of a request with its response.

The two encodings of one body make a pair; a round takes each once, the order turned round every other
time. Ratios are medians over the rounds' pairs, with the interval of a bootstrap.
"""

import argparse
import base64
import json
import pathlib
import random
import statistics
import struct
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "bench"))
import compare  # noqa: E402
import servers  # noqa: E402

# 100 bytes each as MessagePack counts them: what a service has to say, a text, and bytes of no structure.
BINARY = random.Random(1).randbytes(98)
BODIES = {
    "record": {
        "sensor": 4711, "time": 1795270324.125, "x": 512, "y": -17, "width": 640, "height": 480,
        "mean": 127.52352291666666, "ok": True, "tags": ["left", "cold", "second shift"],
    },
    "text": "The quick brown fox jumps over the lazy dog, and then runs home to tell the others all about it.",
    "binary": BINARY,
}


def pack(value):
    """MessagePack of what the requests hold, in the shortest forms."""
    match value:
        case bool():
            return b"\xc3" if value else b"\xc2"
        case int() if 0 <= value < 128 or -32 <= value < 0:
            return struct.pack("b", value)
        case int() if 0 <= value < 1 << 16:
            return b"\xcc" + bytes([value]) if value < 256 else b"\xcd" + value.to_bytes(2, "big")
        case float():
            return struct.pack(">Bd", 0xCB, value)
        case bytes():
            return bytes([0xC4, len(value)]) + value
        case str():
            text = value.encode()
            return (bytes([0xA0 | len(text)]) if len(text) < 32 else bytes([0xD9, len(text)])) + text
        case list():
            return bytes([0x90 | len(value)]) + b"".join(map(pack, value))
        case dict():
            return bytes([0x80 | len(value)]) + b"".join(pack(k) + pack(v) for k, v in value.items())
    raise ValueError(f"{value!r} is beyond this packer")


def compact(value):
    text = json.dumps(value, separators=(",", ":"), default=lambda b: base64.b64encode(b).decode())
    return text.encode()


ENCODE = {"json": compact, "msgpack": pack}


def exchange(body, encoding):
    """A request, and how many bytes its response has."""
    headers = {"Client-ID": "30387f00-39a0-11f0-8cf8-ef0b44de4cff", "X-Project-ID": "factory"}
    request = {
        "action": "message_post", "headers": headers,
        "body": {"queue_name": "readings", "messages": [{"ttl": 300, "body": body}]},
    }
    response = {
        "request": {k: request[k] for k in ("action", "body", "headers")} | {"api": "v2"},
        "body": {"message_ids": ["0" * 36]}, "headers": {"status": 201},
    }
    return ENCODE[encoding](request), len(ENCODE[encoding](response))


def arguments(folder, name, encoding, options):
    request, response_size = exchange(BODIES[name], encoding)
    file = folder / f"{name}.{encoding}"
    file.write_bytes(request)
    return [
        "--path", "/v2", "--connections", str(options.connections), "--depth", str(options.depth),
        "--message", str(file), "--expect-size", str(response_size),
        "--seconds", str(options.seconds), "--warmup", "0.3",
    ] + (["--text"] if encoding == "json" else [])


def run_body(name, folder, subject, options):
    runs = {encoding: [] for encoding in ENCODE}
    for number in range(options.rounds):
        for encoding in list(ENCODE)[:: 1 if number % 2 else -1]:
            with servers.machine_to_ourselves(), subject.start() as server:
                run = servers.measure(server, arguments(folder, name, encoding, options))
            runs[encoding].append(run)
    sizes = {}
    for encoding in ENCODE:
        request, response_size = exchange(BODIES[name], encoding)
        sizes[encoding] = len(request) + response_size
    ratios = [
        compare.cpu_per_message(text) / compare.cpu_per_message(binary)
        for text, binary in zip(runs["json"], runs["msgpack"])
    ]
    return {
        "body_bytes": {encoding: len(encode(BODIES[name])) for encoding, encode in ENCODE.items()},
        "exchange_bytes": sizes,
        "bytes_ratio": sizes["msgpack"] / sizes["json"],
        "requests_per_cpu_second_ratio": statistics.median(ratios),
        "requests_per_cpu_second_interval": compare.median_interval(ratios),
        "encodings": {
            encoding: {
                "rate": statistics.median(run["rate"] for run in runs[encoding]),
                "cpu_ns": statistics.median(map(compare.cpu_per_message, runs[encoding])) * 1e9,
                "runs": runs[encoding],
            }
            for encoding in ENCODE
        },
    }


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, metavar="COMMAND")
    parser.add_argument("--bodies", default=",".join(BODIES))
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--depth", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=1.5)
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE")
    return parser.parse_args()


def main():
    options = parse()
    subject = servers.Subject(f"swiftlet={options.server}")
    record = {
        "schema": 1, "machine": compare.machine(), "command": options.server,
        "connections": options.connections, "depth": options.depth,
        "rounds": options.rounds, "seconds": options.seconds, "bodies": {},
    }
    with tempfile.TemporaryDirectory() as folder:
        for name in options.bodies.split(","):
            result = run_body(name, pathlib.Path(folder), subject, options)
            record["bodies"][name] = result
            low, high = result["requests_per_cpu_second_interval"]
            for encoding, run in result["encodings"].items():
                print(
                    f"{name:8} {encoding:8} {run['rate']:9.0f} requests/s {run['cpu_ns']:7.0f} ns CPU "
                    f"{result['exchange_bytes'][encoding]:5} B in and out"
                )
            print(
                f"{name:8} msgpack over json: {result['requests_per_cpu_second_ratio']:.2f} "
                f"[{low:.2f}, {high:.2f}] requests per CPU second, {result['bytes_ratio']:.2f} of the bytes",
                flush=True,
            )
    if options.json:
        options.json.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One poster, many subscribers to `swiftlet serve`: notifications delivered a second, and for each second
of the server's CPU. Of `depth` posts at a time each has reached all subscribers before the next but
`depth` is posted.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

import post

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "bench"))
import compare  # noqa: E402
import servers  # noqa: E402

FANOUT = HERE.parent / "bench" / ".build" / "fanout"


def requests(folder, encoding, ids):
    """Files with the requests to subscribe and to post."""
    headers = {"Client-ID": "30387f00-39a0-11f0-8cf8-ef0b44de4cff", "X-Project-ID": "factory"}
    subscription = {"queue_name": "readings"} | ({"options": {"ids": True}} if ids else {})
    bodies = {
        "subscription_create": subscription,
        "message_post": {
            "queue_name": "readings", "messages": [{"ttl": 60, "body": post.BODIES["record"]}],
        },
    }
    for action, body in bodies.items():
        request = {"action": action, "headers": headers, "body": body}
        file = folder / action
        file.write_bytes(post.ENCODE[encoding](request))
        yield str(file)


def run(server, folder, encoding, depth, options):
    subscribe, publish = requests(folder, encoding, options.ids)
    command = ["taskset", "-c", servers.CLIENT_CPU, str(FANOUT), "--port", str(server.port)]
    command += ["--subscribe", subscribe, "--post", publish, "--depth", str(depth)]
    command += ["--subscribers", str(options.subscribers), "--seconds", str(options.seconds)]
    command += ["--text"] if encoding == "json" else []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as client:
        if client.stdout.readline() != b"ready\n":
            raise SystemExit("the client could not begin")
        before = server.cpu()
        client.stdin.write(b"\n")
        client.stdin.flush()
        result = json.loads(client.stdout.readline())
        after = server.cpu()
    return result | {
        "server_user_s": after[0] - before[0], "server_system_s": after[1] - before[1],
        "server_cpu_s": after[2] - before[2],
        "deliveries_per_cpu_second": result["deliveries"] / (after[2] - before[2]),
    }


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, metavar="COMMAND")
    parser.add_argument("--subscribers", type=int, default=1000)
    parser.add_argument("--depths", default="1,4,16")
    parser.add_argument("--encodings", default=",".join(post.ENCODE))
    parser.add_argument("--ids", action="store_true", help="notifications tell ids")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.5)
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE")
    return parser.parse_args()


def main():
    options = parse()
    subject = servers.Subject(f"swiftlet={options.server}")
    record = {
        "schema": 1, "machine": compare.machine(), "command": options.server,
        "subscribers": options.subscribers, "ids": options.ids, "seconds": options.seconds, "runs": [],
    }
    with tempfile.TemporaryDirectory() as folder:
        for depth in map(int, options.depths.split(",")):
            for encoding in options.encodings.split(","):
                runs = []
                for _ in range(options.rounds):
                    with servers.machine_to_ourselves(), subject.start() as server:
                        runs.append(run(server, pathlib.Path(folder), encoding, depth, options))
                rate, of_cpu = (
                    statistics.median(one[name] for one in runs)
                    for name in ("rate", "deliveries_per_cpu_second")
                )
                record["runs"].append({
                    "depth": depth, "encoding": encoding, "rate": rate,
                    "deliveries_per_cpu_second": of_cpu, "rounds": runs,
                })
                print(
                    f"{encoding:8} depth {depth:3} {rate:9.0f} deliveries/s, "
                    f"{of_cpu:9.0f} for a second of the server's CPU", flush=True,
                )
    if options.json:
        options.json.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()

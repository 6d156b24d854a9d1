# SPDX-License-Identifier: Apache-2.0
"""Starting, watching and stopping the server under test, and loading it with the C client."""

import contextlib
import fcntl
import json
import os
import pathlib
import re
import resource
import selectors
import shlex
import shutil
import signal
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
LOAD = HERE / ".build" / "load"
SERVER_CPU, CLIENT_CPU = "0", "1"
SAMPLE_NS = 50_000
# "listening on 4711" of the floor, "swiftlet listening on ws://127.0.0.1:4711" of the server.
READY = re.compile(rb"listening on (?:\S*:)?(\d+)\s")
OWN_NAMESPACE = ["unshare", "-n", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]


class Subject:
    """A server by name and command line. {mode} in the command becomes echo or consume; a subject
    that has it answers the statistics workload with 8 bytes, as the floor does."""

    def __init__(self, text):
        self.name, separator, self.command = text.partition("=")
        if not separator or not self.name or not self.command:
            raise SystemExit(f"--subject takes NAME=COMMAND, not {text!r}")
        self.bare = "{mode}" in self.command

    def start(self, mode="echo", own_namespace=False, environment=None):
        command = shlex.split(self.command.replace("{mode}", mode))
        return Server(command, own_namespace, environment)


class Server:
    """A running server, pinned to SERVER_CPU; a context manager that ends it."""

    def __init__(self, command, own_namespace, environment):
        self.own_namespace = own_namespace
        prefix = OWN_NAMESPACE if own_namespace else []
        self.process = subprocess.Popen(
            ["taskset", "-c", SERVER_CPU] + prefix + command,
            stdout=subprocess.PIPE,
            env=os.environ | (environment or {}),
        )
        self.pid = self.process.pid  # taskset, unshare and sh all exec the next
        try:
            self.port = self._wait_until_ready(command)
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def _wait_until_ready(self, command):
        seen, deadline = b"", time.monotonic() + 15
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while not (match := READY.search(seen)):
                if not selector.select(max(0, deadline - time.monotonic())):
                    raise SystemExit(f"not ready within 15 seconds: {shlex.join(command)}")
                chunk = self.process.stdout.read1(4096)
                if not chunk:
                    raise SystemExit(f"ended before it was ready: {shlex.join(command)}")
                seen += chunk
        return int(match[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def client_command(self, arguments):
        enter = ["nsenter", "-t", str(self.pid), "-n"] if self.own_namespace else []
        return (
            enter
            + ["taskset", "-c", CLIENT_CPU, str(LOAD), "--port", str(self.port)]
            + arguments
        )

    def cpu(self):
        """User and system seconds (split by timer ticks), and the exact sum in seconds."""
        fields = self._proc("stat").rsplit(")", 1)[1].split()
        ticks = 100  # USER_HZ, fixed on Linux
        exact = sum(
            int(path.read_text().split()[0])
            for path in pathlib.Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        )
        return int(fields[11]) / ticks, int(fields[12]) / ticks, exact / 1e9

    def private_dirty(self):
        return int(re.search(r"Private_Dirty:\s+(\d+) kB", self._proc("smaps_rollup"))[1]) * 1024

    def _proc(self, name):
        return pathlib.Path(f"/proc/{self.pid}/{name}").read_text()


def run_client(command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=700)
    if done.returncode != 0:
        raise SystemExit(f"{shlex.join(command)}\nfailed: {done.stderr.strip()}")
    return json.loads(done.stdout.splitlines()[-1])


def _machine_cpu():
    """CPU seconds of the whole machine so far, stolen time included, idle left out."""
    fields = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    return sum(int(value) for index, value in enumerate(fields) if index not in (3, 4)) / 100


@contextlib.contextmanager
def machine_to_ourselves():
    """Only one measurement of the machine at a time: others wait for the lock."""
    with open(pathlib.Path(tempfile.gettempdir()) / "swiftlet-bench.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wait_until_quiet()
        yield


def wait_until_quiet(limit=60):
    """Returns when other processes leave the machine idle, or after `limit` seconds."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        before = _machine_cpu()
        time.sleep(0.25)
        if _machine_cpu() - before < 0.03:
            return


def measure(server, arguments):
    """One run of the client; its result with the server's CPU time added, and in others_busy the
    CPUs that everything else on the machine took meanwhile."""
    before, begun = server.cpu(), time.monotonic()
    machine, client = _machine_cpu(), resource.getrusage(resource.RUSAGE_CHILDREN)
    result = run_client(server.client_command(arguments))
    after, elapsed = server.cpu(), time.monotonic() - begun
    machine = _machine_cpu() - machine
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    client = now.ru_utime + now.ru_stime - client.ru_utime - client.ru_stime
    result["others_busy"] = max(0, machine - client - (after[2] - before[2])) / elapsed
    result["server_user_s"] = after[0] - before[0]
    result["server_system_s"] = after[1] - before[1]
    result["server_cpu_s"] = after[2] - before[2]
    result["elapsed_s"] = elapsed
    return result


def sample_user_ns(server, arguments):
    """User-space nanoseconds of the server per message: samples of its CPU clock that hit user
    code, one every SAMPLE_NS. None where perf is not to be had."""
    if not shutil.which("perf"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        data = f"{folder}/perf.data"
        perf = ["perf", "record", "--quiet", "--no-buildid", "--event", "cpu-clock:u"]
        perf += ["--count", str(SAMPLE_NS), "--pid", str(server.pid), "--output", data, "--"]
        result = run_client(perf + server.client_command(arguments))
        script = subprocess.run(
            ["perf", "script", "--input", data, "--fields", "ip"], capture_output=True, text=True
        )
    if script.returncode != 0:
        return None
    samples = sum(1 for line in script.stdout.splitlines() if line.strip())
    return samples * SAMPLE_NS / result["messages_total"]


def idle_bytes(server, connections):
    """Private dirty bytes of the server per idle connection."""

    def settled():
        last = None
        while (now := server.private_dirty()) != last:
            last = now
            time.sleep(0.3)
        return now

    before = settled()
    command = server.client_command(["--idle", str(connections)])
    client = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        if client.stdout.readline() != b"ready\n":
            raise SystemExit("the client could not open its idle connections")
        after = settled()
    finally:
        client.stdin.close()
        client.wait(30)
        client.stdout.close()
    return (after - before) / connections

# SPDX-License-Identifier: Apache-2.0
"""The real `swiftlet serve` as a child process: started, watched and stopped by its process id."""

import os
import re
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READY = re.compile(rb"swiftlet listening on (?P<scheme>wss?)://(?P<host>.+):(?P<port>\d+)\n")

# A bound on hangs, far above what any step takes, so that a loaded machine fails no test.
PATIENCE = 60.0


def eventually(condition: Callable[[], bool]) -> bool:
    """Asks again until it holds or patience ends: for what the server announces to nobody."""
    deadline = time.monotonic() + PATIENCE
    while not (held := condition()) and time.monotonic() < deadline:
        pass
    return held


def binary() -> Path:
    path = Path(os.environ.get("SWIFTLET_BIN") or ROOT / ".build" / "release" / "swiftlet")
    if not os.access(path, os.X_OK):
        raise FileNotFoundError(f"no server at {path}: build it, or name it by SWIFTLET_BIN")
    return path.absolute()


def environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """Ours without its SWIFTLET_* settings (but for the CPU choice), so that a test says all."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("SWIFTLET_") or name == "SWIFTLET_CPU"
    }
    return kept | (extra or {})


def takes_jwt() -> bool:
    """Whether the server was built with the package trait JWT."""
    done = subprocess.run(
        [binary(), "check", "--jwt-keys", "/dev/null"],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    return "package trait JWT" not in done.stderr


def run_to_exit(
    *flags: str, command: str = "serve", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess:
    """Runs a command that is expected to exit by itself, as a server does that refuses its settings."""
    return subprocess.run(
        [binary(), command, *flags],
        env=environment(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


class ServerProcess:
    """A running server. `host` and `port` are those of its ready line."""

    def __init__(
        self, *flags: str, env: dict[str, str] | None = None, descriptors: int | None = None
    ):
        """`descriptors` bounds how many files, sockets included, it may have open."""
        bound = ["prlimit", f"--nofile={descriptors}"] if descriptors else []
        self._stderr = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [*bound, binary(), "serve", *flags],
            env=environment(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
        )
        try:
            match = READY.fullmatch(self._read_line())
            assert match, "the first line on standard output is not the ready line"
        except BaseException as error:
            self.kill()
            error.add_note(f"swiftlet's standard error:\n{self.stderr()}")
            raise
        self.scheme = match["scheme"].decode()
        self.host = match["host"].decode()
        self.port = int(match["port"])

    def _read_line(self) -> bytes:
        descriptor = self.process.stdout.fileno()
        deadline = time.monotonic() + PATIENCE
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([descriptor], [], [], deadline - time.monotonic())
            assert ready, f"no ready line within {PATIENCE} s, only {line!r}"
            byte = os.read(descriptor, 1)
            assert byte, f"standard output ended after {line!r}"
            line += byte
        return line

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def rss(self) -> int:
        """Resident memory in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024

    def stderr(self) -> str:
        # pread: the child writes at the file offset both processes share.
        size = os.fstat(self._stderr.fileno()).st_size
        return os.pread(self._stderr.fileno(), size, 0).decode(errors="replace")

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def wait(self, timeout: float = PATIENCE) -> int:
        """The exit status, once the server has ended by itself."""
        return self.process.wait(timeout)

    def stop(self) -> None:
        """SIGTERM, then all that is asked of a clean end."""
        if self.running:
            self.terminate()
        try:
            status = self.wait()
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server still ran {PATIENCE} s after SIGTERM") from None
        rest = self.process.stdout.read()
        assert status == 0, f"exit status {status}; standard error:\n{self.stderr()}"
        assert rest == b"", f"standard output holds more than the ready line: {rest!r}"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

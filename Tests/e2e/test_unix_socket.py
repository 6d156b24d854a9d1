# SPDX-License-Identifier: Apache-2.0
"""`--unix-socket`: served to curl and to websockets, and whose file is removed when."""

import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import time
from pathlib import Path

import pytest
from serverprocess import PATIENCE, binary, environment, run_to_exit
from websockets.sync.client import unix_connect


class UnixServer:
    """A server whose ready line has no port."""

    def __init__(self, *flags: str, env: dict[str, str] | None = None, **popen):
        self.process = subprocess.Popen(
            [binary(), "serve", *flags],
            env=environment(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **popen,
        )
        self.ready = self.process.stdout.readline().decode()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        rest, errors = self.process.communicate(timeout=PATIENCE)
        assert (self.process.returncode, rest) == (0, b""), errors.decode()


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "swiftlet.sock"


def echoes(path: Path) -> bool:
    with unix_connect(str(path), "ws://localhost/echo") as connection:
        connection.send(b"hello")
        return connection.recv() == b"hello"


def listens_at_tcp(pid: int) -> bool:
    own = {os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir()}
    sockets = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(line[3] == "0A" and f"socket:[{line[9]}]" in own for line in sockets)


def test_served_there_alone(path):
    with UnixServer("--unix-socket", str(path), "--loops", "3") as server:
        assert server.ready == f"swiftlet listening on ws+unix:{path}\n"
        assert all(echoes(path) for _ in range(20))
        assert not listens_at_tcp(server.process.pid)
    assert not path.exists()


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_curl(path):
    with UnixServer("--unix-socket", str(path)):
        command = ["curl", "-sS", "--unix-socket", path, "http://localhost/healthz"]
        assert subprocess.run(command, capture_output=True, text=True).stdout == "ok\n"


def test_a_port_besides(path):
    with UnixServer("--unix-socket", str(path), "--port", "0") as server:
        match = re.fullmatch(r"swiftlet listening on ws://127\.0\.0\.1:(\d+)\n", server.ready)
        with socket.create_connection(("127.0.0.1", int(match[1]))) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
        assert echoes(path)


@pytest.mark.parametrize("flag, mode", [([], 0o660), (["--unix-socket-mode", "600"], 0o600)])
def test_permissions(path, flag, mode):
    with UnixServer("--unix-socket", str(path), *flag):
        assert stat.S_IMODE(path.stat().st_mode) == mode


def test_what_a_killed_server_left_is_replaced(path):
    server = UnixServer("--unix-socket", str(path))
    server.process.kill()
    server.process.communicate()
    assert path.is_socket()
    with UnixServer("--unix-socket", str(path)):
        assert echoes(path)
    assert not path.exists()


def test_a_path_somebody_listens_at_is_refused(path):
    with UnixServer("--unix-socket", str(path)):
        result = run_to_exit("--unix-socket", str(path))
        assert result.returncode == 69
        assert "another process listens there" in result.stderr
        assert echoes(path)


def test_a_file_is_not_replaced(path):
    path.write_text("precious")
    result = run_to_exit("--unix-socket", str(path))
    assert result.returncode == 69
    assert path.read_text() == "precious"


def test_a_path_that_was_taken_over_is_left(path):
    with UnixServer("--unix-socket", str(path)):
        path.unlink()
        # While the first inode is in use, so that it is not given out again.
        path.write_text("another's")
    assert path.exists()


@pytest.mark.parametrize("name", ["x" * 200, "no such folder/a.sock"])
def test_an_impossible_path_is_a_sentence(tmp_path, name):
    result = run_to_exit("--unix-socket", str(tmp_path / name))
    assert result.returncode == 69
    assert len(result.stderr.splitlines()) == 1 and "Unix socket" in result.stderr


@pytest.mark.parametrize("mode", ["", "9", "7777", "rw", "1660"])
def test_wrong_permissions_are_refused(path, mode):
    result = run_to_exit("--unix-socket", str(path), "--unix-socket-mode", mode)
    assert result.returncode == 64


# Sockets that were passed, and what the service manager is told


class Manager:
    """What systemd is to a service: a socket for its state, and the sockets it is passed."""

    def __init__(self, address: str):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self.socket.settimeout(PATIENCE)
        self.env = {"NOTIFY_SOCKET": address}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def told(self) -> list[str]:
        return self.socket.recv(4096).decode().split("\n")


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path):
    name = f"@swiftlet-{os.getpid()}" if request.param == "abstract" else str(tmp_path / "notify")
    with Manager(name) as manager:
        yield manager


def test_the_manager_is_told_of_each_state(manager):
    with UnixServer("--port", "0", env=manager.env) as server:
        url = server.ready.removeprefix("swiftlet listening on ").strip()
        assert manager.told() == ["READY=1", f"STATUS=listening on {url}"]
        before = time.monotonic_ns() // 1000
        server.process.send_signal(signal.SIGHUP)
        reloading, stamp = manager.told()
        assert reloading == "RELOADING=1"
        assert before <= int(stamp.removeprefix("MONOTONIC_USEC=")) <= time.monotonic_ns() // 1000
        assert manager.told()[0] == "READY=1"
        server.process.send_signal(signal.SIGTERM)
        assert manager.told() == ["STOPPING=1"]


def test_the_watchdog_is_fed_until_the_end(manager):
    env = manager.env | {"WATCHDOG_USEC": "300000"}
    with UnixServer("--port", "0", env=env) as server:
        # The first may come before the server is ready.
        told = [manager.told()[0] for _ in range(6)]
        assert sorted(told) == ["READY=1"] + 5 * ["WATCHDOG=1"]
        server.process.send_signal(signal.SIGTERM)
        while manager.told() != ["STOPPING=1"]:
            pass


def test_another_process_s_watchdog_is_not_fed(manager):
    env = manager.env | {"WATCHDOG_USEC": "3000", "WATCHDOG_PID": "1"}
    with UnixServer("--port", "0", env=env) as server:
        assert manager.told()[0] == "READY=1"
        server.process.send_signal(signal.SIGTERM)
        assert manager.told() == ["STOPPING=1"]


def pass_sockets(count: int, pid: str = "$$") -> list[str]:
    """A command that sets LISTEN_PID to its own process, as systemd does, and becomes another."""
    return ["sh", "-c", f'LISTEN_PID={pid} LISTEN_FDS={count} exec "$@"', "sh"]


class ActivatedServer(UnixServer):
    def __init__(self, listeners: list[socket.socket], *flags: str, pid: str = "$$"):
        def place():
            # Out of the way first: one's place may be another's descriptor.
            copies = [os.dup2(listener.fileno(), 100 + i) for i, listener in enumerate(listeners)]
            for number, copy in enumerate(copies):
                os.dup2(copy, 3 + number)

        self.process = subprocess.Popen(
            [*pass_sockets(len(listeners), pid), binary(), "serve", *flags],
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            close_fds=False,
            preexec_fn=place,
        )
        self.ready = self.process.stdout.readline().decode()


@pytest.mark.parametrize("loops", ["1", "3"])
def test_sockets_that_are_passed_are_served(path, loops):
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(path))
        unix.listen()
        port = tcp.getsockname()[1]
        # One that came before the server did is served, too.
        early = socket.create_connection(("127.0.0.1", port))
        early.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        with ActivatedServer([tcp, unix], "--port", "1", "--loops", loops) as server:
            assert server.ready == f"swiftlet listening on ws://127.0.0.1:{port}\n"
            early.settimeout(PATIENCE)
            assert early.recv(100).startswith(b"HTTP/1.1 200 ")
            early.close()
            for _ in range(50):
                with socket.create_connection(("127.0.0.1", port)) as connection:
                    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
                    assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
            assert all(echoes(path) for _ in range(10))
        # They are their maker's: the path stays, and the port takes connections.
        assert path.exists()
        socket.create_connection(("127.0.0.1", port)).close()


def test_sockets_for_another_process_are_not_taken():
    with socket.create_server(("127.0.0.1", 0)) as tcp:
        with ActivatedServer([tcp], "--port", "0", pid="1") as server:
            assert f":{tcp.getsockname()[1]}\n" not in server.ready


def test_a_passed_socket_that_does_not_listen_is_a_sentence():
    with socket.socket() as unbound:
        server = ActivatedServer([unbound])
        _, errors = server.process.communicate(timeout=PATIENCE)
        assert server.process.returncode == 69
        assert b"descriptor 3" in errors and len(errors.splitlines()) == 1


@pytest.mark.skipif(shutil.which("systemd-socket-activate") is None, reason="there is no systemd")
def test_systemd_s_own_activation(path):
    activator = subprocess.Popen(
        ["systemd-socket-activate", "-l", path, binary(), "serve"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + PATIENCE
        while not path.exists() and time.monotonic() < deadline:
            pass
        assert echoes(path)
        assert activator.stdout.readline() == f"swiftlet listening on ws+unix:{path}\n".encode()
    finally:
        activator.terminate()
        assert activator.wait(PATIENCE) == 0


def test_health_is_asked_there(path):
    with UnixServer("--unix-socket", str(path)):
        asked = run_to_exit(command="health", env={"SWIFTLET_UNIX_SOCKET": str(path)})
        assert (asked.returncode, asked.stdout, asked.stderr) == (0, "", "")

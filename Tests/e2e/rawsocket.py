# SPDX-License-Identifier: Apache-2.0
"""A WebSocket client that hides nothing: frames are built by hand, so they may also be wrong.

It is strict about what the server sends: minimal lengths, no mask, no RSV bits.
"""

import base64
import contextlib
import hashlib
import os
import socket
import ssl
import struct
import threading
from dataclasses import dataclass, field

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 §1.3

# A bound on hangs for one socket operation, not a measure of speed.
PATIENCE = 30.0


@dataclass(frozen=True)
class Frame:
    fin: bool
    opcode: int
    payload: bytes = field(repr=False)


@dataclass(frozen=True)
class Response:
    status: int
    headers: dict[str, str]
    body: bytes


def xor(data: bytes, key: bytes) -> bytes:
    repeated = (key * (len(data) // 4 + 1))[: len(data)]
    mixed = int.from_bytes(data, "little") ^ int.from_bytes(repeated, "little")
    return mixed.to_bytes(len(data), "little")


def frame_header(
    opcode: int,
    length: int,
    *,
    fin: bool = True,
    rsv: int = 0,
    mask: bytes | None = None,
    length_bytes: int | None = None,
) -> bytes:
    """A frame header; `length_bytes` 1, 2 or 8 forces a form of the length (default: minimal)."""
    if length_bytes is None:
        length_bytes = 1 if length < 126 else 2 if length < 65536 else 8
    masked = 0x80 if mask else 0
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    if length_bytes == 1:
        head += bytes([masked | length])
    elif length_bytes == 2:
        head += struct.pack(">BH", masked | 126, length)
    else:
        head += struct.pack(">BQ", masked | 127, length)
    return head + (mask or b"")


def frame(opcode: int, payload: bytes = b"", *, masked: bool = True, **header) -> bytes:
    """A whole frame, masked by a random key unless told otherwise."""
    if not masked:
        return frame_header(opcode, len(payload), **header) + payload
    key = os.urandom(4)
    return frame_header(opcode, len(payload), mask=key, **header) + xor(payload, key)


def close_payload(code: int, reason: bytes = b"") -> bytes:
    return struct.pack(">H", code) + reason


def upgrade_request(path: str = "/echo", *, drop: tuple[str, ...] = (), **replaced: str) -> bytes:
    """A correct opening handshake, but for headers dropped or replaced (`Sec_WebSocket_Key=`)."""
    headers = {
        "Host": "localhost",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Version": "13",
    }
    headers |= {name.replace("_", "-"): value for name, value in replaced.items()}
    lines = [f"{name}: {value}\r\n" for name, value in headers.items() if name not in drop]
    return f"GET {path} HTTP/1.1\r\n{''.join(lines)}\r\n".encode()


def accept_of(request: bytes) -> str:
    """The Sec-WebSocket-Accept due to a request (RFC 6455 §4.2.2)."""
    key = request.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0]
    return base64.b64encode(hashlib.sha1(key + GUID).digest()).decode()


class RawSocket:
    def __init__(
        self,
        port: int,
        *,
        host: str = "127.0.0.1",
        source: str = "",
        receive_buffer: int | None = None,
        tls: ssl.SSLContext | None = None,
    ):
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.socket.settimeout(PATIENCE)
        if receive_buffer:  # must be set before connecting to bound the window
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        try:
            if source:
                self.socket.bind((source, 0))
            self.socket.connect((host, port))
        except BaseException:
            self.socket.close()
            raise
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = bytearray()
        if tls:
            self.secure(tls)

    def secure(self, context: ssl.SSLContext, name: str = "localhost") -> None:
        """Goes on by TLS. Its end must be said (close_notify), or reading it fails."""
        self.socket = context.wrap_socket(
            self.socket, server_hostname=name, suppress_ragged_eofs=False
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def send_until_cut(self, data: bytes) -> None:
        """Sends what the server takes: it may end the connection before the end of the data."""
        with contextlib.suppress(ConnectionError):
            self.send(data)

    @contextlib.contextmanager
    def sending(self, data: bytes):
        """Sends on a thread while the body receives, for more than the kernel's buffers hold."""
        thread = threading.Thread(target=self.socket.sendall, args=(data,), daemon=True)
        thread.start()
        yield
        thread.join(PATIENCE)
        assert not thread.is_alive(), "the server no longer reads"

    # Bytes

    def _fill(self) -> None:
        data = self.socket.recv(1 << 18)
        if not data:
            raise EOFError(f"connection ended with {bytes(self._received[:64])!r} unread")
        self._received += data

    def receive_exactly(self, count: int) -> bytes:
        while len(self._received) < count:
            self._fill()
        data = bytes(self._received[:count])
        del self._received[:count]
        return data

    def receive_until(self, end: bytes) -> bytes:
        while (at := self._received.find(end)) < 0:
            self._fill()
        return self.receive_exactly(at + len(end))

    def nothing_received(self) -> bool:
        """Whether the server has sent nothing so far that was not yet taken."""
        self.socket.setblocking(False)
        try:
            self._fill()
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        finally:
            self.socket.settimeout(PATIENCE)
        return not self._received

    def expect_eof(self) -> None:
        """The server ends the connection in order (FIN, not RST) and sends nothing more."""
        assert not self._received, f"unexpected: {bytes(self._received[:64])!r}"
        data = self.socket.recv(4096)
        assert data == b"", f"unexpected: {data[:64]!r}"

    # HTTP

    def receive_response(self, *, to_head: bool = False) -> Response:
        lines = self.receive_until(b"\r\n\r\n").decode("latin-1").split("\r\n")[:-2]
        version, status, _ = lines[0].split(" ", 2)
        assert version == "HTTP/1.1"
        headers = {}
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            assert colon and name == name.strip(), f"malformed field {line!r}"
            assert name.lower() not in headers, f"field {name} stands twice"
            headers[name.lower()] = value.strip()
        body = b""
        if not to_head and int(status) not in (101, 204):
            body = self.receive_exactly(int(headers["content-length"]))
        return Response(int(status), headers, body)

    def get(self, path: str) -> Response:
        self.send(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        return self.receive_response()

    def upgrade(self, path: str = "/echo") -> "RawSocket":
        request = upgrade_request(path)
        self.send(request)
        self.check_upgraded(request)
        return self

    def check_upgraded(self, request: bytes) -> Response:
        response = self.receive_response()
        assert response.status == 101, response
        assert response.headers["upgrade"].lower() == "websocket"
        assert response.headers["connection"].lower() == "upgrade"
        assert response.headers["sec-websocket-accept"] == accept_of(request)
        return response

    # WebSocket

    def receive_frame(self) -> Frame:
        first, second = self.receive_exactly(2)
        length = second & 0x7F
        assert not first & 0x70, "RSV bits without an extension"
        assert not second & 0x80, "a server must not mask"
        if length == 126:
            (length,) = struct.unpack(">H", self.receive_exactly(2))
            assert length > 125, "length not minimal"
        elif length == 127:
            (length,) = struct.unpack(">Q", self.receive_exactly(8))
            assert 65535 < length < 1 << 63, "length not minimal"
        return Frame(bool(first & 0x80), first & 0x0F, self.receive_exactly(length))

    def receive_message(self) -> tuple[int, bytes]:
        """Opcode and payload of the next message, which the server may have fragmented."""
        part = self.receive_frame()
        opcode, payload = part.opcode, part.payload
        assert opcode in (TEXT, BINARY), f"unexpected {part} {payload[:64]!r}"
        while not part.fin:
            part = self.receive_frame()
            assert part.opcode == CONTINUATION
            payload += part.payload
        return opcode, payload

    def expect_message(self, opcode: int, payload: bytes) -> None:
        got_opcode, got = self.receive_message()
        assert (got_opcode, len(got)) == (opcode, len(payload))
        # A bool, not the bytes: pytest's difference of megabytes takes minutes and helps nobody.
        equal = got == payload
        assert equal, f"payload differs: {got[:32]!r}..., expected {payload[:32]!r}..."

    def expect_pong(self, payload: bytes) -> None:
        got = self.receive_frame()
        assert (got.fin, got.opcode, got.payload) == (True, PONG, payload)

    def expect_close_frame(self, *codes: int) -> None:
        """A close frame with one of these codes."""
        got = self.receive_frame()
        assert (got.fin, got.opcode) == (True, CLOSE), f"unexpected {got} {got.payload[:64]!r}"
        assert 2 <= len(got.payload) <= 125
        got.payload[2:].decode()
        assert int.from_bytes(got.payload[:2]) in codes, got.payload

    def expect_close(self, code: int) -> None:
        """The server's answer to our close frame or to a breach: its close frame, then the end."""
        self.expect_close_frame(code)
        self.expect_eof()

    def expect_goodbye(self, *codes: int) -> None:
        """A close that the server begins, waiting for our answer before it ends the connection."""
        self.expect_close_frame(*codes)
        self.send(frame(CLOSE, close_payload(codes[0])))
        self.expect_eof()

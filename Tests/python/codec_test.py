# SPDX-License-Identifier: Apache-2.0
"""The codecs of messaging against Python's json and msgpack.

Needs the program of Tests/codec in the release build.
"""

import base64
import json
import os
import random
import re
import struct
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import msgpack
import pytest

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 1000


class Codec:
    """The program under test. Asked in batches: it answers line by line."""

    def __init__(self):
        self.path = ROOT / ".build" / "release" / "codec-check"
        if not os.access(self.path, os.X_OK):
            pytest.fail(f"no program at {self.path}: swift build -c release")

    def read(self, format, inputs):
        """For each input the value it is as JSON, as MessagePack, and its size; or the failure."""
        lines = "".join(f"{format} {bytes.hex(each)}\n" for each in inputs)
        done = subprocess.run([self.path], input=lines, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        answers = [self.answer(line) for line in done.stdout.splitlines()]
        assert len(answers) == len(inputs)
        return answers

    @staticmethod
    def answer(line):
        fields = line.split(" ")
        if fields[0] == "!":
            return fields[1]
        return bytes.fromhex(fields[0]), bytes.fromhex(fields[1]), int(fields[2])


@pytest.fixture(scope="session")
def codec():
    return Codec()


def unpack(data):
    return msgpack.unpackb(data)


def same(one, other):
    """Equality that tells 1 from 1.0 and from True, and knows that NaN is NaN."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(map(same, one.values(), other.values()))
    if isinstance(one, float):
        return struct.pack("d", one) == struct.pack("d", other) or one != one and other != other
    return one == other


# What a JSON reader is given for a value of MessagePack.


def text(data):
    try:
        return data.decode()
    except UnicodeDecodeError:
        return base64.b64encode(data).decode()


def timestamp(stamp):
    if not -62167219200 <= stamp.seconds < 253402300800:
        return [-1, text(stamp.to_bytes())]
    # Python has no year 0; 400 years are always as many days.
    shift = 400 if stamp.seconds < 0 else 0
    time = datetime(1970 + shift, 1, 1) + timedelta(seconds=stamp.seconds)
    fraction = f".{stamp.nanoseconds:09}".rstrip("0") if stamp.nanoseconds else ""
    return f"{time.year - shift:04}{time.isoformat()[4:]}{fraction}Z"


def translated(value):
    match value:
        case bytes():
            return text(value)
        case msgpack.ExtType():
            return [value.code, text(value.data)]
        case msgpack.Timestamp():
            return timestamp(value)
        case float() if value - value != 0:
            return None
        case list():
            return [translated(each) for each in value]
        case dict():
            return {translated(key): translated(each) for key, each in value.items()}
    return value


def json_pairs_kept(data):
    """Of what JSON text says, names that are there twice included."""
    return json.loads(data, object_pairs_hook=lambda pairs: ("map", pairs))


def pairs_kept(value):
    match value:
        case list():
            return [pairs_kept(each) for each in value]
        case dict():
            return ("map", [(translated(key), pairs_kept(each)) for key, each in value.items()])
    return translated(value)


# Values and inputs nobody thought of.


class Values(random.Random):
    def string(self):
        ranges = [(0x20, 0x7E), (0, 0x7F), (0x80, 0xD7FF), (0xE000, 0x10FFFF)]
        size = self.choice([0, 1, 5, 20, self.randrange(300)])
        return "".join(chr(self.randint(*self.choice(ranges))) for _ in range(size))

    def number(self):
        return self.choice(
            [
                self.randrange(-(2**63), 2**64),
                self.randrange(-40, 300),
                self.choice([-1, 1]) * 2 ** self.randrange(63) + self.randrange(-1, 2),
                self.uniform(-1e6, 1e6),
                self.choice([0.0, -0.0, 2.0, 5e-324, 1.7976931348623157e308, 1e22, 1e-7]),
                self.uniform(0.1, 1) * 10 ** self.randint(-300, 300),
            ]
        )

    def leaf(self, is_json):
        kinds = [None, True, False, self.number(), self.number(), self.string(), self.string()]
        if not is_json:
            data = self.randbytes(self.choice([0, 1, 2, 4, 8, 12, 16, 20, 300]))
            kinds += [
                data,
                msgpack.ExtType(self.randrange(0, 128), data),
                msgpack.Timestamp(
                    self.randrange(-(2**40), 2**40), self.choice([0, 5, 999999999, 120000000])
                ),
                self.choice([float("nan"), float("inf"), -float("inf")]),
            ]
        return self.choice(kinds)

    def value(self, depth, is_json=False):
        match self.randrange(4) if depth else 0:
            case 1:
                return [self.value(depth - 1, is_json) for _ in range(self.randrange(6))]
            case 2:
                size = self.choice([0, 1, 2, 5, 5, 20])
                return {
                    self.key(is_json): self.value(depth - 1, is_json) for _ in range(size)
                }
        return self.leaf(is_json)

    def key(self, is_json):
        if is_json or self.random() < 0.8:
            return self.string()
        return self.randbytes(self.randrange(9))

    def mutation(self, data):
        data = bytearray(data)
        for _ in range(self.randint(1, 3)):
            place = self.randrange(len(data) + 1)
            match self.randrange(4):
                case 0:
                    data[place : place + 1] = self.randbytes(1)
                case 1:
                    del data[place : place + self.randrange(1, 5)]
                case 2:
                    data[place:place] = data[self.randrange(len(data) + 1) :][:4]
                case 3:
                    sign = self.choice(b'"\\{}[]:,0123456789.eE+-tfn u')
                    data[place : place + 1] = sign.to_bytes()
        return bytes(data)


def test_messagepack_is_read_and_written(codec):
    values = [Values(seed).value(4) for seed in range(ROUNDS)]
    inputs = [msgpack.packb(value) for value in values]
    for value, given, (as_json, packed, _) in zip(values, inputs, codec.read("msgpack", inputs)):
        assert packed == given  # msgpack, too, writes the shortest forms
        assert same(unpack(packed), value)
        assert as_json.isascii()
        assert json_pairs_kept(as_json) == pairs_kept(value)


def test_floats_of_32_bits_are_kept(codec):
    values = [struct.unpack("f", Values(seed).randbytes(4))[0] for seed in range(ROUNDS)]
    inputs = [msgpack.packb(value, use_single_float=True) for value in values]
    for value, given, (as_json, packed, _) in zip(values, inputs, codec.read("msgpack", inputs)):
        assert same(unpack(packed), value)
        if value - value == 0:
            assert packed == given
            assert struct.pack("f", json.loads(as_json)) == struct.pack("f", value)
            assert len(as_json) <= 15


@pytest.mark.parametrize("is_ascii", [True, False])
def test_json_is_read_and_written(codec, is_ascii):
    values = [Values(seed).value(4, is_json=True) for seed in range(ROUNDS)]
    inputs = [json.dumps(value, ensure_ascii=is_ascii).encode() for value in values]
    for value, (as_json, packed, size) in zip(values, codec.read("json", inputs)):
        assert same(json.loads(as_json), value)
        assert same(unpack(packed), value)
        # Floats may be spelled otherwise than by Python: each becomes a string as long as it.
        as_long = json.loads(as_json, parse_float=lambda digits: "." * (len(digits) - 2))
        assert size == len(json.dumps(as_long, ensure_ascii=False, separators=(",", ":")).encode())


class Beyond(Exception):
    """What json takes and this server refuses."""


def refuse(*_):
    raise Beyond


def whole(digits):
    number = int(digits)
    return number if -(2**63) <= number < 2**64 else refuse()


def real(digits):
    number = float(digits)
    return number if number - number == 0 else refuse()


def expected_of_json(data):
    """The value, or None in a tuple when it must be refused."""
    try:
        value = json.loads(data.decode(), parse_int=whole, parse_float=real, parse_constant=refuse)
        json.dumps(value, ensure_ascii=False).encode()  # raises for half a pair of surrogates
        return (value,)
    except (ValueError, Beyond):  # what json and UTF-8 decoding raise are ValueErrors
        return None


def test_json_is_taken_when_python_takes_it(codec):
    values = [Values(seed) for seed in range(ROUNDS)]
    inputs = [each.mutation(json.dumps(each.value(2, is_json=True)).encode()) for each in values]
    taken = 0
    for given, answer in zip(inputs, codec.read("json", inputs)):
        expected = expected_of_json(given)
        assert isinstance(answer, tuple) == (expected is not None), given
        if expected:
            taken += 1
            assert same(unpack(answer[1]), expected[0]), given
    assert taken > ROUNDS / 10


def expected_of_messagepack(data):
    try:
        return (unpack(data),)
    except Exception as error:
        # What is no time, and what has a type kept for times to come, is an ext as any other here.
        known = re.search("timestamp|nanoseconds|code must be 0~127", str(error))
        return "either" if known else None


def test_messagepack_is_taken_when_python_takes_it(codec):
    values = [Values(seed) for seed in range(ROUNDS)]
    inputs = [each.mutation(msgpack.packb(each.value(3))) for each in values]
    inputs += [each.randbytes(each.randrange(12)) for each in values]
    taken = 0
    for given, answer in zip(inputs, codec.read("msgpack", inputs)):
        expected = expected_of_messagepack(given)
        if expected == "either":
            continue
        assert isinstance(answer, tuple) == (expected is not None), given.hex()
        if expected:
            taken += 1
            assert same(unpack(answer[1]), expected[0]), given.hex()
    assert taken > ROUNDS / 10


@pytest.mark.parametrize(
    "given",
    ["", "c1", "91c1", "0000", "a1ff", "81a1ff01", "810101", "cd00", "9201"]
    + ["dbffffffff", "ddffffffff"]
    + ["91" * 1024 + "c0", "91" * 1025 + "c0", "91" * 1024 + "90"]
    + ["81a0" * 1024 + "c0", "81a0" * 1025 + "c0"],
)
def test_messagepack_fails_as_python_does(codec, given):
    [answer] = codec.read("msgpack", [bytes.fromhex(given)])
    try:
        unpack(bytes.fromhex(given))
        assert isinstance(answer, tuple)
    except Exception as error:
        assert answer == type(error).__name__


def test_json_fails_as_python_does(codec):
    deep = b"[" * 980 + b"1" + b"]" * 980, b"[" * 5000 + b"]" * 5000
    limit = sys.getrecursionlimit()
    inputs = [b"", b"nul", b"1 2", b"\xef\xbb\xbf{}", b"\xff", *deep]
    for given, answer in zip(inputs, codec.read("json", inputs)):
        try:
            json.loads(given.decode())
            assert isinstance(answer, tuple), given[:20]
        except Exception as error:
            # The test itself stands on some of the levels that Python has.
            assert answer == type(error).__name__ or given == deep[0] and limit <= 1000

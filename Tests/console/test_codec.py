# SPDX-License-Identifier: Apache-2.0
"""The page's own MessagePack and its notation, held against Python's msgpack."""

import base64
import json
import math
import random

import msgpack
import pytest

RUN = """
const [{ decode, encode }, { parseNotation, writeNotation }] = modules;
const toBase64 = (bytes) => bytes.toBase64();
const fromBase64 = (text) => Uint8Array.fromBase64(text);
const attempt = (run) => { try { return run(); } catch (error) { return `${error.name}`; } };
"""


@pytest.fixture(scope="module")
def codec(server, chromium):
    """Runs a script with the codec in scope: one page for all."""
    from browser import Console

    page = Console(chromium, f"http://127.0.0.1:{server.port}/")
    return lambda script, *arguments: page.run_with("msgpack values", RUN + script, *arguments)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def repack(codec, packed: list[bytes]) -> list[bytes]:
    script = "return arguments[0].map((text) => toBase64(encode(decode(fromBase64(text)))));"
    return [base64.b64decode(text) for text in codec(script, [b64(data) for data in packed])]


# A value, and how the page writes it.
VECTORS = [
    (None, "null"),
    (False, "false"),
    (True, "true"),
    *[(number, str(number)) for bits in range(65) for number in (2**bits - 1,)],
    *[(number, str(number)) for bits in range(64) for number in (2**bits, -(2**bits), -(2**bits) - 1)
      if -(2**63) <= number],
    (0.5, "0.5"),
    (2.0, "2.0"),
    (-0.0, "-0.0"),
    (1e300, "1e+300"),
    (math.pi, repr(math.pi)),
    (math.inf, '{"$float":"Infinity"}'),
    (math.nan, '{"$float":"NaN"}'),
    *[("x" * size, json.dumps("x" * size)) for size in (0, 1, 31, 32, 255, 256, 65535, 65536)],
    ("grüß 🐦\x00\u2028", json.dumps("grüß 🐦\x00\u2028")),
    *[(bytes(size), json.dumps({"$bin": b64(bytes(size))})) for size in (0, 1, 255, 256, 65536)],
    *[([7] * size, json.dumps([7] * size)) for size in (0, 15, 16, 65535, 65536)],
    *[({f"k{i}": i for i in range(size)}, json.dumps({f"k{i}": i for i in range(size)}))
      for size in (0, 15, 16, 65536)],
    *[(msgpack.ExtType(5, bytes(size)), json.dumps({"$ext": [5, b64(bytes(size))]}))
      for size in (0, 1, 2, 3, 4, 8, 15, 16, 17, 255, 256, 65536)],
    (msgpack.ExtType(127, b"x"), '{"$ext":[127,"eA=="]}'),
    (msgpack.Timestamp(0), '{"$timestamp":"1970-01-01T00:00:00Z"}'),
    (msgpack.Timestamp(1767323045, 500000000), '{"$timestamp":"2026-01-02T03:04:05.5Z"}'),
    (msgpack.Timestamp(2**32 - 1, 1), '{"$timestamp":"2106-02-07T06:28:15.000000001Z"}'),
    (msgpack.Timestamp(2**32), '{"$timestamp":"2106-02-07T06:28:16Z"}'),
    (msgpack.Timestamp(2**34), '{"$timestamp":"2514-05-30T01:53:04Z"}'),
    (msgpack.Timestamp(-1, 999999999), '{"$timestamp":"1969-12-31T23:59:59.999999999Z"}'),
    ({"__proto__": 1, "constructor": 2}, '{"__proto__":1,"constructor":2}'),
    ([[], {}, [{"a": [None]}]], '[[],{},[{"a":[null]}]]'),
]  # fmt: skip


def without_blanks(text: str) -> str:
    return json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False)


def test_what_python_packs_is_packed_again_alike(codec):
    packed = [msgpack.packb(value) for value, _ in VECTORS]
    for (value, text), again in zip(VECTORS, repack(codec, packed), strict=True):
        assert again == msgpack.packb(value), text[:80]


def test_notation_is_packed_as_python_packs_the_value(codec):
    script = "return arguments[0].map((text) => toBase64(encode(parseNotation(text))));"
    for (value, text), packed in zip(VECTORS, codec(script, [t for _, t in VECTORS]), strict=True):
        assert base64.b64decode(packed) == msgpack.packb(value), text[:80]


def test_values_are_written_in_the_notation(codec):
    script = "return arguments[0].map((text) => writeNotation(decode(fromBase64(text))));"
    packed = [b64(msgpack.packb(value)) for value, _ in VECTORS]
    for (_, text), written in zip(VECTORS, codec(script, packed), strict=True):
        try:
            assert written == text or without_blanks(written) == without_blanks(text)
        except json.JSONDecodeError:
            raise AssertionError(f"{written[:80]} is not {text[:80]}") from None


def any_value(chance: random.Random, depth: int = 0):
    kind = chance.randrange(10 if depth < 4 else 8)
    match kind:
        case 0:
            return chance.choice([None, True, False])
        case 1 | 2:
            size = chance.randrange(64)
            return chance.randrange(-(2**size), 2 ** (size + 1))
        case 3:
            return chance.choice([chance.random(), chance.gauss(0, 1e9), float(chance.randrange(99))])
        case 4:
            return "".join(chance.choices("aé€🐦\n\"\\", k=chance.randrange(40)))
        case 5:
            return chance.randbytes(chance.randrange(40))
        case 6:
            return msgpack.ExtType(chance.randrange(128), chance.randbytes(chance.randrange(20)))
        case 7:
            return msgpack.Timestamp(chance.randrange(-(2**35), 2**35), chance.randrange(10**9))
        case 8:
            return [any_value(chance, depth + 1) for _ in range(chance.randrange(6))]
        case _:
            return {f"k{i}": any_value(chance, depth + 1) for i in range(chance.randrange(6))}


def test_random_values(codec):
    chance = random.Random(1)
    packed = [msgpack.packb(any_value(chance)) for _ in range(3000)]
    assert repack(codec, packed) == packed
    script = """return arguments[0].map((text) =>
        toBase64(encode(parseNotation(writeNotation(decode(fromBase64(text)))))));"""
    through_text = codec(script, [b64(data) for data in packed])
    assert [base64.b64decode(text) for text in through_text] == packed


def test_float_32(codec):
    packed = [msgpack.packb(x, use_single_float=True) for x in (0.5, 0.1, 2.0, math.inf, -0.0, math.nan)]
    assert repack(codec, packed) == packed
    script = "return toBase64(encode(parseNotation('{\"$float32\": 0.1}')));"
    assert base64.b64decode(codec(script)) == packed[1]


def test_keys_that_are_no_strings(codec):
    packed = [msgpack.packb({b"a": 1, "b": 2}), msgpack.packb({1: {2: 3}})]
    assert repack(codec, packed) == packed


@pytest.mark.parametrize(
    "longer, value",
    [
        ("cc01", 1),
        ("cd0001", 1),
        ("cf0000000000000001", 1),
        ("d0ff", -1),
        ("d3ffffffffffffffff", -1),
        ("d901 61", "a"),
        ("db00000001 61", "a"),
        ("c500 01 61", b"a"),
        ("dc0001 01", [1]),
        ("df00000001 a161 01", {"a": 1}),
        ("c701 05 61", msgpack.ExtType(5, b"a")),
        ("82 a161 01 a161 02", {"a": 2}),
        ("d705 0000000000000000", msgpack.ExtType(5, bytes(8))),
        ("d5ff 0000", None),  # of type -1, but no timestamp
    ],
)
def test_forms_longer_than_need_be(codec, longer, value):
    data = bytes.fromhex(longer)
    expected = data if value is None else msgpack.packb(value)
    assert repack(codec, [data]) == [expected]


def test_what_is_no_messagepack(codec):
    whole = msgpack.packb({"a": [1, "text", b"bytes", 0.5, 2**40, msgpack.Timestamp(1, 2)]})
    broken = [whole[:size] for size in range(len(whole))]
    broken += [whole + b"\0", b"\xc1", b"\xa2\xff\xfe", b"\xdd\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff"]
    broken += [b"\x91" * 1100 + b"\0"]
    script = "return arguments[0].map((text) => attempt(() => decode(fromBase64(text))));"
    for data, error in zip(broken, codec(script, [b64(data) for data in broken]), strict=True):
        assert error in ("SyntaxError", "RangeError", "TypeError"), data[:40]


def test_numbers_beyond_64_bits_are_refused(codec):
    script = "return arguments[0].map((text) => attempt(() => encode(parseNotation(text)) && 'taken'));"
    assert codec(script, ["18446744073709551616", "-9223372036854775809"]) == ["RangeError"] * 2


@pytest.mark.parametrize(
    "text",
    ['{"$bin": "?"}', '{"$hex": "abc"}', '{"$ext": [200, ""]}', '{"$ext": 1}', '{"$float": "x"}',
     '{"$timestamp": "yesterday"}', '{"$timestamp": "2026-13-01T00:00:00Z"}', "{", ""],
)  # fmt: skip
def test_wrong_notation_is_a_syntax_error(codec, text):
    assert codec("return attempt(() => parseNotation(arguments[0]));", text) == "SyntaxError"


def test_trace_covers_every_byte(codec):
    data = msgpack.packb({"a": [1, "text", b"bytes", 0.5, 2**40, msgpack.Timestamp(1, 2), None, True]})
    script = """const parts = []; decode(fromBase64(arguments[0]), (...part) => parts.push(part));
        return parts;"""
    parts = codec(script, b64(data))
    assert [part[0] for part in parts] == [0] + [part[1] for part in parts[:-1]]
    assert parts[-1][1] == len(data)
    assert [part[3] for part in parts[:4]] == ["map of 1", 'str of 1 "a"', "array of 8", "int 1"]
    assert [part[2] for part in parts[:4]] == [0, 1, 1, 2]

# SPDX-License-Identifier: Apache-2.0
"""/stats?mode=wait: one binary message is one image; the reply says what numpy would say."""

import json
import math
import random
import re

import msgpack
import numpy as np
import pytest
from images import DTYPES, floats, path, text_line, whole_numbers
from rawsocket import BINARY, CONTINUATION, PING, TEXT, RawSocket, frame, upgrade_request

SHAPES = [
    (600, 800),
    (480000,),
    (1, 1),
    (1,),
    (2,),
    (3,),
    (1, 2),
    (7, 9),
    (64, 64),
    (101, 103),
    (255,),
    (256,),
    (257,),
    (1000, 1),
    (1, 1001),
    (65537,),
]


def statistics(connection: RawSocket, image: np.ndarray) -> str:
    connection.send(frame(BINARY, image.tobytes()))
    opcode, line = connection.receive_message()
    assert opcode == TEXT
    return line.decode()


@pytest.mark.parametrize("dtype", ["u8", "u16"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_text_is_numpys_to_the_letter(connect, dtype, shape):
    connection = connect(path(whole_numbers(dtype, shape, 0)))
    for seed in range(8):
        image = whole_numbers(dtype, shape, seed)
        assert statistics(connection, image) == text_line(image)


@pytest.mark.parametrize("dtype", ["u8", "u16"])
def test_random_shapes(connect, dtype):
    chance = random.Random(dtype)
    flat = connect(path(format=dtype))
    for seed in range(40):
        rows, columns = chance.randint(1, 300), chance.randint(1, 300)
        image = whole_numbers(dtype, (rows, columns), seed)
        assert statistics(connect(path(image)), image) == text_line(image)
        # Without a shape a connection takes any size, as one row.
        assert statistics(flat, image) == text_line(image.reshape(-1))


def test_defaults(connect):
    """Format u8, mode wait, reply text and any size, where the query says nothing."""
    image = whole_numbers("u8", (480000,), 1)
    assert statistics(connect("/stats"), image) == text_line(image)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros(480000, "u1"),
        np.full(480000, 255, "u1"),
        np.full(1 << 20, 65535, "<u2"),
        np.array([0] * 99999 + [1], "u1"),  # mean 1e-05: Python's exponent form
        np.array([0] * 479999 + [1], "u1"),
        np.array([0] * 9999 + [1], "u1"),  # mean 0.0001: the last that is written out
        np.array([0, 255], "u1"),
        np.array([0, 1], "u1"),
        np.array([65535, 65534], "<u2"),
        np.array([1, 1, 2], "u1"),  # mean 1.3333333333333333
    ],
    ids=lambda image: f"{image.dtype} {image.size} {image.mean()}",
)
def test_numbers_in_pythons_style(connect, image):
    assert statistics(connect(path(image)), image) == text_line(image)


def test_image_of_the_largest_size(connect):
    image = whole_numbers("u8", (4096, 4096), 0)
    assert statistics(connect(path(image)), image) == text_line(image)


@pytest.mark.parametrize("dtype", ["u8", "u16", "f32", "f64"])
def test_fragments_of_any_size(connect, dtype):
    """Pieces that end inside a pixel, with pings between them."""
    make = whole_numbers if dtype.startswith("u") else floats
    image = make(dtype, (203, 307), 1)
    connection = connect(path(image))
    whole = statistics(connection, image)
    data, chance = image.tobytes(), random.Random(dtype)
    for piece_sizes in ([1, 2, 3, 5, 7], [1000, 1001, 1003], [65535, 65537]):
        opcode, at, stream = BINARY, 0, b""
        while at < len(data):
            size = chance.choice(piece_sizes) if at < 20000 else 30011
            stream += frame(opcode, data[at : at + size], fin=False)
            opcode = CONTINUATION
            at += size
        connection.send(stream + frame(PING, b"between") + frame(CONTINUATION))
        connection.expect_pong(b"between")
        assert connection.receive_message() == (TEXT, whole.encode())


def test_pipelined_images_are_answered_in_order(connect):
    images = [whole_numbers("u8", (1 + 37 * i % 5000,), i) for i in range(300)]
    connection = connect(path(format="u8"))
    with connection.sending(b"".join(frame(BINARY, image.tobytes()) for image in images)):
        for image in images:
            assert connection.receive_message() == (TEXT, text_line(image).encode())


METHODS = ["auto", "scalar", "simd", "blas", "histogram", "quickselect"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", ["u8", "u16"])
def test_methods_agree_on_whole_numbers(connect, dtype, method):
    for seed, shape in enumerate([(600, 800), (3, 5), (1, 1), (257, 255)]):
        image = whole_numbers(dtype, shape, seed)
        assert statistics(connect(path(image, method=method)), image) == text_line(image)


# Floats. The sums of numpy and of the server may round differently; the rest is exact.

EPSILON = {"f32": 1e-6, "f64": 1e-12}


def parse_line(line: str) -> tuple[int, tuple[int, ...], list[float]]:
    match = re.fullmatch(r"Received: (\d+), \(([\d, ]+)\), (\S+), (\S+), (\S+), (\S+)", line)
    assert match, line
    shape = tuple(int(number) for number in match[2].split(",") if number)
    return int(match[1]), shape, [float(match[group]) for group in range(3, 7)]


def check_floats(image: np.ndarray, dtype: str, maximum, minimum, mean, median):
    exact = image.astype("f8")
    expected = float(image.dtype.type(exact.mean()))
    scale = float(np.abs(exact).max())
    assert image.dtype.type(maximum) == image.max()
    assert image.dtype.type(minimum) == image.min()
    assert math.isclose(mean, expected, rel_tol=EPSILON[dtype], abs_tol=EPSILON[dtype] * scale)
    assert math.isclose(median, float(np.median(exact)), rel_tol=EPSILON[dtype])


@pytest.mark.parametrize("method", ["auto", "scalar", "simd", "blas", "quickselect"])
@pytest.mark.parametrize("dtype", ["f32", "f64"])
def test_floats(connect, dtype, method):
    for seed, shape in enumerate([(600, 800), (101, 103), (480001,), (1, 1), (2,), (3,)]):
        image = floats(dtype, shape, seed)
        line = statistics(connect(path(image, method=method)), image)
        size, got_shape, values = parse_line(line)
        assert (size, got_shape) == (image.nbytes, image.shape)
        check_floats(image, dtype, *values)


@pytest.mark.parametrize("dtype", ["f32", "f64"])
def test_floats_are_printed_as_numpy_prints_them(connect, dtype):
    """One pixel is its own maximum, minimum, mean and median: no sum that could round.

    Where float32 turns to the exponent form (1e6 or 1e16) depends on the version of numpy.
    """
    chance = np.random.default_rng(7)
    connection = connect(path(format=dtype))
    numbers = [0.1, 127.01, 3.0, -2.5, 0.0, 1 / 3, 0.001, 123456.7, 1e-5, 1e-7, 1e16, 1e22]
    if dtype == "f64":
        numbers += [0.0001, 1e6, 1234567.8, 1e15, 9007199254740993.0, 1.5e300, 1e-300]
        every = np.frombuffer(chance.bytes(8 * 1000), "<f8")
        numbers += list(every[(abs(every) > 1e-300) & (abs(every) < 1e300)])
    numbers += list(chance.normal(0, 1000, 1000))
    for number in numbers:
        image = np.array([number], DTYPES[dtype])
        value = str(image[0])
        expected = f"Received: {image.nbytes}, (1,), {value}, {value}, {value}, {value}"
        assert statistics(connection, image) == expected


@pytest.mark.parametrize("number", [5e-324, 1.1e-311, 2.2250738585072014e-308, 1.3e308, -1.7e308])
def test_ends_of_the_range(connect, number):
    """Subnormals have few digits; twice the largest is no number, but its median is."""
    connection = connect(path(format="f64"))
    for pixels in ([number], [number, 0.0, 0.0], [0.0, number, number]):
        image = np.array(pixels, "<f8")
        median = np.median(image)
        assert statistics(connection, image).rpartition(", ")[2] == str(median)


@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("place", [0, 1, 31, 500, 998, 999])
def test_nan_makes_all_nan(connect, dtype, place):
    image = floats(dtype, (1000,), place)
    image[place] = np.nan
    line = statistics(connect(path(image)), image)
    assert line == f"Received: {image.nbytes}, (1000,), nan, nan, nan, nan"


@pytest.mark.parametrize("dtype", ["f32", "f64"])
def test_infinities(connect, dtype):
    connection = connect(path(format=dtype))
    image = np.array([1.0, np.inf, 2.0], DTYPES[dtype])
    assert statistics(connection, image) == f"Received: {image.nbytes}, (3,), inf, 1.0, inf, 2.0"
    image = np.array([1.0, -np.inf, 2.0], DTYPES[dtype])
    assert statistics(connection, image) == f"Received: {image.nbytes}, (3,), 2.0, -inf, -inf, 1.0"
    image = np.array([1.0, -np.inf, np.inf], DTYPES[dtype])
    assert statistics(connection, image) == f"Received: {image.nbytes}, (3,), inf, -inf, nan, 1.0"


# The other reply formats

DECODERS = {"json": (TEXT, json.loads), "msgpack": (BINARY, msgpack.unpackb)}


def structured(connection: RawSocket, reply: str, data: bytes, opcode: int = BINARY) -> dict:
    connection.send(frame(opcode, data))
    got_opcode, payload = connection.receive_message()
    expected_opcode, decode = DECODERS[reply]
    assert got_opcode == expected_opcode
    return decode(payload)


@pytest.mark.parametrize("reply", DECODERS)
@pytest.mark.parametrize("dtype", ["u8", "u16"])
@pytest.mark.parametrize("shape", [(600, 800), (101,)], ids=str)
def test_structured_reply(connect, reply, dtype, shape):
    for seed in range(4):
        image = whole_numbers(dtype, shape, seed)
        got = structured(connect(path(image, reply=reply)), reply, image.tobytes())
        assert got["bytes"] == image.nbytes
        assert got["shape"] == list(image.shape)
        assert got["max"] == image.max()
        assert got["min"] == image.min()
        assert got["mean"] == image.mean()
        assert got["median"] == np.median(image)


@pytest.mark.parametrize("reply", DECODERS)
@pytest.mark.parametrize("dtype", ["f32", "f64"])
def test_structured_reply_of_floats(connect, reply, dtype):
    image = floats(dtype, (60, 80), 2)
    got = structured(connect(path(image, reply=reply)), reply, image.tobytes())
    check_floats(image, dtype, got["max"], got["min"], got["mean"], got["median"])


@pytest.mark.parametrize("reply", DECODERS)
def test_structured_reply_of_nan(connect, reply):
    image = np.array([1.0, np.nan], "<f4")
    got = structured(connect(path(image, reply=reply)), reply, image.tobytes())
    for name in ("max", "min", "mean", "median"):
        # JSON has no NaN: null stands for it.
        assert got[name] is None if reply == "json" else math.isnan(got[name])


# Errors of one message: a reply, and the connection lives on.

GOOD = whole_numbers("u16", (6, 8), 0)
WRONG = {
    "too short": (BINARY, GOOD.tobytes()[:-2]),
    "too long": (BINARY, GOOD.tobytes() + b"ab"),
    "empty": (BINARY, b""),
    "half a pixel": (BINARY, GOOD.tobytes()[:-1]),
    "far too long": (BINARY, bytes(3_000_000)),
    "text": (TEXT, b"hello"),
    "text of the right size": (TEXT, b"x" * GOOD.nbytes),
}


@pytest.mark.parametrize("opcode, data", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("mode", ["wait", "ack"])
def test_error_as_text(connect, mode, opcode, data):
    connection = connect(path(GOOD, mode=mode))
    connection.send(frame(opcode, data))
    got_opcode, line = connection.receive_message()
    assert got_opcode == TEXT
    assert re.fullmatch(rb"Error: .*\w.*", line)
    expected = text_line(GOOD) if mode == "wait" else f"Received: {GOOD.nbytes}"
    assert statistics(connection, GOOD) == expected


@pytest.mark.parametrize("opcode, data", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("reply", DECODERS)
def test_error_in_the_reply_format(connect, reply, opcode, data):
    connection = connect(path(GOOD, reply=reply))
    error = structured(connection, reply, data, opcode)
    assert list(error) == ["error"]
    assert isinstance(error["error"], str) and error["error"]
    assert structured(connection, reply, GOOD.tobytes())["bytes"] == GOOD.nbytes


@pytest.mark.parametrize(
    "dtype, size", [("u8", 0), ("u16", 1), ("f32", 7), ("f64", 12), ("u16", 0)]
)
def test_sizes_that_are_no_whole_pixels(connect, dtype, size):
    connection = connect(path(format=dtype))
    connection.send(frame(BINARY, bytes(size)))
    assert connection.receive_message()[1].startswith(b"Error: ")


@pytest.mark.parametrize(
    "query",
    [
        "shape=abc",
        "shape=",
        "shape=0x5",
        "shape=5x0",
        "shape=600x",
        "shape=x800",
        "shape=600",
        "shape=-6x8",
        "shape=+6x8",
        "shape=6.0x8",
        "shape=600x800x2000000",
        "shape=99999999999999999999x99999999999999999999",
        "shape=4294967296x4294967296",
        "shape=100000x100000",
        "format=x",
        "format=",
        "format=u32",
        "format=U8",
        "mode=x",
        "mode=",
        "reply=x",
        "reply=",
        "method=x",
        "method=",
        "shape=600x800&format=u8&mode=wait&reply=text&method=fast",
        "method=histogram&format=f32",
        "colour=red",
        "shape=4x4&shape=5x5",
    ],
)
def test_bad_query_is_400_before_the_upgrade(server, query):
    with RawSocket(server.port) as connection:
        connection.send(upgrade_request(f"/stats?{query}"))
        response = connection.receive_response()
    assert response.status == 400
    # A sentence that names a known parameter.
    assert len(response.body.split()) >= 3
    assert re.search(rb"shape|format|mode|reply|method", response.body)

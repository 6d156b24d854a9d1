# SPDX-License-Identifier: Apache-2.0
"""The image statistics of the C core against numpy.

Builds the cpu and image rooms into a shared object and calls it by ctypes. Needs numpy, pytest and
a C compiler ($CC or cc); uses OpenBLAS where pkg-config finds it.
"""

import ctypes
import math
import os
import pathlib
import shlex
import subprocess

import numpy as np
import pytest
from core_types import Layout, Options, Result

CORE = pathlib.Path(__file__).resolve().parents[2] / "CSources" / "CSwiftlet"

DTYPES = {"u8": "u1", "u16": "<u2", "f32": "<f4", "f64": "<f8"}
PIXELS = {name: index for index, name in enumerate(DTYPES)}
METHODS = ["auto", "scalar", "simd", "blas", "histogram", "quickselect"]
LEVELS = ["scalar", "sse2", "avx2", "avx512", "neon"]
RANGE, MEAN, VARIANCE, MEDIAN, HISTOGRAM, ALL = 1, 2, 4, 8, 16, 31
UNSUPPORTED = -72


def pkg_config(*arguments):
    done = subprocess.run(["pkg-config", *arguments, "openblas"], capture_output=True, text=True)
    return shlex.split(done.stdout) if done.returncode == 0 else None


@pytest.fixture(scope="session")
def core(tmp_path_factory):
    target = tmp_path_factory.mktemp("core") / "image.so"
    sources = sorted(map(str, [*CORE.glob("cpu/*.c"), *CORE.glob("image/*.c")]))
    command = shlex.split(os.environ.get("CC", "cc"))
    command += ["-std=c11", "-O2", "-shared", "-fPIC", f"-I{CORE / 'include'}", "-o", str(target)]
    flags = pkg_config("--cflags")
    if flags is not None:
        command += ["-DSWL_WITH_BLAS=1", *flags]
    command += sources + (pkg_config("--libs") or []) + ["-lm"]
    subprocess.run(command, check=True)
    library = ctypes.CDLL(str(target))
    library.swl_image_stats.argtypes = [
        ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    library.swl_image_stream_begin.argtypes = [ctypes.c_void_p] * 3
    library.swl_image_stream_update.argtypes = [
        ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
    library.swl_image_stream_finish.argtypes = [ctypes.c_void_p] * 2
    library.swl_image_stream_free.argtypes = [ctypes.c_void_p]
    return library


@pytest.fixture(params=LEVELS)
def level(core, request):
    wanted = LEVELS.index(request.param)
    if core.swl_cpu_limit(wanted) != wanted:
        pytest.skip("not on this machine")
    yield request.param
    core.swl_cpu_limit(core.swl_cpu_best())


def layout_of(image, stride=0):
    """`image` has shape (rows, columns, channels)."""
    name = next(n for n, d in DTYPES.items() if np.dtype(d) == image.dtype)
    return Layout(image.shape[0], image.shape[1], stride, PIXELS[name], image.shape[2])


def stats(core, image, method="auto", want=ALL, gap=0, offset=0):
    """Statistics of an image laid out with `gap` bytes behind each row, `offset` bytes into
    memory; None where the method is not supported."""
    rows, columns, channels = image.shape
    row = columns * channels * image.itemsize
    memory = np.full(offset + rows * (row + gap), 0xEE, dtype=np.uint8)
    for index in range(rows):
        start = offset + index * (row + gap)
        memory[start:start + row] = np.frombuffer(image[index].tobytes(), dtype=np.uint8)
    layout = layout_of(image, row + gap if gap else 0)
    options = Options(ctypes.sizeof(Options), want, METHODS.index(method), None, 0, None)
    results = (Result * channels)()
    error = core.swl_image_stats(
        memory.ctypes.data + offset, memory.size - offset - gap, ctypes.byref(layout),
        ctypes.byref(options), results)
    if error == UNSUPPORTED:
        return None
    assert error == 0
    return list(results)


def stream(core, image, random):
    layout = layout_of(image)
    options = Options(ctypes.sizeof(Options), ALL, 0, None, 0, None)
    handle = ctypes.c_void_p()
    results = (Result * image.shape[2])()
    assert core.swl_image_stream_begin(
        ctypes.byref(layout), ctypes.byref(options), ctypes.byref(handle)) == 0
    data = np.frombuffer(image.tobytes(), dtype=np.uint8)
    at = 0
    while at < data.size:
        piece = min(int(random.integers(1, 5000)), data.size - at)
        assert core.swl_image_stream_update(handle, data.ctypes.data + at, piece) == 0
        at += piece
    assert core.swl_image_stream_finish(handle, results) == 0
    core.swl_image_stream_free(handle)
    return list(results)


def same(actual, expected, tolerance=0.0):
    if math.isnan(expected):
        return math.isnan(actual)
    if math.isinf(expected) or tolerance == 0:
        return actual == expected
    return abs(actual - expected) <= tolerance


def exact_variance(values):
    """The variance of integers, rounded once: Python divides integers correctly."""
    numbers = values.astype(object)
    count, total, squares = len(numbers), int(numbers.sum()), int((numbers * numbers).sum())
    return (count * squares - total * total) / (count * count)


def check_integer(result, values):
    assert result.count == values.size
    assert result.min == values.min()
    assert result.max == values.max()
    assert result.sum == int(values.sum(dtype=np.uint64))
    assert result.mean == int(values.sum(dtype=np.uint64)) / values.size
    assert result.variance == exact_variance(values)
    assert math.isclose(result.variance, values.astype(np.float64).var(), rel_tol=1e-9, abs_tol=1e-6)
    assert result.median == np.median(values)
    bins = values if values.itemsize == 1 else values >> 8
    assert list(result.histogram) == list(np.bincount(bins, minlength=256))


def check_real(result, values):
    wide = values.astype(np.float64)
    assert result.count == values.size
    with np.errstate(all="ignore"):
        if np.isnan(wide).any():
            for name in ("min", "max", "sum", "mean", "variance", "median"):
                assert math.isnan(getattr(result, name)), name
            assert not any(result.histogram)
            return
        assert result.min == wide.min()
        assert result.max == wide.max()
        assert same(result.median, np.median(wide))
        # The error of adding in sixteen lanes, one after the other; numpy's is smaller.
        bound = (values.size / 16 + 16) * 2.0**-52
        scale = np.abs(wide).mean()
        finite = np.isfinite(wide).all()
        assert same(result.sum, wide.sum(), bound * scale * values.size if finite else 0)
        assert same(result.mean, wide.mean(), bound * scale if finite else 0)
        assert same(result.variance, wide.var(),
                    bound * wide.var() + (bound * scale) ** 2 if finite else 0)
        if not finite:
            assert not any(result.histogram)
            return
        try:
            assert list(result.histogram) == list(np.histogram(values, bins=256)[0])
        except ValueError:  # numpy has no bins for values this close to each other
            assert sum(result.histogram) == values.size


def check(image, results):
    for channel, result in enumerate(results):
        values = np.ascontiguousarray(image[:, :, channel]).ravel()
        (check_integer if image.dtype.kind == "u" else check_real)(result, values)


def random_image(random, name, kind, shape):
    dtype = np.dtype(DTYPES[name])
    if dtype.kind == "u":
        top = np.iinfo(dtype).max
        if kind == "random":
            image = random.integers(0, top, shape, endpoint=True)
        elif kind == "smooth":
            image = np.add.outer(np.linspace(0, top / 2, shape[0]),
                                 np.linspace(0, top / 2, shape[1]))[:, :, None]
            image = np.broadcast_to(image, shape)
        elif kind == "two":
            image = np.where(random.random(shape) < 0.5, top // 5, top - 3)
        else:
            image = np.full(shape, random.integers(0, top))
        return np.ascontiguousarray(image.astype(dtype))
    if kind == "random":
        image = random.normal(5, 100, shape)
    elif kind == "smooth":
        image = np.broadcast_to(
            np.add.outer(np.linspace(-1, 1, shape[0]), np.linspace(0, 3, shape[1]))[:, :, None],
            shape)
    elif kind == "two":
        image = np.where(random.random(shape) < 0.5, -0.25, 7.5)
    else:
        image = np.full(shape, random.normal())
    return np.ascontiguousarray(image.astype(dtype))


SHAPES = [(1, 1, 1), (1, 2, 1), (3, 5, 1), (1, 255, 1), (16, 16, 1), (7, 37, 3), (64, 65, 2),
          (100, 331, 1), (33, 1000, 1), (80, 90, 4)]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", DTYPES)
def test_every_method_agrees_with_numpy(core, level, name, method):
    random = np.random.default_rng(1)
    for shape in SHAPES:
        for kind in ("random", "smooth", "two", "constant"):
            image = random_image(random, name, kind, shape)
            results = stats(core, image, method, offset=int(random.integers(0, 9)))
            if results is None:
                assert method == "blas" or (method == "histogram" and name[0] == "f")
                return
            check(image, results)


@pytest.mark.parametrize("name", DTYPES)
def test_random_shapes_strides_and_alignments(core, level, name):
    random = np.random.default_rng(2)
    for _ in range(40):
        shape = (int(random.integers(1, 60)), int(random.integers(1, 600)),
                 int(random.integers(1, 5)))
        image = random_image(random, name, "random", shape)
        check(image, stats(core, image, gap=int(random.integers(0, 40)),
                           offset=int(random.integers(0, 64))))


@pytest.mark.parametrize("name", DTYPES)
def test_large_images(core, level, name):
    random = np.random.default_rng(3)
    for kind in ("random", "smooth", "two", "constant"):
        for shape in ((600, 800, 1), (601, 801, 1)):
            image = random_image(random, name, kind, shape)
            for method in ("auto", "quickselect"):
                check(image, stats(core, image, method, gap=0))
            check(image, stats(core, image, gap=5))


@pytest.mark.parametrize("name", ["f32", "f64"])
def test_special_values(core, level, name):
    random = np.random.default_rng(4)
    top = float(np.finfo(DTYPES[name]).max)
    tiny = float(np.finfo(DTYPES[name]).smallest_subnormal)
    pools = [[math.nan, 1.0], [math.inf, 1.0], [-math.inf, math.inf, 0.0], [0.0, -0.0],
             [tiny, -tiny, 0.0], [math.nan, math.inf, -math.inf], [top / 1e6, -top / 1e6, 1.0],
             [math.inf, math.nan, 3.5, -0.0, tiny]]
    for pool in pools:
        for count in (1, 2, 3, 15, 16, 17, 100, 4097, 20000):
            for _ in range(3):
                image = random.choice(pool, size=(1, count, 1)).astype(DTYPES[name])
                check(image, stats(core, image))
    for count in (1, 16, 33, 5000, 40000):  # one NaN anywhere
        image = random.normal(size=(1, count, 1)).astype(DTYPES[name])
        for at in {0, count // 2, count - 1, int(random.integers(0, count))}:
            spoiled = image.copy()
            spoiled[0, at, 0] = math.nan
            check(spoiled, stats(core, spoiled))


@pytest.mark.parametrize("name", DTYPES)
def test_levels_and_methods_give_the_same_bits(core, name):
    random = np.random.default_rng(5)
    image = random_image(random, name, "random", (251, 333, 1))
    seen = set()
    for index in range(len(LEVELS)):
        core.swl_cpu_limit(index)
        for method in METHODS:
            if method == "blas" and name[0] == "f":
                continue  # may differ by rounding
            results = stats(core, image, method)
            if results is not None:
                seen.add(bytes(results[0]))
    core.swl_cpu_limit(core.swl_cpu_best())
    assert len(seen) == 1


@pytest.mark.parametrize("name", DTYPES)
def test_streams_give_the_same_bits(core, level, name):
    random = np.random.default_rng(6)
    for shape in SHAPES + [(123, 457, 3), (300, 400, 1)]:
        image = random_image(random, name, "random", shape)
        whole, pieces = stats(core, image), stream(core, image, random)
        assert [bytes(r) for r in whole] == [bytes(r) for r in pieces]


def test_only_what_is_asked_for(core, level):
    fields = {RANGE: ("min", "max"), MEAN: ("sum", "mean"), VARIANCE: ("sum", "mean", "variance"),
              MEDIAN: ("median",)}
    random = np.random.default_rng(7)
    for name in DTYPES:
        image = random_image(random, name, "random", (90, 111, 1))
        full = stats(core, image)[0]
        for want in range(1, ALL + 1):
            for method in METHODS:
                results = stats(core, image, method, want)
                if results is None:
                    continue
                asked = {f for bit, names in fields.items() if want & bit for f in names}
                for field in ("min", "max", "sum", "mean", "variance", "median"):
                    value = getattr(results[0], field)
                    if field not in asked:
                        assert value == 0, (name, want, method, field)
                    elif method != "blas" or name[0] == "u":
                        assert value == getattr(full, field), (name, want, method, field)
                expected = list(full.histogram) if want & HISTOGRAM else [0] * 256
                assert list(results[0].histogram) == expected, (name, want, method)

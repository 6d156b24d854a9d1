# SPDX-License-Identifier: Apache-2.0
"""Images, and what numpy says of them."""

import numpy as np

DTYPES = {"u8": "u1", "u16": "<u2", "f32": "<f4", "f64": "<f8"}


def text_line(image: np.ndarray) -> str:
    """The line of the experiment /stats grew from, letter by letter."""
    a = image
    n = a.nbytes
    return f"Received: {n}, {a.shape}, {a.max()}, {a.min()}, {a.mean()}, {np.median(a)}"


def path(image: np.ndarray | None = None, **query: str) -> str:
    """/stats with the shape and format of an image, and more parameters."""
    parameters = {}
    if image is not None:
        parameters["format"] = next(n for n, t in DTYPES.items() if np.dtype(t) == image.dtype)
        if image.ndim == 2:
            parameters["shape"] = "x".join(map(str, image.shape))
    parameters |= query
    return "/stats?" + "&".join(f"{name}={value}" for name, value in parameters.items())


def whole_numbers(dtype: str, shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Random pixels of u8 or u16; the seed also chooses how they are spread."""
    chance = np.random.default_rng(seed)
    kind = np.dtype(DTYPES[dtype])
    top = int(np.iinfo(kind).max)
    match seed % 4:
        case 0:
            pixels = chance.integers(0, top, shape, endpoint=True)
        case 1:  # a narrow peak
            pixels = np.clip(chance.normal(top / 3, top / 50, shape), 0, top)
        case 2:  # two far levels, so that the median may lie between them
            pixels = chance.choice([3, top], shape)
        case _:  # a ramp
            pixels = np.resize(np.arange(top + 1), shape)
    return pixels.astype(kind)


def floats(dtype: str, shape: tuple[int, ...], seed: int) -> np.ndarray:
    chance = np.random.default_rng(seed)
    return chance.normal(10.0 ** (seed % 5), 100.0, shape).astype(DTYPES[dtype])

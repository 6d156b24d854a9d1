#!/usr/bin/env python3
"""Statistics of a file of float32 samples, by the shared library through ctypes.

    python3 image_statistics.py ROWS COLUMNS FILE
"""

# SPDX-License-Identifier: Apache-2.0

import ctypes
import ctypes.util
import sys
from ctypes import POINTER, byref, c_double, c_int, c_size_t, c_uint32, c_uint64, c_void_p

PIXEL_F32 = 2  # SWL_PIXEL_F32


class Layout(ctypes.Structure):  # swl_image_layout
    _fields_ = [
        ("rows", c_size_t),
        ("columns", c_size_t),
        ("stride", c_size_t),
        ("pixel", c_int),
        ("channels", c_uint32),
    ]


class Result(ctypes.Structure):  # swl_image_result
    _fields_ = [
        ("count", c_uint64),
        *((name, c_double) for name in ("min", "max", "sum", "mean", "variance", "median")),
        ("histogram", c_uint64 * 256),
    ]


def load() -> ctypes.CDLL:
    # Where the loader finds it: /usr/local/lib after ldconfig, or LD_LIBRARY_PATH.
    library = ctypes.CDLL(ctypes.util.find_library("swiftlet") or "libswiftlet.so")
    library.swl_strerror.restype = ctypes.c_char_p
    library.swl_image_stats.argtypes = [
        c_void_p,
        c_size_t,
        POINTER(Layout),
        c_void_p,  # options: None is the default
        POINTER(Result),
    ]
    return library


def statistics(library: ctypes.CDLL, samples: bytes, rows: int, columns: int) -> Result:
    layout = Layout(rows, columns, 0, PIXEL_F32, 1)
    result = Result()
    error = library.swl_image_stats(samples, len(samples), byref(layout), None, byref(result))
    if error:
        raise ValueError(library.swl_strerror(error).decode())
    return result


if __name__ == "__main__":
    rows, columns, name = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    with open(name, "rb") as file:
        result = statistics(load(), file.read(), rows, columns)
    print(f"min {result.min!r} max {result.max!r} mean {result.mean!r} median {result.median!r}")

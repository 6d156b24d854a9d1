# SPDX-License-Identifier: Apache-2.0
"""The structs of swiftlet.h's image section for ctypes, in one place for tests and benchmarks."""

import ctypes


class Layout(ctypes.Structure):
    _fields_ = [
        ("rows", ctypes.c_size_t),
        ("columns", ctypes.c_size_t),
        ("stride", ctypes.c_size_t),
        ("pixel", ctypes.c_int),
        ("channels", ctypes.c_uint32),
    ]


class Options(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_size_t),
        ("want", ctypes.c_uint32),
        ("method", ctypes.c_int),
        ("scratch", ctypes.c_void_p),
        ("scratch_size", ctypes.c_size_t),
        ("allocator", ctypes.c_void_p),
    ]


class Result(ctypes.Structure):
    _fields_ = [("count", ctypes.c_uint64)] + [
        (name, ctypes.c_double) for name in ("min", "max", "sum", "mean", "variance", "median")
    ] + [("histogram", ctypes.c_uint64 * 256)]

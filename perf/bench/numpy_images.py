#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The C core's image statistics against numpy's four calls, interleaved, medians and ratios.

  numpy_images.py [--rounds 101] [--json FILE]      needs numpy and a C compiler

min, max, mean and median of an 800x600 u8 image: one call of swl_image_stats() by ctypes, whose own
cost of about a microsecond counts against us, and np.min, np.max, np.mean, np.median. The results
must be equal.
"""

import argparse
import ctypes
import json
import pathlib
import platform
import statistics
import subprocess
import sys
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORE = ROOT / "CSources" / "CSwiftlet"
sys.path.append(str(ROOT / "Tests" / "python"))
from core_types import Layout, Result  # noqa: E402
LEVELS = {"scalar": 0, "sse2": 1, "avx2": 2, "avx512": 3, "neon": 4}
ROWS, COLUMNS = 600, 800


def images():
    generator = np.random.default_rng(1)
    yield "random", generator.integers(0, 256, (ROWS, COLUMNS), dtype=np.uint8)
    ramp = np.linspace(0, 255, COLUMNS)[None, :] + np.linspace(0, 60, ROWS)[:, None]
    smooth = ramp + generator.normal(0, 2, (ROWS, COLUMNS))
    yield "smooth", np.clip(smooth, 0, 255).astype(np.uint8)


def by_numpy(image):
    return np.min(image), np.max(image), np.mean(image), np.median(image)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=101)
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE")
    options = parser.parse_args()

    subprocess.run(["make", "-s", "-C", CORE, ".build/libswiftlet.so"], check=True)
    core = ctypes.CDLL(CORE / ".build" / "libswiftlet.so")
    best = core.swl_cpu_best()
    levels = [n for n, v in LEVELS.items() if v == best or (v < best < LEVELS["neon"])]
    layout = Layout(ROWS, COLUMNS, 0, 0, 1)
    result = Result()

    record = {
        "schema": 1,
        "numpy": np.__version__,
        "machine": platform.machine(),
        "rounds": options.rounds,
        "images": {},
    }
    for name, image in images():

        def by_core(data=image.ctypes.data, size=image.nbytes):
            error = core.swl_image_stats(
                ctypes.c_void_p(data), ctypes.c_size_t(size), ctypes.byref(layout), None,
                ctypes.byref(result),
            )
            if error:
                raise SystemExit(f"swl_image_stats() returned {error}")
            return result.min, result.max, result.mean, result.median

        def at(level):
            def run():
                core.swl_cpu_limit(LEVELS[level])
                return by_core()

            return run

        subjects = {"numpy": lambda image=image: by_numpy(image)} | {n: at(n) for n in levels}
        expected = by_numpy(image)
        times = {subject: [] for subject in subjects}
        for _ in range(options.rounds):
            for subject, run in subjects.items():
                run()  # the first after another subject finds the caches cold
                start = time.perf_counter_ns()
                got = run()
                times[subject].append(time.perf_counter_ns() - start)
                if tuple(map(float, got)) != tuple(map(float, expected)):
                    raise SystemExit(f"{subject} differs from numpy on {name}: {got} {expected}")
        medians = {subject: statistics.median(t) / 1000 for subject, t in times.items()}
        record["images"][name] = {
            subject: {"microseconds": median, "times_numpy": medians["numpy"] / median}
            for subject, median in medians.items()
        }
        for subject, median in medians.items():
            print(f"{name:8} {subject:8} {median:9.1f} µs {medians['numpy'] / median:7.1f} x numpy")
    if options.json:
        options.json.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()

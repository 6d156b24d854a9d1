# SPDX-License-Identifier: Apache-2.0
"""The image examples against numpy."""

import sys

import numpy as np
import pytest
from building import EXAMPLES, run


def numbers(output: str) -> dict[str, float]:
    words = output.split()
    return {name: float(value) for name, value in zip(words[::2], words[1::2], strict=True)}


def expected(image: np.ndarray) -> dict[str, float]:
    return {
        "min": image.min(),
        "max": image.max(),
        "mean": pytest.approx(image.mean(dtype=np.float64), rel=1e-14),
        "median": float(np.median(image)),
    }


@pytest.mark.parametrize(("pixel", "largest"), [(np.uint8, 255), (">u2", 65535), (">u2", 1023)])
def test_pgm_statistics(example, tmp_path, pixel, largest):
    image = np.random.default_rng(1).integers(0, largest, (61, 83), endpoint=True).astype(pixel)
    picture = tmp_path / "picture.pgm"
    picture.write_bytes(b"P5\n# a comment\n83 61\n%d\n" % largest + image.tobytes())
    assert numbers(run(example("pgm_statistics"), picture)) == expected(image)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"P6 1 1 255\n123",
        b"P5 2 2 255\n123",
        b"P5 0 1 255\n",
        b"P5 99999999999 9 255\n",
        b"P5 1 1",
    ],
)
def test_pgm_statistics_refuses(example, tmp_path, content):
    picture = tmp_path / "picture.pgm"
    picture.write_bytes(content)
    assert run(example("pgm_statistics"), picture, status=1).startswith(str(picture))


def test_image_statistics_in_cpp(example, tmp_path):
    image = np.random.default_rng(2).integers(0, 256, (120, 333), dtype=np.uint8)
    (tmp_path / "samples").write_bytes(image.tobytes())
    program = example("image_statistics")
    with open(tmp_path / "samples") as samples:
        output = run(program, 120, 333, stdin=samples)
    variance = pytest.approx(image.var(), rel=1e-13)
    assert numbers(output) == expected(image) | {"variance": variance}
    with open(tmp_path / "samples") as samples:
        assert "does not fit" in run(program, 120, 334, stdin=samples, status=1)


def test_image_statistics_in_python(installed, tmp_path):
    image = np.random.default_rng(3).normal(100, 20, (77, 91)).astype(np.float32)
    (tmp_path / "samples").write_bytes(image.tobytes())
    script = EXAMPLES / "image_statistics.py"
    output = run(sys.executable, script, 77, 91, tmp_path / "samples", env=installed.env)
    assert numbers(output) == expected(image)
    output = run(sys.executable, script, 78, 91, tmp_path / "samples", env=installed.env, status=1)
    assert "does not fit" in output

# SPDX-License-Identifier: Apache-2.0
"""Images go to the server as gray bytes and come back as statistics."""

import base64
import struct
import zlib

import numpy as np
import pytest
from images import whole_numbers

SHAPE = (60, 80)


def png(pixels: np.ndarray) -> bytes:
    """A PNG of 8 bits: gray, or colours with or without alpha."""
    rows, columns = pixels.shape[:2]
    colour = {1: 0, 3: 2, 4: 6}[pixels.size // (rows * columns)]

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    lines = b"".join(b"\0" + row.tobytes() for row in pixels)
    head = struct.pack(">IIBBBBB", columns, rows, 8, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(lines))
        + chunk(b"IEND", b"")
    )


def pgm(pixels: np.ndarray) -> bytes:
    rows, columns = pixels.shape
    return b"P5\n# a comment\n%d %d\n255\n" % (columns, rows) + pixels.tobytes()


def plain_pgm(pixels: np.ndarray) -> bytes:
    rows, columns = pixels.shape
    return b"P2 %d %d 255\n" % (columns, rows) + b" ".join(b"%d" % p for p in pixels.reshape(-1))


@pytest.fixture
def images(console):
    console.click("#tab-images")
    return console


def drop(console, name: str, data: bytes) -> None:
    script = """
        const [name, data] = arguments;
        const transfer = new DataTransfer();
        transfer.items.add(new File([Uint8Array.fromBase64(data)], name));
        const event = new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true });
        document.querySelector("#drop").dispatchEvent(event);
    """
    console.run(script, name, base64.b64encode(data).decode())


def shown_statistics(console) -> dict[str, float]:
    console.until(lambda: "Answered in" in console.text("#image-note"))
    return dict(
        zip(console.texts("#statistics dt"), map(float, console.texts("#statistics dd")), strict=True)
    )


def expected(pixels: np.ndarray) -> dict[str, float]:
    return {
        "min": pixels.min(),
        "max": pixels.max(),
        "mean": pytest.approx(pixels.mean(), abs=0.0005),
        "median": np.median(pixels),
    }


@pytest.mark.parametrize("form", [png, pgm, plain_pgm])
def test_gray_image_is_sent_as_it_is(images, form):
    pixels = whole_numbers("u8", SHAPE, 1)
    drop(images, f"image.{form.__name__}", form(pixels))
    assert shown_statistics(images) == expected(pixels)
    assert images.text("#image-caption") == "60 rows × 80 columns, 4.69 KiB"
    assert images.run("const c = document.querySelector('#canvas'); return [c.height, c.width]") == [
        60,
        80,
    ]
    drawn = images.run("""
        const canvas = document.querySelector("#canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return [...data].filter((_, at) => at % 4 === 0);
    """)
    assert drawn == pixels.reshape(-1).tolist()


def test_colours_become_luma(images):
    colours = whole_numbers("u8", (*SHAPE, 3), 0)
    red, green, blue = (colours[..., channel].astype("u4") for channel in range(3))
    luma = ((19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16).astype("u1")
    drop(images, "colours.png", png(colours))
    assert shown_statistics(images) == expected(luma)


def test_what_is_transparent_is_white(images):
    drop(images, "clear.png", png(np.zeros((*SHAPE, 4), "u1")))
    assert shown_statistics(images) == {"min": 255, "max": 255, "mean": 255, "median": 255}


def test_histogram(images):
    pixels = whole_numbers("u8", SHAPE, 1)
    drop(images, "image.png", png(pixels))
    shown_statistics(images)
    counts = np.bincount(pixels.reshape(-1), minlength=256)
    label = images.find("#histogram svg").get_attribute("aria-label")
    assert f"the most frequent value is {counts.argmax()}, with {counts.max()} pixels" in label
    # Heights of the bars, in the drawing's units.
    drawn = images.find("#histogram .bars").get_attribute("d")
    heights = [-float(bar.split("v")[1].split("h")[0]) for bar in drawn.split("M")[1:]]
    assert np.allclose(np.array(heights) / max(heights), counts / counts.max(), atol=0.001)


def test_file_chooser(images, tmp_path):
    pixels = whole_numbers("u8", SHAPE, 3)
    path = tmp_path / "image.pgm"
    path.write_bytes(pgm(pixels))
    images.find("#image-file").send_keys(str(path))
    assert shown_statistics(images) == expected(pixels)


def test_method_is_asked_for(images):
    images.click("#sample")
    first = shown_statistics(images)
    images.drain_logs()
    images.choose("#method", "quickselect")
    images.until(lambda: any("method=quickselect" in url for url in images.requests()))
    assert shown_statistics(images).keys() == first.keys()


@pytest.mark.parametrize(
    "name, data, words",
    [
        ("notes.txt", b"hello", "notes.txt is no image that this browser can read."),
        ("empty.png", b"", "empty.png is no image that this browser can read."),
        ("cut.pgm", b"P5 10 10 255\n123", "The PGM file ends early."),
        ("head.pgm", b"P5 10", "The PGM file ends early"),
        ("deep.pgm", b"P5 1 1 65535\nxx", "Only PGM files of at most 256 levels are read here."),
        ("none.pgm", b"P5 0 10 255\n", "The image is empty."),
        ("vast.pgm", b"P5 99999 99999 255\n", "The image has more than 64 million pixels."),
    ],
)
def test_what_is_no_image(images, name, data, words):
    drop(images, name, data)
    images.until(lambda: words in images.text("#image-note"))
    assert not images.find("#image-result").is_displayed()


def test_image_larger_than_the_server_takes(images):
    drop(images, "large.pgm", pgm(np.zeros((4200, 4200), "u1")))
    images.until(lambda: "The server did not take the connection." in images.text("#image-note"))
    assert all("/stats" in line for line in images.complaints())


def test_frames_of_the_image_are_shown(images):
    drop(images, "image.png", png(whole_numbers("u8", SHAPE, 1)))
    shown_statistics(images)
    images.until(lambda: "closed, 1000" in "".join(images.texts(".frame .summary")))
    assert images.texts(".frame .summary")[1:] == [
        "image 60x80",
        "bytes, shape, min, max, mean, median",
        "closed, 1000",
    ]
    assert images.texts(".frame .size")[1:3] == ["4.69 KiB", images.texts(".frame .size")[2]]

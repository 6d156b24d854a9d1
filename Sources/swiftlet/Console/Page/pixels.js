// SPDX-License-Identifier: Apache-2.0
//
// Files to gray pixels, a byte each.

const MAX_PIXELS = 64 << 20;

/** Reads a PGM, or whatever image the browser knows: { rows, columns, pixels }. */
export async function readImage(file) {
  const head = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const magic = String.fromCharCode(...head);
  if (magic === "P5" || magic === "P2") return readPGM(new Uint8Array(await file.arrayBuffer()));
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { colorSpaceConversion: "none" });
  } catch {
    throw new Error(`${file.name} is no image that this browser can read.`);
  }
  return fromBitmap(bitmap);
}

function fromBitmap(bitmap) {
  const { width: columns, height: rows } = bitmap;
  checkSize(rows, columns);
  const canvas = new OffscreenCanvas(columns, rows);
  const context = canvas.getContext("2d");
  context.fillStyle = "white"; // what is transparent is paper
  context.fillRect(0, 0, columns, rows);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, columns, rows);
  const pixels = new Uint8Array(rows * columns);
  for (let at = 0; at < pixels.length; at++) {
    // Rec. 601 luma in 16-bit fixed point, rounded; exact where red, green and blue are equal.
    const [red, green, blue] = [data[4 * at], data[4 * at + 1], data[4 * at + 2]];
    pixels[at] = (19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16;
  }
  return { rows, columns, pixels };
}

/** Netpbm's gray format, binary (P5) or plain (P2), with at most 256 levels. */
function readPGM(bytes) {
  let at = 2;
  const isSpace = (byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
  const number = () => {
    for (; isSpace(bytes[at]) || bytes[at] === 0x23; at++) {
      if (bytes[at] === 0x23) while (at < bytes.length && bytes[at] !== 0x0a) at++; // a comment
    }
    let value = NaN;
    for (; bytes[at] >= 0x30 && bytes[at] <= 0x39; at++) value = 10 * (value || 0) + bytes[at] - 0x30;
    if (Number.isNaN(value)) throw new Error("The PGM file ends early or holds something else.");
    return value;
  };
  const [columns, rows, levels] = [number(), number(), number()];
  checkSize(rows, columns);
  if (levels < 1 || levels > 255) throw new Error("Only PGM files of at most 256 levels are read here.");
  const count = rows * columns;
  if (bytes[1] === 0x32) return { rows, columns, pixels: Uint8Array.from({ length: count }, number) };
  const pixels = bytes.slice(at + 1, at + 1 + count);
  if (pixels.length < count) throw new Error("The PGM file ends early.");
  return { rows, columns, pixels };
}

function checkSize(rows, columns) {
  if (rows < 1 || columns < 1) throw new Error("The image is empty.");
  if (rows * columns > MAX_PIXELS) throw new Error("The image has more than 64 million pixels.");
}

/** A picture to try: a bright disc on a slope, with noise. */
export function sampleImage() {
  const [rows, columns] = [600, 800];
  const pixels = new Uint8Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const distance = Math.hypot(row - 280, column - 430);
      const light = 40 + 90 * (column / columns) + (distance < 170 ? 90 * (1 - distance / 260) : 0);
      pixels[row * columns + column] = light + 24 * (Math.random() + Math.random() - 1);
    }
  }
  return { rows, columns, pixels };
}

/** How many pixels there are of each value. */
export function histogramOf(pixels) {
  const counts = new Uint32Array(256);
  for (const pixel of pixels) counts[pixel]++;
  return counts;
}

/** Draws gray pixels in their own size. */
export function drawGray(canvas, { rows, columns, pixels }) {
  canvas.width = columns;
  canvas.height = rows;
  const image = new ImageData(columns, rows);
  for (let at = 0; at < pixels.length; at++) {
    image.data.fill(pixels[at], 4 * at, 4 * at + 3);
    image.data[4 * at + 3] = 255;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

// SPDX-License-Identifier: Apache-2.0
//
// MessagePack (github.com/msgpack/msgpack/blob/master/spec.md), without loss: see values.js for what
// becomes what.

import { Ext, Float, Timestamp, isMap, entriesOf } from "./values.js";

const MAX_DEPTH = 1024;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Encodes a value in the shortest forms, whole numbers as integers. */
export function encode(value) {
  const writer = new Writer();
  writer.value(value, 0);
  return writer.bytes.slice(0, writer.size);
}

class Writer {
  bytes = new Uint8Array(256);
  view = new DataView(this.bytes.buffer);
  size = 0;

  /** Makes room for `count` bytes and returns where they go. */
  take(count) {
    const at = this.size;
    this.size += count;
    if (this.size > this.bytes.length) {
      const larger = new Uint8Array(Math.max(this.size, 2 * this.bytes.length));
      larger.set(this.bytes);
      this.bytes = larger;
      this.view = new DataView(larger.buffer);
    }
    return at;
  }

  raw(bytes) {
    const at = this.take(bytes.length); // may replace this.bytes
    this.bytes.set(bytes, at);
  }

  /** A type byte and a number of 0, 1, 2, 4 or 8 bytes. */
  head(type, size = 0, number = 0) {
    const at = this.take(1 + size);
    this.view.setUint8(at, type);
    if (size === 1) this.view.setUint8(at + 1, number);
    else if (size === 2) this.view.setUint16(at + 1, number);
    else if (size === 4) this.view.setUint32(at + 1, number);
    else if (size === 8) this.view.setBigUint64(at + 1, BigInt.asUintN(64, BigInt(number)));
  }

  /** A length in the first of the forms that holds it: [type, bytes of length], in ascending order. */
  length(count, forms) {
    const [type, size] = forms.find(([, size]) => count < 2 ** (8 * size));
    this.head(type, size, count);
  }

  value(value, depth) {
    if (depth > MAX_DEPTH) throw new RangeError("the value is nested too deeply");
    if (value === null || value === undefined) this.head(0xc0);
    else if (typeof value === "boolean") this.head(value ? 0xc3 : 0xc2);
    else if (typeof value === "bigint") this.integer(value);
    else if (typeof value === "number") this.number(value);
    else if (typeof value === "string") this.string(value);
    else if (value instanceof Float) this.float(value.value, value.bits);
    else if (value instanceof Uint8Array) this.binary(value);
    else if (value instanceof Ext) this.ext(value.type, value.bytes);
    else if (value instanceof Timestamp) this.timestamp(value);
    else if (Array.isArray(value)) this.array(value, depth);
    else if (isMap(value)) this.map(value, depth);
    else throw new TypeError(`MessagePack has nothing for ${value}`);
  }

  number(value) {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) this.integer(BigInt(value));
    else this.float(value, 64);
  }

  integer(value) {
    if (value >= 2n ** 64n || value < -(2n ** 63n)) throw new RangeError(`${value} has over 64 bits`);
    if (value >= 0n) {
      if (value < 0x80n) return this.head(Number(value));
      const sizes = [[0xcc, 1], [0xcd, 2], [0xce, 4], [0xcf, 8]];
      const [type, size] = sizes.find(([, size]) => value < 2n ** BigInt(8 * size));
      return this.head(type, size, size === 8 ? value : Number(value));
    }
    if (value >= -32n) return this.head(Number(value) + 0x100);
    const sizes = [[0xd0, 1], [0xd1, 2], [0xd2, 4], [0xd3, 8]];
    const [type, size] = sizes.find(([, size]) => value >= -(2n ** BigInt(8 * size - 1)));
    this.head(type, size, size === 8 ? value : Number(value));
  }

  float(value, bits) {
    const at = this.take(1 + bits / 8);
    this.view.setUint8(at, bits === 32 ? 0xca : 0xcb);
    if (bits === 32) this.view.setFloat32(at + 1, value);
    else this.view.setFloat64(at + 1, value);
  }

  string(value) {
    const bytes = encoder.encode(value);
    if (bytes.length < 32) this.head(0xa0 | bytes.length);
    else this.length(bytes.length, [[0xd9, 1], [0xda, 2], [0xdb, 4]]);
    this.raw(bytes);
  }

  binary(bytes) {
    this.length(bytes.length, [[0xc4, 1], [0xc5, 2], [0xc6, 4]]);
    this.raw(bytes);
  }

  ext(type, bytes) {
    const fixed = [1, 2, 4, 8, 16].indexOf(bytes.length);
    if (fixed >= 0) this.head(0xd4 + fixed);
    else this.length(bytes.length, [[0xc7, 1], [0xc8, 2], [0xc9, 4]]);
    this.head(type & 0xff);
    this.raw(bytes);
  }

  timestamp({ seconds, nanoseconds }) {
    const isUnsigned = seconds >= 0n && seconds < 2n ** 34n;
    const size = !isUnsigned ? 12 : nanoseconds || seconds >= 2n ** 32n ? 8 : 4;
    const view = new DataView(new ArrayBuffer(size));
    if (size === 4) view.setUint32(0, Number(seconds));
    if (size === 8) view.setBigUint64(0, (BigInt(nanoseconds) << 34n) | seconds);
    if (size === 12) {
      view.setUint32(0, nanoseconds);
      view.setBigInt64(4, seconds);
    }
    this.ext(-1, new Uint8Array(view.buffer));
  }

  array(items, depth) {
    if (items.length < 16) this.head(0x90 | items.length);
    else this.length(items.length, [[0xdc, 2], [0xdd, 4]]);
    for (const item of items) this.value(item, depth + 1);
  }

  map(map, depth) {
    const entries = entriesOf(map);
    if (entries.length < 16) this.head(0x80 | entries.length);
    else this.length(entries.length, [[0xde, 2], [0xdf, 4]]);
    for (const [key, item] of entries) {
      this.value(key, depth + 1);
      this.value(item, depth + 1);
    }
  }
}

/**
 * Decodes one value that takes all of the bytes.
 *
 * `trace`, if given, is called for each head and scalar in order with (start, end, depth, meaning).
 */
export function decode(bytes, trace = () => {}) {
  const reader = new Reader(bytes, trace);
  const value = reader.value(0);
  if (reader.at < bytes.length) throw new SyntaxError(`${bytes.length - reader.at} bytes too many`);
  return value;
}

class Reader {
  constructor(bytes, trace) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.trace = trace;
    this.at = 0;
  }

  /** Passes over `count` bytes and returns where they began. */
  take(count) {
    const at = this.at;
    if (count > this.bytes.length - at) throw new SyntaxError("the value goes on after the last byte");
    this.at += count;
    return at;
  }

  unsigned(size) {
    const at = this.take(size);
    if (size === 1) return this.view.getUint8(at);
    return size === 2 ? this.view.getUint16(at) : this.view.getUint32(at);
  }

  value(depth) {
    if (depth > MAX_DEPTH) throw new RangeError("the value is nested too deeply");
    const start = this.at;
    const type = this.unsigned(1);
    if (type < 0x80) return this.scalar(start, depth, "int", type);
    if (type < 0x90) return this.map(start, depth, type & 0x0f);
    if (type < 0xa0) return this.array(start, depth, type & 0x0f);
    if (type < 0xc0) return this.string(start, depth, type & 0x1f);
    if (type >= 0xe0) return this.scalar(start, depth, "int", type - 0x100);
    if (type >= 0xd4 && type <= 0xd8) return this.ext(start, depth, 1 << (type - 0xd4));
    switch (type) {
      case 0xc0:
        return this.scalar(start, depth, "nil", null);
      case 0xc2:
      case 0xc3:
        return this.scalar(start, depth, "bool", type === 0xc3);
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.binary(start, depth, this.unsigned(1 << (type - 0xc4)));
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return this.ext(start, depth, this.unsigned(1 << (type - 0xc7)));
      case 0xca:
        return this.scalar(start, depth, "float 32", new Float(this.view.getFloat32(this.take(4)), 32));
      case 0xcb:
        return this.scalar(start, depth, "float 64", plain(this.view.getFloat64(this.take(8))));
      case 0xcc:
      case 0xcd:
      case 0xce: {
        const size = 1 << (type - 0xcc);
        return this.scalar(start, depth, `uint ${8 * size}`, this.unsigned(size));
      }
      case 0xcf:
        return this.scalar(start, depth, "uint 64", short(this.view.getBigUint64(this.take(8))));
      case 0xd0:
        return this.scalar(start, depth, "int 8", this.view.getInt8(this.take(1)));
      case 0xd1:
        return this.scalar(start, depth, "int 16", this.view.getInt16(this.take(2)));
      case 0xd2:
        return this.scalar(start, depth, "int 32", this.view.getInt32(this.take(4)));
      case 0xd3:
        return this.scalar(start, depth, "int 64", short(this.view.getBigInt64(this.take(8))));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.string(start, depth, this.unsigned(1 << (type - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.array(start, depth, this.unsigned(2 << (type - 0xdc)));
      case 0xde:
      case 0xdf:
        return this.map(start, depth, this.unsigned(2 << (type - 0xde)));
      default:
        throw new SyntaxError("byte 0xc1 is never used");
    }
  }

  scalar(start, depth, name, value) {
    this.trace(start, this.at, depth, `${name} ${value === null ? "" : value}`.trim());
    return value;
  }

  string(start, depth, size) {
    const at = this.take(size);
    const value = decoder.decode(this.bytes.subarray(at, at + size));
    this.trace(start, this.at, depth, `str of ${size} ${JSON.stringify(value)}`);
    return value;
  }

  binary(start, depth, size) {
    const at = this.take(size);
    this.trace(start, this.at, depth, `bin of ${size}`);
    return this.bytes.slice(at, at + size);
  }

  ext(start, depth, size) {
    const type = this.view.getInt8(this.take(1));
    const at = this.take(size);
    const value = type === -1 ? this.timestamp(at, size) : null;
    this.trace(start, this.at, depth, value ? `timestamp ${value}` : `ext ${type} of ${size}`);
    return value ?? new Ext(type, this.bytes.slice(at, at + size));
  }

  /** Nil where the bytes have none of the three forms. */
  timestamp(at, size) {
    if (size === 4) return new Timestamp(this.view.getUint32(at));
    if (size === 12) return new Timestamp(this.view.getBigInt64(at + 4), this.view.getUint32(at));
    if (size !== 8) return null;
    const both = this.view.getBigUint64(at);
    return new Timestamp(both & (2n ** 34n - 1n), Number(both >> 34n));
  }

  array(start, depth, count) {
    this.trace(start, this.at, depth, `array of ${count}`);
    const items = [];
    for (let index = 0; index < count; index++) items.push(this.value(depth + 1));
    return items;
  }

  map(start, depth, count) {
    this.trace(start, this.at, depth, `map of ${count}`);
    const entries = [];
    for (let index = 0; index < count; index++) {
      entries.push([this.value(depth + 1), this.value(depth + 1)]);
    }
    if (entries.some(([key]) => typeof key !== "string")) return new Map(entries);
    const map = Object.create(null); // so that "__proto__" is a key as any other
    for (const [key, value] of entries) map[key] = value;
    return map;
  }
}

/** A float as a plain number, unless that would look like an integer. */
const plain = (value) => (Number.isInteger(value) ? new Float(value) : value);

/** A whole number as a plain number where that is exact. */
const short = (value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value);

// SPDX-License-Identifier: Apache-2.0
//
// What JSON has no word for, and the notation people write it in.
//
//   {"$bin": "aGk="}  {"$hex": "6869"}         MessagePack bin: base64 or hexadecimal digits
//   {"$ext": [5, "AQID"]}                      MessagePack ext: type -128..127 and base64
//   {"$timestamp": "2026-01-02T03:04:05.5Z"}   MessagePack timestamp, to the nanosecond
//   {"$float": 2}  {"$float": "NaN"}           a float 64, also without a fraction (so is 2.0)
//   {"$float32": 0.5}                          a float 32
//   18446744073709551615                       whole numbers keep all their digits
//
// In the program these are Uint8Array, Ext, Timestamp, Float and BigInt. A plain number is an integer
// when it is whole.

export class Ext {
  constructor(type, bytes) {
    this.type = type;
    this.bytes = bytes;
  }
}

/** Seconds (BigInt) since 1970 and nanoseconds (0..999999999). */
export class Timestamp {
  constructor(seconds, nanoseconds = 0) {
    this.seconds = BigInt(seconds);
    this.nanoseconds = nanoseconds;
  }

  static parse(text) {
    const parts = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text);
    const milliseconds = parts ? Date.parse(`${parts[1]}T${parts[2]}${parts[4]}`) : NaN;
    if (Number.isNaN(milliseconds)) {
      throw new SyntaxError(`${text} is no time such as 2026-01-02T03:04:05.5Z`);
    }
    return new Timestamp(milliseconds / 1000, Number((parts[3] ?? "").padEnd(9, "0")));
  }

  toString() {
    const date = new Date(Number(this.seconds) * 1000);
    if (Number.isNaN(date.getTime())) return `${this.seconds} s, ${this.nanoseconds} ns`;
    const fraction = String(this.nanoseconds).padStart(9, "0").replace(/0+$/, "");
    return date.toISOString().replace(".000Z", fraction ? `.${fraction}Z` : "Z");
  }
}

/** A float of 32 or 64 bits that a plain number does not stand for. */
export class Float {
  constructor(value, bits = 64) {
    this.value = value;
    this.bits = bits;
  }

  toString() {
    const whole = Number.isInteger(this.value) && Math.abs(this.value) < 1e21;
    return Object.is(this.value, -0) ? "-0.0" : `${this.value}${whole ? ".0" : ""}`;
  }
}

export const isMap = (value) =>
  value instanceof Map ||
  (typeof value === "object" &&
    value !== null &&
    [null, Object.prototype].includes(Object.getPrototypeOf(value)));

/** The entries of a map in either of its forms: a plain object, or a Map where keys are no strings. */
export const entriesOf = (map) =>
  map instanceof Map ? [...map.entries()] : Object.entries(map);

export const toBase64 = (bytes) => {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
};

const fromBase64 = (text) => {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    throw new SyntaxError(`"${text}" is no base64`);
  }
};

const fromHex = (text) => {
  const digits = String(text).replace(/\s/g, "");
  if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new SyntaxError(`"${text}" is not in hexadecimal`);
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
};

const number = (value) => {
  if (value instanceof Float) return value.value;
  const result = ["number", "bigint"].includes(typeof value) ? Number(value) : parseFloat(value);
  if (Number.isNaN(result) && value !== "NaN") throw new SyntaxError(`"${value}" is no number`);
  return result;
};

const extension = (value) => {
  const [type, data] = Array.isArray(value) ? value : [];
  if (!Number.isInteger(type) || type < -128 || type > 127 || typeof data !== "string") {
    throw new SyntaxError('"$ext" takes [type from -128 to 127, "base64"]');
  }
  return new Ext(type, fromBase64(data));
};

const NOTATION = {
  $bin: fromBase64,
  $hex: fromHex,
  $ext: extension,
  $timestamp: (text) => Timestamp.parse(text),
  $float: (value) => new Float(number(value)),
  $float32: (value) => new Float(Math.fround(number(value)), 32),
};

/** Reads JSON: 2.0 stays a float, large whole numbers keep their digits. */
function revive(key, value, { source } = {}) {
  if (typeof value !== "number" || source === undefined) return value;
  if (/[.eE]/.test(source)) return Number.isInteger(value) ? new Float(value) : value;
  return Number.isSafeInteger(value) ? value : BigInt(source);
}

/** Reads JSON as it is. */
export const parseJSON = (text) => JSON.parse(text, revive);

/** Reads JSON with the notation above. */
export const parseNotation = (text) =>
  JSON.parse(text, (key, value, context) => {
    if (!isMap(value)) return revive(key, value, context);
    const names = Object.keys(value);
    const read = names.length === 1 && Object.hasOwn(NOTATION, names[0]) && NOTATION[names[0]];
    return read ? read(value[names[0]]) : value;
  });

/** Writes JSON as it goes out; throws where a value needs MessagePack. */
export const writeJSON = (value, space) =>
  JSON.stringify(
    value,
    function (key, value) {
      if (typeof value === "bigint") return JSON.rawJSON(value.toString());
      if (value instanceof Float && value.bits === 64 && Number.isFinite(value.value)) {
        return JSON.rawJSON(value.toString());
      }
      const name = needsMessagePack(value);
      if (name) throw new TypeError(`JSON has no ${name}: send it as binary (MessagePack)`);
      return value;
    },
    space,
  );

function needsMessagePack(value) {
  if (value instanceof Uint8Array) return "bin";
  if (value instanceof Ext) return "ext";
  if (value instanceof Timestamp) return "timestamp";
  if (value instanceof Float) return value.bits === 32 ? "float 32" : String(value.value);
  if (value instanceof Map) return "map with keys other than strings";
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  return null;
}

/** Writes any value in the notation above. */
export const writeNotation = (value, space) => JSON.stringify(denote(value), null, space);

function denote(value) {
  if (typeof value === "bigint") return JSON.rawJSON(value.toString());
  if (value instanceof Uint8Array) return { $bin: toBase64(value) };
  if (value instanceof Ext) return { $ext: [value.type, toBase64(value.bytes)] };
  if (value instanceof Timestamp) return { $timestamp: value.toString() };
  if (value instanceof Float || (typeof value === "number" && !Number.isFinite(value))) {
    return denoteFloat(value instanceof Float ? value : new Float(value));
  }
  if (Array.isArray(value)) return value.map(denote);
  if (!isMap(value)) return value;
  const result = Object.create(null);
  for (const [key, item] of entriesOf(value)) {
    result[typeof key === "string" ? key : writeNotation(key)] = denote(item);
  }
  return result;
}

function denoteFloat({ value, bits }) {
  const shown = Number.isFinite(value) ? value : String(value);
  if (bits === 32) return { $float32: shown };
  return typeof shown === "string" ? { $float: shown } : JSON.rawJSON(new Float(value).toString());
}

// SPDX-License-Identifier: Apache-2.0
//
// A value as a tree that opens and closes; bytes as a dump, and as the MessagePack they are.

import { make } from "./dom.js";
import { decode } from "./msgpack.js";
import { Ext, Float, Timestamp, entriesOf, isMap } from "./values.js";

const MAX_CHILDREN = 200; // shown of one map or array
const MAX_TEXT = 2000; // characters shown of one string
const MAX_DUMPED = 4096; // bytes

/** A value as nested lists. Levels up to `open` deep are open. */
export function valueTree(value, open = 3) {
  return make("div", { class: "tree" }, node(null, value, open));
}

function node(key, value, open) {
  const name = key === null ? [] : [make("span", { class: "key" }, keyText(key)), ": "];
  const isArray = Array.isArray(value);
  if (!isArray && !isMap(value)) return make("div", { class: "leaf" }, ...name, leaf(value));
  const entries = isArray ? [...value.entries()] : entriesOf(value);
  const brackets = isArray ? `[${entries.length}]` : `{${entries.length}}`;
  if (!entries.length) return make("div", { class: "leaf" }, ...name, isArray ? "[]" : "{}");
  const details = make("details", {}, make("summary", {}, ...name, make("span", { class: "dim" }, brackets)));
  // Children are made when they are first seen: a page of messages has thousands.
  const grow = () => {
    for (const [key, item] of entries.slice(0, MAX_CHILDREN)) details.append(node(key, item, open - 1));
    if (entries.length > MAX_CHILDREN) {
      details.append(make("div", { class: "leaf dim" }, `… ${entries.length - MAX_CHILDREN} more`));
    }
  };
  if (open > 0) {
    details.open = true;
    grow();
  } else {
    details.addEventListener("toggle", grow, { once: true });
  }
  return details;
}

const keyText = (key) => (key instanceof Uint8Array ? hex(key) : String(key));

function leaf(value) {
  const [kind, text, tag] = describe(value);
  const shown = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}… (${text.length} characters)` : text;
  return make(
    "span",
    {},
    make("span", { class: kind }, shown),
    tag ? make("span", { class: "tag" }, tag) : null,
  );
}

function describe(value) {
  if (value === null) return ["word", "null"];
  if (typeof value === "boolean") return ["word", String(value)];
  if (typeof value === "string") return ["string", JSON.stringify(value)];
  if (typeof value === "number" || typeof value === "bigint") return ["number", String(value)];
  if (value instanceof Float) return ["number", String(value), `float ${value.bits}`];
  if (value instanceof Timestamp) return ["string", String(value), "timestamp"];
  if (value instanceof Uint8Array) return ["bytes", hex(value.subarray(0, 64)), `bin, ${value.length} B`];
  if (value instanceof Ext) {
    return ["bytes", hex(value.bytes.subarray(0, 64)), `ext ${value.type}, ${value.bytes.length} B`];
  }
  return ["word", String(value)];
}

const digits = (byte) => byte.toString(16).padStart(2, "0");
const hex = (bytes) => Array.from(bytes, digits).join(" ");
const offset = (at) => at.toString(16).padStart(6, "0");

/** Offset, bytes and ASCII, `perLine` bytes a line. */
export function dump(bytes, perLine) {
  const lines = [];
  const shown = bytes.subarray(0, MAX_DUMPED);
  for (let at = 0; at < shown.length; at += perLine) {
    const line = shown.subarray(at, at + perLine);
    const characters = Array.from(line, (byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·",
    ).join("");
    lines.push(`${offset(at)}  ${hex(line).padEnd(3 * perLine - 1)}  ${characters}`);
  }
  if (bytes.length > shown.length) lines.push(`… ${bytes.length - shown.length} bytes more`);
  return make("pre", { class: "dump" }, lines.join("\n"));
}

/** The bytes of a MessagePack value, the first `perLine` of each part beside what it means. */
export function annotated(bytes, perLine) {
  const lines = [];
  const shown = bytes.length > MAX_DUMPED ? MAX_DUMPED : bytes.length;
  decode(bytes, (start, end, depth, meaning) => {
    if (start >= shown) return;
    const part = bytes.subarray(start, Math.min(end, start + perLine));
    const cut = end - start > part.length ? "…" : "";
    const text = meaning.length > 60 ? `${meaning.slice(0, 60)}…` : meaning;
    lines.push(`${offset(start)}  ${(hex(part) + cut).padEnd(3 * perLine)} ${"  ".repeat(depth)}${text}`);
  });
  if (bytes.length > shown) lines.push(`… ${bytes.length - shown} bytes more`);
  return make("pre", { class: "dump" }, lines.join("\n"));
}

// SPDX-License-Identifier: Apache-2.0
//
// What was sent and received, within bounds.

import { isMap } from "./values.js";

const MAX_ENTRIES = 500;
const MAX_BYTES = 8 << 20; // of all messages kept
export const MAX_KEPT = 256 << 10; // of one message

/** Dispatches "change" when `entries` changes. */
export class FrameLog extends EventTarget {
  /** { number, time, channel, direction: in|out, kind: text|binary|event, size, bytes, summary, isBad } */
  entries = [];
  bytes = 0;
  count = 0;

  event(channel, summary) {
    this.add({ channel, direction: "", kind: "event", size: 0, bytes: new Uint8Array(), summary });
  }

  /**
   * Records a message: text or bytes, with what it holds where that is known. Wherever `secret` stands
   * in it, asterisks are kept instead.
   */
  message(channel, direction, data, value, secret = "") {
    const all = typeof data === "string" ? new TextEncoder().encode(data) : new Uint8Array(data);
    const bytes = all.slice(0, MAX_KEPT);
    if (secret) hide(bytes, new TextEncoder().encode(secret));
    const kind = typeof data === "string" ? "text" : "binary";
    this.add({ channel, direction, kind, size: all.length, bytes, ...summarize(value) });
  }

  add(entry) {
    this.entries.push({ number: ++this.count, time: new Date(), ...entry });
    this.bytes += entry.bytes.length;
    while (this.entries.length > MAX_ENTRIES || this.bytes > MAX_BYTES) {
      this.bytes -= this.entries.shift().bytes.length;
    }
    this.dispatchEvent(new Event("change"));
  }

  clear() {
    this.entries = [];
    this.bytes = 0;
    this.dispatchEvent(new Event("change"));
  }
}

function hide(bytes, secret) {
  const last = bytes.length - secret.length;
  for (let at = bytes.indexOf(secret[0]); at >= 0 && at <= last; at = bytes.indexOf(secret[0], at + 1)) {
    if (secret.every((byte, offset) => bytes[at + offset] === byte)) {
      bytes.fill(0x2a, at, at + secret.length);
    }
  }
}

function summarize(value) {
  if (typeof value === "string") return { summary: value };
  if (!isMap(value)) return { summary: value === undefined ? "cannot be decoded" : "a value", isBad: true };
  if (isMap(value.request)) {
    const status = value.headers?.status;
    return { summary: `${value.request.action} → ${status}`, isBad: status >= 400 };
  }
  if (value.Message_Type) return { summary: `${value.Message_Type} of ${value.queue_name}` };
  if (value.action) return { summary: [value.action, value.body?.queue_name].filter(Boolean).join(" ") };
  return { summary: Object.keys(value).join(", ") };
}

// SPDX-License-Identifier: Apache-2.0
//
// One WebSocket that speaks messaging: requests out, responses in their order, notifications between.

import { decode, encode } from "./msgpack.js";
import { isMap, parseJSON, writeJSON } from "./values.js";

const RECONNECT_DELAYS = [1, 2, 4, 8, 15]; // seconds

/** Decodes a message by the type of its frame. */
export const decodeMessage = (kind, bytes) =>
  kind === "text" ? parseJSON(new TextDecoder().decode(bytes)) : decode(bytes);

/**
 * Dispatches "state" when `state` changes ("closed", "connecting", "open" or "waiting" to try again),
 * and "response" and "notification" with the decoded message in `detail`.
 */
export class Session extends EventTarget {
  state = "closed";
  /** Why it is closed: the close event, null before. */
  ending = null;
  /** What a request takes from the page: { project, client, token, binary }. */
  settings = { project: "", client: "", token: "", binary: false };
  /** Whether to connect again when the connection ends by itself. */
  reconnects = false;
  /** Requests that have no response yet, oldest first. */
  pending = [];
  failures = 0;

  /** @param log Records every message: a FrameLog. */
  constructor(log) {
    super();
    this.log = log;
  }

  open(url) {
    this.close();
    this.url = url;
    this.failures = 0;
    this.connect();
  }

  connect() {
    clearTimeout(this.timer);
    const socket = new WebSocket(this.url); // throws a SyntaxError for what is no WebSocket URL
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    // A socket that was left behind has nothing more to say.
    const current = (handler) => (event) => socket === this.socket && handler(event);
    socket.onopen = current(() => this.opened());
    socket.onmessage = current((event) => this.received(event.data));
    socket.onclose = current((event) => this.ended(event));
    // Chromium closes what the page's policy forbids without a close event.
    const given = current(() => this.ended({ code: 1006, reason: "" }));
    socket.onerror = () => setTimeout(given);
    this.enter("connecting");
  }

  /** Closes for good. */
  close() {
    clearTimeout(this.timer);
    if (this.state === "closed") return;
    this.socket?.close(1000);
    this.socket = null;
    this.log.event("v2", "closed by this page, 1000");
    this.abandon();
    this.ending = null;
    this.enter("closed");
  }

  opened() {
    this.failures = 0;
    this.log.event("v2", `open: ${this.url}`);
    this.enter("open");
  }

  ended(event) {
    this.socket = null;
    this.ending = event;
    this.log.event("v2", `closed, ${event.code} ${event.reason}`.trim());
    this.abandon();
    // After 4003 the token has run out: trying again with it leads nowhere.
    if (!this.reconnects || event.code === 4003) return this.enter("closed");
    const delay = RECONNECT_DELAYS[Math.min(this.failures++, RECONNECT_DELAYS.length - 1)];
    this.delay = delay;
    this.timer = setTimeout(() => this.connect(), delay * 1000);
    this.enter("waiting");
  }

  abandon() {
    for (const { reject } of this.pending.splice(0)) {
      reject(new Error("The connection ended before the response."));
    }
  }

  enter(state) {
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }

  envelope(action, body) {
    const { client, project } = this.settings;
    return { action, headers: { "Client-ID": client, "X-Project-ID": project }, body };
  }

  /** Sends an action and resolves with its response: { request, status, body, milliseconds }. */
  request(action, body = {}) {
    return this.send(this.envelope(action, body));
  }

  authenticate() {
    const { project, token } = this.settings;
    return this.send({
      action: "authenticate",
      headers: { "X-Auth-Token": token, "X-Project-ID": project },
    });
  }

  /** Sends any request in the encoding of the settings. */
  async send(request) {
    if (this.state !== "open") throw new Error("Connect first.");
    const { binary, token } = this.settings;
    const data = binary ? encode(request) : writeJSON(request);
    this.socket.send(data);
    this.log.message("v2", "out", data, request, token);
    return new Promise((resolve, reject) => {
      this.pending.push({ resolve, reject, sent: performance.now() });
    });
  }

  received(data) {
    const kind = typeof data === "string" ? "text" : "binary";
    let value;
    try {
      value = kind === "text" ? parseJSON(data) : decode(new Uint8Array(data));
    } catch (error) {
      this.log.message("v2", "in", data, undefined, this.settings.token);
      return;
    }
    this.log.message("v2", "in", data, value, this.settings.token);
    const isResponse = isMap(value) && "request" in value;
    this.dispatchEvent(
      isResponse
        ? new CustomEvent("response", { detail: this.answer(value) })
        : new CustomEvent("notification", { detail: { value, kind } }),
    );
  }

  answer({ request, headers, body }) {
    const { resolve, sent } = this.pending.shift() ?? {};
    const response = {
      request,
      status: headers?.status,
      body,
      milliseconds: performance.now() - sent,
    };
    resolve?.(response);
    return response;
  }
}

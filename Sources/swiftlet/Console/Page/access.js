// SPDX-License-Identifier: Apache-2.0
//
// What is asked of the server besides messaging, with the user's token. The token stays in this page's memory
// and comes into no URL, which logs and histories keep.

import { refusalWords } from "./words.js";

/** What a subprotocol may be made of (RFC 6455 §4.1): the characters of HTTP's tokens. */
const SUBPROTOCOL = /^[\w!#$%&'*+.^`|~-]+$/;

/** The server lets nobody in with this token, or without one: the message is for the user. */
export class Refusal extends Error {}

/** Dispatches "change" when the user has given a token, also when it is the same again. */
export class Access extends EventTarget {
  token = "";

  use(token) {
    this.token = token;
    this.dispatchEvent(new Event("change"));
  }

  /** Gets a path: the response, or a Refusal thrown. */
  async get(path) {
    const { token } = this;
    const headers = token ? { Authorization: `Bearer ${byteString(token)}` } : {};
    const response = await fetch(path, { cache: "no-store", headers });
    const { status } = response;
    if (status === 401 || status === 403) {
      throw new Refusal(refusalWords({ status, said: (await response.text()).trim(), token }));
    }
    return response;
  }

  /** Opens a WebSocket at a path. A token that cannot be a subprotocol is left out: not every server wants one. */
  connect(path) {
    const url = new URL(path, location);
    url.protocol = url.protocol.replace("http", "ws");
    return new WebSocket(url, SUBPROTOCOL.test(this.token) ? [`bearer.${this.token}`] : []);
  }

  /** Why `connect` was refused at a path, which browsers tell no page: a Refusal, or null where that is not why. */
  async refusalAt(path) {
    const isLeftOut = this.token && !SUBPROTOCOL.test(this.token);
    try {
      if (!isLeftOut) await this.get(path);
      else if ((await fetch(path, { cache: "no-store" })).status === 401) return new Refusal(LEFT_OUT);
      return null;
    } catch (error) {
      return error instanceof Refusal ? error : null;
    }
  }
}

const LEFT_OUT =
  "The server asks for a token, and browsers cannot send this one with a WebSocket: for that it may have " +
  "letters, digits and !#$%&'*+-.^_`|~ only.";

/** A text's UTF-8, a byte a character, as fields of HTTP take it. */
const byteString = (text) => String.fromCharCode(...new TextEncoder().encode(text));

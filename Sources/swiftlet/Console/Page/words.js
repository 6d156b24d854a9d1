// SPDX-License-Identifier: Apache-2.0
//
// What codes mean, in words.

const CLOSES = {
  1000: "Closed normally.",
  1001: "The server is going away, or had no sign of life from us.",
  1002: "The server saw a breach of the WebSocket protocol.",
  1003: "The server does not take this kind of message.",
  1006:
    "The connection was cut without a close frame, or the server could not be reached. " +
    "This page may connect only to the host it came from.",
  1007: "The server saw text that is not UTF-8, or data that does not decompress.",
  1008: "The server's policy does not allow this.",
  1009: "A message was larger than the server takes.",
  1011: "The server had an internal error.",
  1013: "The server is overloaded, or we read too slowly. Try again later.",
  4003: "The sign-in has expired. Connect and sign in with a fresh token.",
};

/** Why a connection ended: a close event. */
export function closeWords({ code, reason }) {
  const words = CLOSES[code] ?? "";
  const said = reason && !words.includes(reason) ? ` The server says: “${reason}”` : "";
  return `${code}: ${words}${said}`;
}

/** What a response says, in a sentence: { request, status, body }. */
export function responseWords({ request, status, body }) {
  const error = body?.error ?? body?.exception;
  if (status === 401) return "The server does not accept this token.";
  if (status === 403 && error === "Not authentified.") {
    return "This server wants you to sign in: enter a token above.";
  }
  if (status === 403 && error === "Not authenticated.") {
    return "The token is for another project than the one above.";
  }
  if (status >= 400) return sentenceOf(body) || "Failed without a word.";
  if (request.action === "authenticate") return "Signed in.";
  if (typeof body === "string") return body;
  if (typeof body?.message === "string") return body.message;
  return lengthWords(body) ?? (status === 204 ? "Done, no content." : "OK.");
}

/** Why a request was refused with 401 or 403, in a sentence: what the server said, and the token it was shown. */
export function refusalWords({ status, said, token }) {
  if (status === 401 && !token) return "This server asks for a token: enter one above and sign in.";
  const words = status === 401 ? "The server does not accept this token." : "The server forbids this.";
  return said ? `${words} It says: “${said.slice(0, 200)}”` : words;
}

function sentenceOf(body) {
  if (typeof body === "string") return body;
  const { error, exception } = body ?? {};
  return exception && error ? `${error} ${exception}.` : (error ?? exception ?? "");
}

function lengthWords(body) {
  for (const [field, noun] of [
    ["message_ids", "message"],
    ["messages", "message"],
    ["queues", "queue"],
    ["subscriptions", "subscription"],
  ]) {
    const list = body?.[field];
    if (Array.isArray(list)) return `${plural(list.length, noun)}.`;
  }
  return null;
}

export const plural = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

export const isSuccess = (status) => status >= 200 && status < 300;

/** A number with a unit, to three digits: units are [size, name], largest first. */
const unitWords = (units) => (value) => {
  const [size, name] = units.find(([size]) => value >= size) ?? units.at(-1);
  return `${Number((value / size).toPrecision(3))} ${name}`.trim();
};

export const byteWords = unitWords([[2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"], [1, "B"]]);
export const countWords = unitWords([[1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""]]);

export const millisecondWords = (milliseconds) =>
  milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : `${Math.round(milliseconds)} ms`;

/** A time of day to the millisecond. */
export const timeWords = (date) =>
  date.toTimeString().slice(0, 8) + "." + String(date.getMilliseconds()).padStart(3, "0");

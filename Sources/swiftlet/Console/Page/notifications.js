// SPDX-License-Identifier: Apache-2.0
//
// Messages of subscribed queues, as they come.

import { byId, make, oncePerFrame } from "./dom.js";
import { writeNotation } from "./values.js";
import { timeWords } from "./words.js";

const MAX_SHOWN = 100;
const MAX_TEXT = 400; // characters of one

/** Shows what the session is notified of, newest first. */
export function wireNotifications(session) {
  const list = byId("notifications");
  let count = 0;
  let waiting = []; // to be shown, oldest first

  const draw = oncePerFrame(() => {
    byId("notification-count").textContent = String(count);
    list.prepend(...waiting.reverse().map(item));
    waiting = [];
    while (list.children.length > MAX_SHOWN) list.lastChild.remove();
  });

  session.addEventListener("notification", ({ detail: { value, kind } }) => {
    count++;
    waiting.push({ value, kind, time: new Date() });
    if (waiting.length > MAX_SHOWN) waiting.shift();
    draw();
  });
  byId("clear-notifications").addEventListener("click", () => {
    count = 0;
    waiting = [];
    list.replaceChildren();
    draw();
  });
}

function item({ value, kind, time }) {
  const { queue_name: queue, body } = value ?? {};
  const text = writeNotation(queue === undefined ? value : body);
  return make(
    "li",
    {},
    make("time", {}, timeWords(time)),
    make("span", { class: `type ${kind}` }, kind),
    make("strong", {}, queue ?? ""),
    make("code", {}, text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text),
  );
}

// SPDX-License-Identifier: Apache-2.0
//
// Messages of subscribed queues, as they come.

import { byId, make, oncePerFrame } from "./dom.js";
import { idButton } from "./tables.js";
import { writeNotation } from "./values.js";
import { timeWords } from "./words.js";

const MAX_SHOWN = 100;
const MAX_TEXT = 400; // characters of one

/**
 * Shows what the session is notified of, newest first. `acknowledge(notification)` is called where the
 * user has done with a message that came as a claim; it resolves with whether the server knows.
 */
export function wireNotifications(session, acknowledge) {
  const list = byId("notifications");
  let count = 0;
  let waiting = []; // to be shown, oldest first

  const draw = oncePerFrame(() => {
    byId("notification-count").textContent = String(count);
    list.prepend(...waiting.reverse().map((entry) => item(entry, acknowledge)));
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

function item({ value, kind, time }, acknowledge) {
  const { queue_name: queue, body, message_id: id, claim_id: claim } = value ?? {};
  const text = writeNotation(queue === undefined ? value : body);
  return make(
    "li",
    {},
    make("time", {}, timeWords(time)),
    make("span", { class: `type ${kind}` }, kind),
    make("strong", {}, queue ?? ""),
    id ? idButton(id) : null,
    claim ? acknowledgeButton(id, () => acknowledge(value)) : null,
    make("code", {}, text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text),
  );
}

function acknowledgeButton(id, acknowledge) {
  const onclick = async ({ target }) => {
    if (target.ariaDisabled || !(await acknowledge())) return;
    target.textContent = "Acknowledged";
    target.ariaDisabled = "true"; // and not disabled, which would lose the focus
  };
  const properties = { type: "button", class: "small", "aria-label": `Acknowledge message ${id}`, onclick };
  return make("button", properties, "Acknowledge");
}

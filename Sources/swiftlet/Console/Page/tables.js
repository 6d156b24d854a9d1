// SPDX-License-Identifier: Apache-2.0
//
// Tables of queues, messages, claims and subscriptions.

import { make, rove } from "./dom.js";
import { say } from "./status.js";
import { writeNotation } from "./values.js";

const MAX_BODY = 300; // characters shown of a message's body
const AGE = "Age, s";
const TTL = "TTL, s";

function table(caption, heads, rows, empty) {
  if (!rows.length) return make("p", { class: "empty" }, empty);
  return make(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    make(
      "table",
      {},
      make("caption", { class: "hidden" }, caption),
      make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))),
      make("tbody", {}, ...rows),
    ),
  );
}

const cell = (...children) => make("td", {}, ...children);
const numberCell = (head, value) =>
  make("td", { class: "numeric", "data-head": head }, value === undefined ? "" : String(value));

/**
 * An id in short (its end, for servers may count at its beginning), whole on hover. A click copies it, or
 * says it whole where the browser forbids that.
 */
export function idButton(id) {
  const onclick = async () => {
    try {
      await navigator.clipboard.writeText(id);
      say(`Copied ${id}`, "calm");
    } catch {
      say(`The ID is ${id}`, "calm");
    }
  };
  return make("button", { type: "button", class: "id", title: `Copy ${id}`, onclick }, `…${id.slice(-8)}`);
}

function rowButton(label, subject, onclick, look = "") {
  const name = `${label} ${subject}`;
  return make("button", { type: "button", class: `small ${look}`, "aria-label": name, onclick }, label);
}

function bodyCell(body) {
  const text = writeNotation(body);
  const shown = text.length > MAX_BODY ? `${text.slice(0, MAX_BODY)}…` : text;
  return make("td", { class: "body" }, make("code", {}, shown));
}

/** The queues as a list to choose from; calls select(name). */
export function queueList({ queues, queue: current }, select) {
  const names = [...queues.keys()].sort();
  const inTabOrder = names.includes(current) ? current : names[0];
  const options = names.map((name) => {
    const { free, claimed } = queues.get(name).stats ?? {};
    const counts = free === undefined ? "" : `${free} free, ${claimed} claimed`;
    return make(
      "div",
      {
        role: "option",
        class: "queue",
        "data-name": name,
        "aria-selected": String(name === current),
        tabindex: name === inTabOrder ? 0 : -1,
        onclick: () => select(name),
      },
      make("span", { class: "name" }, name),
      make("span", { class: "counts" }, counts),
    );
  });
  const list = make("div", { role: "listbox", "aria-label": "Queues" }, ...options);
  list.addEventListener("keydown", (event) => {
    const at = options.indexOf(event.target);
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      return select(names[at]);
    }
    const next = rove(event, options, at);
    if (next !== null) options[next].focus();
  });
  return list;
}

/** Messages; `remove(message)` deletes one. */
export function messageTable(messages, remove, empty) {
  const rows = messages.map((message) =>
    make(
      "tr",
      {},
      cell(idButton(message.id)),
      numberCell(AGE, message.age),
      numberCell(TTL, message.ttl),
      bodyCell(message.body),
      cell(rowButton("Delete", `message ${message.id}`, () => remove(message), "danger")),
    ),
  );
  return table("Messages", ["ID", AGE, TTL, "Body", ""], rows, empty);
}

/** One claim with its messages. `on` has refresh, renew, release and remove(message, claim). */
export function claimCard(claim, on) {
  const end = new Date(claim.taken + 1000 * claim.ttl);
  const subject = `claim ${claim.id}`;
  return make(
    "section",
    { class: "claim", "aria-label": subject },
    make(
      "div",
      { class: "row" },
      make("strong", {}, "Claim ", idButton(claim.id)),
      make("span", { class: "dim" }, `until ${end.toTimeString().slice(0, 8)}`),
      make("span", { class: "space" }),
      rowButton("Refresh", subject, () => on.refresh(claim)),
      rowButton("Renew", subject, () => on.renew(claim)),
      rowButton("Release", subject, () => on.release(claim)),
    ),
    messageTable(claim.messages, (message) => on.remove(message, claim), "All its messages are deleted."),
  );
}

/** Subscriptions. `on` has renew and remove. */
export function subscriptionTable(subscriptions, on) {
  const rows = subscriptions.map((subscription) => {
    const subject = `subscription ${subscription.id}`;
    return make(
      "tr",
      {},
      cell(idButton(subscription.id)),
      make("td", { class: "subscriber" }, make("code", {}, subscription.subscriber ?? "")),
      numberCell(AGE, subscription.age),
      numberCell(TTL, subscription.ttl),
      cell(
        rowButton("Renew", subject, () => on.renew(subscription)),
        rowButton("Unsubscribe", subject, () => on.remove(subscription), "danger"),
      ),
    );
  });
  const heads = ["ID", "Subscriber", AGE, TTL, ""];
  return table("Subscriptions", heads, rows, "No subscriptions known. Subscribe, or list.");
}

// SPDX-License-Identifier: Apache-2.0
//
// The messaging tab: queues on one side, work on the one in view on the other.

import { ACTIONS } from "./actions.js";
import { confirmed } from "./confirm.js";
import { byId, make, oncePerFrame, swap, wireTabs } from "./dom.js";
import { actionForm, fillIn } from "./forms.js";
import { say } from "./status.js";
import { claimCard, messageTable, queueList, subscriptionTable } from "./tables.js";
import { valueTree } from "./tree.js";
import { parseNotation, writeNotation } from "./values.js";
import { isSuccess, millisecondWords, plural, responseWords } from "./words.js";

const FRESHEN_DELAY = 150; // milliseconds that changes are gathered before counts are asked for

/** After these a queue's counts may be others. */
const CHANGING = new Set([
  "queue_create", "queue_purge", "message_post", "message_delete", "message_delete_many",
  "claim_create", "claim_delete", "subscription_create",
]);

/** Wires the tab to a Session and to the Model that learns from it. */
export function wireWorkspace(session, model) {
  const tabs = wireTabs(document.querySelector(".tabs.inner"));
  const queueName = () => model.queue;

  // What the user asks for, answered where the user looks. Resolves with whether it was done.
  async function run(action, body) {
    try {
      const isSignIn = action === "authenticate";
      const response = await (isSignIn ? session.authenticate() : session.request(action, body));
      show(response);
      return isSuccess(response.status);
    } catch (error) {
      say(error.message, "bad");
      return false;
    }
  }

  function show(response) {
    const { request, status, body, milliseconds } = response;
    byId("response").hidden = false;
    const action = request.action ?? "request";
    byId("response-action").textContent = String(action);
    byId("response-status").textContent = String(status);
    byId("response-status").dataset.tone = isSuccess(status) ? "good" : "bad";
    byId("response-time").textContent = millisecondWords(milliseconds);
    swap(byId("response-body"), valueTree(body, 2));
    say(`${action} ${status}: ${responseWords(response)}`, isSuccess(status) ? "good" : "bad");
  }

  // Forms

  const edit = (action, body) => {
    byId("raw-text").value = writeNotation(session.envelope(action, body), 2);
    tabs.show("tab-raw");
    byId("raw-text").focus();
  };
  const ask = async (action, body) => {
    const { label, question } = ACTIONS[action];
    if (!question || (await confirmed(question.replace("*", body.queue_name), label))) run(action, body);
  };
  const askOfQueue = (action, body) => {
    if (model.queue || !ACTIONS[action].fields.some(({ kind }) => kind === "queue")) return ask(action, body);
    say("Choose a queue, or open one by its name.", "bad");
    byId("queue").focus();
  };
  for (const place of document.querySelectorAll("[data-form]")) {
    place.append(actionForm(place.dataset.form, { queueName, run: askOfQueue, edit }));
  }

  const chooser = byId("action");
  for (const group of new Set(Object.values(ACTIONS).map(({ group }) => group))) {
    const names = Object.keys(ACTIONS).filter((name) => ACTIONS[name].group === group);
    chooser.append(make("optgroup", { label: group }, ...names.map((name) => make("option", {}, name))));
  }
  const showAction = () => {
    const form = actionForm(chooser.value, { run: ask, edit });
    fillIn(form, "queue_name", model.queue);
    byId("action-form").replaceChildren(form);
  };
  chooser.addEventListener("change", showAction);
  byId("tab-any").addEventListener("click", showAction);
  showAction();

  const raw = byId("raw-text");
  const startOver = () => (raw.value = writeNotation(session.envelope("queue_list", { limit: 10 }), 2));
  startOver();
  byId("raw-envelope").addEventListener("click", startOver);
  const sendRaw = async (event) => {
    event.preventDefault();
    try {
      show(await session.send(parseNotation(raw.value)));
    } catch (error) {
      say(error instanceof SyntaxError ? `This is not JSON: ${error.message}` : error.message, "bad");
    }
  };
  byId("raw-form").addEventListener("submit", sendRaw);
  raw.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) sendRaw(event);
  });

  // Queues

  const listQueues = (more) => run("queue_list", { limit: 20, ...more });
  byId("list-queues").addEventListener("click", () => listQueues({}));
  byId("more-queues").addEventListener("click", () => {
    listQueues({ marker: [...model.queues.keys()].sort().at(-1) });
  });
  const select = (name) => {
    model.select(name);
    showAction();
    if (session.state !== "open") return;
    run("message_list", { queue_name: name, limit: 20, echo: true });
    freshenCounts(name);
  };
  byId("open-queue").addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!event.target.reportValidity()) return;
    const name = byId("queue").value;
    event.target.reset();
    await run("queue_create", { queue_name: name });
    if (model.queues.has(name)) select(name);
  });

  byId("more-messages").addEventListener("click", () => {
    const marker = model.messages.at(-1).id;
    run("message_list", { queue_name: model.queue, limit: 20, echo: true, marker });
  });

  // Counts

  const stale = new Set();
  let timer = null;
  function freshenCounts(name) {
    if (!name || !byId("keep-fresh").checked) return;
    stale.add(name);
    timer ??= setTimeout(() => {
      timer = null;
      for (const name of stale) session.request("queue_get_stats", { queue_name: name }).catch(() => {});
      stale.clear();
    }, FRESHEN_DELAY);
  }

  session.addEventListener("response", ({ detail }) => {
    model.apply(detail);
    const { request, status, body } = detail;
    if (!isSuccess(status)) return;
    if (CHANGING.has(request.action)) freshenCounts(request.body.queue_name);
    if (request.action === "queue_list") {
      byId("more-queues").hidden = body.queues.length < (request.body.limit ?? 10);
      for (const { name } of body.queues) freshenCounts(name);
    }
  });

  // What is known, drawn anew when it changes

  const ofQueue = (records, field) =>
    [...records.values()].filter((record) => record[field] === model.queue);
  const claimButtons = {
    refresh: ({ queue, id }) => run("claim_get", { queue_name: queue, claim_id: id }),
    renew: ({ queue, id, ttl }) => run("claim_update", { queue_name: queue, claim_id: id, ttl }),
    release: ({ queue, id }) => run("claim_delete", { queue_name: queue, claim_id: id }),
    remove: ({ id: message_id }, { queue, id }) =>
      run("message_delete", { queue_name: queue, message_id, claim_id: id }),
  };
  const subscriptionButtons = {
    renew: ({ source, id, ttl }) =>
      run("subscription_update", { queue_name: source, subscription_id: id, ttl }),
    remove: ({ source, id }) => run("subscription_delete", { queue_name: source, subscription_id: id }),
  };
  const removeMessage = ({ id }) => run("message_delete", { queue_name: model.queue, message_id: id });

  const draw = oncePerFrame(() => {
    const { queue, queues, messages } = model;
    swap(
      byId("queue-list"),
      queues.size ? queueList(model, select) : make("p", { class: "empty" }, "None listed yet."),
    );
    byId("queue-title").textContent = queue || "No queue chosen";
    byId("queue-title").title = queue;
    const { free, claimed, total } = queues.get(queue)?.stats ?? {};
    byId("queue-counts").textContent =
      total === undefined ? "" : `${plural(total, "message")}: ${free} free, ${claimed} claimed`;
    swap(byId("message-list"), messageTable(messages, removeMessage, "No messages listed."));
    byId("more-messages").hidden = !messages.length;
    const claims = ofQueue(model.claims, "queue").map((claim) => claimCard(claim, claimButtons));
    const none = make("p", { class: "empty" }, "No claims made from this page.");
    swap(byId("claim-list"), ...(claims.length ? claims : [none]));
    const subscriptions = ofQueue(model.subscriptions, "source");
    swap(byId("subscription-list"), subscriptionTable(subscriptions, subscriptionButtons));
  });
  model.addEventListener("change", draw);
  draw();
  return { run, listQueues: () => listQueues({}) };
}

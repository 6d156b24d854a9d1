// SPDX-License-Identifier: Apache-2.0
//
// What is known of the server's queues, learnt from the responses that pass.

import { isSuccess } from "./words.js";

const MAX_MESSAGES = 1000; // listed of one queue
const MAX_RESUMED = 64; // queues of one subscription

/** Dispatches "change" when anything changed. */
export class Model extends EventTarget {
  /** The queue in view. */
  queue = "";
  /** By name: { stats }, where known { free, claimed, total }. */
  queues = new Map();
  /** The messages of the queue in view, as far as listed. */
  messages = [];
  /** By id: { id, queue, ttl, messages, taken } with the time it was taken or renewed. */
  claims = new Map();
  /** By id: the server's record { id, source, ttl, ... }, or the part of it that is known. */
  subscriptions = new Map();
  /** By id of this connection's subscriptions: { source, request } with the body that made it, and others maybe. */
  own = new Map();

  select(queue) {
    if (queue === this.queue) return;
    this.queue = queue;
    this.messages = [];
    this.changed();
  }

  /** The connection has ended, and with it what hung on it: returns what this connection subscribed to. */
  forget() {
    const requests = new Set([...this.own.values()].map(({ request }) => request));
    this.own.clear();
    this.subscriptions.clear();
    this.changed();
    return requests;
  }

  /** A subscription that tells ids is taken up again, after a reconnect, where it ended. */
  notified(notification) {
    const { subscription_id, queue_name, message_id, claim_id } = notification ?? {};
    const request = this.own.get(subscription_id)?.request;
    if (!request || !message_id || claim_id) return;
    if (request.queue_name) return void (request.since = message_id);
    const { [queue_name]: before, ...others } = request.since ?? {};
    const latest = Object.entries(others).slice(1 - MAX_RESUMED);
    request.since = Object.fromEntries([...latest, [queue_name, message_id]]);
  }

  /** Learns from a response: { request, status, body }. */
  apply({ request, status, body }) {
    const learn = LESSONS[request.action];
    if (!learn) return;
    learn(this, request.body ?? {}, body, status);
    this.changed();
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }

  see(queue) {
    if (queue && !this.queues.has(queue)) this.queues.set(queue, {});
  }

  dropMessages(ids) {
    const gone = new Set(ids);
    const stays = ({ id }) => !gone.has(id);
    this.messages = this.messages.filter(stays);
    for (const claim of this.claims.values()) claim.messages = claim.messages.filter(stays);
  }

  /** Adds messages, or puts them where older forms of them are. */
  mergeMessages(messages) {
    const places = new Map(this.messages.map(({ id }, index) => [id, index]));
    for (const message of messages) {
      if (places.has(message.id)) this.messages[places.get(message.id)] = message;
      else this.messages.push(message);
    }
    this.messages.splice(0, this.messages.length - MAX_MESSAGES);
  }
}

const success = (learn) => (model, asked, body, status) => {
  if (isSuccess(status)) learn(model, asked, body, status);
};

/** By action: what a response teaches. `asked` is the body of the request. */
const LESSONS = {
  queue_list: success((model, asked, { queues }) => {
    const known = model.queues;
    if (asked.marker === undefined) model.queues = new Map();
    for (const { name } of queues) model.queues.set(name, known.get(name) ?? {});
  }),
  queue_create: success((model, asked) => model.see(asked.queue_name)),
  queue_delete: success((model, asked) => {
    model.queues.delete(asked.queue_name);
    if (asked.queue_name === model.queue) model.select("");
  }),
  queue_get_stats: (model, asked, body, status) => {
    if (status === 200) model.see(asked.queue_name);
    const queue = model.queues.get(asked.queue_name);
    if (queue) queue.stats = body.messages;
  },
  queue_purge: success((model, asked) => {
    if (asked.queue_name === model.queue) model.messages = [];
  }),

  message_post: success((model, asked) => model.see(asked.queue_name)),
  message_list: success((model, asked, { messages }) => {
    if (asked.queue_name !== model.queue) return;
    if (asked.marker === undefined) model.messages = [];
    model.mergeMessages(messages);
  }),
  message_get: success((model, asked, { messages }) => {
    if (asked.queue_name === model.queue) model.mergeMessages([messages]);
  }),
  message_get_many: success((model, asked, { messages }) => {
    if (asked.queue_name === model.queue) model.mergeMessages(messages);
  }),
  message_delete: success((model, asked) => model.dropMessages([asked.message_id])),
  message_delete_many: success((model, asked, body) =>
    model.dropMessages(asked.message_ids ?? body.messages.map(({ id }) => id)),
  ),

  claim_create: success((model, asked, { claim_id: id, messages }) => {
    if (!messages?.length) return;
    const { queue_name: queue, ttl = 300 } = asked;
    model.claims.set(id, { id, queue, ttl, messages, taken: Date.now() });
  }),
  claim_get: (model, asked, body, status) => {
    const { claim_id: id, queue_name: queue } = asked;
    if (status === 404) model.claims.delete(id);
    if (status !== 200) return;
    const taken = Date.now() - 1000 * body.age;
    model.claims.set(id, { id, queue, ttl: body.ttl, messages: body.messages, taken });
  },
  claim_update: success((model, asked) => {
    const claim = model.claims.get(asked.claim_id);
    if (claim) Object.assign(claim, { ttl: asked.ttl ?? 300, taken: Date.now() });
  }),
  claim_delete: success((model, asked) => model.claims.delete(asked.claim_id)),

  subscription_create: success((model, asked, body) => {
    // What was asked to be replayed is replayed once, not again with every reconnect.
    const { since, subscriber, ...request } = asked;
    const { queue_name, ttl = 3600 } = asked;
    const made = body.subscriptions ?? [{ queue_name, subscription_id: body.subscription_id }];
    for (const { queue_name: source, subscription_id: id } of made) {
      if (!source.includes("*")) model.see(source);
      model.subscriptions.set(id, { id, source, ttl, subscriber: subscriber || "this connection" });
      if (!subscriber) model.own.set(id, { source, request });
    }
  }),
  subscription_list: success((model, asked, { subscriptions }) => {
    if (asked.marker === undefined) {
      for (const [id, { source }] of model.subscriptions) {
        if (source === asked.queue_name) model.subscriptions.delete(id);
      }
    }
    for (const subscription of subscriptions) model.subscriptions.set(subscription.id, subscription);
  }),
  subscription_get: success((model, asked, body) => model.subscriptions.set(body.id, body)),
  subscription_delete: success((model, { subscription_id: id }) => {
    model.subscriptions.delete(id);
    const { source, request } = model.own.get(id) ?? {};
    if (request?.queue_names) {
      request.queue_names = request.queue_names.filter((name) => name !== source);
      delete request.since; // which may name queues of that one
    }
    model.own.delete(id);
  }),
};

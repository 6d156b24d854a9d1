// SPDX-License-Identifier: Apache-2.0
//
// What can be asked of the messaging service, and the fields of each request.
//
// Kinds of fields: text, integer, boolean (left out when not set), choice (label and value), json (any value
// in the notation of values.js), names (an array of strings, separated by blanks or commas), messages (the
// array of a post), queue (the queue's name, which a form may take from elsewhere). A field with `of` goes into
// the map of that name.

const queue = { name: "queue_name", kind: "queue", label: "Queue", required: true };
const text = (name, label, more) => ({ name, kind: "text", label, ...more });
const integer = (name, label, more) => ({ name, kind: "integer", label, ...more });
const boolean = (name, label, more) => ({ name, kind: "boolean", label, ...more });
const json = (name, label, more) => ({ name, kind: "json", label, ...more });
const names = (name, label, more) => ({ name, kind: "names", label, ...more });

const required = { required: true };
const long = { long: true };
const page = [
  integer("limit", "Limit", { hint: "1–20, default 10" }),
  text("marker", "After", { hint: "the last in hand" }),
];
const messageID = text("message_id", "Message ID", { ...required, ...long });
const claimID = text("claim_id", "Claim ID", { ...required, ...long });
const subscriptionID = text("subscription_id", "Subscription ID", { ...required, ...long });

/**
 * By name: { group, label, fields, danger, question }. The question is asked before it is done, with the
 * queue's name put where the asterisk is.
 */
export const ACTIONS = {
  queue_list: {
    group: "Queues",
    label: "List queues",
    fields: [...page, boolean("detailed", "With metadata")],
  },
  queue_create: {
    group: "Queues",
    label: "Create queue",
    fields: [queue, json("metadata", "Metadata", { example: '{"_default_message_ttl": 600}' })],
  },
  queue_get: { group: "Queues", label: "Get metadata", fields: [queue] },
  queue_update: {
    group: "Queues",
    label: "Replace metadata",
    fields: [queue, json("metadata", "Metadata", { ...required, example: '{"_max_claim_count": 3}' })],
  },
  queue_get_stats: { group: "Queues", label: "Get statistics", fields: [queue] },
  queue_purge: {
    group: "Queues",
    label: "Purge",
    danger: true,
    question: "Purge the queue *? What is in it cannot be brought back.",
    fields: [queue, names("resource_types", "What", { hint: "messages, subscriptions; default both" })],
  },
  queue_delete: {
    group: "Queues",
    label: "Delete queue",
    danger: true,
    question: "Delete the queue * with all its messages and claims?",
    fields: [queue],
  },

  message_post: {
    group: "Messages",
    label: "Post",
    fields: [queue, { name: "messages", kind: "messages", label: "Body", required: true }],
  },
  message_list: {
    group: "Messages",
    label: "List",
    fields: [
      queue,
      ...page,
      boolean("echo", "My own too", { initial: true }),
      boolean("include_claimed", "Claimed too"),
    ],
  },
  message_get: { group: "Messages", label: "Get one", fields: [queue, messageID] },
  message_get_many: {
    group: "Messages",
    label: "Get many",
    fields: [queue, names("message_ids", "Message IDs", { ...required, ...long })],
  },
  message_delete: {
    group: "Messages",
    label: "Delete one",
    danger: true,
    fields: [queue, messageID, text("claim_id", "Claim ID", { ...long, hint: "where it is claimed" })],
  },
  message_delete_many: {
    group: "Messages",
    label: "Pop or delete many",
    danger: true,
    fields: [
      queue,
      integer("pop", "Pop", { hint: "1–20 of the oldest" }),
      names("message_ids", "Message IDs", { ...long, hint: "or these" }),
      names("claim_ids", "Claim IDs", long),
    ],
  },

  claim_create: {
    group: "Claims",
    label: "Claim",
    fields: [
      queue,
      integer("limit", "Limit", { hint: "1–20, default 10" }),
      integer("ttl", "TTL, s", { hint: "60–43200, default 300" }),
      integer("grace", "Grace, s", { hint: "60–43200, default 60" }),
    ],
  },
  claim_get: { group: "Claims", label: "Get", fields: [queue, claimID] },
  claim_update: {
    group: "Claims",
    label: "Renew",
    fields: [queue, claimID, integer("ttl", "TTL, s"), integer("grace", "Grace, s")],
  },
  claim_delete: { group: "Claims", label: "Release", fields: [queue, claimID] },

  subscription_create: {
    group: "Subscriptions",
    label: "Subscribe",
    fields: [
      { ...queue, required: false },
      {
        name: "accept",
        kind: "choice",
        label: "Accept",
        choices: [["as the request"], ["text (JSON)", "json"], ["binary (MessagePack)", "msgpack"]],
      },
      integer("ttl", "TTL, s", { hint: "from 60, default 3600" }),
      text("since", "Since", { ...long, hint: "a message ID: tell what came after" }),
      text("subscriber", "Subscriber", { ...long, hint: "a URL; empty: this connection" }),
      names("queue_names", "Other queues", { ...long, hint: "instead: names, patterns such as a*" }),
      json("options", "Options", { example: '{"post_headers": {}}' }),
      boolean("ids", "Tell IDs", { of: "options" }),
      boolean("ack", "Await acknowledgement", { of: "options" }),
    ],
  },
  subscription_list: { group: "Subscriptions", label: "List", fields: [queue, ...page] },
  subscription_get: { group: "Subscriptions", label: "Get", fields: [queue, subscriptionID] },
  subscription_update: {
    group: "Subscriptions",
    label: "Update",
    fields: [
      queue,
      subscriptionID,
      integer("ttl", "TTL, s"),
      json("options", "Options"),
      {
        name: "confirmed",
        kind: "choice",
        label: "Confirmed",
        choices: [["leave as it is"], ["yes", true], ["no", false]],
      },
    ],
  },
  subscription_delete: {
    group: "Subscriptions",
    label: "Unsubscribe",
    danger: true,
    fields: [queue, subscriptionID],
  },

  authenticate: { group: "Connection", label: "Sign in with the token above", fields: [] },
  ping: { group: "Connection", label: "Ping", fields: [] },
  health: { group: "Connection", label: "Health", fields: [] },
};

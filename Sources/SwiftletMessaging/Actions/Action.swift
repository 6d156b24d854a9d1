// SPDX-License-Identifier: Apache-2.0

/// What can be asked of the service.
enum Action: String, Sendable {
  case authenticate
  case queueList = "queue_list"
  case queueCreate = "queue_create"
  case queueGet = "queue_get"
  case queueUpdate = "queue_update"
  case queueDelete = "queue_delete"
  case queueGetStats = "queue_get_stats"
  case queuePurge = "queue_purge"
  case messagePost = "message_post"
  case messageList = "message_list"
  case messageGet = "message_get"
  case messageGetMany = "message_get_many"
  case messageDelete = "message_delete"
  case messageDeleteMany = "message_delete_many"
  case claimCreate = "claim_create"
  case claimGet = "claim_get"
  case claimUpdate = "claim_update"
  case claimDelete = "claim_delete"
  case subscriptionCreate = "subscription_create"
  case subscriptionList = "subscription_list"
  case subscriptionGet = "subscription_get"
  case subscriptionUpdate = "subscription_update"
  case subscriptionDelete = "subscription_delete"
  case ping
  case health
}

extension Schema {
  /// The schema of the action with this name.
  static func named(_ name: String) -> Schema? { byName[name] }

  private static let byName = Dictionary(
    uniqueKeysWithValues: all.map { ($0.action.rawValue, $0) })

  private static let queueName = Field.required("queue_name", .string)
  private static let claimID = Field.required("claim_id", .string)
  private static let messageID = Field.required("message_id", .string)
  private static let subscriptionID = Field.required("subscription_id", .string)

  private static let all: [Schema] = [
    Schema(
      action: .authenticate,
      headers: [.required("X-Auth-Token", .string), .required("X-Project-ID", .string)]
        + optionalHeaders,
      bodyIsOptional: true, body: []),

    Schema(
      action: .queueList, bodyIsOptional: true,
      body: [
        .optional("marker", .string), .optional("limit", .integer), .optional("detailed", .boolean),
      ]),
    Schema(action: .queueCreate, body: [queueName, .optional("metadata", .any)]),
    Schema(action: .queueGet, body: [queueName]),
    Schema(action: .queueUpdate, body: [queueName, .required("metadata", .any)]),
    Schema(action: .queueDelete, body: [queueName]),
    Schema(action: .queueGetStats, body: [queueName]),
    Schema(action: .queuePurge, body: [queueName, .optional("resource_types", .array)]),

    Schema(action: .messagePost, body: [queueName, .required("messages", .array)]),
    Schema(
      action: .messageList,
      body: [
        queueName, .optional("marker", .string), .optional("limit", .integer),
        .optional("echo", .boolean), .optional("include_claimed", .boolean),
      ]),
    Schema(action: .messageGet, body: [queueName, messageID]),
    Schema(action: .messageGetMany, body: [queueName, .required("message_ids", .array)]),
    Schema(action: .messageDelete, body: [queueName, messageID, .optional("claim_id", .string)]),
    Schema(
      action: .messageDeleteMany,
      body: [
        queueName, .optional("message_ids", .array), .optional("claim_ids", .array),
        .optional("pop", .integer),
      ]),

    Schema(
      action: .claimCreate,
      body: [
        queueName, .optional("limit", .integer), .optional("ttl", .integer),
        .optional("grace", .integer),
      ]),
    Schema(action: .claimGet, body: [queueName, claimID]),
    // Of the grace the action itself complains.
    Schema(action: .claimUpdate, body: [queueName, claimID, .optional("ttl", .integer)]),
    Schema(action: .claimDelete, body: [queueName, claimID]),

    Schema(
      action: .subscriptionCreate,
      body: [
        .optional("queue_name", .string), .optional("queue_names", .array),
        .optional("subscriber", .string), .optional("ttl", .integer),
        .optional("options", .object), .optional("accept", .string), .optional("since", .any),
      ]),
    Schema(
      action: .subscriptionList,
      body: [queueName, .optional("marker", .string), .optional("limit", .integer)]),
    Schema(action: .subscriptionGet, body: [queueName, subscriptionID]),
    Schema(
      action: .subscriptionUpdate,
      body: [
        queueName, subscriptionID, .optional("ttl", .integer), .optional("options", .object),
        .optional("confirmed", .boolean),
      ]),
    Schema(action: .subscriptionDelete, body: [queueName, subscriptionID]),

    Schema(action: .ping, headers: optionalHeaders, bodyIsOptional: true, body: []),
    Schema(action: .health, headers: optionalHeaders, bodyIsOptional: true, body: []),
  ]
}

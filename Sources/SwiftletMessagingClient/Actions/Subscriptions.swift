// SPDX-License-Identifier: Apache-2.0

public import SwiftletMessaging

extension MessagingClient {
  /// A subscription as the server has it, of any client or of a URL.
  public struct SubscriptionRecord: Sendable, Hashable {
    public var id: String
    public var queue: String
    /// A URL, or what stands for a connection.
    public var subscriber: String
    public var ttl: Duration
    public var age: Duration
    public var options: Value
    public var isConfirmed: Bool

    init(_ value: Value) throws {
      id = try value.text("id")
      queue = try value.text("source")
      subscriber = try value.text("subscriber")
      ttl = try value.seconds("ttl")
      age = try value.seconds("age")
      options = value["options"] ?? [:]
      isConfirmed = value["confirmed"] == true
    }
  }

  /// Has the messages of a queue sent to a URL, whether this client is connected or not; the
  /// subscription's id.
  @discardableResult
  public func subscribe(
    _ url: String, to queue: String, ttl: Duration? = nil, options: Value = [:]
  ) async throws -> String {
    let body = fields([
      "queue_name": .string(queue), "subscriber": .string(url), "ttl": .seconds(ttl),
      "options": options,
    ])
    return try await ask("subscription_create", body).text("subscription_id")
  }

  /// A page of a queue's subscriptions.
  /// - Parameter id: Begin behind this one.
  public func subscriptions(
    of queue: String, after id: String? = nil, limit: Int? = nil
  ) async throws -> [SubscriptionRecord] {
    let body = fields([
      "queue_name": .string(queue), "marker": id.map { .string($0) }, "limit": .number(limit),
    ])
    return try await ask("subscription_list", body).array("subscriptions").map {
      try SubscriptionRecord($0)
    }
  }

  /// Throws a ``RequestError`` with status 404 when it is not there.
  public func subscription(_ id: String, of queue: String) async throws -> SubscriptionRecord {
    try SubscriptionRecord(
      await ask(
        "subscription_get", ["queue_name": .string(queue), "subscription_id": .string(id)]))
  }

  /// Renews a subscription's life, replaces its options, or both.
  public func updateSubscription(
    _ id: String, of queue: String, ttl: Duration? = nil, options: Value? = nil
  ) async throws {
    let body = fields([
      "queue_name": .string(queue), "subscription_id": .string(id), "ttl": .seconds(ttl),
      "options": options,
    ])
    _ = try await ask("subscription_update", body)
  }

  /// Deletes a subscription, if it is there.
  public func deleteSubscription(_ id: String, of queue: String) async throws {
    _ = try await ask(
      "subscription_delete", ["queue_name": .string(queue), "subscription_id": .string(id)])
  }
}

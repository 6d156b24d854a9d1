// SPDX-License-Identifier: Apache-2.0

public import SwiftletMessaging

extension MessagingClient {
  public struct Queue: Sendable, Hashable {
    public var name: String
    public var metadata: Value
  }

  /// How many messages a queue has.
  public struct QueueStatistics: Sendable, Hashable {
    public var claimed: Int
    public var free: Int
    /// nil in an empty queue.
    public var oldest: Message?
    public var newest: Message?
  }

  /// Makes a queue with metadata, a map; false when there is one of that name, which stays as it is.
  @discardableResult
  public func createQueue(_ name: String, metadata: Value = [:]) async throws -> Bool {
    let body: Value = ["queue_name": .string(name), "metadata": metadata]
    return try await session.ask("queue_create", body).status == 201
  }

  /// A page of the queues, in the order of their names.
  /// - Parameter name: Begin behind this one.
  /// - Parameter limit: At most as many; the server has a limit of its own.
  public func queues(after name: String? = nil, limit: Int? = nil) async throws -> [Queue] {
    let body = fields([
      "marker": name.map { .string($0) }, "limit": .number(limit), "detailed": true,
    ])
    return try await ask("queue_list", body).array("queues").map {
      Queue(name: try $0.text("name"), metadata: $0["metadata"] ?? [:])
    }
  }

  /// Empty also when there is no such queue.
  public func metadata(of queue: String) async throws -> Value {
    try await ask("queue_get", ["queue_name": .string(queue)])
  }

  /// Replaces the metadata of a queue.
  public func updateQueue(_ queue: String, metadata: Value) async throws {
    _ = try await ask("queue_update", ["queue_name": .string(queue), "metadata": metadata])
  }

  /// Deletes a queue with its messages and claims, if it is there.
  public func deleteQueue(_ queue: String) async throws {
    _ = try await ask("queue_delete", ["queue_name": .string(queue)])
  }

  /// Throws a ``RequestError`` with status 404 when there is no such queue.
  public func statistics(of queue: String) async throws -> QueueStatistics {
    let answer = try await ask("queue_get_stats", ["queue_name": .string(queue)])
    guard let messages = answer["messages"] else {
      throw MessagingError.unexpected("no messages in a queue's statistics")
    }
    return QueueStatistics(
      claimed: Int(try messages.integer("claimed")), free: Int(try messages.integer("free")),
      oldest: try messages["oldest"].map { try Message($0) },
      newest: try messages["newest"].map { try Message($0) })
  }

  /// Deletes a queue's free messages, its subscriptions, or both. Who listens to a subscription that is
  /// deleted so is not told, and hears nothing more before its next connection.
  public func purge(
    _ queue: String, messages: Bool = true, subscriptions: Bool = true
  ) async throws {
    let types = (messages ? ["messages"] : []) + (subscriptions ? ["subscriptions"] : [])
    _ = try await ask(
      "queue_purge", ["queue_name": .string(queue), "resource_types": .strings(types)])
  }

  /// Returns when the server has answered.
  public func ping() async throws { _ = try await ask("ping") }

  /// Whether the server's store can be reached.
  public func isHealthy() async throws -> Bool {
    do {
      return try await session.ask("health", [:]).status == 200
    } catch let error as RequestError where error.status == 503 {
      return false
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

public import SwiftletMessaging

extension MessagingClient {
  public struct Message: Sendable, Hashable {
    public var id: String
    /// The claim that holds it, where a claim's own answer tells.
    public var claimID: String?
    /// How long it lives in all.
    public var ttl: Duration
    /// Since it was posted, in whole seconds.
    public var age: Duration
    public var body: Value

    init(_ value: Value) throws {
      id = try value.text("id")
      claimID = value.textIfThere("claim_id")
      ttl = try value.seconds("ttl")
      age = try value.seconds("age")
      body = value["body"] ?? .null
    }

    /// The body as a type of one's own.
    public func decode<Body: Decodable>(_ type: Body.Type) throws -> Body {
      try body.decode(type)
    }
  }

  // MARK: - Posting

  /// Posts a message to a queue, which is made where it is missing; the message's id.
  /// - Parameter ttl: How long it lives; else as long as the queue says.
  @discardableResult
  public func post(
    _ body: some Encodable, to queue: String, ttl: Duration? = nil
  ) async throws -> String {
    try await post([Value(encoding: body, for: format)], queue, ttl)[0]
  }

  /// The same with a body of any kind, also those that only MessagePack has.
  @discardableResult
  public func post(_ body: Value, to queue: String, ttl: Duration? = nil) async throws -> String {
    try await post([body], queue, ttl)[0]
  }

  /// Posts messages, all or none; their ids.
  @discardableResult
  public func post(
    contentsOf bodies: [some Encodable], to queue: String, ttl: Duration? = nil
  ) async throws -> [String] {
    try await post(bodies.map { try Value(encoding: $0, for: format) }, queue, ttl)
  }

  private var format: WireFormat { session.configuration.format }

  private func post(
    _ bodies: [Value], _ queue: String, _ ttl: Duration?
  ) async throws -> [String] {
    let messages = bodies.map { fields(["body": $0, "ttl": .seconds(ttl)]) }
    let answer = try await ask(
      "message_post", ["queue_name": .string(queue), "messages": .array(messages)])
    let ids = try answer.texts("message_ids")
    guard ids.count == bodies.count else {
      throw MessagingError.unexpected("\(ids.count) ids of \(bodies.count) messages")
    }
    return ids
  }

  // MARK: - Reading

  /// A page of a queue's messages, the oldest first.
  /// - Parameter id: Begin behind this one.
  /// - Parameter limit: At most as many; the server has a limit of its own.
  /// - Parameter includesOwn: Also those that this client posted.
  public func messages(
    in queue: String, after id: String? = nil, limit: Int? = nil, includesOwn: Bool = true,
    includesClaimed: Bool = false
  ) async throws -> [Message] {
    let body = fields([
      "queue_name": .string(queue), "marker": id.map { .string($0) }, "limit": .number(limit),
      "echo": .bool(includesOwn), "include_claimed": .bool(includesClaimed),
    ])
    return try await messages("message_list", body)
  }

  /// One message. Throws a ``RequestError`` with status 404 when it is not there.
  public func message(_ id: String, in queue: String) async throws -> Message {
    let answer = try await ask(
      "message_get", ["queue_name": .string(queue), "message_id": .string(id)])
    return try Message(answer["messages"] ?? .null)
  }

  /// Those of the messages that are there, in the order of `ids`.
  public func messages(_ ids: [String], in queue: String) async throws -> [Message] {
    try await messages(
      "message_get_many", ["queue_name": .string(queue), "message_ids": .strings(ids)])
  }

  func messages(_ action: String, _ body: Value) async throws -> [Message] {
    try await ask(action, body).array("messages").map { try Message($0) }
  }

  // MARK: - Deleting

  /// Deletes a message, if it is there.
  /// - Parameter claim: The claim that holds it; without it a claimed message is not deleted.
  public func delete(_ id: String, from queue: String, claim: String? = nil) async throws {
    let body = fields([
      "queue_name": .string(queue), "message_id": .string(id),
      "claim_id": claim.map { .string($0) },
    ])
    _ = try await ask("message_delete", body)
  }

  /// Deletes those of the messages that are there, claimed ones too.
  public func delete(_ ids: [String], from queue: String) async throws {
    _ = try await ask(
      "message_delete_many", ["queue_name": .string(queue), "message_ids": .strings(ids)])
  }

  /// Takes up to as many of the oldest free messages out of a queue.
  public func pop(_ count: Int = 1, from queue: String) async throws -> [Message] {
    try await messages(
      "message_delete_many", ["queue_name": .string(queue), "pop": .int(Int64(count))])
  }
}

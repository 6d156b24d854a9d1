// SPDX-License-Identifier: Apache-2.0

import SwiftletMessaging

extension MessagingClient {
  /// Messages that are held for one client, until they are deleted or the claim is over.
  public struct Claim: Sendable, Hashable {
    public var id: String
    public var messages: [Message]
  }

  /// A claim as it stands.
  public struct ClaimState: Sendable, Hashable {
    /// How long it lives, from its creation or its last update.
    public var ttl: Duration
    public var age: Duration
    /// Those that have not been deleted.
    public var messages: [Message]
  }

  /// Claims the oldest free messages of a queue; nil when there is none.
  /// - Parameter ttl: How long the claim lives.
  /// - Parameter grace: How much longer than the claim its messages live at least.
  public func claim(
    from queue: String, limit: Int? = nil, ttl: Duration? = nil, grace: Duration? = nil
  ) async throws -> Claim? {
    let body = fields([
      "queue_name": .string(queue), "limit": .number(limit), "ttl": .seconds(ttl),
      "grace": .seconds(grace),
    ])
    let response = try await session.ask("claim_create", body)
    guard response.status == 201 else { return nil }
    return Claim(
      id: try response.body.text("claim_id"),
      messages: try response.body.array("messages").map { try Message($0) })
  }

  /// Throws a ``RequestError`` with status 404 when the claim is over.
  public func claim(_ id: String, of queue: String) async throws -> ClaimState {
    let answer = try await ask(
      "claim_get", ["queue_name": .string(queue), "claim_id": .string(id)])
    return ClaimState(
      ttl: try answer.seconds("ttl"), age: try answer.seconds("age"),
      messages: try answer.array("messages").map { try Message($0) })
  }

  /// Lets a claim live anew. What is nil gets its default.
  public func updateClaim(
    _ id: String, of queue: String, ttl: Duration? = nil, grace: Duration? = nil
  ) async throws {
    let body = fields([
      "queue_name": .string(queue), "claim_id": .string(id), "ttl": .seconds(ttl),
      "grace": .seconds(grace),
    ])
    _ = try await ask("claim_update", body)
  }

  /// Ends a claim: its messages are free again.
  public func deleteClaim(_ id: String, of queue: String) async throws {
    _ = try await ask("claim_delete", ["queue_name": .string(queue), "claim_id": .string(id)])
  }
}

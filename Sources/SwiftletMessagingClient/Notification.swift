// SPDX-License-Identifier: Apache-2.0

public import SwiftletMessaging

extension MessagingClient {
  /// What a ``Subscription`` tells of a message.
  public struct Notification: Sendable {
    public var queue: String
    public var messageID: String
    public var ttl: Duration
    public var body: Value
    /// The claim that holds the message for this subscriber, where it subscribed so.
    public var claimID: String?
    private let session: Session

    init(_ map: Value.Map, _ session: Session) throws {
      let value = Value.map(map)
      queue = try value.text("queue_name")
      messageID = try value.text("message_id")
      ttl = try value.seconds("ttl")
      body = map["body"] ?? .null
      claimID = value.textIfThere("claim_id")
      self.session = session
    }

    /// The body as a type of one's own.
    public func decode<Body: Decodable>(_ type: Body.Type) throws -> Body {
      try body.decode(type)
    }

    /// The message has been dealt with: deletes it. Throws a ``RequestError`` when the claim is over,
    /// as it will be told again then.
    public func acknowledge() async throws {
      _ = try await session.ask(
        "message_delete",
        [
          "queue_name": .string(queue), "message_id": .string(messageID),
          "claim_id": .string(try claim()),
        ])
    }

    /// Gives the message back to be told again, perhaps to another subscriber.
    public func release() async throws {
      _ = try await session.ask(
        "claim_delete", ["queue_name": .string(queue), "claim_id": .string(try claim())])
    }

    private func claim() throws -> String {
      guard let claimID else { throw MessagingError.notClaimed }
      return claimID
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

import Logging

@testable import SwiftletMessaging
@testable import SwiftletServer

/// A connection of a loop that never runs: what the hub has it do stays undone.
final class IdleConnection {
  private let loop: EventLoop

  init() throws {
    loop = try EventLoop(
      configuration: LoopConfiguration(
        maxMessageSize: 1, maxFragments: 1, maxControlFramesPerSecond: 1,
        sendQueueLimit: 1,
        deadlines: .init(
          handshake: .seconds(1), idle: .seconds(1), ping: .seconds(1), close: .seconds(1),
          drain: .seconds(1))), logger: Logger(label: "test"))
  }

  /// Has a client listen to a queue, whether or not the store knows of it.
  func listen(_ client: Client, to queue: QueueKey, ttl: Int64 = 3600) throws -> Listener? {
    let conversation = client.conversation
    let subscription = LiveSubscription(
      queue: queue, subscriber: conversation.subscriber, ttl: ttl,
      now: conversation.service.now(), format: .json,
      options: try SubscriptionOptions(checking: nil), replays: []
    ).with(id: .random())
    let reference = ConnectionReference(loop: loop, token: Token(index: 0, generation: 0))
    return conversation.service.hub.subscribe([subscription], reference, conversation).first
  }

  /// As when a client's subscriptions begin that the store has answered.
  func begin(_ subscriptions: [LiveSubscription], of client: Client) -> [Listener] {
    let reference = ConnectionReference(loop: loop, token: Token(index: 0, generation: 0))
    return client.conversation.service.subscribe(subscriptions, reference, client.conversation)
  }
}

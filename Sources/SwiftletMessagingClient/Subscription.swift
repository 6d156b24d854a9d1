// SPDX-License-Identifier: Apache-2.0

import SwiftletMessaging

extension MessagingClient {
  /// How to subscribe.
  public struct SubscribeOptions: Sendable {
    /// Where the notifications begin.
    public var start: Start
    /// Whether each message comes with a claim, is told to one such subscriber only, and told again
    /// unless it is acknowledged before the claim is over. Such a subscription begins with all the
    /// messages there are, whatever ``start`` says.
    public var acknowledges: Bool
    /// Notifications kept for a task that is busy. When there is one more the client unsubscribes, and
    /// subscribes again behind the last of them once half have been taken: nothing is left out that is
    /// still in its queue then, and requests are never held up by notifications nobody takes. A pattern,
    /// which cannot go on so, ends with ``MessagingError/bufferFull``. With ``acknowledges`` the server
    /// bounds them.
    public var buffer: Int

    public init(start: Start = .now, acknowledges: Bool = false, buffer: Int = 1024) {
      self.start = start
      self.acknowledges = acknowledges
      self.buffer = buffer
    }
  }

  /// Where the notifications of a subscription begin.
  public enum Start: Sendable, Hashable {
    /// With what is posted from now on.
    case now
    /// With all that is in the queues.
    case beginning
    /// Behind a message of each queue, by their ids. Of queues left out: from now on.
    case after([String: String])
  }

  /// Notifications of messages in one queue or several:
  ///
  ///     for try await notification in try await messaging.subscribe(to: "orders") {
  ///       print(try notification.decode(Order.self))
  ///     }
  ///
  /// For one task at a time. Ends when the client is closed or ``cancel()`` is called; throws what ended
  /// the client, the ``RequestError`` by which a server refused to go on after a reconnect, or
  /// ``MessagingError/bufferFull``. The server is told when nobody holds it any more.
  public struct Subscription: AsyncSequence, Sendable {
    let stream: Feed.Stream
    let feed: Feed
    /// A loop over this may be all that needs the client.
    let client: MessagingClient

    public func makeAsyncIterator() -> AsyncIterator {
      AsyncIterator(base: stream.makeAsyncIterator(), feed: feed, client: client)
    }

    public struct AsyncIterator: AsyncIteratorProtocol {
      var base: Feed.Stream.AsyncIterator
      let feed: Feed
      let client: MessagingClient

      public mutating func next() async throws -> Notification? {
        guard let notification = try await base.next() else { return nil }
        feed.took()
        if feed.wantsMore { client.session.resume(feed) }
        return notification
      }
    }

    /// Unsubscribes. The sequence ends behind what has been received.
    public func cancel() { feed.finish(nil) }
  }

  /// Subscribes to a queue, which is made where it is missing.
  ///
  /// Messages are told in the order of the queue, each once: after a lost connection the subscription
  /// goes on behind the last one received. Throws a ``RequestError`` with status 409 where the client has
  /// this subscription already.
  public func subscribe(
    to queue: String, _ options: SubscribeOptions = SubscribeOptions()
  ) async throws -> Subscription {
    try await subscribe(to: [queue], options)
  }

  /// Subscribes to several queues, and to patterns: names with a `*`, which stands for any characters
  /// or none. A message is told once, whatever number of names fit its queue. All or nothing: one name
  /// that the client has a subscription of already is a ``RequestError`` with status 409.
  ///
  /// A pattern tells what is posted from now on. After a lost connection it goes on behind the last
  /// message received of each queue (of at most 64); what came meanwhile to queues that it never told
  /// of before is not told.
  public func subscribe(
    to names: [String], _ options: SubscribeOptions = SubscribeOptions()
  ) async throws -> Subscription {
    let positions = options.acknowledges ? [:] : try await positions(of: names, options.start)
    let (stream, notifications) = Feed.Stream.makeStream()
    let feed = Feed(names, options, from: positions, notifications)
    notifications.onTermination = { [weak session, weak feed] _ in
      if let session, let feed { session.remove(feed) }
    }
    let subscription = Subscription(stream: stream, feed: feed, client: self)
    try await session.subscribe(feed)
    return subscription
  }

  /// By queue the message behind which a subscription begins, which is empty for all there are.
  ///
  /// Without one a reconnect would not know where to go on before the first message came.
  private func positions(of names: [String], _ start: Start) async throws -> [String: String] {
    var positions: [String: String] = [:]
    if case .after(let messages) = start { positions = messages }
    for name in names where positions[name] == nil && !name.contains("*") {
      positions[name] = start == .beginning ? "" : try await newestMessage(in: name)
    }
    return positions
  }

  private func newestMessage(in queue: String) async throws -> String {
    do {
      return try await statistics(of: queue).newest?.id ?? ""
    } catch let error as RequestError where error.status == 404 {
      return ""
    }
  }
}

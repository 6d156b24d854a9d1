// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletServer
import Synchronization
import Testing

@testable import SwiftletMessaging

/// Connections that do not take their notifications, without sockets.
@Suite struct SlowConsumerTests {
  private let store = SlowStore()
  private let service: TestService
  private let client: Client
  private let listener: Listener
  /// What is said of them all.
  private let counts: SlowConsumerCounts
  private let connection: IdleConnection

  private static let size = notification(0).encoded(.init(format: .json, hasIDs: false)).count

  /// One whose body is the number's last digit, so that all have one size.
  private static func notification(_ number: Int) -> Notification {
    Notification(
      StoredMessage(
        id: Identifier(high: 0, low: UInt64(number)), body: [UInt8(number % 10)], ttl: 60,
        created: 0,
        claim: nil, claimCount: 0), of: QueueKey(project: "p", name: "q"))
  }

  init() throws { try self.init(.dropOldest) }

  /// A client for which three notifications may wait.
  private init(_ policy: SlowConsumerPolicy) throws {
    var settings = MessagingSettings()
    settings.slowConsumer = policy
    settings.notificationQueueLimit = 3 * Self.size
    service = TestService(settings, store: store)
    client = service.client(.json)
    counts = service.service.slowConsumers
    connection = try IdleConnection()
    let queue = QueueKey(project: "p", name: "q")
    listener = try #require(try connection.listen(client, to: queue))
  }

  private func tell(_ numbers: ClosedRange<Int>) {
    for number in numbers {
      client.conversation.tell(Self.notification(number), to: listener, client.note)
    }
  }

  private func drain() {
    client.conversation.drained(client.note)
  }

  /// The bodies of what has been sent, a response being -1; and what else there was.
  private func said() throws -> (bodies: [Int64], others: [String]) {
    var bodies: [Int64] = []
    var others: [String] = []
    for effect in client.takeEffects() {
      switch effect {
      case .send(let bytes, _):
        let value = try WireFormat.json.decode(bytes)
        bodies.append(value["request"] == nil ? value["body"]?.integer ?? -2 : -1)
      case .other(.close(let code, _)): others.append("close \(code.rawValue)")
      case .other(.wake): others.append("wake")
      case .other(let effect): others.append("\(effect)")
      case .subscribe: others.append("subscribe")
      }
    }
    return (bodies, others)
  }

  private func load(_ counter: KeyPath<SlowConsumerCounts, Int>) -> Int { counts[keyPath: counter] }

  @Test func whatWaitedLongestIsDroppedAndCounted() throws {
    tell(1...2)
    client.conversation.isFull = true
    tell(3...9)
    #expect(load(\.droppedCount) == 4)
    #expect(try said().bodies == [1, 2])
    drain()
    let (bodies, others) = try said()
    #expect(bodies == [7, 8, 9] && others.isEmpty)
    tell(1...1)
    #expect(try said().bodies == [1])
  }

  @Test func answersAreNeverDropped() throws {
    store.slowDown()
    let list: Value = ["action": "queue_list", "headers": client.headers]
    client.send(list)
    tell(1...5)
    client.send(list)
    // It waits for the second answer as well, and what waited for the first one does not.
    tell(6...6)
    #expect(load(\.droppedCount) == 3)
    store.release()
    client.flush()
    #expect(try said().bodies == [-1, 4, 5])
    store.release()
    client.flush()
    #expect(try said().bodies == [-1, 6])
  }

  @Test func nothingIsSentWhileTheConnectionIsFull() throws {
    store.slowDown()
    client.send(["action": "queue_list", "headers": client.headers])
    tell(1...1)
    client.conversation.isFull = true
    store.release()
    client.flush()
    // Answers are: it is read no more until they have left.
    #expect(try said().bodies == [-1])
    drain()
    #expect(try said().bodies == [1])
  }

  @Test func whatWaitsIsNotToldAfterTheSubscriptionsEnd() throws {
    tell(1...1)
    client.conversation.isFull = true
    tell(2...3)
    service.service.hub.unsubscribe(listener.id, from: listener.queue)
    drain()
    #expect(try said().bodies == [1])
  }

  @Test func connectionIsClosed() throws {
    let test = try SlowConsumerTests(.close)
    test.client.conversation.isFull = true
    test.tell(1...3)
    #expect(try test.said().others.isEmpty)
    test.tell(4...4)
    let (bodies, others) = try test.said()
    #expect(bodies.isEmpty && others == ["close 1013"])
    #expect(test.load(\.closedCount) == 1 && test.load(\.droppedCount) == 0)
  }

  // MARK: - Posters that wait

  private func post(_ poster: Client, to queue: Value = "q") throws -> [String] {
    poster.send([
      "action": "message_post", "headers": poster.headers,
      "body": ["queue_name": queue, "messages": [["body": 1]]],
    ])
    return poster.takeEffects().map { effect in
      switch effect {
      case .send: "response"
      case .other(.pauseReading): "pause"
      case .other(.resumeReading): "resume"
      default: "\(effect)"
      }
    }
  }

  private func resumed(_ poster: Client) -> Bool {
    poster.flush()
    if case .other(.resumeReading)? = poster.takeEffects().last { return true }
    return false
  }

  private static func blocked() throws -> SlowConsumerTests {
    let test = try SlowConsumerTests(.block)
    test.client.conversation.isFull = true
    test.tell(1...4)
    #expect(test.load(\.blockCount) == 1)
    #expect(try test.said().others == ["wake"])
    return test
  }

  @Test func posterWaitsUntilHalfHasLeft() throws {
    let test = try Self.blocked()
    let poster = test.service.client(.json)
    #expect(try test.post(poster) == ["pause", "response"])
    #expect(try test.post(poster, to: "other") == ["response"])
    test.drain()
    #expect(try test.said().bodies == [1, 2, 3, 4])
    #expect(poster.callBacks.all.count == 1)
    #expect(test.resumed(poster))
    #expect(try test.post(poster) == ["response"])
    #expect(test.load(\.droppedCount) == 0 && test.load(\.closedCount) == 0)
  }

  @Test func onlyThoseWaitWhosePostsAreTold() throws {
    let test = try Self.blocked()
    #expect(try test.post(test.service.client(.json), to: "other") == ["response"])
    #expect(try test.post(test.service.client(.json, project: "p2")) == ["response"])
    // Nor does the slow one itself: the server reads it as fast as it takes what it is sent.
    #expect(try test.post(test.client) == ["response"])
  }

  @Test func posterGoesOnWhenTheSlowOneIsGone() throws {
    let test = try Self.blocked()
    let poster = test.service.client(.json)
    #expect(try test.post(poster) == ["pause", "response"])
    test.client.conversation.end()
    #expect(test.resumed(poster))
  }

  @Test func posterDoesNotWaitForEver() throws {
    let test = try Self.blocked()
    let poster = test.service.client(.json)
    #expect(try test.post(poster) == ["pause", "response"])
    test.service.clock.advance(seconds: 9)
    test.client.wake()
    #expect(try test.said().others == ["wake"])
    test.service.clock.advance(seconds: 1)
    test.client.wake()
    #expect(try test.said().others == ["close 1013"])
    #expect(test.load(\.closedCount) == 1 && test.resumed(poster))
  }

  @Test func postersThatAreTooManyCloseIt() throws {
    let test = try Self.blocked()
    test.tell(5...24)
    #expect(try test.said().others.isEmpty)
    test.tell(25...25)
    #expect(try test.said().others == ["close 1013"])
  }

  @Test func loopThatFallsBehindHoldsPostersBack() throws {
    let poster = service.client(.json)
    let body = Value.string(String(repeating: "x", count: 200_000))
    var effects: [String] = []
    var posts = 0
    while effects != ["pause", "response"] && posts < 100 {
      poster.send([
        "action": "message_post", "headers": poster.headers,
        "body": ["queue_name": "q", "messages": [["body": body]]],
      ])
      posts += 1
      effects = poster.takeEffects().map { effect in
        if case .other(.pauseReading) = effect { "pause" } else { "response" }
      }
    }
    // 4 MiB.
    #expect(posts == 21)
  }
}

extension SlowConsumerCounts {
  fileprivate var droppedCount: Int { dropped.load(ordering: .relaxed) }
  fileprivate var closedCount: Int { closed.load(ordering: .relaxed) }
  fileprivate var blockCount: Int { blocks.load(ordering: .relaxed) }
}

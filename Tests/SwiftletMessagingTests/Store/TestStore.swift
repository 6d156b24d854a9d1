// SPDX-License-Identifier: Apache-2.0

import Foundation
import SwiftletServer
import Synchronization
import Testing

@testable import SwiftletMessaging

/// A store that must pass all tests of this folder.
enum StoreKind: CaseIterable {
  case memory, sqlite

  static let all = allCases

  /// Makes an empty store, which may use an empty directory.
  func make(
    in directory: TemporaryDirectory, defaultMessageTTL: Int64 = 3600,
    clock: @escaping @Sendable () -> Milliseconds
  ) throws -> any MessageStore {
    switch self {
    case .memory: MemoryStore(defaultMessageTTL: defaultMessageTTL, clock: clock)
    case .sqlite:
      try SQLiteStore(
        path: directory.path + "/store", defaultMessageTTL: defaultMessageTTL, clock: clock)
    }
  }
}

/// Time that passes when a test says so.
final class TestClock: Sendable {
  private let time = Atomic<Milliseconds>(1_700_000_000_123)

  var now: Milliseconds { time.load(ordering: .relaxed) }

  func advance(seconds: Int64 = 0, milliseconds: Int64 = 0) {
    time.add(seconds * 1000 + milliseconds, ordering: .relaxed)
  }
}

/// An empty directory, removed with what is in it when nobody has it any more.
final class TemporaryDirectory: Sendable {
  let path: String

  init() {
    path = "/tmp/swiftlet-store-\(UInt64.random(in: 0 ... .max))"
    precondition(mkdir(path, 0o700) == 0)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A store of some kind with a clock; calls wait for their answers.
final class TestStore: Sendable {
  let clock: TestClock
  let directory = TemporaryDirectory()
  private let kind: StoreKind
  private let current: Locked<any MessageStore>

  init(_ kind: StoreKind) throws {
    let clock = TestClock()
    self.clock = clock
    self.kind = kind
    current = Locked(try kind.make(in: directory) { clock.now })
  }

  var store: any MessageStore { current.withLock { $0 } }

  /// Closes the store and opens it again, if it is one that lasts.
  func reopen() async throws {
    guard kind == .sqlite else { return }
    await store.close()
    let reopened = try kind.make(in: directory) { [clock] in clock.now }
    current.withLock { $0 = reopened }
  }

  /// Runs `body` on a new store and closes it.
  static func run(
    _ kind: StoreKind, _ body: (TestStore) async throws -> Void
  ) async throws {
    let store = try TestStore(kind)
    do {
      try await body(store)
    } catch {
      await store.store.close()
      throw error
    }
    await store.store.close()
  }

  func answer<Answer: Sendable>(
    _ operation: (@escaping @Sendable (Result<Answer, StoreError>) -> Void) -> Void
  ) async throws -> Answer {
    try await withCheckedThrowingContinuation { continuation in
      operation { continuation.resume(with: $0) }
    }
  }

  // MARK: Queues

  func create(_ queue: QueueKey = .q, _ metadata: QueueMetadata = .none) async throws -> Bool {
    try await answer { store.createQueue(queue, metadata: metadata, $0) }
  }
  func update(_ queue: QueueKey = .q, _ metadata: QueueMetadata) async throws -> Bool {
    try await answer { store.updateQueue(queue, metadata: metadata, $0) }
  }
  func metadata(_ queue: QueueKey = .q) async throws -> [UInt8]? {
    try await answer { store.metadata(of: queue, $0) }
  }
  func queues(
    _ project: String = "p", after marker: String? = nil, limit: Int = 20
  ) async throws -> [String] {
    try await answer {
      store.listQueues(project: project, after: marker, limit: limit, $0)
    }.map(\.name)
  }
  func delete(queue: QueueKey = .q) async throws {
    try await answer { store.deleteQueue(queue, $0) }
  }
  func statistics(_ queue: QueueKey = .q) async throws -> QueueStatistics? {
    try await answer { store.statistics(of: queue, $0) }
  }
  func purge(
    _ queue: QueueKey = .q, messages: Bool = false, subscriptions: Bool = false
  ) async throws {
    try await answer {
      store.purge(queue, messages: messages, subscriptions: subscriptions, $0)
    }
  }
  func limits(_ queue: QueueKey = .q) async throws -> QueueLimits {
    try await answer { store.limits(of: queue, $0) }
  }

  // MARK: Messages

  /// Posts bodies, which must be taken, and returns their ids.
  @discardableResult
  func post(
    _ bodies: [String], to queue: QueueKey = .q, ttl: Int64? = nil, by client: Identifier = .alice
  ) async throws -> [Identifier] {
    let messages = bodies.map { NewMessage(ttl: ttl, body: Array($0.utf8)) }
    guard case .posted(let ids) = try await post(messages, to: queue, by: client)
    else { throw StoreError("too large") }
    return ids
  }
  func post(
    _ messages: [NewMessage], to queue: QueueKey = .q, by client: Identifier = .alice, size: Int = 1
  ) async throws -> PostAnswer {
    try await answer { store.post(messages, to: queue, client: client, size: size, $0) }
  }
  func list(
    _ queue: QueueKey = .q, after marker: Identifier? = nil, limit: Int = 20,
    notFrom client: Identifier? = nil, includesClaimed: Bool = false
  ) async throws -> [StoredMessage]? {
    let query = MessageQuery(
      marker: marker, limit: limit, notFrom: client, includesClaimed: includesClaimed)
    return try await answer { store.listMessages(of: queue, query, $0) }
  }
  func messages(_ ids: [Identifier], _ queue: QueueKey = .q) async throws -> [StoredMessage]? {
    try await answer { store.messages(ids, of: queue, $0) }
  }
  func delete(
    _ id: Identifier, _ claim: DeleteClaim = .none, from queue: QueueKey = .q
  ) async throws -> DeleteAnswer {
    try await answer { store.deleteMessage(id, of: queue, claim: claim, $0) }
  }
  func delete(_ ids: [Identifier], from queue: QueueKey = .q) async throws {
    try await answer { store.deleteMessages(ids, of: queue, $0) }
  }
  func pop(_ limit: Int = 20, from queue: QueueKey = .q) async throws -> [StoredMessage] {
    try await answer { store.pop(limit, from: queue, $0) }
  }

  // MARK: Claims

  func createClaim(
    _ queue: QueueKey = .q, ttl: Int64 = 300, grace: Int64 = 60, limit: Int = 20
  ) async throws -> ClaimAnswer {
    try await answer { store.createClaim(of: queue, ttl: ttl, grace: grace, limit: limit, $0) }
  }
  func claim(_ id: Identifier, _ queue: QueueKey = .q) async throws -> StoredClaim? {
    try await answer { store.claim(id, of: queue, $0) }
  }
  func updateClaim(
    _ id: Identifier, _ queue: QueueKey = .q, ttl: Int64 = 300, grace: Int64 = 60
  ) async throws -> Bool {
    try await answer { store.updateClaim(id, of: queue, ttl: ttl, grace: grace, $0) }
  }
  func deleteClaim(_ id: Identifier, _ queue: QueueKey = .q) async throws {
    try await answer { store.deleteClaim(id, of: queue, $0) }
  }

  // MARK: Subscriptions

  func subscribe(
    _ subscriber: String, to queue: QueueKey = .q, ttl: Int64 = 3600, options: [UInt8] = [0x80]
  ) async throws -> Identifier? {
    try await answer {
      store.createSubscription(
        of: queue, subscriber: subscriber, ttl: ttl, options: options, $0)
    }
  }
  func update(
    subscription id: Identifier, _ queue: QueueKey = .q, ttl: Int64? = nil,
    options: [UInt8]? = nil, isConfirmed: Bool? = nil
  ) async throws -> Bool {
    try await answer {
      store.updateSubscription(
        id, of: queue, ttl: ttl, options: options, isConfirmed: isConfirmed, $0)
    }
  }
  func subscription(
    _ id: Identifier, _ queue: QueueKey = .q
  ) async throws -> StoredSubscription? {
    try await answer { store.subscription(id, of: queue, $0) }
  }
  func subscriptions(
    _ queue: QueueKey = .q, after marker: Identifier? = nil, limit: Int? = nil
  ) async throws -> [StoredSubscription] {
    try await answer { store.listSubscriptions(of: queue, after: marker, limit: limit, $0) }
  }
  func delete(subscription id: Identifier, _ queue: QueueKey = .q) async throws {
    try await answer { store.deleteSubscription(id, of: queue, $0) }
  }
  func queues(subscriberPrefix prefix: String) async throws -> Set<QueueKey> {
    let queues = try await answer { store.queues(subscriberPrefix: prefix, $0) }
    let unique = Set(queues)
    #expect(unique.count == queues.count)
    return unique
  }
  func deleteSubscriptions(prefix: String) async throws {
    try await answer { store.deleteSubscriptions(subscriberPrefix: prefix, $0) }
  }
}

extension QueueKey {
  static let q = QueueKey(project: "p", name: "q")
  static let other = QueueKey(project: "p", name: "other")
  /// Of the same name in another project.
  static let foreign = QueueKey(project: "p2", name: "q")
}

extension Identifier {
  static let alice = Identifier(high: 1, low: 1)
  static let bob = Identifier(high: 1, low: 2)
}

extension StoredMessage {
  var text: String { String(decoding: body, as: UTF8.self) }
}

extension [StoredMessage] {
  var texts: [String] { map(\.text) }
}

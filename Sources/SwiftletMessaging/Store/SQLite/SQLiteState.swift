// SPDX-License-Identifier: Apache-2.0

import GRDB

/// What the writer knows of its file, and does to it: everything of this type happens on the writer's
/// thread within a transaction. Queues, messages, claims and subscriptions have a file each.
final class SQLiteState {
  let scheme: IdentifierScheme
  let defaultMessageTTL: Int64

  let queues: QueueQueries
  let boxes: BoxQueries
  let messages: MessageQueries
  let runs: PosterRunQueries
  let claims: ClaimQueries
  let subscriptions: SubscriptionQueries

  private let database: Database
  private let clock: @Sendable () -> Milliseconds
  private let numbers: (load: Query, save: Query)

  // What follows is as the file has it, or will have it at the transaction's end.

  /// The time of the operation at hand.
  private(set) var now: Milliseconds = 0
  private var nextNumber: Int64 = 1
  private var savedNumber: Int64 = 1
  private var changesBefore = 0
  private var isStale = true

  /// Queues that were asked for lately, by what they are asked by.
  private var cache = (byKey: [QueueKey: SQLiteQueue](), byNumber: [Int64: SQLiteQueue]())
  private static let cacheSize = 10_000
  /// Those among them whose counts have changed.
  private var changedQueues: [SQLiteQueue] = []

  /// Until then no claim ends.
  var firstClaimEnd: Milliseconds = .max

  init(
    _ database: Database, defaultMessageTTL: Int64, clock: @escaping @Sendable () -> Milliseconds
  ) throws {
    self.database = database
    self.defaultMessageTTL = defaultMessageTTL
    self.clock = clock
    let key = try Query(database, "SELECT key FROM store").first { $0.identifier(0) }
    guard let key else { throw StoreError("the store has no key") }
    scheme = IdentifierScheme(key: SipKey(key.high, key.low))
    queues = try QueueQueries(database)
    boxes = try BoxQueries(database)
    messages = try MessageQueries(database)
    runs = try PosterRunQueries(database)
    claims = try ClaimQueries(database)
    subscriptions = try SubscriptionQueries(database)
    numbers = (
      load: try Query(database, "SELECT next_number FROM store"),
      save: try Query(database, "UPDATE store SET next_number = ?")
    )
  }

  // MARK: Transactions

  /// Comes first in every transaction.
  func begin() throws {
    changesBefore = database.totalChangesCount
    if cache.byKey.count > Self.cacheSize { cache = ([:], [:]) }
    guard isStale else { return }
    nextNumber = try numbers.load.first { $0.number(0) } ?? 1
    savedNumber = nextNumber
    try lookUpFirstClaimEnd()
    isStale = false
  }

  /// Comes first in every operation. Then no claim is there whose time is over.
  func tick() throws {
    now = clock()
    if firstClaimEnd <= now { try endClaims() }
  }

  var hasChanges: Bool { database.totalChangesCount != changesBefore }

  /// Comes last in every transaction.
  func end() throws {
    for queue in changedQueues {
      try boxes.count.run(queue.free, queue.claimed, queue.box)
      queue.isChanged = false
    }
    changedQueues.removeAll(keepingCapacity: true)
    if nextNumber != savedNumber {
      try numbers.save.run(nextNumber)
      savedNumber = nextNumber
    }
  }

  /// Says that the transaction was undone.
  func forget() {
    isStale = true
    cache = ([:], [:])
    changedQueues = []
  }

  /// A number that nothing had before.
  func takeNumber() -> Int64 {
    defer { nextNumber += 1 }
    return nextNumber
  }

  /// All numbers taken are below.
  var numbersEnd: Int64 { nextNumber }

  // MARK: Queues at hand

  func cached(_ key: QueueKey) -> SQLiteQueue? { cache.byKey[key] }
  func cached(_ number: Int64) -> SQLiteQueue? { cache.byNumber[number] }

  func keep(_ queue: SQLiteQueue) {
    cache.byKey[queue.key] = queue
    cache.byNumber[queue.number] = queue
  }

  func drop(_ queue: SQLiteQueue) {
    cache.byKey[queue.key] = nil
    cache.byNumber[queue.number] = nil
    changedQueues.removeAll { $0 === queue }
  }

  /// Adds to a queue's counts.
  func count(_ queue: SQLiteQueue, free: Int = 0, claimed: Int = 0) {
    queue.free += free
    queue.claimed += claimed
    if !queue.isChanged {
      queue.isChanged = true
      changedQueues.append(queue)
    }
  }
}

/// A queue as the writer has it at hand.
final class SQLiteQueue {
  let key: QueueKey
  /// Its own, also among queues of the same name before and after it: the scope of its ids.
  let number: Int64
  /// What holds its messages.
  var box: Int64
  /// The metadata as far as the store heeds it; the whole is in the file only.
  var limits: QueueMetadata
  /// Messages in the box, expired ones among them.
  var free: Int
  var claimed: Int
  /// Whether the counts differ from those in the file.
  var isChanged = false
  /// The last of its runs; nil when it has not been looked up yet.
  var lastRun: PosterRun?

  init(
    _ key: QueueKey, number: Int64, box: Int64, limits: QueueMetadata, free: Int, claimed: Int
  ) {
    self.key = key
    self.number = number
    self.box = box
    self.limits = limits
    self.free = free
    self.claimed = claimed
  }

  var scope: UInt64 { UInt64(number) }
}

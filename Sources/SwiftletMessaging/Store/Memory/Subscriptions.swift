// SPDX-License-Identifier: Apache-2.0

/// The subscriptions of a memory store. They are apart from its queues, which they outlive.
///
/// The store calls ``catchUp(_:)`` before anything else; then everything here is live.
struct Subscriptions {
  private struct ByQueue: Comparable {
    var queue: QueueKey
    var number: UInt64

    static func < (one: Self, other: Self) -> Bool {
      one.queue == other.queue ? one.number < other.number : one.queue < other.queue
    }
  }

  private struct BySubscriber: Comparable {
    var subscriber: String
    var queue: QueueKey
    /// Of equal subscriber and queue there is one, so the number has no part in the order.
    var number: UInt64

    init(subscriber: String, queue: QueueKey, number: UInt64) {
      self.subscriber = subscriber
      self.queue = queue
      self.number = number
    }

    /// Below all that begin with the prefix: no queue has an empty name.
    init(before prefix: String) {
      self.init(subscriber: prefix, queue: QueueKey(project: "", name: ""), number: 0)
    }

    static func == (one: Self, other: Self) -> Bool {
      one.queue == other.queue && one.subscriber.hasSameBytes(as: other.subscriber)
    }
    static func < (one: Self, other: Self) -> Bool {
      one.subscriber.hasSameBytes(as: other.subscriber)
        ? one.queue < other.queue : one.subscriber.precedes(other.subscriber)
    }
  }

  private var records: [UInt64: StoredSubscription] = [:]
  private var byQueue = SortedSet<ByQueue>()
  private var bySubscriber = SortedSet<BySubscriber>()
  private var ends = Deadlines()
  private var nextNumber: UInt64 = 1
  private let scheme: IdentifierScheme

  init(scheme: IdentifierScheme) { self.scheme = scheme }

  mutating func catchUp(_ now: Milliseconds) {
    while let entry = ends.takeDue(now) {
      if records[entry.number]?.expires == entry.time { remove(entry.number) }
    }
  }

  /// nil when this subscriber has one already.
  mutating func create(
    of queue: QueueKey, subscriber: String, ttl: Int64, options: [UInt8], now: Milliseconds
  ) -> Identifier? {
    let key = BySubscriber(subscriber: subscriber, queue: queue, number: nextNumber)
    guard !bySubscriber.contains(key) else { return nil }
    let number = nextNumber
    nextNumber += 1
    bySubscriber.insert(key)
    byQueue.insert(ByQueue(queue: queue, number: number))
    let record = StoredSubscription(
      id: scheme.identifier(.subscription, number, in: 0), queue: queue, subscriber: subscriber,
      ttl: ttl, created: now, options: options, isConfirmed: false)
    set(record, number)
    return record.id
  }

  mutating func update(
    _ id: Identifier, of queue: QueueKey, ttl: Int64?, options: [UInt8]?, isConfirmed: Bool?,
    now: Milliseconds
  ) -> Bool {
    guard let number = number(of: id, queue), var record = records[number] else { return false }
    if let options { record.options = options }
    if let isConfirmed { record.isConfirmed = isConfirmed }
    if let ttl {
      record.ttl = ttl
      record.created = now
    }
    set(record, number)
    return true
  }

  func subscription(_ id: Identifier, of queue: QueueKey) -> StoredSubscription? {
    number(of: id, queue).flatMap { records[$0] }
  }

  func list(of queue: QueueKey, after marker: Identifier?, limit: Int?) -> [StoredSubscription] {
    var place = ByQueue(queue: queue, number: 0)
    if let marker { place.number = scheme.number(of: marker, .subscription, in: 0) ?? 0 }
    var answer: [StoredSubscription] = []
    while answer.count < limit ?? .max, let next = byQueue.next(after: place), next.queue == queue {
      answer.append(records[next.number].unsafelyUnwrapped)
      place = next
    }
    return answer
  }

  mutating func delete(_ id: Identifier, of queue: QueueKey) {
    if let number = number(of: id, queue) { remove(number) }
  }

  mutating func deleteAll(of queue: QueueKey) {
    let start = ByQueue(queue: queue, number: 0)
    while let next = byQueue.next(after: start), next.queue == queue { remove(next.number) }
  }

  func queues(subscriberPrefix prefix: String) -> [QueueKey] {
    var queues: Set<QueueKey> = []
    var place = BySubscriber(before: prefix)
    while let next = bySubscriber.next(after: place),
      next.subscriber.utf8.starts(with: prefix.utf8)
    {
      queues.insert(next.queue)
      place = next
    }
    return Array(queues)
  }

  mutating func deleteAll(subscriberPrefix prefix: String) {
    let start = BySubscriber(before: prefix)
    while let next = bySubscriber.next(after: start),
      next.subscriber.utf8.starts(with: prefix.utf8)
    {
      remove(next.number)
    }
  }

  private func number(of id: Identifier, _ queue: QueueKey) -> UInt64? {
    guard let number = scheme.number(of: id, .subscription, in: 0),
      records[number]?.queue == queue
    else { return nil }
    return number
  }

  private mutating func set(_ record: StoredSubscription, _ number: UInt64) {
    records[number] = record
    ends.add(number, at: record.expires, living: records.count) { [records] in
      records[$0.number]?.expires == $0.time
    }
  }

  private mutating func remove(_ number: UInt64) {
    guard let record = records.removeValue(forKey: number) else { return }
    byQueue.remove(ByQueue(queue: record.queue, number: number))
    bySubscriber.remove(
      BySubscriber(subscriber: record.subscriber, queue: record.queue, number: number))
  }
}

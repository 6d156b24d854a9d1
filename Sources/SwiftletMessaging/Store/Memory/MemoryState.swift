// SPDX-License-Identifier: Apache-2.0

/// What a memory store holds under its lock.
struct MemoryState {
  var subscriptions: Subscriptions
  var observer: (@Sendable (QueueKey, [StoredMessage]) -> Void)?

  private var queues: [QueueKey: MessageQueue] = [:]
  private var names = SortedSet<QueueKey>()
  private let scheme: IdentifierScheme
  private let garbage = Garbage()
  private var nextQueue: UInt64 = 1
  /// Above those of all messages of queues that are gone, any of which may be made anew.
  private var firstSequence: UInt64 = 1
  private var nextClaim: UInt64 = 1

  /// The same queues, for ``sweep(_:)``.
  private var list: [MessageQueue] = []
  private var nextToSweep = 0

  init(scheme: IdentifierScheme) {
    self.scheme = scheme
    subscriptions = Subscriptions(scheme: scheme)
  }

  /// Takes a little memory back, also of the queue whose turn it is. Called with every operation, so
  /// that what expired does not stay in queues that nobody asks for.
  mutating func sweep(_ now: Milliseconds) {
    garbage.collect()
    guard !list.isEmpty else { return }
    nextToSweep = nextToSweep + 1 < list.count ? nextToSweep + 1 : 0
    list[nextToSweep].catchUp(now)
  }

  /// Takes as much memory back as a post takes, or more.
  func collect(forPostOf count: Int) {
    for _ in 0..<count / 32 { garbage.collect() }
  }

  // MARK: Queues

  /// A queue, up to date.
  func queue(_ key: QueueKey, _ now: Milliseconds) -> MessageQueue? {
    guard let queue = queues[key] else { return nil }
    queue.catchUp(now)
    return queue
  }

  /// A queue, up to date, made when there is none.
  mutating func madeQueue(_ key: QueueKey, _ now: Milliseconds) -> MessageQueue {
    queue(key, now) ?? add(key, .none)
  }

  /// Adds a queue that is not there.
  @discardableResult
  mutating func add(_ key: QueueKey, _ metadata: QueueMetadata) -> MessageQueue {
    let queue = MessageQueue(
      key, number: nextQueue, scheme: scheme, metadata: metadata, index: list.count,
      firstSequence: firstSequence, garbage: garbage)
    nextQueue += 1
    queues[key] = queue
    names.insert(key)
    list.append(queue)
    return queue
  }

  /// Takes a queue out, with all that is in it.
  mutating func remove(_ key: QueueKey) {
    guard let queue = queues.removeValue(forKey: key) else { return }
    names.remove(key)
    firstSequence = max(firstSequence, queue.nextSequence)
    let last = list.removeLast()
    if last !== queue {
      list[queue.index] = last
      last.index = queue.index
    }
  }

  func queues(
    of project: String, after marker: String?, limit: Int
  ) -> [(name: String, metadata: [UInt8])] {
    var answer: [(name: String, metadata: [UInt8])] = []
    // No queue has an empty name.
    var place = QueueKey(project: project, name: marker ?? "")
    while answer.count < limit, let next = names.next(after: place),
      next.project.hasSameBytes(as: project)
    {
      answer.append((next.name, queues[next].unsafelyUnwrapped.metadata.packed))
      place = next
    }
    return answer
  }

  // MARK: Claims

  mutating func claim(
    from key: QueueKey, ttl: Int64, grace: Int64, limit: Int, now: Milliseconds
  ) -> ClaimAnswer {
    let number = nextClaim
    nextClaim += 1
    guard let queue = queue(key, now) else {
      return ClaimAnswer(id: scheme.identifier(.claim, number, in: 0), messages: [])
    }
    var isAnyDead = false
    let messages = queue.claim(number, ttl: ttl, grace: grace, limit: limit, now: now) {
      isAnyDead = true
      bury($0, from: queue, now)
    }
    return ClaimAnswer(
      id: messages.isEmpty && isAnyDead
        ? nil : scheme.identifier(.claim, number, in: queue.number),
      messages: messages)
  }

  /// Moves a message to the dead letters of the queue that it has left. There it is the newest, never
  /// claimed, and has an id of that queue.
  private mutating func bury(
    _ message: MessageRecord, from queue: MessageQueue, _ now: Milliseconds
  ) {
    guard let rule = queue.metadata.deadLetters else { return }
    var message = message
    message.claim = 0
    message.claimCount = 0
    if let ttl = rule.ttl {
      message.ttl = ttl
      message.expires = now.after(seconds: ttl)
    }
    let target = madeQueue(QueueKey(project: queue.key.project, name: rule.queue), now)
    target.append(message)
  }
}

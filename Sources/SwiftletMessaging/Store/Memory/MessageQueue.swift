// SPDX-License-Identifier: Apache-2.0

/// One queue in memory: its messages, their numbers and their ends. Its claims are in `Claims.swift`.
///
/// Of what is asked here only ``catchUp(_:limit:)`` knows the time; the store calls it first, and then
/// everything here is live.
final class MessageQueue {
  let key: QueueKey
  /// Its own, also among queues of the same name before and after it: the scope of its ids.
  let number: UInt64
  let scheme: IdentifierScheme
  var metadata: QueueMetadata
  /// Where it is in the store's list of queues.
  var index: Int

  private(set) var free = 0
  private(set) var claimed = 0

  var messages = MessageTree()
  private var expiry = ExpiryRuns()
  private(set) var nextSequence: UInt64 = 1

  var claims: [UInt64: MemoryClaim] = [:]
  var claimEnds = Deadlines()

  init(
    _ key: QueueKey, number: UInt64, scheme: IdentifierScheme, metadata: QueueMetadata, index: Int
  ) {
    self.key = key
    self.number = number
    self.scheme = scheme
    self.metadata = metadata
    self.index = index
  }

  // MARK: Time

  /// Lets go of messages and claims whose time is over. With a limit perhaps not of all, and not of much
  /// more at a time.
  func catchUp(_ now: Milliseconds, limit: Int = .max) {
    if claimEnds.due <= now { endClaims(now) }
    guard expiry.due <= now else { return }
    var budget = limit
    while budget > 0, var run = expiry.takeDue(now) {
      let lastSequence = nextSequence - 1
      if advance(&run, now, &budget) { expiry.giveBack(run, lastSequence: lastSequence) }
    }
  }

  /// Removes from a run's front what is over. False when nothing is left of the run.
  private func advance(
    _ run: inout ExpiryRuns.Run, _ now: Milliseconds, _ budget: inout Int
  ) -> Bool {
    while let sequence = messages.first(from: run.first, .live), sequence < run.end {
      let message = messages.message(sequence).unsafelyUnwrapped
      let (created, expires) = (message.pointee.created, message.pointee.expires)
      run.first = sequence
      if expires &- created != run.lifetime {
        expiry.addSingle(sequence, created: created, expires: expires)
      } else if expires > now || budget <= 0 {
        run.due = expires
        return true
      } else {
        remove(sequence)
        budget -= 1
      }
      run.first = sequence + 1
    }
    return false
  }

  // MARK: Messages

  /// Adds a message behind all others.
  func append(_ message: consuming MessageRecord) {
    let sequence = nextSequence
    nextSequence += 1
    expiry.append(sequence, created: message.created, expires: message.expires)
    messages.append(message, at: sequence)
    free += 1
    if expiry.count > 2 * (free + claimed) + 16 {
      expiry.forget { [self] in (messages.first(from: $0.first, .live) ?? .max) >= $0.end }
    }
  }

  /// Removes a message, which must be there.
  @discardableResult
  func remove(_ sequence: UInt64) -> MessageRecord {
    if messages.isFree(sequence) { free -= 1 } else { claimed -= 1 }
    return messages.remove(sequence)
  }

  /// Frees a claimed message, or holds a free one.
  func set(free isFree: Bool, _ sequence: UInt64) {
    messages.set(free: isFree, sequence)
    free += isFree ? 1 : -1
    claimed += isFree ? -1 : 1
  }

  func post(
    _ new: [NewMessage], by client: Identifier, defaultTTL: Int64, now: Milliseconds,
    observer: ((QueueKey, [StoredMessage]) -> Void)?
  ) -> [Identifier] {
    let first = nextSequence
    for message in new {
      let ttl = message.ttl ?? defaultTTL
      append(
        MessageRecord(
          body: message.body.trimmed, created: now, expires: now.after(seconds: ttl), ttl: ttl,
          poster: client))
    }
    observer?(key, (first..<nextSequence).map(stored))
    return (first..<nextSequence).map { scheme.identifier(.message, $0, in: number) }
  }

  func list(_ query: MessageQuery) -> [StoredMessage] {
    let filter = MessageFilter(freeOnly: !query.includesClaimed, notFrom: query.notFrom)
    var next = query.marker.flatMap(sequence).map { $0 + 1 } ?? 0
    var answer: [StoredMessage] = []
    while answer.count < query.limit, let sequence = messages.first(from: next, filter) {
      answer.append(stored(sequence))
      next = sequence + 1
    }
    return answer
  }

  func delete(_ id: Identifier, _ claim: DeleteClaim) -> DeleteAnswer {
    guard let sequence = liveSequence(of: id) else { return .done }
    switch (claim, messages.isFree(sequence)) {
    case (.none, true): break
    case (.none, false): return .isClaimed
    case (_, true): return .isNotClaimed
    case (.malformed, false): return .noSuchClaim
    case (.claim(let id), false):
      guard let claim = claimNumber(of: id) else { return .noSuchClaim }
      guard holds(sequence, claim) else { return .isClaimedByAnother }
    }
    remove(sequence)
    return .done
  }

  func pop(_ limit: Int) -> [StoredMessage] {
    var answer: [StoredMessage] = []
    while answer.count < limit, let sequence = messages.first(from: 0, .free) {
      answer.append(stored(remove(sequence), sequence, showsClaim: false))
    }
    return answer
  }

  func purgeFree() {
    var next: UInt64 = 0
    while let sequence = messages.first(from: next, .free) {
      remove(sequence)
      next = sequence + 1
    }
  }

  // MARK: Ids

  /// The place of a message, there or gone; nil when this queue did not give it out.
  func sequence(of id: Identifier) -> UInt64? {
    guard let sequence = scheme.number(of: id, .message, in: number), sequence < nextSequence
    else { return nil }
    return sequence
  }

  /// The place of a message that is there.
  func liveSequence(of id: Identifier) -> UInt64? {
    guard let sequence = sequence(of: id), messages.message(sequence) != nil else { return nil }
    return sequence
  }

  /// A message as it is given out.
  func stored(_ sequence: UInt64) -> StoredMessage {
    let isFree = messages.isFree(sequence)
    return stored(
      messages.message(sequence).unsafelyUnwrapped.pointee, sequence, showsClaim: !isFree)
  }

  func stored(_ message: MessageRecord, _ sequence: UInt64, showsClaim: Bool) -> StoredMessage {
    StoredMessage(
      id: scheme.identifier(.message, sequence, in: number), body: message.body, ttl: message.ttl,
      created: message.created, claim: showsClaim ? claimId(message.claim) : nil,
      claimCount: Int(message.claimCount))
  }

  /// The id of a claim's number, of which 0 stands for none.
  private func claimId(_ claim: UInt64) -> Identifier? {
    claim == 0 ? nil : scheme.identifier(.claim, claim, in: number)
  }

  var statistics: QueueStatistics {
    func shown(_ sequence: UInt64) -> StoredMessage {
      stored(messages.message(sequence).unsafelyUnwrapped.pointee, sequence, showsClaim: true)
    }
    return QueueStatistics(
      claimed: claimed, free: free, oldest: messages.first(from: 0, .live).map(shown),
      newest: messages.last.map(shown))
  }
}

extension [UInt8] {
  /// The same without the room that appending has left.
  fileprivate var trimmed: [UInt8] {
    capacity - count > 64 ? withUnsafeBufferPointer(Array.init) : self
  }
}

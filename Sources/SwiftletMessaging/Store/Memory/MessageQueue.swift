// SPDX-License-Identifier: Apache-2.0

/// One queue in memory: its messages, their numbers and their ends. Its claims are in `Claims.swift`.
///
/// Of what is asked here only ``catchUp(_:)`` knows the time; the store calls it first, and then
/// everything here is live.
final class MessageQueue {
  let key: QueueKey
  /// Its own, also among queues of the same name before and after it: the scope of its ids.
  let number: UInt64
  let scheme: IdentifierScheme
  var metadata: QueueMetadata
  /// Where it is in the store's list of queues.
  var index: Int

  var messages: MessageTree
  private(set) var nextSequence: UInt64

  var claims: [UInt64: MemoryClaim] = [:]
  var claimEnds = Deadlines()

  init(
    _ key: QueueKey, number: UInt64, scheme: IdentifierScheme, metadata: QueueMetadata, index: Int,
    firstSequence: UInt64, garbage: Garbage
  ) {
    self.key = key
    self.number = number
    self.scheme = scheme
    self.metadata = metadata
    self.index = index
    nextSequence = firstSequence
    messages = MessageTree(garbage: garbage)
  }

  /// Lets go of messages and claims whose time is over.
  func catchUp(_ now: Milliseconds) {
    endClaims(now)
    messages.expire(now)
  }

  // MARK: Messages

  /// Adds a message behind all others.
  func append(_ message: consuming MessageRecord) {
    messages.append(message, at: nextSequence)
    nextSequence += 1
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
    let ids = (first..<nextSequence).map { scheme.identifier(.message, $0, in: number) }
    if let observer {
      let posted = zip(first..<nextSequence, ids).compactMap { sequence, id in
        messages.find(sequence).map { stored($0, id: id) }
      }
      observer(key, posted)
    }
    return ids
  }

  func list(_ query: MessageQuery) -> [StoredMessage] {
    let filter = MessageFilter(freeOnly: !query.includesClaimed, notFrom: query.notFrom)
    var next = query.marker.flatMap(sequence).map { $0 + 1 } ?? 0
    var answer: [StoredMessage] = []
    while answer.count < query.limit, let found = messages.first(from: next, filter) {
      answer.append(stored(found))
      next = found.sequence + 1
    }
    return answer
  }

  /// The message of an id, if it is there.
  func find(_ id: Identifier) -> FoundMessage? { sequence(of: id).flatMap { messages.find($0) } }

  func delete(_ id: Identifier, _ claim: DeleteClaim) -> DeleteAnswer {
    guard let found = find(id) else { return .done }
    switch (claim, found.isFree) {
    case (.none, true): break
    case (.none, false): return .isClaimed
    case (_, true): return .isNotClaimed
    case (.malformed, false): return .noSuchClaim
    case (.claim(let id), false):
      guard let claim = claimNumber(of: id) else { return .noSuchClaim }
      guard found.record.pointee.claim == claim else { return .isClaimedByAnother }
    }
    _ = messages.remove(found.sequence)
    return .done
  }

  func pop(_ limit: Int) -> [StoredMessage] {
    var answer: [StoredMessage] = []
    while answer.count < limit, let found = messages.first(from: 0, .free) {
      answer.append(stored(found))
      _ = messages.remove(found.sequence)
    }
    return answer
  }

  var statistics: QueueStatistics {
    func shown(_ found: FoundMessage) -> StoredMessage {
      var message = stored(found)
      message.claim = claimId(found.record.pointee.claim)
      return message
    }
    return QueueStatistics(
      claimed: messages.claimed, free: messages.free,
      oldest: messages.first(from: 0, .live).map(shown), newest: messages.last.map(shown))
  }

  // MARK: Ids

  /// The place of a message, there or gone; nil when this queue did not give it out.
  private func sequence(of id: Identifier) -> UInt64? {
    guard let sequence = scheme.number(of: id, .message, in: number), sequence < nextSequence
    else { return nil }
    return sequence
  }

  /// A message as it is given out.
  func stored(_ found: FoundMessage) -> StoredMessage {
    stored(found, id: scheme.identifier(.message, found.sequence, in: number))
  }

  private func stored(_ found: FoundMessage, id: Identifier) -> StoredMessage {
    let record = found.record
    return StoredMessage(
      id: id, body: record.pointee.body,
      ttl: record.pointee.ttl, created: record.pointee.created,
      claim: found.isFree ? nil : claimId(record.pointee.claim),
      claimCount: Int(record.pointee.claimCount))
  }

  /// The id of a claim's number, of which 0 stands for none.
  private func claimId(_ claim: UInt64) -> Identifier? {
    claim == 0 ? nil : scheme.identifier(.claim, claim, in: number)
  }
}

extension [UInt8] {
  /// The same without the room that appending has left.
  fileprivate var trimmed: [UInt8] {
    capacity - count > 64 ? withUnsafeBufferPointer(Array.init) : self
  }
}

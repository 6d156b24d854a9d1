// SPDX-License-Identifier: Apache-2.0

/// A claim of a queue. What it held and was deleted or expired stays among its sequence numbers.
struct MemoryClaim {
  var ttl: Int64
  var created: Milliseconds
  var sequences: [UInt64]

  var ends: Milliseconds { created.after(seconds: ttl) }
}

extension MessageQueue {
  /// Claims the oldest free messages for the claim of this number. Those that have been claimed too
  /// often are handed to `deadLetters`, if the queue has such, when they have left the queue.
  func claim(
    _ number: UInt64, ttl: Int64, grace: Int64, limit: Int, now: Milliseconds,
    deadLetters: (MessageRecord) -> Void
  ) -> [StoredMessage] {
    var claim = MemoryClaim(ttl: ttl, created: now, sequences: [])
    var answer: [StoredMessage] = []
    let maxCount = metadata.deadLetters?.maxClaimCount ?? .max
    // Dead letters may come back to this very queue: behind the end of this claim's view.
    let end = nextSequence
    var next: UInt64 = 0
    while answer.count < limit, var found = messages.first(from: next, .free), found.sequence < end
    {
      next = found.sequence + 1
      if found.record.pointee.claimCount >= maxCount {
        deadLetters(messages.remove(found.sequence))
        continue
      }
      found.record.pointee.claim = number
      found.record.pointee.claimCount &+= 1
      found.isFree = false
      messages.set(free: false, found.sequence)
      outlive(found, claim, grace: grace)
      claim.sequences.append(found.sequence)
      answer.append(stored(found))
    }
    if !answer.isEmpty { set(claim, number) }
    return answer
  }

  /// The number of a claim that lives.
  func claimNumber(of id: Identifier) -> UInt64? {
    guard let number = scheme.number(of: id, .claim, in: number), claims[number] != nil
    else { return nil }
    return number
  }

  func storedClaim(_ id: Identifier) -> StoredClaim? {
    guard let number = claimNumber(of: id), let claim = claims[number] else { return nil }
    return StoredClaim(
      id: id, ttl: claim.ttl, created: claim.created,
      messages: held(by: claim).map(stored))
  }

  /// Begins a claim's life anew; false when there is none.
  func updateClaim(_ id: Identifier, ttl: Int64, grace: Int64, now: Milliseconds) -> Bool {
    guard let number = claimNumber(of: id), var claim = claims[number] else { return false }
    let held = held(by: claim)
    claim.ttl = ttl
    claim.created = now
    claim.sequences = held.map(\.sequence)
    for message in held { outlive(message, claim, grace: grace) }
    set(claim, number)
    return true
  }

  /// What a claim still holds: those of its messages that are there, since it is alive.
  private func held(by claim: MemoryClaim) -> [FoundMessage] {
    claim.sequences.compactMap { messages.find($0) }
  }

  private func set(_ claim: MemoryClaim, _ number: UInt64) {
    claims[number] = claim
    claimEnds.add(number, at: claim.ends, living: claims.count) { [claims] in
      claims[$0.number]?.ends == $0.time
    }
  }

  /// Frees what a claim holds.
  func end(claim number: UInt64) {
    guard let claim = claims.removeValue(forKey: number) else { return }
    for message in held(by: claim) { messages.set(free: true, message.sequence) }
  }

  func endClaims(_ now: Milliseconds) {
    while let entry = claimEnds.takeDue(now) {
      if claims[entry.number]?.ends == entry.time { end(claim: entry.number) }
    }
  }

  /// Raises the ttl of a message that would expire before its claim ends. A grace below 0, which an
  /// update may bring, counts as none.
  private func outlive(_ message: FoundMessage, _ claim: MemoryClaim, grace: Int64) {
    let record = message.record
    guard record.pointee.expires < claim.ends else { return }
    record.pointee.ttl = claim.ttl.adding(max(grace, 0))
    record.pointee.expires = claim.created.after(seconds: record.pointee.ttl)
    messages.extend(message.sequence, to: record.pointee.expires)
  }
}

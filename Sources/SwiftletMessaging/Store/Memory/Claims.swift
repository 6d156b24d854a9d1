// SPDX-License-Identifier: Apache-2.0

/// A claim of a queue. What it held and was deleted or expired stays among its sequence numbers.
struct MemoryClaim {
  var ttl: Int64
  var created: Milliseconds
  var sequences: [UInt64]

  var ends: Milliseconds { created.after(seconds: ttl) }
}

extension MessageQueue {
  /// Claims the oldest free messages for the claim of this number. Those that have been claimed too often are
  /// handed to `deadLetters`, if the queue has such, when they have left the queue.
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
    while answer.count < limit, let sequence = messages.first(from: next, .free), sequence < end {
      next = sequence + 1
      let message = messages.message(sequence).unsafelyUnwrapped
      if message.pointee.claimCount >= maxCount {
        deadLetters(remove(sequence))
        continue
      }
      message.pointee.claim = number
      message.pointee.claimCount &+= 1
      message.pointee.outlive(claim, grace: grace)
      set(free: false, sequence)
      claim.sequences.append(sequence)
      answer.append(stored(message.pointee, sequence, showsClaim: true))
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
      messages: claim.sequences.filter { holds($0, number) }.map(stored))
  }

  /// Begins a claim's life anew; false when there is none.
  func updateClaim(_ id: Identifier, ttl: Int64, grace: Int64, now: Milliseconds) -> Bool {
    guard let number = claimNumber(of: id), var claim = claims[number] else { return false }
    claim.ttl = ttl
    claim.created = now
    claim.sequences.removeAll { !holds($0, number) }
    for sequence in claim.sequences {
      messages.message(sequence)?.pointee.outlive(claim, grace: grace)
    }
    set(claim, number)
    return true
  }

  /// Whether a message is there and held by this claim.
  func holds(_ sequence: UInt64, _ claim: UInt64) -> Bool {
    // A claim's message is free only when the claim is no more.
    messages.message(sequence)?.pointee.claim == claim
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
    for sequence in claim.sequences where holds(sequence, number) { set(free: true, sequence) }
  }

  func endClaims(_ now: Milliseconds) {
    while let entry = claimEnds.takeDue(now) {
      if claims[entry.number]?.ends == entry.time { end(claim: entry.number) }
    }
  }
}

extension MessageRecord {
  /// Raises the ttl of a message that would expire before its claim ends. A grace below 0, which an update
  /// may bring, counts as none.
  fileprivate mutating func outlive(_ claim: MemoryClaim, grace: Int64) {
    guard expires < claim.ends else { return }
    ttl = claim.ttl.adding(max(grace, 0))
    expires = claim.created.after(seconds: ttl)
  }
}

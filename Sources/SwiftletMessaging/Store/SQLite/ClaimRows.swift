// SPDX-License-Identifier: Apache-2.0

import GRDB

struct ClaimQueries {
  let insert, find, update, delete, due, firstEnd: Query

  init(_ database: Database) throws {
    insert = try Query(
      database,
      "INSERT INTO claim (number, queue, ttl, created, ends, messages) VALUES (?, ?, ?, ?, ?, ?)")
    find = try Query(
      database, "SELECT queue, ttl, created, messages FROM claim WHERE number = ?")
    update = try Query(
      database, "UPDATE claim SET ttl = ?, created = ?, ends = ? WHERE number = ?")
    delete = try Query(database, "DELETE FROM claim WHERE number = ?")
    due = try Query(
      database, "SELECT number FROM claim INDEXED BY claim_end WHERE ends <= ? ORDER BY ends")
    firstEnd = try Query(database, "SELECT min(ends) FROM claim")
  }
}

/// A claim as the file has it. What it held and was deleted or expired stays among its messages.
private struct SQLiteClaim {
  var queue: Int64
  var ttl: Int64
  var created: Milliseconds
  var messages: [Int64]

  var ends: Milliseconds { created.after(seconds: ttl) }

  /// What a message lives at least: as long as the claim and `grace` seconds more.
  func life(grace: Int64) -> (ttl: Int64, expires: Milliseconds) {
    let ttl = ttl.adding(max(grace, 0))
    return (ttl, created.after(seconds: ttl))
  }
}

/// A message that may be claimed.
private struct Candidate {
  var number: Int64
  var expires, created: Milliseconds
  var ttl: Int64
  var claimCount: Int
  var poster: Identifier
  var body: [UInt8]
}

extension SQLiteState {
  func createClaim(
    of key: QueueKey, ttl: Int64, grace: Int64, limit: Int
  ) throws -> ClaimAnswer {
    // Of no queue, so it names nothing, and need not be remembered.
    func nothing() -> ClaimAnswer {
      ClaimAnswer(
        id: scheme.identifier(.claim, .random(in: 0...IdentifierScheme.maxNumber), in: 0),
        messages: [])
    }
    guard let queue = try queue(key) else { return nothing() }
    var claim = SQLiteClaim(queue: queue.number, ttl: ttl, created: now, messages: [])
    let deadLetters = queue.limits.deadLetters
    // Dead letters may come back to this very queue: behind the end of this claim's view.
    let end = numbersEnd
    var number: Int64?
    var claimed: [StoredMessage] = []
    var isAnyDead = false
    var from: Int64 = 0
    while claimed.count < limit {
      let wanted = limit - claimed.count
      let candidates = try candidates(in: queue, from: from, to: end, limit: wanted)
      for candidate in candidates {
        if let deadLetters, candidate.claimCount >= deadLetters.maxClaimCount {
          isAnyDead = true
          try bury(candidate, from: queue, deadLetters)
        } else {
          // Not before it is needed: a claim of nothing must not cost a write.
          let claimNumber = number ?? takeNumber()
          number = claimNumber
          claim.messages.append(candidate.number)
          claimed.append(try hold(candidate, claimNumber, claim, grace: grace, queue))
        }
      }
      guard candidates.count == wanted, let last = candidates.last else { break }
      from = last.number + 1
    }
    guard let number else {
      return isAnyDead ? ClaimAnswer(id: nil, messages: []) : nothing()
    }
    try claims.insert.run(
      number, queue.number, ttl, claim.created, claim.ends, packed(claim.messages))
    firstClaimEnd = min(firstClaimEnd, claim.ends)
    count(queue, free: -claimed.count, claimed: claimed.count)
    return ClaimAnswer(
      id: scheme.identifier(.claim, UInt64(number), in: queue.scope), messages: claimed)
  }

  private func candidates(
    in queue: SQLiteQueue, from: Int64, to end: Int64, limit: Int
  ) throws -> [Candidate] {
    var found: [Candidate] = []
    try messages.claimable.forEach(queue.box, from, end, now, limit) { row in
      found.append(
        Candidate(
          number: row.number(0), expires: row.number(1), created: row.number(2),
          ttl: row.number(3), claimCount: Int(row.number(4)), poster: row.identifier(5),
          body: row.blob(6)))
    }
    return found
  }

  private func hold(
    _ message: Candidate, _ number: Int64, _ claim: SQLiteClaim, grace: Int64, _ queue: SQLiteQueue
  ) throws -> StoredMessage {
    var ttl = message.ttl
    if message.expires < claim.ends {
      let life = claim.life(grace: grace)
      ttl = life.ttl
      try messages.holdLonger.run(message.number, number, life.ttl, life.expires)
    } else {
      try messages.hold.run(message.number, number)
    }
    return StoredMessage(
      id: scheme.identifier(.message, UInt64(message.number), in: queue.scope), body: message.body,
      ttl: ttl, created: message.created,
      claim: scheme.identifier(.claim, UInt64(number), in: queue.scope),
      claimCount: message.claimCount + 1)
  }

  /// Moves a message to the dead letters. There it is the newest, never claimed, and has an id of that
  /// queue.
  private func bury(
    _ message: Candidate, from queue: SQLiteQueue, _ rule: QueueMetadata.DeadLetters
  ) throws {
    try messages.deleteUnclaimed.run(message.number)
    count(queue, free: -1)
    let target = try madeQueue(QueueKey(project: queue.key.project, name: rule.queue))
    try append(
      message.body, to: target, created: message.created,
      expires: rule.ttl.map { now.after(seconds: $0) } ?? message.expires,
      ttl: rule.ttl ?? message.ttl, poster: message.poster)
  }

  private func packed(_ numbers: [Int64]) -> [UInt8] {
    numbers.withUnsafeBytes { [UInt8]($0) }
  }

  // MARK: A claim's life

  private func find(_ number: Int64) throws -> SQLiteClaim? {
    try claims.find.first(number) { row in
      SQLiteClaim(
        queue: row.number(0), ttl: row.number(1), created: row.number(2), messages: row.numbers(3))
    }
  }

  private func find(
    _ id: Identifier, _ queue: SQLiteQueue
  ) throws -> (number: Int64, claim: SQLiteClaim)? {
    guard let number = scheme.number(of: id, .claim, in: queue.scope),
      let claim = try find(Int64(number))
    else { return nil }
    return (Int64(number), claim)
  }

  /// The number of a claim that lives.
  func claimNumber(of id: Identifier, _ queue: SQLiteQueue) throws -> Int64? {
    try find(id, queue)?.number
  }

  func claim(_ id: Identifier, of key: QueueKey) throws -> StoredClaim? {
    guard let queue = try queue(key), let (number, claim) = try find(id, queue)
    else { return nil }
    return StoredClaim(
      id: id, ttl: claim.ttl, created: claim.created,
      messages: try claim.messages.compactMap { message in
        try messages.holds.first(message, number, now) { stored($0, queue) }
      })
  }

  func updateClaim(
    _ id: Identifier, of key: QueueKey, ttl: Int64, grace: Int64
  ) throws -> Bool {
    guard let queue = try queue(key), let (number, found) = try find(id, queue)
    else { return false }
    var claim = found
    claim.ttl = ttl
    claim.created = now
    try claims.update.run(ttl, now, claim.ends, number)
    firstClaimEnd = min(firstClaimEnd, claim.ends)
    let life = claim.life(grace: grace)
    for message in claim.messages {
      try messages.outlive.run(message, number, life.ttl, life.expires, claim.ends)
    }
    return true
  }

  func deleteClaim(_ id: Identifier, of key: QueueKey) throws {
    guard let queue = try queue(key), let (number, claim) = try find(id, queue) else { return }
    try end(number, claim)
  }

  /// Frees what the claim holds. That of a queue which is gone is let go with it.
  private func end(_ number: Int64, _ claim: SQLiteClaim) throws {
    try claims.delete.run(number)
    guard let queue = try queue(number: claim.queue) else { return }
    var freed = 0
    for message in claim.messages { freed += try messages.free.run(message, number) }
    count(queue, free: freed, claimed: -freed)
  }

  func lookUpFirstClaimEnd() throws {
    let end = try claims.firstEnd.first { $0.number(ifAny: 0) } ?? nil
    firstClaimEnd = end ?? .max
  }

  /// Ends the claims whose time is over.
  func endClaims() throws {
    var numbers: [Int64] = []
    try claims.due.forEach(now) { numbers.append($0.number(0)) }
    for number in numbers {
      if let claim = try find(number) { try end(number, claim) }
    }
    try lookUpFirstClaimEnd()
  }
}

// SPDX-License-Identifier: Apache-2.0

import GRDB

struct MessageQueries {
  let insert, find, listFree, listAll, oldest, newest, countExpired: Query
  let delete, deleteUnclaimed, moveHeld, deleteExpired, deleteThrownAway: Query
  let claimable, hold, holdLonger, holds, outlive, free: Query

  /// What ``SQLiteState/stored(_:_:showsClaim:)`` reads.
  private static let stored = "number, held, created, ttl, claim, claim_count, body"

  init(_ database: Database) throws {
    let stored = Self.stored
    /// Live messages of box 1 (claimed or not as `held` says), in order.
    func live(_ held: Int, _ rest: String) -> String {
      """
      SELECT \(stored) FROM message INDEXED BY message_place
      WHERE box = ?1 AND held = \(held) AND expires > ?2 \(rest)
      """
    }
    /// The first of those of either kind.
    func both(_ filter: String, _ order: String) -> String {
      """
      SELECT * FROM (SELECT * FROM (\(live(0, filter + order)))
        UNION ALL SELECT * FROM (\(live(1, filter + order))))
      \(order)
      """
    }
    let page = (
      filter: "AND number >= ?3 AND number < ?4 AND poster IS NOT ?5 ",
      order: "ORDER BY number LIMIT ?6"
    )

    insert = try Query(
      database,
      """
      INSERT INTO message
        (number, box, expires, created, ttl, poster, held, claim, claim_count, body)
      VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0, ?)
      """)
    find = try Query(
      database, "SELECT \(stored) FROM message WHERE number = ? AND box = ? AND expires > ?")
    listFree = try Query(database, live(0, page.filter + page.order))
    listAll = try Query(database, both(page.filter, page.order))
    oldest = try Query(database, both("", "ORDER BY number LIMIT 1"))
    newest = try Query(database, both("", "ORDER BY number DESC LIMIT 1"))
    countExpired = try Query(
      database,
      """
      SELECT count(*) FROM message INDEXED BY message_expiry WHERE expires <= ? AND box = ?
      """)

    delete = try Query(
      database, "DELETE FROM message WHERE number = ? AND box = ? RETURNING held")
    deleteUnclaimed = try Query(database, "DELETE FROM message WHERE number = ?")
    moveHeld = try Query(
      database,
      "UPDATE message INDEXED BY message_place SET box = ? WHERE box = ? AND held = 1")
    deleteExpired = try Query(
      database,
      """
      DELETE FROM message WHERE number IN (
        SELECT number FROM message INDEXED BY message_expiry
        WHERE expires <= ? ORDER BY expires LIMIT ?)
      RETURNING box, held
      """)
    deleteThrownAway = try Query(
      database,
      """
      DELETE FROM message WHERE number IN (
        SELECT number FROM message INDEXED BY message_place WHERE box = ? LIMIT ?)
      """)

    claimable = try Query(
      database,
      """
      SELECT number, expires, created, ttl, claim_count, poster, body
      FROM message INDEXED BY message_place
      WHERE box = ? AND held = 0 AND number >= ? AND number < ? AND expires > ?
      ORDER BY number LIMIT ?
      """)
    hold = try Query(
      database,
      """
      UPDATE message SET held = 1, claim = ?2, claim_count = claim_count + 1 WHERE number = ?1
      """)
    holdLonger = try Query(
      database,
      """
      UPDATE message SET held = 1, claim = ?2, claim_count = claim_count + 1, ttl = ?3, expires = ?4
      WHERE number = ?1
      """)
    holds = try Query(
      database,
      """
      SELECT \(stored) FROM message WHERE number = ? AND claim = ? AND held = 1 AND expires > ?
      """)
    outlive = try Query(
      database,
      """
      UPDATE message SET ttl = ?3, expires = ?4
      WHERE number = ?1 AND claim = ?2 AND held = 1 AND expires < ?5
      """)
    free = try Query(
      database, "UPDATE message SET held = 0 WHERE number = ? AND claim = ? AND held = 1")
  }
}

extension SQLiteState {
  // MARK: Posting

  /// `keepsPosted` asks for the messages as they are stored, too.
  func post(
    _ new: [NewMessage], to key: QueueKey, client: Identifier, size: Int, keepsPosted: Bool
  ) throws -> (answer: PostAnswer, posted: [StoredMessage]) {
    let queue = try madeQueue(key)
    if let bound = queue.limits.maxPostSize, size > bound { return (.tooLarge(bound: bound), []) }
    let defaultTTL = queue.limits.defaultTTL ?? defaultMessageTTL
    var ids: [Identifier] = []
    ids.reserveCapacity(new.count)
    var posted: [StoredMessage] = []
    for message in new {
      let ttl = message.ttl ?? defaultTTL
      let id = try append(
        message.body, to: queue, created: now, expires: now.after(seconds: ttl), ttl: ttl,
        poster: client)
      ids.append(id)
      if keepsPosted {
        posted.append(
          StoredMessage(
            id: id, body: message.body, ttl: ttl, created: now, claim: nil, claimCount: 0))
      }
    }
    return (.posted(ids), posted)
  }

  /// Adds a message behind all others of its queue, free.
  @discardableResult
  func append(
    _ body: [UInt8], to queue: SQLiteQueue, created: Milliseconds, expires: Milliseconds,
    ttl: Int64, poster: Identifier
  ) throws -> Identifier {
    let number = takeNumber()
    try messages.insert.run(number, queue.box, expires, created, ttl, poster, blob: body)
    try note(poster, of: number, in: queue)
    count(queue, free: 1)
    return scheme.identifier(.message, UInt64(number), in: queue.scope)
  }

  // MARK: Reading

  /// nil when this queue never gave out the id.
  func number(of id: Identifier, _ queue: SQLiteQueue) -> Int64? {
    scheme.number(of: id, .message, in: queue.scope).map { Int64($0) }
  }

  /// A message as it is given out. Its claim is shown while it holds it, or as `showsClaim` says.
  func stored(_ row: Row, _ queue: SQLiteQueue, showsClaim: Bool? = nil) -> StoredMessage {
    let claim = row.number(4)
    let isShown = claim != 0 && (showsClaim ?? (row.number(1) == 1))
    return StoredMessage(
      id: scheme.identifier(.message, UInt64(row.number(0)), in: queue.scope), body: row.blob(6),
      ttl: row.number(3), created: row.number(2),
      claim: isShown ? scheme.identifier(.claim, UInt64(claim), in: queue.scope) : nil,
      claimCount: Int(row.number(5)))
  }

  func listMessages(of key: QueueKey, _ query: MessageQuery) throws -> [StoredMessage]? {
    guard let queue = try queue(key) else { return nil }
    let messages = query.includesClaimed ? self.messages.listAll : self.messages.listFree
    var from = query.marker.flatMap { number(of: $0, queue) }.map { $0 + 1 } ?? 0
    var found: [StoredMessage] = []
    while found.count < query.limit {
      var end = Int64.max
      if let client = query.notFrom {
        guard let stretch = try stretch(of: queue, from: from, notFrom: client) else { break }
        (from, end) = (stretch.lowerBound, stretch.upperBound)
      }
      try messages.forEach(queue.box, now, from, end, query.notFrom, query.limit - found.count) {
        found.append(stored($0, queue))
      }
      guard end != .max else { break }
      from = end
    }
    return found
  }

  func messages(_ ids: [Identifier], of key: QueueKey) throws -> [StoredMessage]? {
    guard let queue = try queue(key) else { return nil }
    return try ids.compactMap { id in
      try number(of: id, queue).flatMap { number in
        try messages.find.first(number, queue.box, now) { stored($0, queue) }
      }
    }
  }

  // MARK: Deleting

  func deleteMessage(
    _ id: Identifier, of key: QueueKey, _ claim: DeleteClaim
  ) throws -> DeleteAnswer {
    guard let queue = try queue(key), let number = number(of: id, queue) else { return .done }
    let holder = try messages.find.first(number, queue.box, now) { row in
      row.number(1) == 1 ? row.number(4) : nil
    }
    guard let holder else { return .done }
    switch (claim, holder) {
    case (.none, nil): break
    case (.none, _?): return .isClaimed
    case (_, nil): return .isNotClaimed
    case (.malformed, _?): return .noSuchClaim
    case (.claim(let id), let holder?):
      guard let claim = try claimNumber(of: id, queue) else { return .noSuchClaim }
      guard claim == holder else { return .isClaimedByAnother }
    }
    try delete(number, from: queue)
    return .done
  }

  func deleteMessages(_ ids: [Identifier], of key: QueueKey) throws {
    guard let queue = try queue(key) else { return }
    for id in ids { try number(of: id, queue).map { try delete($0, from: queue) } }
  }

  private func delete(_ number: Int64, from queue: SQLiteQueue) throws {
    let wasHeld = try messages.delete.first(number, queue.box) { $0.number(0) == 1 }
    guard let wasHeld else { return }
    count(queue, free: wasHeld ? 0 : -1, claimed: wasHeld ? -1 : 0)
  }

  func pop(_ limit: Int, from key: QueueKey) throws -> [StoredMessage] {
    guard let queue = try queue(key) else { return [] }
    var popped: [StoredMessage] = []
    var numbers: [Int64] = []
    try messages.listFree.forEach(queue.box, now, 0, Int64.max, Identifier?.none, limit) { row in
      popped.append(stored(row, queue))
      numbers.append(row.number(0))
    }
    for number in numbers { try messages.deleteUnclaimed.run(number) }
    count(queue, free: -numbers.count)
    return popped
  }
}

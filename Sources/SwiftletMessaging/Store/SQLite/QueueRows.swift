// SPDX-License-Identifier: Apache-2.0

import GRDB

struct QueueQueries {
  let find, insert, update, metadata, list, delete, rebox: Query
  let key: Query

  init(_ database: Database) throws {
    find = try Query(
      database,
      """
      SELECT queue.number, box, default_ttl, max_post_size, max_claims, dead_letter_queue,
        dead_letter_ttl, free, claimed
      FROM queue JOIN box ON box.number = queue.box
      WHERE project = ? AND name = ?
      """)
    key = try Query(database, "SELECT project, name FROM queue WHERE number = ?")
    insert = try Query(
      database,
      """
      INSERT INTO queue (number, project, name, box, default_ttl, max_post_size, max_claims,
        dead_letter_queue, dead_letter_ttl, metadata)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    update = try Query(
      database,
      """
      UPDATE queue SET default_ttl = ?, max_post_size = ?, max_claims = ?, dead_letter_queue = ?,
        dead_letter_ttl = ?, metadata = ?
      WHERE number = ?
      """)
    metadata = try Query(
      database, "SELECT metadata FROM queue WHERE project = ? AND name = ?")
    list = try Query(
      database,
      "SELECT name, metadata FROM queue WHERE project = ? AND name > ? ORDER BY name LIMIT ?")
    delete = try Query(database, "DELETE FROM queue WHERE number = ?")
    rebox = try Query(database, "UPDATE queue SET box = ? WHERE number = ?")
  }
}

struct BoxQueries {
  let insert, count, throwAway, queue, firstThrownAway, delete: Query

  init(_ database: Database) throws {
    insert = try Query(
      database, "INSERT INTO box (number, queue, free, claimed) VALUES (?, ?, 0, ?)")
    count = try Query(database, "UPDATE box SET free = ?, claimed = ? WHERE number = ?")
    throwAway = try Query(database, "UPDATE box SET queue = NULL WHERE number = ?")
    queue = try Query(database, "SELECT queue FROM box WHERE number = ?")
    firstThrownAway = try Query(
      database, "SELECT number FROM box INDEXED BY box_thrown_away WHERE queue IS NULL LIMIT 1")
    delete = try Query(database, "DELETE FROM box WHERE number = ?")
  }
}

extension SQLiteState {
  func queue(_ key: QueueKey) throws -> SQLiteQueue? {
    if let queue = cached(key) { return queue }
    let found = try queues.find.first(key.project, key.name) { row in
      var limits = QueueMetadata.none
      limits.defaultTTL = row.number(ifAny: 2)
      limits.maxPostSize = row.number(ifAny: 3).map { Int($0) }
      if let maxClaims = row.number(ifAny: 4) {
        limits.deadLetters = QueueMetadata.DeadLetters(
          maxClaimCount: Int(maxClaims), queue: row.text(5), ttl: row.number(ifAny: 6))
      }
      return SQLiteQueue(
        key, number: row.number(0), box: row.number(1), limits: limits, free: Int(row.number(7)),
        claimed: Int(row.number(8)))
    }
    if let found { keep(found) }
    return found
  }

  /// nil when the queue of this number has been deleted.
  func queue(number: Int64) throws -> SQLiteQueue? {
    if let queue = cached(number) { return queue }
    let key = try queues.key.first(number) { QueueKey(project: $0.text(0), name: $0.text(1)) }
    return try key.flatMap { try queue($0) }
  }

  /// nil when the box is one that was thrown away.
  func queue(box: Int64) throws -> SQLiteQueue? {
    try boxes.queue.first(box) { $0.number(ifAny: 0) }?.flatMap { try queue(number: $0) }
  }

  /// A queue, made when there is none.
  func madeQueue(_ key: QueueKey) throws -> SQLiteQueue {
    try queue(key) ?? add(key, .none)
  }

  private func add(_ key: QueueKey, _ metadata: QueueMetadata) throws -> SQLiteQueue {
    let queue = SQLiteQueue(
      key, number: takeNumber(), box: takeNumber(), limits: metadata, free: 0, claimed: 0)
    queue.limits.packed = []
    let dead = metadata.deadLetters
    try queues.insert.run(
      queue.number, key.project, key.name, queue.box, metadata.defaultTTL, metadata.maxPostSize,
      dead?.maxClaimCount, dead?.queue, dead?.ttl, metadata.packed)
    try boxes.insert.run(queue.box, queue.number, 0)
    keep(queue)
    return queue
  }

  func createQueue(_ key: QueueKey, _ metadata: QueueMetadata) throws -> Bool {
    guard try queue(key) == nil else { return false }
    _ = try add(key, metadata)
    return true
  }

  func updateQueue(_ key: QueueKey, _ metadata: QueueMetadata) throws -> Bool {
    guard let queue = try queue(key) else { return false }
    let dead = metadata.deadLetters
    try queues.update.run(
      metadata.defaultTTL, metadata.maxPostSize, dead?.maxClaimCount, dead?.queue, dead?.ttl,
      metadata.packed, queue.number)
    queue.limits = metadata
    queue.limits.packed = []
    return true
  }

  func metadata(of key: QueueKey) throws -> [UInt8]? {
    try queues.metadata.first(key.project, key.name) { $0.blob(0) }
  }

  func listQueues(
    of project: String, after marker: String?, limit: Int
  ) throws -> [(name: String, metadata: [UInt8])] {
    var found: [(name: String, metadata: [UInt8])] = []
    // No queue has an empty name.
    try queues.list.forEach(project, marker ?? "", limit) { found.append(($0.text(0), $0.blob(1))) }
    return found
  }

  /// Its messages are no one's from now on, and go when the sweep comes to them.
  func deleteQueue(_ key: QueueKey) throws {
    guard let queue = try queue(key) else { return }
    try queues.delete.run(queue.number)
    try boxes.throwAway.run(queue.box)
    drop(queue)
  }

  func purgeMessages(of key: QueueKey) throws {
    guard let queue = try queue(key), queue.free > 0 else { return }
    let box = takeNumber()
    try boxes.insert.run(box, queue.number, queue.claimed)
    try messages.moveHeld.run(box, queue.box)
    try boxes.throwAway.run(queue.box)
    try queues.rebox.run(box, queue.number)
    queue.box = box
    queue.free = 0
    queue.lastRun = nil
    if queue.claimed > 0 { try beginRun(of: queue, PosterRun(first: 0, poster: nil)) }
  }

  func statistics(of key: QueueKey) throws -> QueueStatistics? {
    guard let queue = try queue(key) else { return nil }
    // What is claimed outlives its claim.
    let expired = try messages.countExpired.first(now, queue.box) { Int($0.number(0)) } ?? 0
    var statistics = QueueStatistics(claimed: queue.claimed, free: queue.free - expired)
    statistics.oldest = try messages.oldest.first(queue.box, now) {
      stored($0, queue, showsClaim: true)
    }
    statistics.newest = try messages.newest.first(queue.box, now) {
      stored($0, queue, showsClaim: true)
    }
    return statistics
  }

  func limits(of key: QueueKey) throws -> QueueLimits {
    let limits = try madeQueue(key).limits
    return QueueLimits(
      maxPostSize: limits.maxPostSize, defaultTTL: limits.defaultTTL ?? defaultMessageTTL)
  }
}

// SPDX-License-Identifier: Apache-2.0

import GRDB

struct SubscriptionQueries {
  let isThere, insert, update, find, list, delete: Query
  let deleteOfQueue, queuesByPrefix, deleteByPrefix, deleteExpired: Query

  init(_ database: Database) throws {
    let all = "number, subscriber, ttl, created, options, is_confirmed"
    isThere = try Query(
      database,
      """
      SELECT 1 FROM subscription WHERE subscriber = ? AND project = ? AND queue = ? AND ends > ?
      """)
    // Replaces one that is over.
    insert = try Query(
      database,
      """
      INSERT OR REPLACE INTO subscription
        (number, subscriber, project, queue, ttl, created, ends, options, is_confirmed)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)
      """)
    update = try Query(
      database,
      """
      UPDATE subscription
      SET ttl = ?2, created = ?3, ends = ?4, options = ?5, is_confirmed = ?6 WHERE number = ?1
      """)
    find = try Query(
      database,
      """
      SELECT \(all) FROM subscription WHERE number = ? AND project = ? AND queue = ? AND ends > ?
      """)
    list = try Query(
      database,
      """
      SELECT \(all) FROM subscription INDEXED BY subscription_queue
      WHERE project = ? AND queue = ? AND number > ? AND ends > ? ORDER BY number LIMIT ?
      """)
    delete = try Query(
      database, "DELETE FROM subscription WHERE number = ? AND project = ? AND queue = ?")
    deleteOfQueue = try Query(
      database, "DELETE FROM subscription WHERE project = ? AND queue = ?")
    // The end is above all that begin with the prefix, as bytes are compared: no UTF-8 has a byte of
    // 0xFF.
    let hasPrefix = "subscriber >= ?1 AND subscriber < CAST(?1 || x'FF' AS TEXT)"
    queuesByPrefix = try Query(
      database,
      "SELECT DISTINCT project, queue FROM subscription WHERE \(hasPrefix) AND ends > ?2")
    deleteByPrefix = try Query(database, "DELETE FROM subscription WHERE \(hasPrefix)")
    deleteExpired = try Query(
      database,
      """
      DELETE FROM subscription WHERE number IN (
        SELECT number FROM subscription INDEXED BY subscription_end
        WHERE ends <= ? ORDER BY ends LIMIT ?)
      """)
  }
}

extension SQLiteState {
  /// nil when this subscriber has one already.
  func createSubscription(
    of key: QueueKey, subscriber: String, ttl: Int64, options: [UInt8]
  ) throws -> Identifier? {
    _ = try madeQueue(key)
    let isThere = try subscriptions.isThere.first(subscriber, key.project, key.name, now) { _ in
      true
    }
    guard isThere == nil else { return nil }
    let number = takeNumber()
    try subscriptions.insert.run(
      number, subscriber, key.project, key.name, ttl, now, now.after(seconds: ttl), options)
    return scheme.identifier(.subscription, UInt64(number), in: 0)
  }

  func updateSubscription(
    _ id: Identifier, of key: QueueKey, ttl: Int64?, options: [UInt8]?, isConfirmed: Bool?
  ) throws -> Bool {
    guard var found = try subscription(id, of: key), let number = number(of: id)
    else { return false }
    if let options { found.options = options }
    if let isConfirmed { found.isConfirmed = isConfirmed }
    if let ttl {
      found.ttl = ttl
      found.created = now
    }
    try subscriptions.update.run(
      number, found.ttl, found.created, found.created.after(seconds: found.ttl), found.options,
      found.isConfirmed)
    return true
  }

  func subscription(_ id: Identifier, of key: QueueKey) throws -> StoredSubscription? {
    try number(of: id).flatMap { number in
      try subscriptions.find.first(number, key.project, key.name, now) { subscription($0, key) }
    }
  }

  func listSubscriptions(
    of key: QueueKey, after marker: Identifier?, limit: Int?
  ) throws -> [StoredSubscription] {
    var found: [StoredSubscription] = []
    try subscriptions.list.forEach(
      key.project, key.name, marker.flatMap(number) ?? 0, now, limit ?? .max
    ) { found.append(subscription($0, key)) }
    return found
  }

  func queues(subscriberPrefix prefix: String) throws -> [QueueKey] {
    var found: [QueueKey] = []
    try subscriptions.queuesByPrefix.forEach(prefix, now) {
      found.append(QueueKey(project: $0.text(0), name: $0.text(1)))
    }
    return found
  }

  func deleteSubscription(_ id: Identifier, of key: QueueKey) throws {
    if let number = number(of: id) {
      try subscriptions.delete.run(number, key.project, key.name)
    }
  }

  private func number(of id: Identifier) -> Int64? {
    scheme.number(of: id, .subscription, in: 0).map { Int64($0) }
  }

  private func subscription(_ row: Row, _ key: QueueKey) -> StoredSubscription {
    StoredSubscription(
      id: scheme.identifier(.subscription, UInt64(row.number(0)), in: 0), queue: key,
      subscriber: row.text(1), ttl: row.number(2), created: row.number(3), options: row.blob(4),
      isConfirmed: row.number(5) == 1)
  }
}

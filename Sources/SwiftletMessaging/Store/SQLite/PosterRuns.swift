// SPDX-License-Identifier: Apache-2.0

import GRDB

/// Messages of a queue that follow one another and were posted by one client, or by several.
///
/// A listing without a client's own messages passes over that client's runs, however long they are.
/// What several posted becomes a run once it is long enough to be worth it; within such a one another's
/// message is never far, except where it was deleted.
struct PosterRun {
  /// The number of the first message; the run ends where the next one begins.
  var first: Int64
  /// nil: several.
  var poster: Identifier?
  /// Messages since, or many when the run is of one client and was not counted.
  var count = 0

  /// When another client's message comes, a run that is shorter takes it, too.
  static let worthwhile = 1024
}

struct PosterRunQueries {
  let last, insert, mix, trim, containing, next, end, delete: Query

  init(_ database: Database) throws {
    last = try Query(
      database,
      "SELECT first, poster FROM poster_run WHERE box = ? ORDER BY first DESC LIMIT 1")
    insert = try Query(database, "INSERT INTO poster_run (box, first, poster) VALUES (?, ?, ?)")
    mix = try Query(
      database, "UPDATE poster_run SET poster = NULL WHERE box = ? AND first = ?")
    // Runs before the one that the oldest message is in.
    trim = try Query(
      database,
      """
      DELETE FROM poster_run WHERE box = ?1 AND first < (
        SELECT max(first) FROM poster_run WHERE box = ?1 AND first <= (
          SELECT min(number) FROM (
            SELECT min(number) AS number FROM message INDEXED BY message_place
            WHERE box = ?1 AND held = 0
            UNION ALL
            SELECT min(number) FROM message INDEXED BY message_place WHERE box = ?1 AND held = 1)))
      """)
    containing = try Query(
      database,
      """
      SELECT first, poster FROM poster_run WHERE box = ? AND first <= ?
      ORDER BY first DESC LIMIT 1
      """)
    next = try Query(
      database,
      """
      SELECT first FROM poster_run WHERE box = ? AND first > ? AND poster IS NOT ?
      ORDER BY first LIMIT 1
      """)
    end = try Query(database, "SELECT min(first) FROM poster_run WHERE box = ? AND first > ?")
    delete = try Query(database, "DELETE FROM poster_run WHERE box = ?")
  }
}

extension SQLiteState {
  /// Puts a message that was just added into a run.
  func note(_ poster: Identifier, of number: Int64, in queue: SQLiteQueue) throws {
    if queue.lastRun == nil { queue.lastRun = try lastRun(of: queue) }
    guard let run = queue.lastRun else {
      return try beginRun(of: queue, PosterRun(first: number, poster: poster, count: 1))
    }
    if run.poster == poster || run.count < PosterRun.worthwhile {
      if run.poster != nil && run.poster != poster {
        try runs.mix.run(queue.box, run.first)
        queue.lastRun?.poster = nil
      }
      queue.lastRun?.count += 1
    } else {
      try runs.trim.run(queue.box)
      try beginRun(of: queue, PosterRun(first: number, poster: poster, count: 1))
    }
  }

  func beginRun(of queue: SQLiteQueue, _ run: PosterRun) throws {
    try runs.insert.run(queue.box, run.first, run.poster)
    queue.lastRun = run
  }

  private func lastRun(of queue: SQLiteQueue) throws -> PosterRun? {
    try runs.last.first(queue.box) { row in
      let poster = row.isNull(1) ? nil : row.identifier(1)
      return PosterRun(
        first: row.number(0), poster: poster, count: poster == nil ? 0 : PosterRun.worthwhile)
    }
  }

  /// The first run at `from` or behind it, from there on, that holds more than this client's messages.
  func stretch(
    of queue: SQLiteQueue, from: Int64, notFrom client: Identifier
  ) throws -> Range<Int64>? {
    let isHere =
      try runs.containing.first(queue.box, from) {
        $0.isNull(1) || $0.identifier(1) != client
      } ?? false
    let start =
      isHere ? from : try runs.next.first(queue.box, from, client) { $0.number(0) }
    guard let start else { return nil }
    let end = try runs.end.first(queue.box, start) { $0.number(ifAny: 0) } ?? nil
    return start..<(end ?? .max)
  }
}

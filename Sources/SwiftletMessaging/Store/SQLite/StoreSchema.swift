// SPDX-License-Identifier: Apache-2.0

import GRDB

/// The tables of a store, and how files of older versions become the present one.
///
/// Numbers never come again, whatever they number: ids are made of them.
enum StoreSchema {
  /// Says in a file's header that it is a store of ours: "swlt".
  static let applicationID = 0x7377_6c74

  /// What makes a file of each version one of the next, from version 0, an empty file. The file's
  /// `user_version` counts those done.
  static let steps = [
    """
    CREATE TABLE store (
      key BLOB NOT NULL,                -- of the ids, see IdentifierScheme
      next_number INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE queue (
      number INTEGER PRIMARY KEY,
      project TEXT NOT NULL,
      name TEXT NOT NULL,
      box INTEGER NOT NULL,
      default_ttl INTEGER,
      max_post_size INTEGER,
      max_claims INTEGER,
      dead_letter_queue TEXT,
      dead_letter_ttl INTEGER,
      metadata BLOB NOT NULL,
      UNIQUE (project, name)
    ) STRICT;

    -- What holds a queue's messages. A queue that is purged gets a new one and takes what is claimed
    -- along; the old one, like that of a queue that is deleted, is emptied little by little.
    CREATE TABLE box (
      number INTEGER PRIMARY KEY,
      queue INTEGER,                    -- NULL: thrown away
      free INTEGER NOT NULL,            -- counts, expired ones included as long as they are here
      claimed INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX box_thrown_away ON box (number) WHERE queue IS NULL;

    CREATE TABLE message (
      number INTEGER PRIMARY KEY,       -- in order of posting
      box INTEGER NOT NULL,
      held INTEGER NOT NULL,            -- 1: by a claim
      expires INTEGER NOT NULL,         -- ms since 1970, like all times
      created INTEGER NOT NULL,
      ttl INTEGER NOT NULL,             -- s
      poster BLOB NOT NULL,
      claim INTEGER NOT NULL,           -- the last one, 0: none
      claim_count INTEGER NOT NULL,
      body BLOB NOT NULL
    ) STRICT;
    -- Both go on with the message's number, so that they are in order of posting.
    CREATE INDEX message_place ON message (box, held);
    CREATE INDEX message_expiry ON message (expires, box);

    -- Messages of a box that follow one another, by who posted them: see PosterRuns.
    CREATE TABLE poster_run (
      box INTEGER NOT NULL,
      first INTEGER NOT NULL,
      poster BLOB,                      -- NULL: several
      PRIMARY KEY (box, first)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE claim (
      number INTEGER PRIMARY KEY,
      queue INTEGER NOT NULL,
      ttl INTEGER NOT NULL,
      created INTEGER NOT NULL,
      ends INTEGER NOT NULL,
      messages BLOB NOT NULL            -- their numbers, 8 bytes each, little endian
    ) STRICT;
    CREATE INDEX claim_end ON claim (ends);

    CREATE TABLE subscription (
      number INTEGER PRIMARY KEY,
      subscriber TEXT NOT NULL,
      project TEXT NOT NULL,
      queue TEXT NOT NULL,
      ttl INTEGER NOT NULL,
      created INTEGER NOT NULL,
      ends INTEGER NOT NULL,
      is_confirmed INTEGER NOT NULL,
      options BLOB NOT NULL,
      UNIQUE (subscriber, project, queue)
    ) STRICT;
    CREATE INDEX subscription_queue ON subscription (project, queue);
    CREATE INDEX subscription_end ON subscription (ends);
    """
  ]

  /// Brings a file to the present version, in one transaction.
  static func migrate(_ database: Database, steps: [String] = steps) throws {
    let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
    guard version < steps.count else { return }
    try database.inTransaction(.immediate) {
      for step in steps[version...] { try database.execute(sql: step) }
      if version == 0 {
        let key = SipKey.random()
        try Query(database, "INSERT INTO store VALUES (?, 1)").run(
          Identifier(high: key.first, low: key.second))
      }
      try database.execute(
        sql: "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(steps.count)")
      return .commit
    }
  }
}

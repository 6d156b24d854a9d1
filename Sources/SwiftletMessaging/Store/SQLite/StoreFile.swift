// SPDX-License-Identifier: Apache-2.0

import GRDB
import Glibc
import SwiftletServer

/// Why a store's file could not be opened.
public struct StoreFileError: Error, CustomStringConvertible {
  public enum Reason: Sendable {
    /// It cannot be made, read or written.
    case inaccessible
    /// It is no store, one of a newer version, or damaged.
    case unusable
    /// Another process has it.
    case inUse
  }

  public let reason: Reason
  public let description: String

  init(_ reason: Reason, _ description: String) {
    self.reason = reason
    self.description = description
  }
}

/// Opens a store's file.
enum StoreFile {
  /// A connection to a file that is there for this process alone and of the present version. Makes the
  /// file, readable by its owner only, when there is none.
  static func open(_ path: String) throws(StoreFileError) -> DatabaseQueue {
    try make(path)
    do {
      var configuration = Configuration()
      configuration.foreignKeysEnabled = false
      configuration.prepareDatabase { database in
        // Before the first access: then the log's index is in memory, and what locks the file does so
        // until it is closed.
        try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
      }
      // SQLite has meanings of its own for some names, and none of them begins so.
      let queue = try DatabaseQueue(
        path: path.hasPrefix("/") ? path : "./" + path, configuration: configuration)
      try queue.writeWithoutTransaction {
        try check($0, path)
        try $0.execute(sql: settings)
        try StoreSchema.migrate($0)
      }
      return queue
    } catch let error as StoreFileError {
      throw error
    } catch let error as DatabaseError {
      throw explain(error, path)
    } catch {
      throw StoreFileError(.inaccessible, "cannot open the store \"\(path)\": \(error)")
    }
  }

  private static func make(_ path: String) throws(StoreFileError) {
    let file = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    if file >= 0 {
      close(file)
    } else if errno != EEXIST {
      throw StoreFileError(
        .inaccessible, "cannot make the store \"\(path)\": \(SwiftletServer.describe(errno))")
    } else if access(path, R_OK | W_OK) != 0 {
      // SQLite would open a file that it cannot write, and fail later.
      throw StoreFileError(
        .inaccessible, "cannot open the store \"\(path)\": \(SwiftletServer.describe(errno))")
    }
  }

  /// A commit is on disk when it returns. The log is copied into the file after every 16 MiB, and cut
  /// to 64 MiB when it once grew beyond. SQLite's cache of pages has 64 MiB.
  private static let settings = """
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 4096;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA cache_size = -65536;
    """

  private static func check(_ database: Database, _ path: String) throws {
    func number(_ sql: String) throws -> Int { try Int.fetchOne(database, sql: sql) ?? 0 }
    let version = try number("PRAGMA user_version")
    switch try number("PRAGMA application_id") {
    case StoreSchema.applicationID:
      guard version <= StoreSchema.steps.count else {
        throw StoreFileError(
          .unusable,
          "the store \"\(path)\" is of version \(version), and this program knows versions up to "
            + "\(StoreSchema.steps.count) only")
      }
    case 0 where try version == 0 && number("SELECT count(*) FROM sqlite_schema") == 0:
      break
    default:
      throw StoreFileError(.unusable, "the file \"\(path)\" is another program's, not a store")
    }
  }

  private static func explain(_ error: DatabaseError, _ path: String) -> StoreFileError {
    switch error.resultCode {
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      StoreFileError(.inUse, "the store \"\(path)\" is in use by another process")
    case .SQLITE_NOTADB:
      StoreFileError(.unusable, "the file \"\(path)\" is not SQLite's, so not a store")
    case .SQLITE_CORRUPT:
      StoreFileError(.unusable, "the store \"\(path)\" is damaged: \(describe(error))")
    default:
      StoreFileError(.inaccessible, "cannot open the store \"\(path)\": \(describe(error))")
    }
  }
}

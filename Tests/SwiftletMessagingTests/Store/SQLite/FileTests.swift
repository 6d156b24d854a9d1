// SPDX-License-Identifier: Apache-2.0

import GRDB
import Testing

@testable import SwiftletMessaging

/// What is in the file, beyond what the store answers.
@Suite struct FileTests {
  private let directory = TemporaryDirectory()
  private var path: String { directory.path + "/store" }

  private func number(_ sql: String, in database: DatabaseQueue) throws -> Int {
    try database.writeWithoutTransaction { try Int.fetchOne($0, sql: sql) ?? 0 }
  }

  @Test func commitWaitsForTheDisk() throws {
    let file = try StoreFile.open(path)
    let mode = try file.writeWithoutTransaction {
      try String.fetchOne($0, sql: "PRAGMA journal_mode")
    }
    #expect(mode == "wal")
    let full = 2
    #expect(try number("PRAGMA synchronous", in: file) == full)
  }

  @Test func expiredAndPurgedMessagesLeaveTheFile() async throws {
    let store = try TestStore(.sqlite)
    try await store.post((0..<300).map { "\($0)" }, ttl: 60)
    try await store.post((0..<300).map { "\($0)" }, to: .other)
    try await store.post(["kept"], to: .foreign)
    _ = try await store.createClaim(.other, limit: 1)
    try await store.purge(.other, messages: true)
    try await store.delete(queue: .other)
    store.clock.advance(seconds: 61)
    // Every operation that changes something takes a part of it away.
    for _ in 0..<30 { try await store.post([""], to: .foreign) }
    await store.store.close()
    let file = try StoreFile.open(store.directory.path + "/store")
    #expect(try number("SELECT count(*) FROM message", in: file) == 31)
    #expect(try number("SELECT count(*) FROM box", in: file) == 2)
  }

  // MARK: Versions

  private let next = StoreSchema.steps + ["ALTER TABLE queue ADD COLUMN colour TEXT"]

  @Test func fileOfAnOlderVersionIsBroughtToThePresentOne() throws {
    let file = try StoreFile.open(path)
    try file.writeWithoutTransaction { try StoreSchema.migrate($0, steps: next) }
    #expect(try number("PRAGMA user_version", in: file) == next.count)
    #expect(try number("SELECT count(colour) FROM queue", in: file) == 0)
    #expect(try number("SELECT count(*) FROM store", in: file) == 1)
  }

  @Test func stepThatFailsLeavesTheFileAsItWas() throws {
    let file = try StoreFile.open(path)
    #expect(throws: DatabaseError.self) {
      try file.writeWithoutTransaction { try StoreSchema.migrate($0, steps: next + ["nonsense"]) }
    }
    #expect(try number("PRAGMA user_version", in: file) == StoreSchema.steps.count)
    #expect(throws: DatabaseError.self) { try number("SELECT count(colour) FROM queue", in: file) }
  }
}

// SPDX-License-Identifier: Apache-2.0

import GRDB

/// The thread of a store. It does all that waits as one transaction, so that operations which came
/// together wait for the disk together, and then answers them in the order in which they came.
final class Writer: @unchecked Sendable {
  /// Without work the writer looks for what has expired this often.
  private static let idleInterval = Duration.seconds(1)
  /// How long it then goes on at a time.
  private static let idleSweep = Duration.milliseconds(20)

  private let operations: OperationQueue
  private let database: DatabaseQueue
  /// Until the end.
  private var state: SQLiteState?

  init(
    path: String, operations: OperationQueue, defaultMessageTTL: Int64,
    clock: @escaping @Sendable () -> Milliseconds
  ) throws(StoreFileError) {
    self.operations = operations
    database = try StoreFile.open(path)
    do {
      state = try database.writeWithoutTransaction {
        try SQLiteState($0, defaultMessageTTL: defaultMessageTTL, clock: clock)
      }
    } catch {
      throw StoreFileError(.unusable, "the store \"\(path)\" is damaged: \(describe(error))")
    }
  }

  /// Works until the queue is closed and empty.
  func run() {
    database.writeWithoutTransaction { database in
      if let state { work(database, state) }
      // Statements must be gone before the file can be closed.
      state = nil
    }
    // What the log still holds is found there at the next start.
    try? database.close()
    operations.finish()
  }

  private func work(_ database: Database, _ state: SQLiteState) {
    var batch: [Operation] = []
    var isBehind = false
    var lastSweep = ContinuousClock.now
    var (expected, patience) = (0, Duration.zero)
    while operations.take(
      into: &batch, expecting: expected, within: patience,
      orOneWithin: isBehind ? .zero : Self.idleInterval)
    {
      let start = ContinuousClock.now
      do {
        try perform(batch, database, state) {
          let now = ContinuousClock.now
          guard isBehind || state.hasChanges || now - lastSweep >= Self.idleInterval else { return }
          lastSweep = now
          // At least as long as the operations took: then it gets done however many there are.
          isBehind = try state.sweep(until: now + (batch.isEmpty ? Self.idleSweep : now - start))
        }
      } catch {
        isBehind = false
        for operation in batch {
          do {
            try perform([operation], database, state)
          } catch {
            operation.fail(StoreError("the store's file failed: \(describe(error))"))
          }
        }
      }
      // Those who were answered together soon ask again. Without waiting for them the first one would
      // have a transaction of its own, and all others the next, in turn for ever.
      expected = batch.count
      patience = (.now - start) / 4
      batch.removeAll(keepingCapacity: true)
    }
  }

  /// Does operations, and then `more`, in one transaction and answers them. Throws when nothing was done.
  private func perform(
    _ operations: [Operation], _ database: Database, _ state: SQLiteState,
    and more: () throws -> Void = {}
  ) throws {
    var answers: [() -> Void] = []
    answers.reserveCapacity(operations.count)
    do {
      try database.inTransaction(.immediate) {
        try state.begin()
        for operation in operations {
          try state.tick()
          answers.append(try operation.perform(state))
        }
        try more()
        try state.end()
        return .commit
      }
    } catch {
      state.forget()
      throw error
    }
    for answer in answers { answer() }
  }
}

/// What SQLite says, without the statement.
func describe(_ error: any Error) -> String {
  guard let error = error as? DatabaseError else { return "\(error)" }
  return error.message ?? "\(error.extendedResultCode)"
}

// SPDX-License-Identifier: Apache-2.0

import GRDB
import GRDBSQLite

/// A prepared statement, which is bound, stepped and read by SQLite's own calls: GRDB's, made for
/// convenience, would box every value.
///
/// Each of the calls that run it leaves it ready for the next one.
struct Query {
  /// Owns the handle.
  private let statement: Statement
  private let handle: SQLiteStatement

  init(_ database: Database, _ sql: String) throws {
    statement = try database.makeStatement(sql: sql)
    handle = statement.sqliteStatement
  }

  // MARK: Running

  /// Runs it for what it does. Returns how many rows it changed, if it is one that changes rows.
  @discardableResult
  func run<each Value: Bindable>(_ values: repeat each Value) throws -> Int {
    bind(repeat each values)
    return try finish()
  }

  /// Runs it with `blob` as the last value, which SQLite reads where it lies.
  func run<each Value: Bindable>(_ values: repeat each Value, blob: [UInt8]) throws {
    let count = bind(repeat each values)
    try blob.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return blob.bind(to: handle, at: count + 1) }
      sqlite3_bind_blob64(handle, count + 1, start, UInt64(bytes.count), nil)
      _ = try finish()
    }
  }

  /// Hands each row to `body`, which must not run this same query.
  func forEach<each Value: Bindable>(
    _ values: repeat each Value, body: (Row) throws -> Void
  ) throws {
    bind(repeat each values)
    defer { sqlite3_reset(handle) }
    while try step() { try body(Row(handle: handle)) }
  }

  /// What `body` makes of the first row; nil when there is none.
  func first<each Value: Bindable, Result>(
    _ values: repeat each Value, body: (Row) throws -> Result
  ) throws -> Result? {
    bind(repeat each values)
    defer { sqlite3_reset(handle) }
    return try step() ? body(Row(handle: handle)) : nil
  }

  private func finish() throws -> Int {
    defer { sqlite3_reset(handle) }
    while try step() {}
    return Int(sqlite3_changes(sqlite3_db_handle(handle)))
  }

  private func step() throws -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code:
      throw DatabaseError(
        resultCode: ResultCode(rawValue: code),
        message: String(cString: sqlite3_errmsg(sqlite3_db_handle(handle))))
    }
  }

  @discardableResult
  private func bind<each Value: Bindable>(_ values: repeat each Value) -> Int32 {
    var index: Int32 = 0
    for value in repeat each values {
      index += 1
      value.bind(to: handle, at: index)
    }
    return index
  }
}

/// The row a query stands at. Columns are counted from 0.
struct Row {
  fileprivate let handle: SQLiteStatement

  func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

  func number(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

  func number(ifAny column: Int32) -> Int64? { isNull(column) ? nil : number(column) }

  func text(_ column: Int32) -> String { bytes(column) { String(decoding: $0, as: UTF8.self) } }

  func blob(_ column: Int32) -> [UInt8] { bytes(column) { [UInt8]($0) } }

  func identifier(_ column: Int32) -> Identifier { bytes(column) { Identifier(stored: $0) } }

  func numbers(_ column: Int32) -> [Int64] {
    bytes(column) { bytes in
      (0..<bytes.count / 8).map { bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Int64.self) }
    }
  }

  /// A text or blob, where it lies.
  private func bytes<Result>(_ column: Int32, _ body: (UnsafeRawBufferPointer) -> Result) -> Result
  {
    let start = sqlite3_column_blob(handle, column)
    return body(
      UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
  }
}

// MARK: - Values

/// What a query takes.
protocol Bindable {
  func bind(to handle: SQLiteStatement, at index: Int32)
}

/// Has SQLite copy what it is given.
private let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

extension Int64: Bindable {
  func bind(to handle: SQLiteStatement, at index: Int32) {
    sqlite3_bind_int64(handle, index, self)
  }
}

extension Int: Bindable {
  func bind(to handle: SQLiteStatement, at index: Int32) {
    sqlite3_bind_int64(handle, index, Int64(self))
  }
}

extension Bool: Bindable {
  func bind(to handle: SQLiteStatement, at index: Int32) {
    sqlite3_bind_int64(handle, index, self ? 1 : 0)
  }
}

extension String: Bindable {
  func bind(to handle: SQLiteStatement, at index: Int32) {
    var text = self
    _ = text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        sqlite3_bind_text(handle, index, $0.baseAddress, Int32($0.count), transient)
      }
    }
  }
}

extension [UInt8]: Bindable {
  func bind(to handle: SQLiteStatement, at index: Int32) {
    _ = withUnsafeBytes { bytes in
      if let start = bytes.baseAddress, bytes.count > 0 {
        sqlite3_bind_blob64(handle, index, start, UInt64(bytes.count), transient)
      } else {
        sqlite3_bind_zeroblob(handle, index, 0)
      }
    }
  }
}

/// Sixteen bytes, most significant first.
extension Identifier: Bindable {
  func bind(to handle: SQLiteStatement, at index: Int32) {
    withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) {
      _ = sqlite3_bind_blob64(handle, index, $0.baseAddress, 16, transient)
    }
  }

  fileprivate init(stored bytes: UnsafeRawBufferPointer) {
    func word(_ offset: Int) -> UInt64 {
      bytes.count < 16
        ? 0 : .init(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    self.init(high: word(0), low: word(8))
  }
}

extension Optional: Bindable where Wrapped: Bindable {
  func bind(to handle: SQLiteStatement, at index: Int32) {
    if let self { self.bind(to: handle, at: index) } else { sqlite3_bind_null(handle, index) }
  }
}

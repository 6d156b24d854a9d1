// SPDX-License-Identifier: Apache-2.0

import SwiftletClient
import SwiftletCore
import SwiftletServer

/// A connection that asks a server for what it has to say, again and again (long polling): each answer holds one or
/// more messages, and the next question names the last of them.
final class PollChannel: ClientStreamHandler {
  /// More than any answer may hold.
  private static let mostBytes = 1 << 26

  private let load: LoadConnection
  private let target: Target
  private var last: UInt64?
  /// What has come of an answer's body, and how much there is to come in all; nil before its head.
  private var body: [UInt8] = []
  private var size: Int?

  init(_ load: LoadConnection, _ target: Target) {
    self.load = load
    self.target = target
  }

  override func connected() { load.connected() }
  override func secured() { load.secured() }
  override func failed(_ error: ConnectError) { load.thread.failed(error) }
  override func closed(_ connection: borrowing Connection, code: CloseCode) { load.closed() }

  override func opened(_ connection: borrowing Connection) {
    load.opened(connection, hasUpgraded: false)
    ask(connection)
  }

  private func ask(_ connection: borrowing Connection) {
    let path = target.location.target
    let after = last.map { (path.contains("?") ? "&" : "?") + "after=\($0)" } ?? ""
    let request = "GET \(path)\(after) HTTP/1.1\r\nHost: \(target.location.authority)\r\n\r\n"
    connection.send(bytes: request.utf8.span.bytes)
  }

  override func received(_ bytes: RawSpan, on connection: borrowing Connection) -> Int {
    bytes.withUnsafeBytes { bytes in
      var used = 0
      if size == nil {
        switch target.transport.head(of: bytes) {
        case .partial: return 0
        case .whole(let headSize, let bodySize) where bodySize <= Self.mostBytes:
          size = bodySize
          used = headSize
        case .whole: return end(connection, "an answer was larger than any may be", bytes.count)
        case .wrong(let complaint): return end(connection, complaint, bytes.count)
        }
      }
      let part = bytes[used...].prefix(size! - body.count)
      body += part
      used += part.count
      if body.count == size { take(connection) }
      return used
    }
  }

  private func end(
    _ connection: borrowing Connection, _ complaint: String, _ count: Int
  ) -> Int {
    load.thread.complain(complaint)
    connection.close(.normal)
    return count
  }

  private func take(_ connection: borrowing Connection) {
    let messageSize = load.thread.plan.size
    body.withUnsafeBytes { bytes in
      // What is no message is told by its size.
      for start in stride(from: 0, to: bytes.count, by: messageSize) {
        let message = bytes[start...].prefix(messageSize)
        load.received(UnsafeRawBufferPointer(rebasing: message).bytes, .binary, connection)
        guard message.count >= 8 else { continue }
        last = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self))
      }
    }
    if body.isEmpty { load.thread.note { $0.corrupted += 1 } }
    body.removeAll(keepingCapacity: true)
    size = nil
    if load.thread.state != .finishing { ask(connection) }
  }
}

// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletServer
import Synchronization

/// `--tcp-echo-port`: messages back as they came, each behind its length (4 bytes, little-endian). What a
/// WebSocket is measured against.
func addTCPEcho(
  to routes: inout Routes, port: UInt16, maxMessageSize: Int, _ metrics: Metrics
) {
  let count = TCPEcho.Count()
  routes.stream(port: port) { TCPEcho(maxMessageSize: maxMessageSize, count) }
  metrics.add(counter: "tcp_echo_messages_total", "Messages echoed at the TCP echo port.") {
    count.messages.load(ordering: .relaxed)
  }
}

/// One connection. A message goes back when all of it is there; one that does not come whole with a read
/// and is large is gathered here.
final class TCPEcho: StreamHandler {
  final class Count: Sendable {
    let messages = Atomic(0)
  }

  private static let lengthSize = 4
  /// The most that is left to the connection to be given again.
  private static let mostLeft = 4096

  private let maxMessageSize: Int
  private let count: Count
  /// The message in progress, its length included, as far as it is here.
  private var gathered: [UInt8] = []
  private var gatheredSize = 0

  init(maxMessageSize: Int, _ count: Count) {
    self.maxMessageSize = maxMessageSize
    self.count = count
  }

  override var isBusy: Bool { !gathered.isEmpty }

  override func received(_ bytes: RawSpan, on connection: borrowing Connection) -> Int {
    var start = 0
    if !gathered.isEmpty {
      start = min(gatheredSize - gathered.count, bytes.byteCount)
      bytes.extracting(..<start).withUnsafeBytes { gathered.append(contentsOf: $0) }
      guard gathered.count == gatheredSize else { return start }
      count.messages.add(1, ordering: .relaxed)
      connection.send(bytes: gathered.span.bytes)
      gathered = []
    }
    return echo(bytes, from: start, on: connection)
  }

  /// What comes behind the last whole message.
  private enum Rest {
    /// Less than a length.
    case length
    /// The beginning of a message, and how much it will be with its length.
    case message(Int)
    case tooLarge
  }

  /// Sends the whole messages from `start` on back in one go, and keeps the beginning of a large one.
  private func echo(
    _ bytes: RawSpan, from start: Int, on connection: borrowing Connection
  ) -> Int {
    var end = start
    var messages = 0
    var rest = Rest.length
    while bytes.byteCount - end >= TCPEcho.lengthSize {
      let length = Int(
        UInt32(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: end, as: UInt32.self)))
      let size = TCPEcho.lengthSize + length
      guard length <= maxMessageSize else {
        rest = .tooLarge
        break
      }
      guard size <= bytes.byteCount - end else {
        rest = .message(size)
        break
      }
      end += size
      messages += 1
    }
    if messages > 0 {
      count.messages.add(messages, ordering: .relaxed)
      connection.send(bytes: bytes.extracting(start..<end))
    }
    switch rest {
    case .message(let size) where size > TCPEcho.mostLeft:
      bytes.extracting(end...).withUnsafeBytes { gathered.append(contentsOf: $0) }
      gatheredSize = size
      return bytes.byteCount
    case .length, .message: return end
    case .tooLarge:
      connection.close(.messageTooBig)
      return bytes.byteCount
    }
  }
}

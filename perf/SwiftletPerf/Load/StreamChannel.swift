// SPDX-License-Identifier: Apache-2.0

import CSwiftlet
import SwiftletClient
import SwiftletCore
import SwiftletServer

/// A load's connection over plain TCP or HTTP: replies are bodies behind their lengths.
final class StreamChannel: ClientStreamHandler {
  private enum State {
    case head
    /// So many bytes of the body are still to come.
    case body(left: Int)
  }

  private static let maxFields = 64

  private let load: LoadConnection
  private let transport: Target.Transport
  private let kind: MessageKind
  private var state = State.head

  init(_ load: LoadConnection, _ transport: Target.Transport) {
    self.load = load
    self.transport = transport
    kind = load.thread.plan.format.messageKind
  }

  override func connected() { load.connected() }
  override func failed(_ error: ConnectError) { load.thread.failed(error) }
  override func opened(_ connection: borrowing Connection) {
    load.opened(connection, hasUpgraded: false)
  }
  override func closed(_ connection: borrowing Connection, code: CloseCode) { load.closed() }

  override func received(_ bytes: RawSpan, on connection: borrowing Connection) -> Int {
    bytes.withUnsafeBytes { bytes in
      var used = 0
      while used < bytes.count {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[used...])
        switch state {
        case .head:
          guard let head = head(rest) else {
            // What follows cannot be told apart any more.
            load.thread.note { $0.corrupted += 1 }
            connection.close(.normal)
            return bytes.count
          }
          if head.size == 0 { return used }
          used += head.size
          take(
            UnsafeRawBufferPointer(rebasing: bytes[used...].prefix(head.body)), of: head.body,
            connection)
          used += min(head.body, bytes.count - used)
        case .body(let left):
          take(UnsafeRawBufferPointer(rebasing: rest.prefix(left)), of: left, connection)
          used += min(left, rest.count)
        }
      }
      return used
    }
  }

  /// Takes what has come of a body of which `left` bytes were to come.
  private func take(
    _ part: UnsafeRawBufferPointer, of left: Int, _ connection: borrowing Connection
  ) {
    if case .head = state, part.count == left {
      return load.received(part.bytes, kind, connection)
    }
    load.received(part: part.bytes, connection)
    state = .body(left: left - part.count)
    if part.count == left {
      state = .head
      load.endReply(kind, connection)
    }
  }

  /// The sizes of a reply's head, 0 when it is not whole, and of its body. nil when it is none.
  private func head(_ bytes: UnsafeRawBufferPointer) -> (size: Int, body: Int)? {
    switch transport {
    case .tcp, .ws:
      guard bytes.count >= 4 else { return (0, 0) }
      return (4, Int(UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))))
    case .http:
      return withUnsafeTemporaryAllocation(of: swl_http_field.self, capacity: Self.maxFields) {
        fields in
        var response = swl_http_response()
        let size = swl_http_parse_response(
          bytes.baseAddress, bytes.count, 0, fields.baseAddress, Self.maxFields, &response)
        guard size > 0 else { return size == 0 ? (0, 0) : nil }
        var length = swl_slice()
        guard response.status == 200,
          swl_http_field_find(&response.fields, "content-length", &length) == 1,
          let body = Int(
            String(
              decoding: UnsafeRawBufferPointer(start: length.data, count: length.size),
              as: UTF8.self
            )), body >= 0
        else { return nil }
        return (Int(size), body)
      }
    }
  }
}

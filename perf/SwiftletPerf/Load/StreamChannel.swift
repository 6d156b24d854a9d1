// SPDX-License-Identifier: Apache-2.0

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
  override func secured() { load.secured() }
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
          switch transport.head(of: rest) {
          case .partial: return used
          case .wrong(let complaint):
            load.thread.complain(complaint)
            connection.close(.normal)
            return bytes.count
          case .whole(let size, let body):
            let part = rest[size...].prefix(body)
            take(UnsafeRawBufferPointer(rebasing: part), of: body, connection)
            used += size + part.count
          }
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
}

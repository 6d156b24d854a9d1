// SPDX-License-Identifier: Apache-2.0

import Glibc
import SwiftletCore
import SwiftletServer
import SwiftletTestSupport
import Testing

/// A handler made of closures, each run on the loop.
final class Probe: MessageHandler {
  var onOpen: ((borrowing Connection) -> Void)?
  var onMessage: ((RawSpan, MessageKind, borrowing Connection) -> Void)?
  var onDrained: ((borrowing Connection) -> Void)?
  var onWake: ((borrowing Connection) -> Void)?
  var busy: () -> Bool = { false }
  /// The codes `closed` was called with.
  let closes: EventLog<CloseCode>

  init(closes: EventLog<CloseCode> = EventLog()) { self.closes = closes }

  override func opened(_ connection: borrowing Connection) { onOpen?(connection) }
  override func received(
    _ message: RawSpan, kind: MessageKind, on connection: borrowing Connection
  ) {
    onMessage?(message, kind, connection)
  }
  override func drained(_ connection: borrowing Connection) { onDrained?(connection) }
  override func woken(_ connection: borrowing Connection) { onWake?(connection) }
  override var isBusy: Bool { busy() }
  override func closed(_ connection: borrowing Connection, code: CloseCode) { closes.add(code) }
}

func echoing(closes: EventLog<CloseCode> = EventLog()) -> Probe {
  let probe = Probe(closes: closes)
  probe.onMessage = { message, kind, connection in connection.send(message, kind: kind) }
  return probe
}

extension RawSpan {
  var bytes: [UInt8] { withUnsafeBytes { Array($0) } }
}

/// The name of the calling thread.
func threadName() -> String {
  let file = open("/proc/thread-self/comm", O_RDONLY)
  defer { close(file) }
  var name = [UInt8](repeating: 0, count: 16)
  let count = read(file, &name, name.count)
  return String(decoding: name.prefix(max(0, count - 1)), as: UTF8.self)
}

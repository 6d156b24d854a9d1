// SPDX-License-Identifier: Apache-2.0

import CSwiftlet
import SwiftletCore

/// The service behind connections that carry bytes as they are, in a framing of the handler's own.
open class StreamHandler: ConnectionHandler {
  /// The most bytes ``received(_:on:)`` is given at once.
  public static let mostBytesAtOnce = Loop.receiveCapacity

  /// Bytes arrived. Returns how many of them, from the first on, are done with: the rest is given again,
  /// in front of what comes next, after a pause of reading also by itself. `bytes` is valid until this
  /// method returns.
  ///
  /// What is left is copied and given again with every read, so whoever waits for a message of more than
  /// a few KiB gathers its bytes itself. Of ``mostBytesAtOnce`` some must be done with, else the connection
  /// is cut.
  open func received(_ bytes: RawSpan, on connection: borrowing Connection) -> Int {
    bytes.byteCount
  }
}

extension Loop {
  /// A connection of bytes stands.
  func openStream(_ slot: Slot, _ handler: StreamHandler) {
    slot.pointee.handler = .passRetained(handler)
    slot.pointee.flags.insert(.stream)
    enter(slot, .stream)
    slot.pointee.lastActive = state.pointee.now
    state.pointee.counters.pointee.streams.add(1)
    handler.opened(Connection(loop: self, slot: slot))
  }

  func processStream(_ slot: Slot, _ bytes: UnsafeMutableRawPointer, _ count: Int) {
    guard let handler = slot.pointee.handler else { return }
    let span = UnsafeRawBufferPointer(start: bytes, count: count).bytes
    let used = Unmanaged<StreamHandler>.fromOpaque(handler.toOpaque())._withUnsafeGuaranteedRef {
      $0.received(span, on: Connection(loop: self, slot: slot))
    }
    precondition(0...count ~= used, "a handler cannot use bytes it was not given")
    guard slot.pointee.phase == .stream else { return }
    if count - used == Loop.receiveCapacity { return abandon(slot) }
    stash(slot, bytes + used, count - used)
  }
}

// SPDX-License-Identifier: Apache-2.0

import CSwiftlet
public import SwiftletCore

/// An open WebSocket as its handler sees it: only during a call, on its loop. Take a
/// ``reference`` to reach it later or from elsewhere.
public struct Connection: ~Copyable {
  let loop: Loop
  let slot: Slot

  init(loop: Loop, slot: Slot) {
    self.loop = loop
    self.slot = slot
  }

  /// Sends a message in one frame. Replies of one wake-up leave together; what the peer does not
  /// take is queued, and beyond `sendQueueLimit` nothing more is read from it.
  public func send(_ message: RawSpan, kind: MessageKind) {
    message.withUnsafeBytes {
      loop.sendFrame(
        slot, opcode: kind == .text ? SWL_OPCODE_TEXT : SWL_OPCODE_BINARY, payload: $0)
    }
  }

  /// Sends a text message.
  public func send(_ text: String) {
    var text = text
    text.withUTF8 { send(UnsafeRawBufferPointer($0).bytes, kind: .text) }
  }

  /// Begins the close handshake. Nothing can be sent after it.
  /// - Precondition: `code` is one that may be sent: ``CloseCode/maySend``.
  public func close(_ code: CloseCode) {
    precondition(code.maySend, "a close frame must not have the code \(code)")
    loop.startClose(slot, code: code)
  }

  /// Reads nothing more from the peer, messages that have arrived already included, until
  /// ``ConnectionReference/resumeReading()``.
  public func pauseReading() {
    slot.pointee.flags.insert(.held)
  }

  /// Keeps the message being delivered beyond the call: takes over its memory when it has a buffer
  /// of its own, else copies `message`, which must be the one being delivered.
  public func keep(_ message: RawSpan) -> KeptMessage {
    KeptMessage(loop.takeDelivering(message), of: loop.state.pointee.owner.takeUnretainedValue())
  }

  /// Whether output waits beyond the limit, so that the peer is not read;
  /// ``MessageHandler/drained(_:)`` tells when that is over.
  public var isBacklogged: Bool { !slot.pointee.flags.isDisjoint(with: .full) }

  /// Names the connection for later, from any thread.
  public var reference: ConnectionReference {
    ConnectionReference(
      loop: loop.state.pointee.owner.takeUnretainedValue(), token: slot.token)
  }
}

/// A connection's name, valid for ever; what is asked of a connection that is gone does nothing.
public struct ConnectionReference: Sendable {
  let loop: EventLoop
  let token: Token

  /// Undoes ``Connection/pauseReading()``.
  public func resumeReading() {
    loop.enqueue(.resume(token))
  }

  /// Runs `body` with the connection on its loop if it is still open then, else `otherwise`.
  public func perform(
    _ body: @escaping @Sendable (borrowing Connection) -> Void,
    otherwise: (@Sendable () -> Void)? = nil
  ) {
    loop.enqueue(.perform(token, body, otherwise: otherwise))
  }
}

/// A message kept by its receiver; its memory goes back to the loop it came from when this value is
/// destroyed, on whatever thread.
public struct KeptMessage: ~Copyable, @unchecked Sendable {
  private let buffer: Buffer
  private let loop: EventLoop

  init(_ buffer: Buffer, of loop: EventLoop) {
    self.buffer = buffer
    self.loop = loop
  }

  deinit {
    loop.giveBack(buffer)
  }

  public var byteCount: Int { buffer.count }

  public func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(start: buffer.front, count: buffer.count).bytes)
  }
}

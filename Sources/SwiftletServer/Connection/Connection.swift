// SPDX-License-Identifier: Apache-2.0

import CSwiftlet
public import SwiftletCore

/// An open connection as its handler sees it: only during a call, on its loop. Take a
/// ``reference`` to reach it later or from elsewhere.
public struct Connection: ~Copyable {
  let loop: Loop
  let slot: Slot

  init(loop: Loop, slot: Slot) {
    self.loop = loop
    self.slot = slot
  }

  /// Sends a message in one frame. Replies of one wake-up leave together; what the peer does not
  /// take is queued, and beyond `sendQueueLimit` nothing more is read from it, unless this is a
  /// client's connection.
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

  /// Sends a ping, which the peer must answer: see ``MessageHandler/ponged(_:on:)`` (RFC 6455 §5.5.2).
  /// - Precondition: `payload` is at most 125 bytes.
  public func ping(_ payload: RawSpan) {
    precondition(payload.byteCount <= Int(SWL_CONTROL_PAYLOAD_MAX), "a ping has at most 125 bytes")
    payload.withUnsafeBytes { loop.sendFrame(slot, opcode: SWL_OPCODE_PING, payload: $0) }
  }

  /// Sends at once what the socket takes of what was sent so far; ``isBacklogged`` tells whether more waits
  /// than may.
  package func flush() { loop.flushCork(slot) }

  /// Sends bytes as they are, on a stream; nothing on a WebSocket. Like messages they are gathered, queued
  /// and counted against `sendQueueLimit`.
  public func send(bytes: RawSpan) {
    guard slot.pointee.phase == .stream else { return }
    bytes.withUnsafeBytes { loop.sendBytes(slot, $0) }
  }

  /// Sends what is framed already: on a WebSocket whole frames, masked where this is a client. What is large is
  /// sent from where it lies; what the peer does not take is copied.
  package func send(framed: RawSpan) {
    guard slot.pointee.phase == .open || slot.pointee.phase == .stream else { return }
    framed.withUnsafeBytes { loop.sendBytes(slot, $0) }
  }

  /// Begins the close handshake, or ends a stream behind what was sent. Nothing can be sent after it.
  /// - Precondition: `code` is one that may be sent: ``CloseCode/maySend``. `reason` is at most 123
  ///   bytes of UTF-8.
  public func close(_ code: CloseCode, reason: String = "") {
    precondition(code.maySend, "a close frame must not have the code \(code)")
    precondition(reason.utf8.count <= 123, "a close frame has no room for a longer reason")
    loop.startClose(slot, code: code, reason: reason)
  }

  /// Has ``MessageHandler/woken(_:)`` called once after this time, or up to a quarter of a second later,
  /// instead of when an earlier call asked for. The longest time is 24 days.
  public func wake(after time: Duration) {
    // 0 stands for none.
    slot.pointee.alarm = max(1, loop.state.pointee.now &+ time.milliseconds)
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

  /// Whether output waits beyond the limit, so that the peer is not read, unless that is a server;
  /// ``MessageHandler/drained(_:)`` tells when that is over.
  public var isBacklogged: Bool { !slot.pointee.flags.isDisjoint(with: .full) }

  /// When the message being delivered was read from the socket, in nanoseconds on the monotonic clock: one
  /// time for all that one read brought.
  package var arrival: UInt64 {
    if loop.state.pointee.arrival == 0 { loop.state.pointee.arrival = monotonicNanoseconds() }
    return loop.state.pointee.arrival
  }

  /// Names the connection for later, from any thread.
  public var reference: ConnectionReference {
    ConnectionReference(
      loop: loop.state.pointee.owner.takeUnretainedValue(), token: slot.token)
  }
}

/// A loop of the server, with all connections it serves.
public struct LoopReference: Sendable, Hashable {
  let loop: EventLoop

  package init(loop: EventLoop) { self.loop = loop }

  /// Runs `body` on the loop, after what it was asked for before.
  public func perform(_ body: @escaping @Sendable (borrowing LoopContext) -> Void) {
    loop.enqueue(.run(body))
  }

  public static func == (one: LoopReference, other: LoopReference) -> Bool {
    one.loop === other.loop
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(loop)) }
}

/// A loop as work on many of its connections sees it, during a call.
public struct LoopContext: ~Copyable {
  let loop: Loop

  /// Runs `body` with a connection; what it sends leaves at once. False when the connection is not open
  /// any more, or another loop's.
  @discardableResult
  public func with(
    _ connection: ConnectionReference, _ body: (borrowing Connection) -> Void
  ) -> Bool {
    guard connection.loop === loop.state.pointee.owner.takeUnretainedValue(),
      let slot = loop.state.pointee.table.find(connection.token), slot.pointee.phase.isOpen
    else { return false }
    loop.perform(on: slot) { body(Connection(loop: loop, slot: slot)) }
    return true
  }
}

/// A connection's name, valid for ever; what is asked of a connection that is gone does nothing.
public struct ConnectionReference: Sendable {
  let loop: EventLoop
  let token: Token

  /// The loop that serves it.
  public var home: LoopReference { LoopReference(loop: loop) }

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

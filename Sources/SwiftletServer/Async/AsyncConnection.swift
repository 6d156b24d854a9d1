// SPDX-License-Identifier: Apache-2.0

public import SwiftletCore

/// An open WebSocket for asynchronous code:
///
///     routes.webSocket("/upper") { connection in
///       for try await message in connection {
///         try await connection.send(message.bytes.map(uppercased), kind: message.kind)
///       }
///     }
///
/// The code runs on the connection's own loop, so it hops no threads, and must not block one.
/// Messages wait in a short queue; while it is full, the peer is not read. Costs a copy and a few
/// allocations a message: services that count nanoseconds are written as a ``MessageHandler``.
public struct AsyncConnection: AsyncSequence, Sendable {
  /// A received message.
  public struct Message: Sendable {
    public var kind: MessageKind
    public var bytes: [UInt8]

    /// The bytes as text, which they are when ``kind`` is `.text`.
    public var text: String { String(decoding: bytes, as: UTF8.self) }
  }

  /// Thrown by ``send(_:kind:)`` when the connection is gone.
  public struct Closed: Error {}

  public struct AsyncIterator: AsyncIteratorProtocol {
    let inbox: AsyncInbox

    /// The next message; nil when the connection was closed, however it was. Throws
    /// `CancellationError` when the task is cancelled.
    public mutating func next() async throws -> Message? {
      try await inbox.next()
    }
  }

  let inbox: AsyncInbox
  let reference: ConnectionReference

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(inbox: inbox) }

  /// Sends a message; waits first while too much is queued for the peer.
  public func send(_ bytes: [UInt8], kind: MessageKind = .binary) async throws(Closed) {
    while true {
      let outcome = await withCheckedContinuation { (done: CheckedContinuation<Sent, Never>) in
        reference.perform { connection in
          if connection.isBacklogged { return inbox.whenDrained { done.resume(returning: .later) } }
          connection.send(bytes.span.bytes, kind: kind)
          done.resume(returning: .yes)
        } otherwise: {
          done.resume(returning: .never)
        }
      }
      switch outcome {
      case .yes: return
      case .later: continue
      case .never: throw Closed()
      }
    }
  }

  /// Sends a text message; waits first while too much is queued for the peer.
  public func send(_ text: String) async throws(Closed) {
    try await send(Array(text.utf8), kind: .text)
  }

  /// Begins the close handshake. The sequence ends when it is done.
  public func close(_ code: CloseCode = .normal) {
    reference.perform { $0.close(code) }
  }

  private enum Sent { case yes, later, never }
}

extension Routes {
  /// Serves WebSockets at an exact path by an asynchronous function, which is run for each of them
  /// on its loop. When it returns the connection is closed with 1000, when it throws with 1011.
  public mutating func webSocket(
    _ path: String, compression: Compression = .off,
    task body: @escaping @Sendable (AsyncConnection) async throws -> Void
  ) {
    webSocket(path, compression: compression) { _ in AsyncHandler(body) }
  }
}

/// Feeds a connection's messages to the task that was started for it.
final class AsyncHandler: MessageHandler {
  private let inbox = AsyncInbox()
  private let body: @Sendable (AsyncConnection) async throws -> Void

  init(_ body: @escaping @Sendable (AsyncConnection) async throws -> Void) {
    self.body = body
  }

  override func opened(_ connection: borrowing Connection) {
    let reference = connection.reference
    let loop = reference.loop
    let asynchronous = AsyncConnection(inbox: inbox, reference: reference)
    inbox.attach(reference)
    connection.loop.state.pointee.tasks += 1
    Task(executorPreference: loop) { [body] in
      do {
        try await body(asynchronous)
        asynchronous.close()
      } catch {
        asynchronous.close(.internalError)
      }
      loop.enqueue(.taskEnded)
    }
  }

  override func received(
    _ message: RawSpan, kind: MessageKind, on connection: borrowing Connection
  ) {
    let bytes = message.withUnsafeBytes { Array($0) }
    if inbox.put(AsyncConnection.Message(kind: kind, bytes: bytes)) { connection.pauseReading() }
  }

  override func drained(_ connection: borrowing Connection) { inbox.drained() }
  override var isBusy: Bool { inbox.isBusy }
  override func closed(_ connection: borrowing Connection, code: CloseCode) { inbox.finish() }
}

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
/// Messages wait in a short queue; while it is full, the peer is not read. A server's code runs on
/// the connection's own loop, so it hops no threads, and must not block one. Costs a copy and a few
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
    let connection: AsyncConnection

    /// The next message; nil when the connection was closed, however it was. Throws
    /// `CancellationError` when the task is cancelled; the connection is not touched by that, and
    /// another iterator goes on where this one stopped.
    public mutating func next() async throws -> Message? {
      try await connection.inbox.next()
    }
  }

  let inbox: AsyncInbox
  let reference: ConnectionReference
  /// The subprotocol agreed on in the handshake (RFC 6455 §1.9).
  public let subprotocol: String?
  /// Closes a connection nobody holds any more.
  private let lease: Lease?

  /// - Parameter closesWhenDropped: Whether the connection is closed with 1001 when no copy of this
  ///   value, and no iterator, is left.
  package init(
    _ inbox: AsyncInbox, _ reference: ConnectionReference, subprotocol: String? = nil,
    closesWhenDropped: Bool = false
  ) {
    self.inbox = inbox
    self.reference = reference
    self.subprotocol = subprotocol
    lease = closesWhenDropped ? Lease(reference) : nil
  }

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(connection: self) }

  /// Sends a message; waits first while too much is queued for the peer. Throws ``Closed`` when the
  /// connection is gone, and `CancellationError` when the task is cancelled before the message is
  /// queued: then nothing of it is sent.
  public func send(_ bytes: [UInt8], kind: MessageKind = .binary) async throws {
    while true {
      try Task.checkCancellation()
      let outcome = await withCheckedContinuation { (done: CheckedContinuation<Sent, Never>) in
        reference.perform { [inbox] connection in
          if connection.isBacklogged {
            return done.resume(returning: .later(drains: inbox.drains))
          }
          connection.send(bytes.span.bytes, kind: kind)
          done.resume(returning: .yes)
        } otherwise: {
          done.resume(returning: .never)
        }
      }
      switch outcome {
      case .yes: return
      case .later(let drains): try await inbox.waitForDrain(after: drains)
      case .never: throw Closed()
      }
    }
  }

  /// Sends a text message; otherwise as ``send(_:kind:)``.
  public func send(_ text: String) async throws {
    try await send(Array(text.utf8), kind: .text)
  }

  /// Begins the close handshake. The sequence ends when it is done.
  /// - Precondition: As of ``Connection/close(_:reason:)``.
  public func close(_ code: CloseCode = .normal, reason: String = "") {
    reference.perform { $0.close(code, reason: reason) }
  }

  /// How the connection ended, nil before it did: the peer's close code, our own, or 1006 when it
  /// was cut.
  public var closeCode: CloseCode? { inbox.end?.code }

  /// Why the peer closed the connection, in its own words; empty when it gave none, nil before the
  /// end.
  public var closeReason: String? { inbox.end?.reason }

  private enum Sent {
    case yes, never
    /// Too much is queued; so often it had drained by then.
    case later(drains: Int)
  }

  private final class Lease: Sendable {
    private let reference: ConnectionReference

    init(_ reference: ConnectionReference) { self.reference = reference }

    deinit { reference.perform { $0.close(.goingAway) } }
  }
}

extension Routes {
  /// Serves WebSockets at an exact path by an asynchronous function, which is run for each of them
  /// on its loop. When it returns the connection is closed with 1000, when it throws with 1011.
  public mutating func webSocket(
    _ path: String, compression: Compression = .off,
    task body: @escaping @Sendable (AsyncConnection) async throws -> Void
  ) {
    webSocket(path, compression: compression) { _ in
      AsyncHandler(isWaitedFor: true) { connection, inbox in
        let reference = connection.reference
        let loop = reference.loop
        connection.loop.state.pointee.tasks += 1
        Task(executorPreference: loop) {
          let asynchronous = AsyncConnection(inbox, reference)
          do {
            try await body(asynchronous)
            asynchronous.close()
          } catch {
            asynchronous.close(.internalError)
          }
          loop.enqueue(.taskEnded)
        }
      }
    }
  }
}

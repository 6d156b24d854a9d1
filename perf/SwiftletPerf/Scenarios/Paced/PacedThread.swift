// SPDX-License-Identifier: Apache-2.0

internal import SwiftletClient
internal import SwiftletCore
package import SwiftletServer
internal import Synchronization

/// An event loop whose connections send at certain times, whatever the server does. When, its subclasses
/// say.
///
/// All but ``progress`` and ``home`` is the loop's own: hence unchecked.
class PacedThread: @unchecked Sendable {
  /// What other threads may look at while it runs.
  struct Progress: ~Copyable, Sendable {
    let opened = Atomic(0)
    let failed = Atomic(0)
    let sent = Atomic(0)
    let received = Atomic(0)
  }

  let progress = Progress()
  let home: LoopReference
  /// Those that are open, or were.
  private(set) var connections: [PacedConnection] = []
  var phases = ConnectionPhases()
  private(set) var faults = Faults()
  /// Why the first connection failed that did.
  private(set) var failure: ConnectError?
  private var isOver = false
  /// Of the first connection; tells the threads' connections apart.
  private let base: UInt32
  private var begun: UInt32 = 0
  private let client: WebSocketClient
  private let payload: Payload
  private var images: WireImages
  private let destinations: Destinations

  /// - Parameter index: Different for each thread of a run.
  init(_ messages: PacedMessages, index: Int) throws {
    base = UInt32(index) << 24
    payload = Payload(messages.format, size: messages.size, seed: messages.seed)
    images = WireImages(
      of: payload, to: try Target(messages.url), seed: messages.seed &+ UInt64(index))
    var configuration = ClientConfiguration()
    // A server that stalls is measured, not left.
    configuration.idleTimeout = .seconds(3600)
    configuration.pingInterval = .seconds(3600)
    configuration.connectTimeout = .seconds(30)
    configuration.trust = messages.trust
    client = try WebSocketClient(configuration: configuration)
    destinations = try Destinations(
      messages.url, from: SourceAddresses(for: messages.url), client)
    home = client.homes[0]
  }

  /// Ends all connections and the thread.
  func shutDown() async { await client.shutDown() }

  // MARK: - On the loop

  /// Begins to open so many more connections.
  func open(_ count: Int) {
    for _ in 0..<count {
      // It is this loop's, as this loop is the client's only one.
      nonisolated(unsafe) let connection = PacedConnection(base + begun, of: self)
      client.connect(to: destinations[Int(begun)], handler: connection)
      begun += 1
    }
  }

  func opened(_ connection: PacedConnection) {
    connections.append(connection)
    progress.opened.add(1, ordering: .releasing)
  }

  func failed(_ error: ConnectError) {
    if failure == nil { failure = error }
    progress.failed.add(1, ordering: .releasing)
  }

  func closed() {
    if !isOver { faults.closed += 1 }
  }

  /// Sends messages that were due at a time.
  func send(
    _ count: Int = 1, on connection: PacedConnection, scheduled: UInt64,
    _ loop: borrowing LoopContext
  ) {
    guard let reference = connection.reference else { return }
    loop.with(reference) { open in
      for _ in 0..<count {
        images.with(connection.inFlight.next, of: connection.number, in: payload) {
          open.send(framed: $0)
        }
        connection.inFlight.add(scheduled: scheduled, sent: monotonicNanoseconds())
      }
    }
    progress.sent.add(count, ordering: .relaxed)
  }

  func received(
    _ message: RawSpan, _ kind: MessageKind, _ connection: PacedConnection, at now: UInt64
  ) {
    let sequence = payload.sequence(
      of: message, kind, on: connection.number, near: connection.inFlight.oldest)
    switch sequence.map({ connection.inFlight.answer($0) }) {
    case .answers(let message): count(message, now)
    case .overtaken(let message):
      faults.reordered += 1
      count(message, now)
    case .duplicate: faults.duplicated += 1
    case .unknown, nil: faults.corrupted += 1
    }
  }

  private func count(_ message: InFlight.Message, _ now: UInt64) {
    progress.received.add(1, ordering: .relaxed)
    answered(message, at: now)
  }

  /// A message's reply has come.
  func answered(_ message: InFlight.Message, at now: UInt64) {}

  /// Whatever has no reply by now is lost; what ends from now on ends in time.
  func finish() {
    isOver = true
    faults.lost = connections.reduce(0) { $0 + $1.inFlight.count }
  }
}

/// What is sent to whom.
package struct PacedMessages: Sendable {
  package var url: String
  package var trust: TLSTrust
  package var format: Payload.Format
  package var size: Int
  /// Of everything random.
  package var seed: UInt64

  package init(
    url: String, format: Payload.Format, size: Int, seed: UInt64, trust: TLSTrust = .system
  ) {
    self.url = url
    self.trust = trust
    self.format = format
    self.size = size
    self.seed = seed
  }
}

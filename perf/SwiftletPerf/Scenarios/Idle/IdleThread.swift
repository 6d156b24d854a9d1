// SPDX-License-Identifier: Apache-2.0

internal import SwiftletClient
internal import SwiftletServer
internal import Synchronization

/// An event loop that holds connections.
///
/// All but ``progress`` and ``home`` is the loop's own: hence unchecked.
final class IdleThread: @unchecked Sendable {
  /// What other threads may look at while it runs.
  struct Progress: ~Copyable, Sendable {
    let opened = Atomic(0)
    let failed = Atomic(0)
    let answered = Atomic(0)
  }

  /// At most so many connections are on their way at once.
  private static let openingAtOnce = 256
  /// Pings sent before replies are read.
  private static let askedAtOnce = 256

  let progress = Progress()
  let home: LoopReference
  var phases = ConnectionPhases()
  var pong = Latencies()
  private(set) var connections: [IdleConnection] = []
  /// Why connections could not be opened, and how often.
  private(set) var failures: [String: Int] = [:]
  private let share: IdleShare
  /// One entry a URL.
  private let destinations: [Destinations]
  private let client: WebSocketClient
  private var begun = 0
  private var asked = 0

  init(_ share: IdleShare) throws {
    self.share = share
    var configuration = ClientConfiguration()
    // Nothing is sent but answers to the server's pings.
    configuration.idleTimeout = .seconds(1 << 20)
    configuration.pingInterval = .seconds(1 << 20)
    configuration.connectTimeout = share.patience
    configuration.trust = share.trust
    let client = try WebSocketClient(configuration: configuration)
    self.client = client
    destinations = try share.urls.map {
      try Destinations($0, from: SourceAddresses(for: $0, given: share.sources), client)
    }
    home = client.homes[0]
  }

  func shutDown() async { await client.shutDown() }

  // MARK: - On the loop

  func begin() {
    connections.reserveCapacity(share.count)
    for _ in 0..<min(Self.openingAtOnce, share.count) { beginNext() }
  }

  private func beginNext() {
    guard begun < share.count else { return }
    let number = share.first + begun
    let destination = destinations[number % share.urls.count][number / share.urls.count]
    begun += 1
    // It is this loop's, as this loop is the client's only one.
    nonisolated(unsafe) let connection = IdleConnection(of: self)
    client.connect(to: destination, handler: connection)
  }

  func opened(_ connection: IdleConnection) {
    connections.append(connection)
    progress.opened.add(1, ordering: .releasing)
    beginNext()
  }

  func failed(_ error: ConnectError) {
    failures[error.explained, default: 0] += 1
    progress.failed.add(1, ordering: .releasing)
    beginNext()
  }

  /// Asks every connection whether it lives. How many are asked.
  func ask(_ loop: borrowing LoopContext) -> Int {
    let count = connections.reduce(0) { $0 + ($1.reference == nil ? 0 : 1) }
    loop.setTimer(at: 1) { [self] loop in
      for _ in 0..<Self.askedAtOnce {
        guard asked < connections.count else { return nil }
        let connection = connections[asked]
        asked += 1
        if let reference = connection.reference {
          loop.with(reference) { connection.ask($0) }
        }
      }
      return 1
    }
    return count
  }

  func answered() { progress.answered.add(1, ordering: .relaxed) }
}

// SPDX-License-Identifier: Apache-2.0

internal import SwiftletClient
internal import SwiftletServer

/// How long the parts of connecting took, one entry a connection.
package struct ConnectPhases: Sendable {
  /// The name and TCP.
  package var connect = Latencies()
  /// The opening handshake.
  package var upgrade = Latencies()

  static func += (one: inout ConnectPhases, other: ConnectPhases) {
    one.connect.add(other.connect)
    one.upgrade.add(other.upgrade)
  }
}

extension LoadThread {
  /// At most so many connections are on their way at once.
  private static let openingAtOnce = 256

  /// Begins to open the connections. Throws what is wrong with the URL.
  func open() throws(ConnectError) {
    for _ in 0..<min(Self.openingAtOnce, connections.count) { try beginNext() }
  }

  private func beginNext() throws(ConnectError) {
    guard begun < connections.count else { return }
    begun += 1
    nonisolated(unsafe) let connection = connections[begun - 1]
    connection.begins()
    try client.connect(plan.url, handler: connection)
  }

  func opened(_ connection: LoadConnection, on loop: LoopReference) {
    self.loop = loop
    progress.opened.add(1, ordering: .releasing)
    // The URL was good for the first one.
    try? beginNext()
  }

  func failed(_ error: ConnectError) {
    if failure == nil { failure = error }
    progress.failed.add(1, ordering: .releasing)
  }

  func closed(_ connection: LoadConnection) {
    if state == .sending { note { $0.closed += 1 } }
  }
}

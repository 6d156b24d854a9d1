// SPDX-License-Identifier: Apache-2.0

internal import SwiftletClient
internal import SwiftletServer

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
    let localAddress = plan.localAddress(of: connection.number)
    let location = target.location
    switch target.transport {
    case .ws:
      var options = ConnectOptions()
      options.localAddress = localAddress
      try client.connect(plan.url, options, handler: WebSocketChannel(connection))
    case .http where plan.pattern == .push:
      try client.connectStream(
        to: location.host, port: location.port, isSecure: location.isSecure, from: localAddress,
        handler: PollChannel(connection, target))
    case .http, .tcp:
      try client.connectStream(
        to: location.host, port: location.port, isSecure: location.isSecure, from: localAddress,
        handler: StreamChannel(connection, target.transport))
    }
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

  /// Closes all connections, and says how many there were.
  func closeAll(_ loop: borrowing LoopContext) -> Int {
    var count = 0
    for connection in connections {
      guard let reference = connection.reference else { continue }
      if loop.with(reference, { connection.close($0) }) { count += 1 }
    }
    return count
  }

  func closed(_ connection: LoadConnection) {
    progress.closed.add(1, ordering: .releasing)
    if state == .sending { note { $0.closed += 1 } }
  }
}

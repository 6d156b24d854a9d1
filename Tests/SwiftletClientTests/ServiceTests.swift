// SPDX-License-Identifier: Apache-2.0

import ServiceLifecycleTestKit
import SwiftletClient
import SwiftletCore
import SwiftletTestSupport
import Testing

/// The client's own life.
@Suite(.blocking) struct ServiceTests {
  @Test func gracefulShutdownEndsRunAndTheConnections() async throws {
    let listener = try PeerListener()
    let client = try WebSocketClient(configuration: .testing, logger: .quiet)
    let (connection, peer) = try await open(client, listener)
    try await testGracefulShutdown { trigger in
      async let end: Void = client.run()
      trigger.triggerGracefulShutdown()
      #expect(try peer.receiveClose() == 1001)
      try peer.sendClose(1001)
      peer.close()
      try await end
    }
    #expect(connection.closeCode == .goingAway)
  }

  @Test func clientNobodyHoldsEndsItsConnections() async throws {
    let listener = try PeerListener()
    var client: WebSocketClient? = try WebSocketClient(configuration: .testing, logger: .quiet)
    let (connection, peer) = try await open(client!, listener)
    client = nil
    #expect(try peer.receiveClose() == 1001)
    peer.close()
    for try await _ in connection {}
    #expect(connection.closeCode == .goingAway)
  }
}

// SPDX-License-Identifier: Apache-2.0

import SwiftletClient
import SwiftletCore
import SwiftletServer
import SwiftletTestSupport
import Testing

/// Messages between the client and this package's server.
@Suite(.blocking) struct MessageTests {
  private var routes: Routes {
    var routes = Routes()
    routes.webSocket("/echo") { connection in
      for try await message in connection {
        try await connection.send(message.bytes, kind: message.kind)
      }
    }
    return routes
  }

  /// Around the ends of the frame header's length forms, the cork and the receive buffer.
  private static let sizes = [
    0, 1, 125, 126, 127, 4096, 16_384, 16_385, 65_521, 65_522, 65_523, 65_535, 65_536, 65_537,
    131_072, 262_144, 262_145, 480_000, 1_048_577, 4 << 20,
  ]

  @Test func messagesOfEverySizeComeBack() async throws {
    try await withServer(routes) { server in
      try await withClient { client in
        let connection = try await client.connect("ws://127.0.0.1:\(server.port)/echo")
        var replies = connection.makeAsyncIterator()
        for size in MessageTests.sizes {
          let message = pattern(size, seed: size)
          try await connection.send(message)
          let reply = try #require(try await replies.next())
          #expect(reply.kind == .binary)
          #expect(same(reply.bytes, message), "\(size) bytes")
        }
        try await connection.send("Grüße, 世界")
        let reply = try #require(try await replies.next())
        #expect(reply.kind == .text && reply.text == "Grüße, 世界")
        connection.close()
        #expect(try await replies.next() == nil)
        #expect(connection.closeCode == .normal)
      }
    }
  }
}

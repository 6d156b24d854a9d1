// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletTestSupport
import Synchronization
import Testing

@testable import SwiftletServer

/// Messages that outlive the call they came with.
@Suite(.blocking) struct KeptMessageTests {
  /// A kept message on its way to another thread.
  private final class Box: Sendable {
    private let message: Mutex<KeptMessage?>
    init(_ message: consuming sending KeptMessage) { self.message = Mutex(message) }
    /// The bytes; the message is destroyed on the calling thread.
    func open() -> [UInt8] {
      let taken = message.withLock { $0.take() }
      guard let taken else { return [] }
      return taken.withBytes { $0.bytes }
    }
  }

  private let kept = EventLog<Box>()
  private let closes = EventLog<CloseCode>()
  /// Handled in place, copied from the receive buffer, in buffers of their own.
  private static let sizes = [0, 1, 100, 20_000, 262_130, 262_200, 1_000_000]

  private var routes: Routes {
    var routes = Routes()
    routes.webSocket("/keep") { [kept, closes] _ in
      let probe = Probe(closes: closes)
      probe.onMessage = { message, kind, connection in
        kept.add(Box(connection.keep(message)))
        // The bytes are still there for the rest of the call.
        connection.send(message, kind: kind)
      }
      return probe
    }
    return routes
  }

  @Test func keptMessagesStayWhatTheyWere() async throws {
    try await withServer(routes) { server in
      let peer = try server.open("/keep")
      for size in KeptMessageTests.sizes {
        try peer.send(pattern(size, seed: size))
        #expect(try peer.receiveMessage() == pattern(size, seed: size))
      }
      for (box, size) in zip(
        try kept.wait(for: KeptMessageTests.sizes.count), KeptMessageTests.sizes)
      {
        #expect(same(box.open(), pattern(size, seed: size)))
      }
    }
  }

  @Test func keptMessagesOutliveTheConnection() async throws {
    try await withServer(routes) { server in
      let first = try server.open("/keep")
      for size in KeptMessageTests.sizes { try first.send(pattern(size, seed: 1)) }
      try kept.wait(for: KeptMessageTests.sizes.count)
      first.reset()
      try closes.wait()
      // Others use the memory that was given back, and not the memory that was kept.
      let second = try server.open("/keep")
      for size in KeptMessageTests.sizes {
        try second.send(pattern(size, seed: 2))
        #expect(try second.receiveMessage() == pattern(size, seed: 2))
      }
      for (box, size) in zip(kept.all, KeptMessageTests.sizes) {
        #expect(same(box.open(), pattern(size, seed: 1)))
      }
    }
  }

  @Test func keptMessagesOutliveTheServer() async throws {
    try await withServer(routes) { server in
      let peer = try server.open("/keep")
      for size in KeptMessageTests.sizes { try peer.send(pattern(size, seed: 3)) }
      try kept.wait(for: KeptMessageTests.sizes.count)
      peer.close()
    }
    for (box, size) in zip(kept.all, KeptMessageTests.sizes) {
      #expect(same(box.open(), pattern(size, seed: 3)))
    }
  }

  @Test func messagesGivenBackByOtherThreadsAreUsedAgainUnharmed() async throws {
    try await withServer(routes) { server in
      let peers = try (0..<4).map { _ in try server.open("/keep") }
      let rounds = 100
      let mismatches = EventLog<[Int]>()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (index, peer) in peers.enumerated() {
          group.addTask {
            for round in 0..<rounds {
              let message = [UInt8(index), UInt8(round)] + pattern(round * 997, seed: index)
              try peer.send(message)
              if try peer.receiveMessage() != message { mismatches.add([index, round]) }
            }
          }
        }
        group.addTask {
          for number in 0..<(rounds * peers.count) {
            let bytes = try kept.wait(for: number + 1)[number].open()
            let (index, round) = (Int(bytes[0]), Int(bytes[1]))
            if Array(bytes[2...]) != pattern(round * 997, seed: index) {
              mismatches.add([index, round])
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(mismatches.all == [])
    }
  }

  /// A message larger than the receive buffer is handed over and not copied.
  @Test func largeMessageIsTakenOverWithItsBuffer() async throws {
    var routes = Routes()
    let places = EventLog<Bool>()
    routes.webSocket("/place") { _ in
      let probe = Probe()
      probe.onMessage = { message, _, connection in
        let kept = connection.keep(message)
        places.add(
          kept.withBytes { $0.withUnsafeBytes { $0.baseAddress } }
            == message.withUnsafeBytes { $0.baseAddress })
      }
      return probe
    }
    try await withServer(routes) { server in
      let peer = try server.open("/place")
      try peer.send(pattern(100))
      try peer.send(pattern(1_000_000))
      #expect(try places.wait(for: 2) == [false, true])
    }
  }
}

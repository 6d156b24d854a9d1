// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletServer
import SwiftletTestSupport
import Testing

@testable import SwiftletPerf

@Suite(.blocking) struct ExchangeTests {
  /// Numbers, as long as one likes.
  private struct Numbers: Exchanges {
    var size = 4

    private func bytes(_ number: Int) -> [UInt8] {
      Array("\(number) ".utf8) + [UInt8](repeating: 7, count: size)
    }

    func with(_ number: Int, _ body: (RawSpan, MessageKind) -> Void) {
      body(bytes(number).span.bytes, .binary)
    }

    func isRight(_ reply: RawSpan, _ kind: MessageKind, to number: Int) -> Bool {
      kind == .binary && reply.withUnsafeBytes { $0.elementsEqual(bytes(number)) }
    }
  }

  private func run(
    _ misdeed: Misdeed, _ life: ExchangePlan.Life, count: Int = 250, connections: Int = 2,
    size: Int = 4, patience: Duration = .seconds(5)
  ) async throws -> ExchangeOutcome {
    var routes = Routes()
    // One for all connections, so that short ones meet with a misdeed too.
    nonisolated(unsafe) let echo = FaultyEcho(misdeed)
    routes.webSocket("/") { _ in echo }
    return try await withServer(routes) { server in
      try await ExchangePlan(
        url: "ws://127.0.0.1:\(server.port)/", life: life, connections: connections,
        amount: .messages(count), patience: patience, keepsMessages: true
      ).run(Numbers(size: size))
    }
  }

  @Test(arguments: ExchangePlan.Life.allCases, [1, 3])
  func everyMessageIsExchangedOnce(life: ExchangePlan.Life, connections: Int) async throws {
    let outcome = try await run(.none, life, connections: connections)
    #expect(outcome.tally.faults.isEmpty)
    #expect(outcome.tally.messages.map(\.idx).sorted() == Array(0..<250))
    let opened = life == .short ? 250 : UInt64(connections)
    for times in [outcome.tally.connect, outcome.tally.upgrade, outcome.tally.close] {
      #expect(times.totalCount == opened)
    }
    for times in [outcome.tally.send, outcome.tally.firstByte, outcome.tally.lastByte] {
      #expect(times.totalCount == 250)
    }
  }

  /// The kernel takes some megabytes before the server does: what it takes later is sending, too.
  @Test func partsOfAnExchangeMakeUpTheWhole() async throws {
    let outcome = try await run(
      .none, .long, count: 2, connections: 1, size: 12 << 20, patience: .seconds(60))
    #expect(outcome.tally.faults.isEmpty && outcome.tally.messages.count == 2)
    for message in outcome.tally.messages {
      #expect(abs(message.send + message.recv - message.total) < 1e-6)
    }
    // A reply of that size does not come in one read.
    #expect(outcome.tally.lastByte.min > 0)
  }

  @Test(arguments: ExchangePlan.Life.allCases)
  func wrongRepliesAreNamed(life: ExchangePlan.Life) async throws {
    #expect(try await run(.corrupts, life).tally.faults == Faults(corrupted: 2))
    #expect(try await run(.drops, life).tally.faults == Faults(lost: 2))
    #expect(try await run(.closes, life).tally.faults == Faults(closed: 2))
  }

  @Test func repliesThatComeTwiceAreNamed() async throws {
    let faults = try await run(.duplicates, .long, connections: 1).tally.faults
    // The second comes in the place of the next one's.
    #expect(faults.corrupted + faults.duplicated > 0)
  }

  @Test func serverThatIsNotThereIsNamed() async throws {
    let plan = ExchangePlan(
      url: "ws://127.0.0.1:1/", life: .short, connections: 2, amount: .messages(10),
      patience: .seconds(1))
    let error = await #expect(throws: LoadError.self) { try await plan.run(Numbers()) }
    #expect("\(try #require(error))".contains("127.0.0.1:1"))
  }
}

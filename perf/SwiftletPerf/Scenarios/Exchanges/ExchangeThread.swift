// SPDX-License-Identifier: Apache-2.0

internal import SwiftletClient
internal import SwiftletServer
internal import Synchronization

/// An event loop with connections on which messages are exchanged.
///
/// All but ``progress`` is the loop's own once it has begun: hence unchecked.
final class ExchangeThread: @unchecked Sendable {
  /// What other threads may look at while it runs.
  struct Progress: ~Copyable, Sendable {
    let opened = Atomic(0)
    let received = Atomic(0)
    let isOver = Atomic(false)
  }

  let progress = Progress()
  let plan: ExchangePlan
  let exchanges: any Exchanges
  private(set) var tally = ExchangeTally()
  /// Why a connection could not be opened; nothing more is sent then.
  private(set) var failure: ConnectError?
  private(set) var usage = ThreadUsage()
  /// Nanoseconds on the monotonic clock: what was counted lies between.
  private(set) var start: UInt64 = 0
  private(set) var end: UInt64 = 0

  private let client: WebSocketClient
  private let destinations: Destinations
  private var begun = 0
  /// How many messages have been given out, and how many there are.
  private var given = 0
  private var limit: Int
  /// Connections that have not come to their end.
  private var running: Int
  private var usageBefore = ThreadUsage()

  init(_ plan: ExchangePlan, _ exchanges: any Exchanges) throws {
    self.plan = plan
    self.exchanges = exchanges
    running = plan.connections
    limit = if case .messages(let count) = plan.amount { count } else { .max }
    var configuration = ClientConfiguration()
    // Patience decides, and pings would be sent along.
    configuration.idleTimeout = .seconds(3600)
    configuration.pingInterval = .seconds(3600)
    configuration.trust = plan.trust
    // So that a handler is told when the kernel has taken the last byte.
    configuration.sendQueueLimit = 0
    client = try WebSocketClient(configuration: configuration)
    destinations = try Destinations(plan.url, from: SourceAddresses(for: plan.url), client)
  }

  func shutDown() async { await client.shutDown() }

  var home: LoopReference { client.homes[0] }

  // MARK: - On the loop

  func begin() {
    startCounting()
    for _ in 0..<plan.connections { ExchangeConnection(of: self).begin() }
  }

  /// Begins to count anew, but for what was wrong: that counts from the start.
  func startCounting() {
    let faults = tally.faults
    tally = ExchangeTally()
    tally.faults = faults
    usageBefore = .now
    start = usageBefore.elapsed
  }

  /// What ends from now on is not counted. Nothing new is begun.
  func stopCounting() {
    guard end == 0 else { return }
    let now = ThreadUsage.now
    usage = now - usageBefore
    end = now.elapsed
    limit = 0
  }

  func connect(_ connection: ExchangeConnection) {
    // It is this loop's, as this loop is the client's only one.
    nonisolated(unsafe) let connection = connection
    client.connect(to: destinations[begun], handler: connection)
    begun += 1
  }

  /// The number of the next message; nil when there is none.
  func next() -> Int? {
    guard given < limit else { return nil }
    defer { given += 1 }
    return given
  }

  func opened() { progress.opened.add(1, ordering: .relaxed) }

  func exchanged(_ number: Int, _ times: ExchangeTimes, _ now: UInt64) {
    progress.received.add(1, ordering: .relaxed)
    note {
      $0.send.note(times.sent - times.sending)
      $0.firstByte.note(times.firstByte - times.sent)
      $0.lastByte.note(now - times.firstByte)
      $0.response.note(now - times.sending)
    }
    guard plan.keepsMessages else { return }
    tally.messages.append(
      .init(
        idx: number, time: Double(times.sending - start) / 1e9,
        send: Double(times.sent - times.sending) / 1e9,
        recv: Double(now - times.sent) / 1e9, total: Double(now - times.sending) / 1e9))
  }

  func note(_ body: (inout ExchangeTally) -> Void) {
    if end == 0 { body(&tally) }
  }

  func fault(_ body: (inout Faults) -> Void) { body(&tally.faults) }

  func failed(_ error: ConnectError) {
    if failure == nil { failure = error }
    limit = 0
    ended()
  }

  func ended() {
    running -= 1
    guard running == 0 else { return }
    stopCounting()
    progress.isOver.store(true, ordering: .releasing)
  }
}

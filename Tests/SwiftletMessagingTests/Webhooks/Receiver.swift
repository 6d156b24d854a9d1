// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging
import SwiftletAuthentication
import SwiftletServer
import SwiftletTestSupport
import Synchronization
import Testing

@testable import SwiftletMessaging

/// A service that posts to webhooks, with a clock that tests advance, and where it posts to.
final class WebhookTest: Sendable {
  let clock = TestClock()
  let service: MessagingService
  let client: Client
  let receiver: PeerListener

  init(
    allowing hosts: [String] = ["127.0.0.1"], authentication: Authentication? = nil,
    store: (any MessageStore)? = nil,
    _ change: (inout WebhookSettings) -> Void = { _ in }
  ) throws {
    var settings = MessagingSettings()
    for host in hosts where !settings.webhooks.addresses.allow(host) { fatalError(host) }
    settings.webhooks.drainTimeout = .milliseconds(100)
    change(&settings.webhooks)
    var quiet = Logger(label: "test")
    quiet.logLevel = .critical
    let clock = clock
    service = MessagingService(
      settings: settings, authentication: authentication,
      store: store ?? MemoryStore(defaultMessageTTL: 3600) { clock.now },
      now: { clock.now }, logger: quiet)
    client = Client(service, .json, "p")
    receiver = try PeerListener()
  }

  /// Serves while `body` runs, on threads that may block.
  func run(_ body: @escaping @Sendable (WebhookTest) throws -> Void) async throws {
    try await serve { test, _ in try body(test) }
  }

  /// The same, with the server that the service has its routes on.
  func serve(
    _ body: @escaping @Sendable (WebhookTest, RunningServer) throws -> Void
  ) async throws {
    var routes = Routes()
    service.register(in: &routes)
    try await withTaskExecutorPreference(BlockingExecutor.shared) { [routes] in
      try await withServer(routes, beside: self.service) { try body(self, $0) }
    }
  }

  var url: String { "http://127.0.0.1:\(receiver.port)/in" }
  var counters: WebhookCounters { service.webhooks.counters }

  @discardableResult
  func subscribe(_ url: String? = nil, ttl: Int64 = 3600, options: Value = [:]) throws -> Value {
    let response = try client.ask(
      "subscription_create",
      [
        "queue_name": "q", "subscriber": .string(url ?? self.url), "ttl": .int(ttl),
        "options": options,
      ])
    try #require(response.status == 201)
    return response.body["subscription_id"] ?? .null
  }

  func post(_ bodies: Value..., ttl: Int64 = 3600) throws {
    let messages = bodies.map { ["body": $0, "ttl": .int(ttl)] as Value }
    let response = try client.ask(
      "message_post", ["queue_name": "q", "messages": .array(messages)])
    try #require(response.status == 201)
  }

  func advance(seconds: Int64) {
    clock.advance(seconds: seconds)
    service.webhooks.sender.wake()
  }

  /// Waits until a counter is as wanted.
  func wait(for counter: KeyPath<WebhookCounters, Int>, _ count: Int) throws {
    let deadline = ContinuousClock.now + .seconds(Peer.patience)
    while counters[keyPath: counter] != count {
      if ContinuousClock.now > deadline { throw PeerError.timedOut }
      sched_yield()
    }
  }

  func waitForRest() throws { try wait(for: \.restingNow, 1) }
}

extension WebhookCounters {
  var deliveredNow: Int { delivered.load(ordering: .relaxed) }
  var failedNow: Int { failed.load(ordering: .relaxed) }
  var refusedNow: Int { refused.load(ordering: .relaxed) }
  var droppedNow: Int { dropped.load(ordering: .relaxed) }
  var retriesNow: Int { retries.load(ordering: .relaxed) }
  var restingNow: Int { resting.load(ordering: .relaxed) }
  var waitingBytesNow: Int { waitingBytes.load(ordering: .relaxed) }
}

struct HookRequest {
  let head: String
  let body: [UInt8]

  /// The message it holds.
  func message() throws -> Value {
    try body.withUnsafeBytes { try JSON.decode($0) }["body"] ?? .null
  }
}

extension Peer {
  /// The next request of the server.
  func readRequest() throws -> HookRequest {
    let head = try readHead()
    let count = Peer.field("Content-Length", of: head).flatMap { Int($0) } ?? 0
    return HookRequest(head: head, body: try read(count))
  }

  func respond(_ status: Int, _ fields: String = "", body: String = "") throws {
    try write(
      "HTTP/1.1 \(status) X\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)")
  }

  /// Takes the next request and answers it.
  @discardableResult
  func take(_ status: Int = 200) throws -> Value {
    let message = try readRequest().message()
    try respond(status)
    return message
  }
}

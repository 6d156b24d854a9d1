// SPDX-License-Identifier: Apache-2.0

import Logging
import SwiftletAuthentication
import SwiftletServer
import SwiftletTestSupport
import Testing

@testable import SwiftletMessaging

/// The service as clients see it: over sockets, with notifications.
@Suite struct HandlerTests {
  /// Serves while `body` runs, on threads that may block.
  func serve(
    _ settings: MessagingSettings = MessagingSettings(), authentication: Authentication? = nil,
    store: (any MessageStore)? = nil, loops: Int = 1,
    _ body: @escaping @Sendable (RunningServer) throws -> Void
  ) async throws {
    var quiet = Logger(label: "test")
    quiet.logLevel = .critical
    let service = MessagingService(
      settings: settings, authentication: authentication,
      store: store ?? MemoryStore(defaultMessageTTL: 3600, clock: wallClock), logger: quiet)
    var routes = Routes()
    service.register(in: &routes)
    var configuration = ServerConfiguration.testing
    configuration.loops = loops
    try await withTaskExecutorPreference(BlockingExecutor.shared) {
      [routes, configuration] in
      try await withServer(routes, configuration, beside: service, body)
    }
  }

  static func request(_ action: String, _ body: Value = [:]) -> Value {
    [
      "action": .string(action),
      "headers": ["Client-ID": .string(Client.id), "X-Project-ID": "p"], "body": body,
    ]
  }

  static func post(_ queue: Value, _ bodies: Value...) -> Value {
    request(
      "message_post", ["queue_name": queue, "messages": .array(bodies.map { ["body": $0] })])
  }

  static func notification(_ queue: Value, _ body: Value) -> Value {
    ["body": body, "ttl": 3600, "queue_name": queue, "Message_Type": "Notification"]
  }

  @Test(arguments: ["/v2", "/"])
  func bothPathsAndBothEncodings(path: String) async throws {
    try await serve { server in
      let peer = try server.open(path)
      for format in [WireFormat.json, .messagePack, .messagePack, .json] {
        let response = try peer.ask(Self.request("queue_list"), format)
        #expect(response["headers"]?["status"] == 200)
      }
    }
  }

  @Test func serverIsStillThereAfterManyWrongMessages() async throws {
    try await serve { server in
      let peer = try server.open("/v2")
      for seed in 0..<200 {
        try peer.send(pattern(seed * 7, seed: seed))
        #expect(try peer.receiveValue(.messagePack)["headers"]?["status"] == 400)
      }
      #expect(try peer.ask(Self.request("queue_list"), .json)["headers"]?["status"] == 200)
    }
  }

  @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
    try await serve { server in
      let peer = try server.open("/v2")
      var frames: [UInt8] = []
      for id in 0..<500 {
        let format: WireFormat = id % 3 == 0 ? .json : .messagePack
        guard case .map(var request) = Self.post("q", .int(Int64(id))) else { return }
        request.set("id", .int(Int64(id)))
        frames += Peer.frame(opcode: format == .json ? 1 : 2, format.encode(.map(request)))
      }
      try peer.write(frames)
      for id in 0..<500 {
        let response = try peer.receiveValue(id % 3 == 0 ? .json : .messagePack)
        #expect(response["id"] == .int(Int64(id)) && response["headers"]?["status"] == 201)
      }
    }
  }

  @Test func lateAnswersOfTheStore() async throws {
    let store = SlowStore()
    try await serve(store: store) { server in
      let peer = try server.open("/v2")
      #expect(try peer.ask(Self.request("queue_list"), .json)["headers"]?["status"] == 200)
      store.slowDown()
      let count = 300
      var frames: [UInt8] = []
      for _ in 0..<count {
        frames += Peer.frame(opcode: 1, WireFormat.json.encode(Self.request("queue_list")))
      }
      try peer.write(frames)
      // More than may be under way: the rest is read when the first have been answered.
      let bound = MessagingSettings().maxRequestsUnderWay
      while store.heldCount < bound {}
      #expect(store.heldCount == bound)
      var answered = 0
      while answered < count {
        while store.heldCount == 0 {}
        store.release()
        #expect(try peer.receiveValue(.json)["headers"]?["status"] == 200)
        answered += 1
      }
    }
  }

  // MARK: - Notifications

  @Test(arguments: [1, 2])
  func subscribersHearOfPostsInOrder(loops: Int) async throws {
    try await serve(loops: loops) { server in
      let peers = try (0..<6).map { index in
        let peer = try server.open("/v2")
        let format: WireFormat = index % 2 == 0 ? .json : .messagePack
        let subscribe = Self.request("subscription_create", ["queue_name": "q"])
        #expect(try peer.ask(subscribe, format)["headers"]?["status"] == 201)
        return (peer, format)
      }
      let poster = try server.open("/v2")
      for number in 0..<50 {
        let body = Value.int(Int64(number))
        _ = try poster.ask(Self.post("q", body, ["n": body]), .messagePack)
      }
      for (peer, format) in peers {
        for number in 0..<50 {
          let body = Value.int(Int64(number))
          #expect(try peer.receiveValue(format) == Self.notification("q", body))
          #expect(try peer.receiveValue(format) == Self.notification("q", ["n": body]))
        }
      }
    }
  }

  @Test func responseComesBeforeItsOwnNotifications() async throws {
    try await serve { server in
      let peer = try server.open("/v2")
      _ = try peer.ask(Self.request("subscription_create", ["queue_name": "q"]), .json)
      for _ in 0..<20 {
        let response = try peer.ask(Self.post("q", 1, 2), .json)
        #expect(response["headers"]?["status"] == 201)
        for body in [1, 2] as [Value] {
          #expect(try peer.receiveValue(.json) == Self.notification("q", body))
        }
      }
    }
  }

  @Test func eachSubscriptionHasItsOwnEncoding() async throws {
    try await serve { server in
      let peer = try server.open("/v2")
      _ = try peer.ask(Self.request("subscription_create", ["queue_name": "text"]), .json)
      _ = try peer.ask(Self.request("subscription_create", ["queue_name": "bytes"]), .messagePack)
      _ = try peer.ask(
        Self.request("subscription_create", ["queue_name": "asked", "accept": "json"]),
        .messagePack)
      let odd = Value.binary([0xff])
      for queue in ["text", "bytes", "asked"] as [Value] {
        _ = try peer.ask(Self.post(queue, odd), .messagePack)
        let isBytes = queue == "bytes"
        #expect(
          try peer.receiveValue(isBytes ? .messagePack : .json)
            == Self.notification(queue, isBytes ? odd : "/w=="))
      }
    }
  }

  @Test func onlyOnesOwnQueuesAreHeardOf() async throws {
    try await serve { server in
      let peer = try server.open("/v2")
      _ = try peer.ask(Self.request("subscription_create", ["queue_name": "q"]), .json)
      let patterns: Value = ["queue_names": ["a*", "*-z"]]
      _ = try peer.ask(Self.request("subscription_create", patterns), .json)
      guard case .map(var stranger) = Self.post("q", "stranger's") else { return }
      stranger.set("headers", ["Client-ID": .string(Client.id), "X-Project-ID": "p2"])
      let poster = try server.open("/v2")
      _ = try poster.ask(.map(stranger), .json)
      for queue in ["r", "b-y", "a", "abc", "x-z", "a-z"] as [Value] {
        _ = try poster.ask(Self.post(queue, queue), .json)
      }
      // Both patterns are of one request: what fits both is told once.
      for queue in ["a", "abc", "x-z", "a-z"] as [Value] {
        #expect(try peer.receiveValue(.json) == Self.notification(queue, queue))
      }
    }
  }

  @Test func nothingIsHeardAfterTheEndOfASubscription() async throws {
    try await serve { server in
      let peer = try server.open("/v2")
      func subscribe(_ body: Value) throws -> Value {
        try peer.ask(Self.request("subscription_create", body), .json)["body"]!
      }
      func tell(_ action: String, _ body: Value) throws {
        #expect(try peer.ask(Self.request(action, body), .json)["headers"]?["status"] == 204)
      }
      let one = try subscribe(["queue_name": "q"])["subscription_id"]!
      let pattern = try subscribe(["queue_names": ["q*"]])["subscriptions"]![0]!
      #expect(try subscribe(["queue_names": ["q*"]]) == "Subscription q* not created.")
      _ = try peer.ask(Self.post("q", 1), .json)
      #expect(try peer.receiveValue(.json)["body"] == 1)
      #expect(try peer.receiveValue(.json)["body"] == 1)

      let id = pattern["subscription_id"]!
      try tell(
        "subscription_update", ["queue_name": "q*", "subscription_id": id, "ttl": 100])
      try tell("subscription_delete", ["queue_name": "q*", "subscription_id": id])
      _ = try peer.ask(Self.post("q", 2), .json)
      #expect(try peer.receiveValue(.json)["body"] == 2)
      try tell("subscription_delete", ["queue_name": "q", "subscription_id": one])
      _ = try peer.ask(Self.post("q", 3), .json)
      _ = try subscribe(["queue_name": "q"])
      try tell("queue_purge", ["queue_name": "q"])
      _ = try peer.ask(Self.post("q", 4), .json)
      #expect(try peer.ask(Self.request("ping"), .json)["body"] == ["message": "pong"])
    }
  }

  @Test func connectionsEndLeavesNoSubscription() async throws {
    try await serve { server in
      let peer = try server.open("/v2")
      _ = try peer.ask(Self.request("subscription_create", ["queue_name": "q"]), .json)
      peer.reset()
      let other = try server.open("/v2")
      let list = Self.request("subscription_list", ["queue_name": "q"])
      while try other.ask(list, .json)["body"] != ["subscriptions": []] {}
      #expect(try other.ask(Self.post("q", 1), .json)["headers"]?["status"] == 201)
    }
  }

  // MARK: - Authentication

  @Test func connectionIsClosedWhenItsTokenExpires() async throws {
    // A second or two from now: the end of a token is a whole second.
    let end = UTCTime(seconds: wallClock() / 1000 + 2)
    let tokens = try Tokens(parsing: "t p \(end.text)Z")
    try await serve(authentication: Authentication(tokens: tokens)) { server in
      let peer = try server.open("/v2")
      let response = try peer.ask(
        ["action": "authenticate", "headers": ["X-Auth-Token": "t", "X-Project-ID": "p"]], .json)
      #expect(response["headers"]?["status"] == 200)
      #expect(try peer.ask(Self.request("queue_list"), .json)["headers"]?["status"] == 200)
      let close = try #require(try peer.receive().close)
      #expect(close.code == 4003 && close.reason == "Authentication expired.")
      #expect(wallClock() >= end.seconds * 1000)
    }
  }
}

extension Peer {
  func ask(_ request: Value, _ format: WireFormat) throws -> Value {
    try send(format.encode(request), opcode: format == .json ? 1 : 2)
    return try receiveValue(format)
  }

  /// The next message, which must be in this encoding.
  func receiveValue(_ format: WireFormat) throws -> Value {
    let frame = try receive()
    guard frame.opcode == (format == .json ? 1 : 2) else { throw PeerError.unexpected("\(frame)") }
    return try format.decode(frame.payload)
  }
}

// SPDX-License-Identifier: Apache-2.0

import Logging
import SwiftletAuthentication
import SwiftletCore
import SwiftletTestSupport
import Testing

@testable import SwiftletMessaging

/// A service without a server, with a clock that tests advance.
final class TestService: Sendable {
  let clock: TestClock
  let service: MessagingService
  private let directory = TemporaryDirectory()

  /// Without `store` on one of the test's ``Surroundings``.
  init(
    _ settings: MessagingSettings = MessagingSettings(), authentication: Authentication? = nil,
    store: (any MessageStore)? = nil, clock: TestClock = TestClock()
  ) {
    self.clock = clock
    var quiet = Logger(label: "test")
    quiet.logLevel = .critical
    let directory = directory
    service = MessagingService(
      settings: settings, authentication: authentication,
      store: store ?? Self.makeStore(in: directory, settings, clock),
      now: { clock.now }, logger: quiet)
  }

  private static func makeStore(
    in directory: TemporaryDirectory, _ settings: MessagingSettings, _ clock: TestClock
  ) -> any MessageStore {
    do {
      return PromptStore(
        try Surroundings.current.store.make(
          in: directory, defaultMessageTTL: settings.defaultMessageTTL, clock: { clock.now }))
    } catch {
      fatalError("\(error)")
    }
  }

  func client(
    _ format: WireFormat = Surroundings.current.format, project: String = "p"
  ) -> Client {
    Client(service, format, project)
  }
}

/// One connection's conversation, and what it was told to do.
final class Client: @unchecked Sendable {
  static let id = "3381af92-2b9e-11e3-b191-71861300734c"

  let conversation: Conversation
  /// What requests are encoded in unless they are sent otherwise.
  let format: WireFormat
  var headers: Value
  private var effects: [Effect] = []

  /// A conversation's effect, with bytes that last.
  enum Effect {
    case send([UInt8], MessageKind)
    case subscribe([LiveSubscription])
    case other(Conversation.Effect)
  }
  let callBacks = EventLog<Void>()

  init(_ service: MessagingService, _ format: WireFormat, _ project: String) {
    let callBacks = callBacks
    conversation = Conversation(service) { _ in callBacks.add() }
    self.format = format
    headers = ["Client-ID": .string(Client.id), "X-Project-ID": .string(project)]
  }

  func send(_ bytes: [UInt8], _ kind: MessageKind) {
    conversation.receive(bytes.span.bytes, kind: kind, note)
  }

  func send(_ request: Value, as format: WireFormat? = nil) {
    let format = format ?? self.format
    send(format.encode(request), format.kind)
  }

  func flush() { conversation.flush(note) }
  func wake() { conversation.woken(note) }

  func note(_ effect: Conversation.Effect) {
    switch effect {
    case .send(let bytes, let kind): effects.append(.send(Array(bytes), kind))
    case .subscribe(let subscriptions): effects.append(.subscribe(subscriptions))
    default: effects.append(.other(effect))
    }
  }

  func takeEffects() -> [Effect] {
    defer { effects = [] }
    return effects
  }

  /// The messages said so far, which must be all there is.
  func takeMessages() throws -> [(bytes: [UInt8], kind: MessageKind)] {
    try takeEffects().compactMap { effect in
      switch effect {
      case .send(let bytes, let kind): return (bytes, kind)
      case .subscribe: return nil
      case .other(let effect): throw Surprise(effect)
      }
    }
  }

  /// The one response said so far, decoded by its kind.
  func takeResponse() throws -> Response {
    let messages = try takeMessages()
    try #require(messages.count == 1)
    let (bytes, kind) = messages[0]
    let format: WireFormat = kind == .text ? .json : .messagePack
    return try Response(bytes.withUnsafeBytes { try format.decode($0) }, format)
  }

  /// Sends a request as it is.
  func ask(_ request: Value, as format: WireFormat? = nil) throws -> Response {
    send(request, as: format)
    return try takeResponse()
  }

  /// Asks for an action.
  @discardableResult
  func ask(
    _ action: String, _ body: Value? = nil, as format: WireFormat? = nil
  ) throws -> Response {
    var request = Value.Map()
    request.set("action", .string(action))
    request.set("headers", headers)
    if let body { request.set("body", body) }
    return try ask(.map(request), as: format)
  }

  struct Surprise: Error {
    let effect: String
    init(_ effect: Conversation.Effect) { self.effect = "\(effect)" }
  }

  struct Response {
    let envelope: Value
    let format: WireFormat

    init(_ envelope: Value, _ format: WireFormat) throws {
      self.envelope = envelope
      self.format = format
      _ = try #require(envelope["headers"]?["status"])
    }

    var status: Int {
      if case .int(let status)? = envelope["headers"]?["status"] { Int(status) } else { 0 }
    }
    var body: Value { envelope["body"] ?? .null }
    var request: Value { envelope["request"] ?? .null }
  }
}

extension Value {
  subscript(_ key: String) -> Value? {
    if case .map(let map) = self { map[key] } else { nil }
  }

  subscript(_ index: Int) -> Value? {
    if case .array(let elements) = self, elements.indices ~= index { elements[index] } else { nil }
  }

  var count: Int? {
    if case .array(let elements) = self { elements.count } else { nil }
  }

  var text: String? {
    if case .string(let text) = self { text } else { nil }
  }
}

/// What clients get where they did something wrong.
func refusal(_ exception: String, _ error: String? = nil) -> Value {
  ["exception": .string(exception), "error": error.map { .string($0) } ?? .null]
}

func complaint(_ error: String) -> Value { ["error": .string(error)] }

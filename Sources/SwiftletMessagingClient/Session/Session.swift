// SPDX-License-Identifier: Apache-2.0

import DequeModule
import SwiftletClient
import SwiftletCore
import SwiftletMessaging
import SwiftletServer
import Synchronization

/// What a messaging client knows whatever connection it has, or while it has none.
final class Session: Sendable {
  let configuration: MessagingConfiguration
  /// Kept when the first connection is there, or there will be none.
  let opened = Promise<Void>()
  private let nextID = Atomic<Int64>(1)
  private let state = Locked(State())

  private struct State {
    var phase = Phase.connecting
    /// Calls to be sent, in order.
    var outgoing: Deque<Call> = []
    /// Calls sent, in the order in which they are answered.
    var sent: Deque<Call> = []
    /// What is subscribed to again with each connection.
    var feeds: [Feed] = []
    /// By the ids of the connection's subscriptions whom they are for.
    var routes: [String: Route] = [:]

    /// Takes a feed's subscriptions out.
    mutating func takeRoutes(to feed: Feed) -> [Feed.Created] {
      let mine = routes.filter { $0.value.feed === feed }
      for id in mine.keys { routes[id] = nil }
      return mine.map { Feed.Created(id: $0.key, queue: $0.value.queue) }
    }

    /// Has calls sent on this connection, if there is one.
    mutating func send(_ calls: [Call]) {
      guard case .open(let wake) = phase else { return }
      outgoing += calls
      wake.yield()
    }
  }

  private struct Route {
    let feed: Feed
    let queue: String
  }

  private enum Phase {
    case connecting
    /// The continuation wakes the task that sends.
    case open(AsyncStream<Void>.Continuation)
    case ended(any Error)
  }

  init(_ configuration: MessagingConfiguration) {
    self.configuration = configuration
  }

  // MARK: - Calls

  func ask(_ action: String, _ body: Value) async throws -> Response {
    let promise = Promise<Response>()
    let id = call(action, body) { promise.keep($0) }
    return try await promise.value { self.withdraw(id) }
  }

  /// Has a request sent; `finish` is told the response, or why there is none.
  private func call(
    _ action: String, _ body: Value,
    _ finish: @escaping @Sendable (Result<Response, any Error>) -> Void
  ) -> Int64 {
    let call = makeCall(action, body, isOfConnection: false, finish)
    let refusal = state.withLock { state -> (any Error)? in
      switch state.phase {
      case .ended(let error): return error
      case .connecting: break
      case .open(let wake): wake.yield()
      }
      state.outgoing.append(call)
      return nil
    }
    if let refusal { finish(.failure(refusal)) }
    return call.id
  }

  private func makeCall(
    _ action: String, _ body: Value, isOfConnection: Bool,
    _ finish: @escaping @Sendable (Result<Response, any Error>) -> Void
  ) -> Call {
    let id = nextID.wrappingAdd(1, ordering: .relaxed).oldValue
    let request = self.request(action, body, id: id)
    return Call(
      id: id, action: action, bytes: configuration.format.encode(request),
      isOfConnection: isOfConnection, finish: finish)
  }

  /// Nobody waits for a call any more: it need not be sent.
  private func withdraw(_ id: Int64) {
    state.withLock { state in
      if let index = state.outgoing.firstIndex(where: { $0.id == id }) {
        state.outgoing.remove(at: index)
      }
    }
  }

  // MARK: - Subscriptions

  /// Subscribes a feed, now and with every connection to come.
  func subscribe(_ feed: Feed) async throws {
    let promise = Promise<Void>()
    let id = call("subscription_create", feed.request) { result in
      promise.keep(Result { try self.route(result.get(), to: feed) })
    }
    try await promise.value { self.withdraw(id) }
  }

  /// From here on notifications of the subscriptions in a response go to a feed.
  private func route(_ response: Response, to feed: Feed) throws {
    let created = try feed.created(response.body)
    guard feed.isWhole(created) else {
      // The server leaves out what the connection has already.
      state.withLock { $0.send(unsubscribing(created)) }
      let names = feed.names.joined(separator: ", ")
      throw RequestError("subscription_create", 409, .string("Subscription \(names) not created."))
    }
    state.withLock { state in
      guard !feed.hasEnded else { return state.send(unsubscribing(created)) }
      if !state.feeds.contains(where: { $0 === feed }) { state.feeds.append(feed) }
      for subscription in created {
        state.routes[subscription.id] = Route(feed: feed, queue: subscription.queue)
      }
    }
  }

  /// Nobody reads a feed any more.
  func remove(_ feed: Feed) {
    state.withLock { state in
      feed.hasEnded = true
      state.feeds.removeAll { $0 === feed }
      state.send(unsubscribing(state.takeRoutes(to: feed)))
    }
  }

  private func deliver(_ notification: MessagingClient.Notification, to feed: Feed) {
    if feed.keep(notification) { return }
    guard feed.canResume else { return feed.finish(MessagingError.bufferFull) }
    state.withLock { state in
      feed.isPaused = true
      state.send(unsubscribing(state.takeRoutes(to: feed)))
    }
    // Meanwhile there may be room.
    resume(feed)
  }

  /// Subscribes a feed that was paused again, behind what it has, if there is room.
  func resume(_ feed: Feed) {
    state.withLock { state in
      guard feed.wantsMore else { return }
      feed.isPaused = false
      state.send([subscribingAgain(feed)])
    }
  }

  private func subscribingAgain(_ feed: Feed) -> Call {
    makeCall("subscription_create", feed.request, isOfConnection: true) { result in
      do {
        try self.route(result.get(), to: feed)
      } catch MessagingError.disconnected {
        // The next connection will subscribe again.
      } catch {
        feed.finish(error)
      }
    }
  }

  private func unsubscribing(_ subscriptions: [Feed.Created]) -> [Call] {
    subscriptions.map { subscription in
      let body: Value = [
        "queue_name": .string(subscription.queue), "subscription_id": .string(subscription.id),
      ]
      return makeCall("subscription_delete", body, isOfConnection: true) { _ in }
    }
  }

  // MARK: - Connections

  /// A connection is there, and signed in. Returns what wakes the task that sends.
  func begin() -> AsyncStream<Void> {
    let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    state.withLock { state in
      guard case .connecting = state.phase else { return wake.finish() }
      let feeds = state.feeds.filter { !$0.isPaused }
      state.outgoing.prepend(contentsOf: feeds.map(subscribingAgain))
      state.phase = .open(wake)
    }
    wake.yield()
    opened.keep(.success(()))
    return wakes
  }

  /// The next call to send.
  func nextToSend() -> Call? {
    state.withLock { state in
      guard let call = state.outgoing.popFirst() else { return nil }
      state.sent.append(call)
      return call
    }
  }

  /// A call turned out not to be sent: the next connection is to send it.
  func takeBack(_ call: Call) {
    state.withLock { state in
      guard state.sent.last?.id == call.id else { return }
      state.sent.removeLast()
      state.outgoing.prepend(call)
    }
  }

  /// Takes a message from the server.
  func receive(_ message: AsyncConnection.Message) throws {
    let map = try message.decoded()
    if map["request"] != nil {
      guard let call = state.withLock({ $0.sent.popFirst() }) else {
        throw MessagingError.unexpected("a response to no request")
      }
      let result = Result { try Response(map, to: call) }
      call.finish(result)
      if case .failure(let error as MessagingError) = result { throw error }
    } else if case .string(let id)? = map["subscription_id"],
      let route = state.withLock({ $0.routes[id] })
    {
      deliver(try MessagingClient.Notification(map, self), to: route.feed)
    }
  }

  /// A connection is gone. What was sent on it is not known to have been done.
  func lose(_ error: MessagingError) {
    let lost = state.withLock { state -> [Call] in
      guard case .open(let wake) = state.phase else { return [] }
      wake.finish()
      state.phase = .connecting
      state.routes = [:]
      let lost = state.sent + state.outgoing.filter(\.isOfConnection)
      state.sent = []
      state.outgoing.removeAll(where: \.isOfConnection)
      return Array(lost)
    }
    for call in lost { call.finish(.failure(error)) }
  }

  /// There will be no further connection.
  func end(_ error: any Error) {
    let end = state.withLock { state -> (calls: [Call], feeds: [Feed]) in
      switch state.phase {
      case .ended: return ([], [])
      case .open(let wake): wake.finish()
      case .connecting: break
      }
      state.phase = .ended(error)
      let end = (Array(state.sent + state.outgoing), state.feeds)
      state.sent = []
      state.outgoing = []
      state.feeds = []
      state.routes = [:]
      return end
    }
    for call in end.calls { call.finish(.failure(error)) }
    for feed in end.feeds { feed.finish(error as? MessagingError == .closed ? nil : error) }
    opened.keep(.failure(error))
  }
}

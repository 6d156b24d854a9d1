// SPDX-License-Identifier: Apache-2.0

import SwiftletServer
import Synchronization

/// The subscriptions of this process' connections. Used on any thread.
///
/// Each subscriber gets the posts of a queue in their order, and a notification that its own request
/// caused behind the response to that: ``Conversation/tell(_:to:_:)`` sees to it on the connection's loop.
final class LocalHub: Sendable {
  private struct State {
    var listeners: [Identifier: Listener] = [:]
    var bySubscriber: [String: [Listener]] = [:]
    /// By queue or pattern, one a loop; those of ``dispatchers`` are in none.
    var audiences: [QueueKey: [Audience]] = [:]
    /// Those of the keys above that are patterns, by project.
    var patterns: [String: Set<QueueKey>] = [:]
    /// Who is told of posts to a queue, as it was last found.
    var routes: [QueueKey: [Audience]] = [:]
    var dispatchers: [QueueKey: ClaimDispatcher] = [:]
    var desks: [LoopReference: Desk] = [:]

    /// Routes that are kept. Beyond that all are found anew.
    private static let mostRoutes = 4096

    mutating func route(to queue: QueueKey) -> [Audience] {
      if let route = routes[queue] { return route }
      var route = audiences[queue] ?? []
      for pattern in patterns[queue.project] ?? [] where pattern.covers(queue) {
        route += audiences[pattern] ?? []
      }
      if routes.count >= Self.mostRoutes { routes.removeAll() }
      routes[queue] = route
      return route
    }
  }

  private let state = Locked(State())
  /// Subscriptions there are: most posts find none and need not look.
  private let count = Atomic(0)
  let brake = Brake<SlowCause>()
  private let store: any MessageStore
  private let now: @Sendable () -> Milliseconds

  init(_ store: any MessageStore, now: @escaping @Sendable () -> Milliseconds) {
    self.store = store
    self.now = now
  }

  // MARK: - Subscriptions

  /// Begins to deliver what one request subscribed to. Called on the connection's loop. A
  /// subscription of the same subscriber to the same queue is replaced.
  func subscribe(
    _ subscriptions: [LiveSubscription], _ connection: ConnectionReference,
    _ conversation: Conversation
  ) -> [Listener] {
    let hasPatterns = subscriptions.contains { $0.queue.isPattern }
    var listeners: [Listener] = []
    for subscription in subscriptions {
      let elders = hasPatterns ? listeners : []
      listeners.append(Listener(subscription, elders: elders, connection, conversation))
    }
    let now = now()
    let dispatchers = state.withLock { state in
      listeners.compactMap { listener -> ClaimDispatcher? in
        for older in state.bySubscriber[listener.subscriber] ?? []
        where older.queue == listener.queue || !older.isLive(at: now) {
          remove(older, &state)
        }
        return add(listener, &state)
      }
    }
    for dispatcher in dispatchers { dispatcher.schedule() }
    return listeners
  }

  /// Whether the subscriber has a subscription to this very queue or pattern.
  func has(_ subscriber: String, _ queue: QueueKey) -> Bool {
    let now = now()
    return state.withLock { state in
      state.bySubscriber[subscriber]?.contains { $0.queue == queue && $0.isLive(at: now) } ?? false
    }
  }

  /// The live subscriptions to a pattern by id, which no store knows of.
  func subscriptions(to pattern: QueueKey) -> [StoredSubscription] {
    let now = now()
    let listeners = state.withLock { $0.audiences[pattern]?.flatMap(\.listeners) ?? [] }
    return listeners.filter { $0.isLive(at: now) }.map(\.stored).sorted { $0.id.precedes($1.id) }
  }

  /// A live subscription of a connection.
  func listener(_ id: Identifier, of queue: QueueKey) -> Listener? {
    guard let listener = state.withLock({ $0.listeners[id] }), listener.queue == queue,
      listener.isLive(at: now())
    else { return nil }
    return listener
  }

  func unsubscribe(_ id: Identifier, from queue: QueueKey) {
    state.withLock { state in
      if let listener = state.listeners[id], listener.queue == queue { remove(listener, &state) }
    }
  }

  func unsubscribeAll(from queue: QueueKey) {
    state.withLock { state in
      for listener in state.listeners.values where listener.queue == queue {
        remove(listener, &state)
      }
    }
  }

  /// The connection is gone, and what it had claimed is free again.
  func forget(_ subscriber: String) {
    let claims = state.withLock { state in
      (state.bySubscriber[subscriber] ?? []).map { ($0.queue, remove($0, &state)) }
    }
    for (queue, claims) in claims where !claims.isEmpty {
      release(claims, of: queue)
    }
  }

  /// Returns who claims for it, if it acknowledges.
  private func add(_ listener: Listener, _ state: inout State) -> ClaimDispatcher? {
    let key = listener.queue
    state.listeners[listener.id] = listener
    state.bySubscriber[listener.subscriber, default: []].append(listener)
    count.add(1, ordering: .relaxed)
    if listener.isAcknowledging {
      let service = listener.conversation.service
      let dispatcher = state.dispatchers[key] ?? ClaimDispatcher(of: key, service)
      state.dispatchers[key] = dispatcher
      dispatcher.add(listener)
      return dispatcher
    }
    let loop = listener.connection.home
    if let audience = state.audiences[key]?.first(where: { $0.desk.loop == loop }) {
      audience.add(listener)
      return nil
    }
    let desk = state.desks[loop] ?? Desk(loop, brake, now: now)
    state.desks[loop] = desk
    let audience = Audience(desk)
    audience.add(listener)
    state.audiences[key, default: []].append(audience)
    state.routes.removeAll()
    if key.isPattern { state.patterns[key.project, default: []].insert(key) }
    return nil
  }

  /// Returns the claims it has.
  @discardableResult
  private func remove(_ listener: Listener, _ state: inout State) -> [Identifier] {
    let key = listener.queue
    listener.end()
    guard state.listeners.removeValue(forKey: listener.id) != nil else { return [] }
    count.subtract(1, ordering: .relaxed)
    state.bySubscriber[listener.subscriber]?.removeAll { $0 === listener }
    if state.bySubscriber[listener.subscriber]?.isEmpty ?? false {
      state.bySubscriber[listener.subscriber] = nil
    }
    let loop = listener.connection.home
    if let audience = state.audiences[key]?.first(where: { $0.desk.loop == loop }) {
      audience.remove(listener)
      if audience.listeners.isEmpty {
        state.audiences[key]?.removeAll { $0 === audience }
        state.routes.removeAll()
      }
      if state.audiences[key]?.isEmpty ?? false {
        state.audiences[key] = nil
        state.patterns[key.project]?.remove(key)
        if state.patterns[key.project]?.isEmpty ?? false { state.patterns[key.project] = nil }
      }
    }
    guard let dispatcher = state.dispatchers[key] else { return [] }
    let claims = dispatcher.remove(listener)
    if dispatcher.isEmpty { state.dispatchers[key] = nil }
    return claims
  }

  private func release(_ claims: [Identifier], of queue: QueueKey) {
    for claim in claims {
      store.deleteClaim(claim, of: queue) { [self] result in
        if case .success = result { dispatcher(of: queue)?.schedule() }
      }
    }
  }

  // MARK: - Posts

  /// Told of every post, in the order of the posts to a queue, from within the store.
  func posted(_ messages: [StoredMessage], to queue: QueueKey) {
    guard count.load(ordering: .relaxed) > 0 else { return }
    let dispatcher = state.withLock { state -> ClaimDispatcher? in
      let route = state.route(to: queue)
      if !route.isEmpty {
        let posts = messages.map { Notification($0, of: queue) }
        for audience in route { audience.desk.add(posts, for: audience) }
      }
      return state.dispatchers[queue]
    }
    dispatcher?.schedule()
  }

  /// Whether a poster is to wait, since what it posts cannot be told as fast as it comes. It hears of the
  /// end. Nobody waits for its own connection to be read.
  func holds(_ poster: Conversation, postingTo queue: QueueKey) -> Bool {
    guard brake.isOn else { return false }
    return state.withLock { state in
      brake.holds { cause in
        switch cause {
        case .subscriber(let name):
          name != poster.subscriber
            && state.bySubscriber[name]?.contains { $0.queue.covers(queue) } ?? false
        case .desk:
          state.route(to: queue).contains { $0.desk.cause == cause }
        }
      } _: {
        poster.answerCame()
      }
    }
  }

  // MARK: - Claims

  /// Some time has passed for a subscriber: claims may have ended. False when it acknowledges nothing
  /// any more.
  func look(for subscriber: String) -> Bool {
    let dispatchers = state.withLock { state in
      (state.bySubscriber[subscriber] ?? []).compactMap {
        $0.isAcknowledging ? state.dispatchers[$0.queue] : nil
      }
    }
    for dispatcher in dispatchers { dispatcher.look() }
    return !dispatchers.isEmpty
  }

  /// The dispatcher of a queue that has subscribers who acknowledge.
  func dispatcher(of queue: QueueKey) -> ClaimDispatcher? {
    count.load(ordering: .relaxed) > 0 ? state.withLock { $0.dispatchers[queue] } : nil
  }
}

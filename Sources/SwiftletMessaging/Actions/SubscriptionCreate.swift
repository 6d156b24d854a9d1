// SPDX-License-Identifier: Apache-2.0

import SwiftletAuthentication
import SwiftletServer

extension MessagingService {
  func createSubscriptions(_ exchange: Exchange) throws(Answer) {
    let request = exchange.request
    let accept = try request.accept()
    let names = try request.queuesToSubscribe(settings)
    let options = try SubscriptionOptions(checking: request.body["options"])
    let ttl = request.integer("ttl") ?? settings.defaultSubscriptionTTL
    try check(subscriptionTTL: ttl)
    if let url = request.text("subscriber"), !url.isEmpty {
      return try subscribe(url, exchange, ttl: ttl, options)
    }
    let conversation = exchange.conversation
    let replays = try request.replays(of: names)
    if options.ack {
      guard replays.isEmpty else {
        throw .invalid("since and the option ack cannot be present together.")
      }
      guard !names.contains(where: { $0.isPattern }) else {
        throw .invalid("The option ack needs queues by name and no patterns.")
      }
    }
    let now = now()
    let wanted = names.map { name in
      LiveSubscription(
        queue: name, subscriber: conversation.subscriber, ttl: ttl, now: now,
        format: conversation.notificationFormat(for: request, accept: accept),
        options: options, replays: replays[name] ?? [])
    }
    let creation = Creation(wanted, exchange)
    for (index, subscription) in wanted.enumerated() {
      if subscription.queue.isPattern {
        // No queue is made for a pattern, and no other process needs to know of it.
        let isThere = hub.has(subscription.subscriber, subscription.queue)
        creation.done(index, .success(isThere ? nil : .random()))
        continue
      }
      store.createSubscription(
        of: subscription.queue, subscriber: subscription.subscriber, ttl: ttl,
        options: options.packed
      ) { creation.done(index, $0) }
    }
  }

  /// Subscribes a URL, which outlives the connection.
  private func subscribe(
    _ url: String, _ exchange: Exchange, ttl: Int64, _ options: SubscriptionOptions
  ) throws(Answer) {
    let queue = try exchange.request.queueToMake()
    let scheme = url.utf8.contains(UInt8(ascii: ":")) ? url.prefix { $0 != ":" }.lowercased() : ""
    guard settings.subscriberTypes.contains(scheme) else {
      let types = settings.subscriberTypes.map { "'\($0)'" }.joined(separator: ", ")
      throw .invalid(
        "The subscriber type of subscription must be supported in the list [\(types)].")
    }
    // Written in one way, so that it is one subscriber.
    let subscriber = scheme + url.dropFirst(scheme.utf8.count)
    try webhooks.settings.check(subscriber: subscriber)
    store.createSubscription(of: queue, subscriber: subscriber, ttl: ttl, options: options.packed) {
      [self] in
      exchange.answer($0, orUnavailable: "Subscription \(queue.name) could not be created.") { id in
        if let id {
          webhooks.subscribed(to: queue)
          tell(.subscribed, id, of: queue)
        }
        return .subscribed(queue.name, id)
      }
    }
  }

  func check(subscriptionTTL ttl: Int64) throws(Answer) {
    guard ttl >= 60 else {
      throw .invalid("The TTL for a subscription must be at least 60 seconds long.")
    }
    guard ttl <= UTCTime.last.seconds - now() / 1000 else {
      throw .invalid(
        "The TTL seconds for a subscription plus current time must be less than "
          + "9999-12-31 23:59:59.999999.")
    }
  }
}

extension Answer {
  fileprivate static func subscribed(_ name: String, _ id: Identifier?) -> Answer {
    guard let id else { return Answer(409, .string("Subscription \(name) not created.")) }
    return Answer(
      201,
      [
        "subscription_id": .string(id.description),
        "message": .string("Subscription \(name) created."),
      ])
  }
}

extension Request {
  fileprivate func accept() throws(Answer) -> WireFormat? {
    guard let name = text("accept") else { return nil }
    guard let format = WireFormat(rawValue: name) else { throw .schemaFailure }
    return format
  }

  /// The one queue named, or several names and patterns: names with a `*`, which stands for any
  /// characters or none.
  fileprivate func queuesToSubscribe(
    _ settings: MessagingSettings
  ) throws(Answer) -> [QueueKey] {
    switch (text("queue_name"), array("queue_names")) {
    case (_?, nil): return [try queueToMake()]
    case (nil, let names?):
      guard 1...settings.maxQueuesPerSubscription ~= names.count else {
        throw .invalid(
          "queue_names must be at least 1 and may not be more than "
            + "\(settings.maxQueuesPerSubscription) names.")
      }
      guard text("subscriber")?.isEmpty ?? true else {
        throw .invalid("A subscriber with a URL has one queue_name and no queue_names.")
      }
      var unique: [QueueKey] = []
      for name in names {
        guard case .string(let name) = name else { throw .schemaFailure }
        if name != "*" { _ = try queueToMake(name.replacing("*", with: "")) }
        let queue = QueueKey(project: project, name: name)
        if !unique.contains(queue) { unique.append(queue) }
      }
      return unique
    case (_?, _?), (nil, nil): throw .schemaFailure
    }
  }

  /// What is to be told of the past, by the one of `names` whose subscription tells it: `since` is a
  /// marker for the one queue named, or a map of markers by queue.
  fileprivate func replays(
    of names: [QueueKey]
  ) throws(Answer) -> [QueueKey: [LiveSubscription.Marker]] {
    switch body["since"] {
    case nil: return [:]
    case .string(let marker)?:
      guard names.count == 1, let queue = names.first, !queue.isPattern else {
        throw .invalid("since must be a map of markers by queue where queue_names are given.")
      }
      return [queue: [LiveSubscription.Marker(queue: queue, message: Identifier(marker))]]
    case .map(let markers)?:
      guard markers.entries.count <= LiveSubscription.mostReplays else {
        throw .invalid("since may not name more than \(LiveSubscription.mostReplays) queues.")
      }
      var replays: [QueueKey: [LiveSubscription.Marker]] = [:]
      for entry in markers.entries {
        guard case .string(let name) = entry.key, case .string(let marker) = entry.value else {
          throw .schemaFailure
        }
        let queue = QueueKey(project: project, name: name)
        guard !queue.isPattern, let owner = names.first(where: { $0.covers(queue) }) else {
          throw .invalid("since names \(name), which is not subscribed to.")
        }
        replays[owner, default: []].append(
          LiveSubscription.Marker(queue: queue, message: Identifier(marker)))
      }
      return replays
    default: throw .schemaFailure
    }
  }
}

/// Several subscriptions on their way into the store.
private final class Creation: Sendable {
  private let wanted: [LiveSubscription]
  private let exchange: Exchange
  private let state: Locked<State>

  private struct State {
    var ids: [Identifier?]
    var error: StoreError?
    var missing: Int
  }

  init(_ wanted: [LiveSubscription], _ exchange: Exchange) {
    self.wanted = wanted
    self.exchange = exchange
    state = Locked(State(ids: Array(repeating: nil, count: wanted.count), missing: wanted.count))
  }

  /// The store's answer to one of them: its id, or nil where this connection has one already.
  func done(_ index: Int, _ result: Result<Identifier?, StoreError>) {
    let end: State? = state.withLock { state in
      switch result {
      case .success(let id): state.ids[index] = id
      case .failure(let error): state.error = error
      }
      state.missing -= 1
      return state.missing == 0 ? state : nil
    }
    if let end { answer(end) }
  }

  private func answer(_ state: State) {
    var created = zip(wanted, state.ids).compactMap { subscription, id in
      id.map { subscription.with(id: $0) }
    }
    let names = wanted.map(\.queue.name).joined(separator: ", ")
    if let error = state.error {
      // All or nothing: or the client could not try again.
      let store = exchange.conversation.service.store
      for one in created { store.deleteSubscription(one.id, of: one.queue) { _ in } }
      exchange.answer(error, orUnavailable: "Subscription \(names) could not be created.")
      created = []
    } else if created.isEmpty || exchange.request.text("queue_name") != nil {
      exchange.answer(.subscribed(names, created.first?.id), subscribing: created)
    } else {
      let list = created.map { one -> Value in
        [
          "queue_name": .string(one.queue.name), "subscription_id": .string(one.id.description),
        ]
      }
      let answer = Answer(
        201,
        ["subscriptions": .array(list), "message": .string("Subscription \(names) created.")])
      exchange.answer(answer, subscribing: created)
    }
  }
}

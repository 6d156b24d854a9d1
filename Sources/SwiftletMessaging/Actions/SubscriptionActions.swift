// SPDX-License-Identifier: Apache-2.0

extension MessagingService {
  func listSubscriptions(_ exchange: Exchange) throws(Answer) {
    let request = exchange.request
    let bound = settings.maxSubscriptionsPerPage
    let limit = try request.limit(
      upTo: bound, or: settings.defaultPage,
      "Limit must be at least 1 and may not be greater than \(bound).")
    let marker = request.text("marker").flatMap { Identifier($0) }
    store.listSubscriptions(of: request.queue, after: marker, limit: limit) { [now] in
      exchange.answer($0, orUnavailable: "Subscriptions could not be listed.") { subscriptions in
        Answer(200, ["subscriptions": .array(subscriptions.map { $0.listed(at: now()) })])
      }
    }
  }

  func getSubscription(_ exchange: Exchange) throws(Answer) {
    let request = exchange.request
    guard let id = request.subscription else { throw request.noSubscription }
    store.subscription(id, of: request.queue) { [now] in
      exchange.answer(
        $0, orUnavailable: "Cannot retrieve subscription \(request.subscriptionText)."
      ) { subscription in
        subscription.map { Answer(200, $0.listed(at: now())) } ?? request.noSubscription
      }
    }
  }

  /// Renews a subscription, and changes what is given of it.
  func updateSubscription(_ exchange: Exchange) throws(Answer) {
    let request = exchange.request
    let ttl = request.integer("ttl")
    if let ttl { try check(subscriptionTTL: ttl) }
    let options = try request.body["options"].map { value throws(Answer) in
      try SubscriptionOptions(checking: value)
    }
    guard let id = request.subscription else { throw request.noSubscription }
    store.updateSubscription(
      id, of: request.queue, ttl: ttl, options: options?.packed,
      isConfirmed: request.flag("confirmed")
    ) { [hub, now] in
      exchange.answer(
        $0, orUnavailable: "Subscription \(request.subscriptionText) could not be updated."
      ) { isStored in
        let isLive = hub.update(
          id, of: request.queue, expires: ttl.map { now() + $0 * 1000 }, options: options)
        guard isStored || isLive else { return request.noSubscription }
        return Answer(204, .string("Subscription \(request.subscriptionText) updated."))
      }
    }
  }

  func deleteSubscription(_ exchange: Exchange) {
    let request = exchange.request
    let done = Answer(204, .string("Subscription \(request.subscriptionText) removed."))
    guard let id = request.subscription else { return exchange.answer(done) }
    store.deleteSubscription(id, of: request.queue) { [hub] in
      exchange.answer(
        $0,
        orUnavailable: "Subscription \(request.subscriptionText) for queue \(request.queue.name) "
          + "could not be deleted."
      ) { _ in
        hub.unsubscribe(id, from: request.queue)
        return done
      }
    }
  }
}

extension Request {
  fileprivate var subscriptionText: String { text("subscription_id") ?? "" }
  fileprivate var subscription: Identifier? { Identifier(subscriptionText) }

  fileprivate var noSubscription: Answer {
    .failure(
      404, "Subscription \(subscriptionText) does not exist",
      "Subscription \(subscriptionText) for queue \(queue.name) does not exist.")
  }
}

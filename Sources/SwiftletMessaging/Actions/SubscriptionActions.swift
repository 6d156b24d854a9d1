// SPDX-License-Identifier: Apache-2.0

extension MessagingService {
  func listSubscriptions(_ exchange: Exchange) throws(Answer) {
    let request = exchange.request
    let bound = settings.maxSubscriptionsPerPage
    let limit = try request.limit(
      upTo: bound, or: settings.defaultPage,
      "Limit must be at least 1 and may not be greater than \(bound).")
    let marker = request.text("marker").flatMap { Identifier($0) }
    if request.queue.isPattern {
      let all = hub.subscriptions(to: request.queue)
      let page = all.drop { id in marker.map { !$0.precedes(id.id) } ?? false }.prefix(limit)
      return exchange.answer(
        Answer(200, ["subscriptions": .array(page.map { $0.listed(at: now()) })]))
    }
    store.listSubscriptions(of: request.queue, after: marker, limit: limit) { [now] in
      exchange.answer($0, orUnavailable: "Subscriptions could not be listed.") { subscriptions in
        Answer(200, ["subscriptions": .array(subscriptions.map { $0.listed(at: now()) })])
      }
    }
  }

  func getSubscription(_ exchange: Exchange) throws(Answer) {
    let request = exchange.request
    guard let id = request.subscription else { throw request.noSubscription }
    if request.queue.isPattern {
      guard let listener = hub.listener(id, of: request.queue) else { throw request.noSubscription }
      return exchange.answer(Answer(200, listener.stored.listed(at: now())))
    }
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
    try checkConfirmation(request)
    if let options, let listener = hub.listener(id, of: request.queue),
      listener.isAcknowledging != options.ack
    {
      throw .invalid("The option ack of a subscription cannot be changed.")
    }
    let isConfirmed = request.flag("confirmed")
    let done = Answer(204, .string("Subscription \(request.subscriptionText) updated."))
    let updateListener: @Sendable () -> Bool = { [hub, now] in
      guard let listener = hub.listener(id, of: request.queue) else { return false }
      listener.update(ttl: ttl, options: options, isConfirmed: isConfirmed, at: now())
      return true
    }
    if request.queue.isPattern {
      return exchange.answer(updateListener() ? done : request.noSubscription)
    }
    store.updateSubscription(
      id, of: request.queue, ttl: ttl, options: options?.packed, isConfirmed: isConfirmed
    ) { [self] in
      exchange.answer(
        $0, orUnavailable: "Subscription \(request.subscriptionText) could not be updated."
      ) { isStored in
        guard isStored else { return request.noSubscription }
        webhooks.changed(request.queue)
        if isConfirmed == false { tell(.withdrawn, id, of: request.queue) }
        _ = updateListener()
        return done
      }
    }
  }

  func deleteSubscription(_ exchange: Exchange) {
    let request = exchange.request
    let done = Answer(204, .string("Subscription \(request.subscriptionText) removed."))
    guard let id = request.subscription else { return exchange.answer(done) }
    if request.queue.isPattern {
      hub.unsubscribe(id, from: request.queue)
      return exchange.answer(done)
    }
    store.deleteSubscription(id, of: request.queue) { [hub, webhooks] in
      exchange.answer(
        $0,
        orUnavailable: "Subscription \(request.subscriptionText) for queue \(request.queue.name) "
          + "could not be deleted."
      ) { _ in
        hub.unsubscribe(id, from: request.queue)
        webhooks.changed(request.queue)
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

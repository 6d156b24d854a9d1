// SPDX-License-Identifier: Apache-2.0

public import Logging
public import ServiceLifecycle
public import SwiftletAuthentication
public import SwiftletServer

/// Queues, messages, claims and subscriptions over WebSockets, in JSON and in MessagePack.
///
///     let store = MemoryStore(defaultMessageTTL: 3600, clock: wallClock)
///     let messaging = MessagingService(store: store)
///     messaging.register(in: &routes)
///
/// Run it beside the server, and shut it down after it: it closes the store.
public final class MessagingService: Service {
  let settings: MessagingSettings
  let authentication: Authentication?
  let store: any MessageStore
  let hub: LocalHub
  let webhooks: Webhooks
  /// Milliseconds since 1970.
  let now: @Sendable () -> Milliseconds
  let slowConsumers = SlowConsumerCounts()
  private let logger: Logger
  private let lastNote = Locked<Milliseconds>(0)

  /// - Parameter authentication: Without it everyone is served. With it, who was let in for a project at the
  ///   upgrade (``/SwiftletServer/Request/grant``) need not authenticate again.
  public convenience init(
    settings: MessagingSettings = MessagingSettings(), authentication: Authentication? = nil,
    store: any MessageStore, logger: Logger = Logger(label: "swiftlet")
  ) {
    self.init(
      settings: settings, authentication: authentication, store: store,
      now: wallClock, logger: logger)
  }

  init(
    settings: MessagingSettings, authentication: Authentication?, store: any MessageStore,
    now: @escaping @Sendable () -> Milliseconds, logger: Logger
  ) {
    self.settings = settings
    self.authentication = authentication
    self.store = store
    hub = LocalHub(store, now: now)
    self.now = now
    self.logger = logger
    webhooks = Webhooks(settings.webhooks, now: now, logger: logger)
    store.observePosts { [hub, webhooks] queue, messages in
      hub.posted(messages, to: queue)
      webhooks.posted(messages, to: queue)
    }
    // Those of a server that did not end in order: no connection outlives its process.
    store.deleteSubscriptions(subscriberPrefix: LiveSubscription.subscriberPrefix) { result in
      if case .failure(let error) = result { self.note(error) }
    }
    store.queues(subscriberPrefix: Webhooks.subscriberPrefix) { result in
      switch result {
      case .success(let queues): for queue in queues { self.webhooks.subscribed(to: queue) }
      case .failure(let error): self.note(error)
      }
    }
  }

  /// Serves at `/v2` and at `/`, and below `/v2/queues/` what webhooks confirm with.
  public func register(
    in routes: inout Routes, compression: Compression = .off, metrics: Metrics? = nil
  ) {
    for path in ["/v2", "/"] {
      routes.webSocket(path, compression: compression) { request in
        MessagingHandler(self, grant: request.grant)
      }
    }
    if settings.webhooks.requiresConfirmation {
      routes.put(below: Self.confirmationPrefix) { request, body throws(Refusal) in
        try self.confirm(request, body)
      }
    }
    guard let metrics else { return }
    metrics.add { [webhooks] in webhooks.counters.families }
    slowConsumers.register(in: metrics)
  }

  /// Serves webhooks until the graceful shutdown, and closes the store.
  public func run() async throws {
    await webhooks.run(store)
    await store.close()
  }

  /// Begins to deliver what a connection subscribed to. Called on its loop.
  func subscribe(
    _ subscriptions: [LiveSubscription], _ connection: ConnectionReference,
    _ conversation: Conversation
  ) -> [Listener] {
    let listeners = hub.subscribe(subscriptions, connection, conversation)
    for listener in listeners where !listener.queue.isPattern {
      // It may have been deleted since the store had it, which the hub could not know of.
      store.subscription(listener.id, of: listener.queue) { [hub] result in
        if case .success(nil) = result { hub.unsubscribe(listener.id, from: listener.queue) }
      }
    }
    return listeners
  }

  /// A connection is gone, and with it what it subscribed to.
  func forget(_ subscriber: String) {
    hub.forget(subscriber)
    store.deleteSubscriptions(subscriberPrefix: subscriber) { result in
      if case .failure(let error) = result { self.note(error) }
    }
  }

  /// Logs what a store could not do, once a second: where the disk is full that is every request.
  func note(_ error: StoreError) {
    let time = now()
    let isDue = lastNote.withLock { last in
      guard abs(time - last) >= 1000 else { return false }
      last = time
      return true
    }
    if isDue { logger.error("the message store failed: \(error)") }
  }
}

extension MessagingService {
  /// Begins what a request asks for.
  func run(_ exchange: Exchange) {
    do throws(Answer) {
      switch exchange.request.action {
      // The conversation's own affair.
      case .authenticate: break
      case .queueList: try listQueues(exchange)
      case .queueCreate: try createQueue(exchange)
      case .queueGet: getQueue(exchange)
      case .queueUpdate: try updateQueue(exchange)
      case .queueDelete: deleteQueue(exchange)
      case .queueGetStats: getQueueStatistics(exchange)
      case .queuePurge: purgeQueue(exchange)
      case .messagePost: try postMessages(exchange)
      case .messageList: try listMessages(exchange)
      case .messageGet: getMessage(exchange)
      case .messageGetMany: try getMessages(exchange)
      case .messageDelete: deleteMessage(exchange)
      case .messageDeleteMany: try deleteMessages(exchange)
      case .claimCreate: try createClaim(exchange)
      case .claimGet: try getClaim(exchange)
      case .claimUpdate: try updateClaim(exchange)
      case .claimDelete: deleteClaim(exchange)
      case .subscriptionCreate: try createSubscriptions(exchange)
      case .subscriptionList: try listSubscriptions(exchange)
      case .subscriptionGet: try getSubscription(exchange)
      case .subscriptionUpdate: try updateSubscription(exchange)
      case .subscriptionDelete: deleteSubscription(exchange)
      case .ping: exchange.answer(Answer(200, ["message": "pong"]))
      case .health: checkHealth(exchange)
      }
    } catch {
      exchange.answer(error)
    }
  }
}

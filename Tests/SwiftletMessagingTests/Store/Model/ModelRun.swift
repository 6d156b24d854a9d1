// SPDX-License-Identifier: Apache-2.0

@testable import SwiftletMessaging

/// A store beside its model: every operation is done to both, and their answers are held against each other.
struct ModelRun {
  /// The store answered otherwise than the model.
  struct Mismatch: Error, CustomStringConvertible {
    var description: String
  }

  private let store: TestStore
  private var model: StoreModel
  /// Every id that was given out, with the queue it is of.
  private var messageIds: [Identifier] = [.alice]
  private var claimIds: [Identifier] = [.alice]
  private var subscriptionIds: [Identifier] = [.alice]
  private var posted = 0

  init(_ store: TestStore) {
    self.store = store
    model = StoreModel(now: store.clock.now)
  }

  /// Runs all operations on a new store, and returns what went wrong first.
  static func failure(of operations: [Operation], _ kind: StoreKind) async throws -> String? {
    let store = try TestStore(kind)
    var run = ModelRun(store)
    var failure: String?
    do {
      for (index, operation) in operations.enumerated() where failure == nil {
        do {
          try await run.apply(operation)
        } catch let mismatch as Mismatch {
          failure = "\(index): \(operation): \(mismatch)"
        }
      }
    }
    await store.store.close()
    return failure
  }

  private func queue(_ number: Int) -> QueueKey { Operation.queues[number] }
  private func message(_ number: Int) -> Identifier { messageIds[number % messageIds.count] }
  private func claim(_ number: Int) -> Identifier { claimIds[number % claimIds.count] }
  private func subscription(_ number: Int) -> Identifier {
    subscriptionIds[number % subscriptionIds.count]
  }

  private mutating func apply(_ operation: Operation) async throws {
    switch operation {
    case .advance(let milliseconds):
      store.clock.advance(milliseconds: milliseconds)
      model.advance(to: store.clock.now)

    case .createQueue(let number, let rule):
      let (key, metadata) = (queue(number), metadata(rule))
      let isNew = model.queues[key] == nil
      if isNew { model.queues[key] = StoreModel.Queue(metadata) }
      try expect(isNew, try await store.create(key, metadata))

    case .updateQueue(let number, let rule):
      let (key, metadata) = (queue(number), metadata(rule))
      model.queues[key]?.metadata = metadata
      try expect(model.queues[key] != nil, try await store.update(key, metadata))

    case .deleteQueue(let number):
      model.queues[queue(number)] = nil
      try await store.delete(queue: queue(number))

    case .listQueues(let marker, let limit):
      let names = Operation.queues.map(\.name).sorted()
      let after = marker.map { names[$0 % names.count] }
      let expected = model.queues.keys.filter { $0.project == "p" && $0.name > after ?? "" }
      try expect(
        Array(expected.map(\.name).sorted().prefix(limit)),
        try await store.queues(after: after, limit: limit))

    case .statistics(let number):
      try await checkStatistics(queue(number))

    case .purge(let number, let messages, let subscriptions):
      let key = queue(number)
      for message in model.queues[key]?.free ?? [] where messages { message.isLive = false }
      if subscriptions { model.subscriptions.removeAll { $0.queue == key } }
      try await store.purge(key, messages: messages, subscriptions: subscriptions)

    case .post(let number, let count, let ttl, let client):
      try await post(queue(number), count, ttl, Operation.clients[client % 2])

    case .list(let number, let marker, let limit, let notFrom, let includesClaimed):
      let query = MessageQuery(
        marker: marker.map(message), limit: limit,
        notFrom: notFrom.map { Operation.clients[$0 % 2] }, includesClaimed: includesClaimed)
      let actual = try await store.list(
        queue(number), after: query.marker, limit: limit, notFrom: query.notFrom,
        includesClaimed: includesClaimed)
      try expect(model.list(queue(number), query), actual)

    case .get(let numbers, let number):
      let ids = numbers.map(message)
      let live = model.queues[queue(number)]?.live
      try expect(
        live.map { live in ids.compactMap { id in live.first { $0.id == id } } },
        try await store.messages(ids, queue(number)))

    case .delete(let number, let queueNumber, let claimNumber):
      let claim: DeleteClaim =
        switch claimNumber {
        case nil: .none
        case -1: .malformed
        case let number?: .claim(claim(number))
        }
      let (id, key) = (message(number), queue(queueNumber))
      try expect(model.delete(id, from: key, claim), try await store.delete(id, claim, from: key))

    case .deleteMany(let numbers, let number):
      let ids = numbers.map(message)
      for message in model.queues[queue(number)]?.live ?? [] {
        if let id = message.id, ids.contains(id) { message.isLive = false }
      }
      try await store.delete(ids, from: queue(number))

    case .pop(let number, let limit):
      let popped = Array(model.queues[queue(number)]?.free.prefix(limit) ?? [])
      for message in popped { message.isLive = false }
      try expect(popped, try await store.pop(limit, from: queue(number)))

    case .claim(let number, let ttl, let grace, let limit):
      let actual = try await store.createClaim(queue(number), ttl: ttl, grace: grace, limit: limit)
      let (taken, isAnyDead) = model.claim(
        queue(number), actual.id, ttl: ttl, grace: grace, limit: limit)
      try expect(taken, actual.messages)
      try expect(taken.isEmpty && isAnyDead, actual.id == nil)
      if let id = actual.id {
        try expect(false, claimIds.contains(id))
        claimIds.append(id)
      }

    case .getClaim(let number, let queueNumber):
      try await checkClaim(claim(number), queue(queueNumber))

    case .updateClaim(let number, let queueNumber, let ttl, let grace):
      let (id, key) = (claim(number), queue(queueNumber))
      try expect(
        model.update(id, of: key, ttl: ttl, grace: grace),
        try await store.updateClaim(id, key, ttl: ttl, grace: grace))

    case .deleteClaim(let number, let queueNumber):
      model.queues[queue(queueNumber)]?.end(claim(number))
      try await store.deleteClaim(claim(number), queue(queueNumber))

    case .subscribe, .updateSubscription, .listSubscriptions, .deleteSubscription,
      .deleteSubscriptions:
      try await applyToSubscriptions(operation)

    case .reopen: try await store.reopen()
    }
  }

  private func metadata(_ rule: Operation.DeadLetterRule?) -> QueueMetadata {
    var metadata = QueueMetadata(packed: [0x80], defaultTTL: 100)
    if let rule {
      metadata.deadLetters = QueueMetadata.DeadLetters(
        maxClaimCount: rule.count, queue: queue(rule.queue).name, ttl: rule.ttl)
    }
    return metadata
  }

  private mutating func post(
    _ key: QueueKey, _ count: Int, _ ttl: Int64?, _ client: Identifier
  ) async throws {
    let bodies = (posted..<posted + count).map { Array("\($0)".utf8) }
    posted += count
    let answer = try await store.post(
      bodies.map { NewMessage(ttl: ttl, body: $0) }, to: key, by: client)
    guard case .posted(let ids) = answer, ids.count == count
    else { throw Mismatch(description: "answered \(answer)") }
    try expect(true, Set(ids).count == count && Set(ids).isDisjoint(with: messageIds))
    messageIds += ids
    let queue = model.made(key)
    let lifetime = ttl ?? queue.metadata.defaultTTL ?? 3600
    for (id, body) in zip(ids, bodies) {
      queue.history.append(
        StoreModel.Message(
          id, body, ttl: lifetime, created: model.now, expires: model.now + lifetime * 1000,
          poster: client))
    }
  }

  private mutating func checkStatistics(_ key: QueueKey) async throws {
    let actual = try await store.statistics(key)
    let live = model.queues[key]?.live
    try expect(live?.filter(\.isClaimed).count, actual?.claimed)
    try expect(live?.filter { !$0.isClaimed }.count, actual?.free)
    try expect(live?.first, actual?.oldest, showsPastClaim: true)
    try expect(live?.last, actual?.newest, showsPastClaim: true)
  }

  private mutating func checkClaim(_ id: Identifier, _ key: QueueKey) async throws {
    let actual = try await store.claim(id, key)
    let expected = model.queues[key]?.claims[id]
    try expect(expected?.ttl, actual?.ttl)
    try expect(expected?.created, actual?.created)
    try expect(expected?.messages.filter(\.isLive), actual?.messages)
  }

  // MARK: Comparing

  private func expect<Answer: Equatable>(_ expected: Answer, _ actual: Answer) throws {
    guard expected == actual
    else { throw Mismatch(description: "answered \(actual), not \(expected)") }
  }

  private mutating func expect(
    _ expected: [StoreModel.Message]?, _ actual: [StoredMessage]?
  ) throws {
    try expect(expected?.count, actual?.count)
    for (expected, actual) in zip(expected ?? [], actual ?? []) { try expect(expected, actual) }
  }

  private mutating func expect(
    _ expected: StoreModel.Message?, _ actual: StoredMessage?, showsPastClaim: Bool = false
  ) throws {
    guard let expected, let actual else { return try expect(expected == nil, actual == nil) }
    if expected.id == nil {
      // A dead letter seen for the first time.
      try expect(false, messageIds.contains(actual.id))
      messageIds.append(actual.id)
      expected.id = actual.id
    }
    try expect(
      StoredMessage(
        id: expected.id ?? .alice, body: expected.body, ttl: expected.ttl,
        created: expected.created,
        claim: expected.isClaimed || showsPastClaim ? expected.claim : nil,
        claimCount: expected.claimCount), actual)
  }
}

// MARK: - Subscriptions

extension ModelRun {
  private mutating func applyToSubscriptions(_ operation: Operation) async throws {
    switch operation {
    case .subscribe(let number, let subscriberNumber, let ttl):
      let subscriber = Operation.subscribers[subscriberNumber % Operation.subscribers.count]
      let key = queue(number)
      _ = model.made(key)
      let isNew = !model.subscriptions.contains { $0.queue == key && $0.subscriber == subscriber }
      let id = try await store.subscribe(subscriber, to: key, ttl: ttl)
      try expect(isNew, id != nil)
      guard let id else { return }
      try expect(false, subscriptionIds.contains(id))
      subscriptionIds.append(id)
      model.subscriptions.append(
        StoredSubscription(
          id: id, queue: key, subscriber: subscriber, ttl: ttl, created: model.now,
          options: [0x80], isConfirmed: false))

    case .updateSubscription(let number, let queueNumber, let ttl):
      let id = subscription(number)
      let index = model.subscriptions.firstIndex { $0.id == id && $0.queue == queue(queueNumber) }
      if let index {
        model.subscriptions[index].isConfirmed.toggle()
        if let ttl {
          model.subscriptions[index].ttl = ttl
          model.subscriptions[index].created = model.now
        }
      }
      let isConfirmed = index.map { model.subscriptions[$0].isConfirmed }
      try expect(
        index != nil,
        try await store.update(
          subscription: id, queue(queueNumber), ttl: ttl, isConfirmed: isConfirmed))

    case .listSubscriptions(let number, let marker, let limit):
      let key = queue(number)
      let all = model.subscriptions.filter { $0.queue == key }
        .sorted { $0.id.description < $1.id.description }
      try expect(all, try await store.subscriptions(key))
      // A marker counts here while it is there.
      if let marker, all.count > 0 {
        let place = marker % all.count
        try expect(
          Array(all[(place + 1)...].prefix(limit ?? .max)),
          try await store.subscriptions(key, after: all[place].id, limit: limit))
        try expect(all[place], try await store.subscription(all[place].id, key))
      }

    case .deleteSubscription(let number, let queueNumber):
      let (id, key) = (subscription(number), queue(queueNumber))
      model.subscriptions.removeAll { $0.id == id && $0.queue == key }
      try await store.delete(subscription: id, key)

    case .deleteSubscriptions(let number):
      let prefix = Operation.prefixes[number % Operation.prefixes.count]
      model.subscriptions.removeAll { $0.subscriber.hasPrefix(prefix) }
      try await store.deleteSubscriptions(prefix: prefix)

    default: break
    }
  }
}

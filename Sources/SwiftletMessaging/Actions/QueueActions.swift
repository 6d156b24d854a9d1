// SPDX-License-Identifier: Apache-2.0

extension Request {
  /// The queue, where the action may make it: what it is called is held against the rules for that.
  func queueToMake() throws(Answer) -> QueueKey {
    try queueToMake(text("queue_name") ?? "")
  }

  func queueToMake(_ name: String) throws(Answer) -> QueueKey {
    guard project.hasAtMost(256) else {
      throw .invalid("Project ids may not be more than 256 characters long.")
    }
    try checkQueueName(name)
    return QueueKey(project: project, name: name)
  }

  /// The limit asked for, or the default page.
  func limit(upTo bound: Int, or page: Int, _ complaint: String) throws(Answer) -> Int {
    let limit = integer("limit") ?? Int64(page)
    guard limit >= 1 && limit <= bound else { throw .invalid(complaint) }
    return Int(limit)
  }
}

func checkQueueName(_ name: String) throws(Answer) {
  guard name.hasAtMost(64) else {
    throw .invalid("Queue names may not be more than 64 characters long.")
  }
  let isGood =
    !name.isEmpty
    && name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
        UInt8(ascii: "."):
        true
      default: false
      }
    }
  guard isGood else {
    throw .invalid("Queue names may only contain ASCII letters, digits, underscores, and dashes.")
  }
}

extension String {
  /// Whether there are no more characters than that; each has at least a byte.
  fileprivate func hasAtMost(_ count: Int) -> Bool {
    utf8.count <= count || unicodeScalars.count <= count
  }
}

extension Answer {
  static func noQueue(_ queue: QueueKey) -> Answer {
    .failure(404, "Queue \(queue.name) does not exist for project \(queue.project)")
  }
}

extension MessagingService {
  func listQueues(_ exchange: Exchange) throws(Answer) {
    let request = exchange.request
    let bound = settings.maxQueuesPerPage
    let limit = try request.limit(
      upTo: bound, or: settings.defaultPage,
      "Limit must be at least 1 and no greater than \(bound).")
    let isDetailed = request.flag("detailed") ?? false
    store.listQueues(project: request.project, after: request.text("marker"), limit: limit) {
      exchange.answer($0, orUnavailable: "Queues could not be listed.") { queues in
        let list = queues.map { name, metadata -> Value in
          if isDetailed { return ["name": .string(name), "metadata": .packed(metadata)] }
          return ["name": .string(name)]
        }
        return Answer(200, ["queues": .array(list)])
      }
    }
  }

  func createQueue(_ exchange: Exchange) throws(Answer) {
    let queue = try exchange.request.queueToMake()
    let metadata = try QueueMetadata(checking: exchange.request.body["metadata"], settings)
    store.createQueue(queue, metadata: metadata) {
      exchange.answer($0, orUnavailable: "Queue \(queue.name) could not be created.") { isNew in
        Answer(isNew ? 201 : 204, .string("Queue \(queue.name) created."))
      }
    }
  }

  func getQueue(_ exchange: Exchange) {
    let queue = exchange.request.queue
    store.metadata(of: queue) {
      exchange.answer($0, orUnavailable: "Cannot retrieve queue \(queue.name).") { metadata in
        Answer(200, metadata.map { .packed($0) } ?? [:])
      }
    }
  }

  func updateQueue(_ exchange: Exchange) throws(Answer) {
    let queue = exchange.request.queue
    let metadata = try QueueMetadata(checking: exchange.request.body["metadata"], settings)
    store.updateQueue(queue, metadata: metadata) {
      exchange.answer($0, orUnavailable: "Queue \(queue.name) could not be updated.") { isThere in
        isThere ? Answer(204, .string("Queue \(queue.name) updated.")) : .noQueue(queue)
      }
    }
  }

  func deleteQueue(_ exchange: Exchange) {
    let queue = exchange.request.queue
    store.deleteQueue(queue) {
      exchange.answer($0, orUnavailable: "Queue \(queue.name) could not be deleted.") { _ in
        Answer(204, .string("Queue \(queue.name) removed."))
      }
    }
  }

  func getQueueStatistics(_ exchange: Exchange) {
    let queue = exchange.request.queue
    let now = now
    store.statistics(of: queue) {
      exchange.answer($0, orUnavailable: "Cannot retrieve queue \(queue.name) stats.") { found in
        let statistics = found ?? QueueStatistics(claimed: 0, free: 0)
        let claimed = Int64(statistics.claimed)
        let free = Int64(statistics.free)
        var messages = Value.Map()
        messages.set("claimed", .int(claimed))
        messages.set("free", .int(free))
        messages.set("total", .int(claimed + free))
        if let oldest = statistics.oldest, let newest = statistics.newest {
          messages.set("oldest", oldest.inStatistics(at: now()))
          messages.set("newest", newest.inStatistics(at: now()))
        }
        return Answer(found == nil ? 404 : 200, ["messages": .map(messages)])
      }
    }
  }

  func purgeQueue(_ exchange: Exchange) {
    let queue = exchange.request.queue
    let types = exchange.request.texts("resource_types") ?? ["messages", "subscriptions"]
    let purgesSubscriptions = types.contains("subscriptions")
    store.purge(
      queue, messages: types.contains("messages"), subscriptions: purgesSubscriptions
    ) { [hub, webhooks] in
      exchange.answer($0, orUnavailable: nil) { _ in
        if purgesSubscriptions {
          hub.unsubscribeAll(from: queue)
          webhooks.changed(queue)
        }
        return Answer(204, [:])
      }
    }
  }
}

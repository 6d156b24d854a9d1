// SPDX-License-Identifier: Apache-2.0

@testable import SwiftletMessaging

/// What a store should do, in the plainest way: lists that are searched from end to end.
struct StoreModel {
  final class Message {
    /// nil while the store has not told it: of a dead letter.
    var id: Identifier?
    let body: [UInt8]
    var ttl: Int64
    let created: Milliseconds
    var expires: Milliseconds
    let poster: Identifier
    /// The claim that holds it or held it last.
    var claim: Identifier?
    var isClaimed = false
    var isLive = true
    var claimCount = 0

    init(
      _ id: Identifier?, _ body: [UInt8], ttl: Int64, created: Milliseconds,
      expires: Milliseconds, poster: Identifier
    ) {
      (self.id, self.body, self.ttl) = (id, body, ttl)
      (self.created, self.expires, self.poster) = (created, expires, poster)
    }
  }

  struct Claim {
    var ttl: Int64
    var created: Milliseconds
    var messages: [Message]
    var ends: Milliseconds { created + ttl * 1000 }
  }

  final class Queue {
    var metadata: QueueMetadata
    /// All that ever were there, so that markers find their places.
    var history: [Message] = []
    var claims: [Identifier: Claim] = [:]

    init(_ metadata: QueueMetadata) { self.metadata = metadata }

    var live: [Message] { history.filter(\.isLive) }
    var free: [Message] { history.filter { $0.isLive && !$0.isClaimed } }

    func end(_ claim: Identifier) {
      for message in claims.removeValue(forKey: claim)?.messages ?? [] { message.isClaimed = false }
    }
  }

  var now: Milliseconds
  var queues: [QueueKey: Queue] = [:]
  var subscriptions: [StoredSubscription] = []

  /// Moves time on, and lets go of what is over.
  mutating func advance(to time: Milliseconds) {
    now = time
    for queue in queues.values {
      for (id, claim) in queue.claims where claim.ends <= now { queue.end(id) }
      for message in queue.history where message.expires <= time { message.isLive = false }
    }
    subscriptions.removeAll { $0.created + $0.ttl * 1000 <= time }
  }

  mutating func made(_ key: QueueKey) -> Queue {
    if let queue = queues[key] { return queue }
    queues[key] = Queue(.none)
    return queues[key]!
  }

  func list(_ key: QueueKey, _ query: MessageQuery) -> [Message]? {
    guard let queue = queues[key] else { return nil }
    var behind = queue.history[...]
    if let place = queue.history.firstIndex(where: { $0.id != nil && $0.id == query.marker }) {
      behind = queue.history[(place + 1)...]
    }
    let page = behind.lazy.filter { message in
      message.isLive && (query.includesClaimed || !message.isClaimed)
        && message.poster != query.notFrom
    }
    return Array(page.prefix(query.limit))
  }

  /// What deleting a message answers; deletes it when that is ``DeleteAnswer/done``.
  func delete(_ id: Identifier, from key: QueueKey, _ claim: DeleteClaim) -> DeleteAnswer {
    guard let queue = queues[key], let message = queue.live.first(where: { $0.id == id })
    else { return .done }
    switch claim {
    case .none: if message.isClaimed { return .isClaimed }
    case .malformed: return message.isClaimed ? .noSuchClaim : .isNotClaimed
    case .claim(let claim):
      if !message.isClaimed { return .isNotClaimed }
      if queue.claims[claim] == nil { return .noSuchClaim }
      if message.claim != claim { return .isClaimedByAnother }
    }
    message.isLive = false
    return .done
  }

  /// The messages a claim takes, and whether others went to the dead letters.
  mutating func claim(
    _ key: QueueKey, _ id: Identifier?, ttl: Int64, grace: Int64, limit: Int
  ) -> (taken: [Message], isAnyDead: Bool) {
    guard let queue = queues[key] else { return ([], false) }
    var taken: [Message] = []
    var isAnyDead = false
    for message in queue.free where taken.count < limit {
      if let rule = queue.metadata.deadLetters, message.claimCount >= rule.maxClaimCount {
        isAnyDead = true
        message.isLive = false
        let dead = Message(
          nil, message.body, ttl: rule.ttl ?? message.ttl, created: message.created,
          expires: rule.ttl.map { now + $0 * 1000 } ?? message.expires, poster: message.poster)
        made(QueueKey(project: key.project, name: rule.queue)).history.append(dead)
      } else {
        message.isClaimed = true
        message.claim = id
        message.claimCount += 1
        taken.append(message)
      }
    }
    if let id, !taken.isEmpty {
      queue.claims[id] = Claim(ttl: ttl, created: now, messages: taken)
      raise(taken, ttl: ttl, grace: grace)
    }
    return (taken, isAnyDead)
  }

  mutating func update(_ claim: Identifier, of key: QueueKey, ttl: Int64, grace: Int64) -> Bool {
    guard let queue = queues[key], let messages = queue.claims[claim]?.messages
    else { return false }
    queue.claims[claim] = Claim(ttl: ttl, created: now, messages: messages)
    raise(messages, ttl: ttl, grace: grace)
    return true
  }

  private func raise(_ messages: [Message], ttl: Int64, grace: Int64) {
    for message in messages where message.expires < now + ttl * 1000 {
      message.ttl = ttl + grace
      message.expires = now + message.ttl * 1000
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

extension MessagingService {
  private var messageLimitComplaint: String {
    "Limit must be at least 1 and may not be greater than \(settings.maxMessagesPerPage)."
  }

  func listMessages(_ exchange: Exchange) throws(Answer) {
    let request = exchange.request
    let queue = request.queue
    let client = try self.client(of: request)
    let limit = try request.limit(
      upTo: settings.maxMessagesPerPage, or: settings.defaultPage, messageLimitComplaint)
    let query = MessageQuery(
      marker: request.text("marker").flatMap { Identifier($0) }, limit: limit,
      notFrom: request.flag("echo") ?? false ? nil : client,
      includesClaimed: request.flag("include_claimed") ?? false)
    store.listMessages(of: queue, query) { [now] in
      exchange.answer($0) { messages in
        messages.map { Answer(200, ["messages": $0.listed(at: now())]) } ?? .noQueue(queue)
      }
    }
  }

  func getMessage(_ exchange: Exchange) {
    let queue = exchange.request.queue
    let text = exchange.request.text("message_id") ?? ""
    // What is no id is not there, but whether its queue is must be asked all the same.
    store.messages(Identifier(text).map { [$0] } ?? [], of: queue) { [now] in
      exchange.answer($0) { messages in
        guard let messages else { return .noQueue(queue) }
        guard let message = messages.first else {
          return .failure(
            404,
            "Message \(text) does not exist in queue \(queue.name) for project \(queue.project)")
        }
        return Answer(200, ["messages": message.listed(at: now())])
      }
    }
  }

  func getMessages(_ exchange: Exchange) throws(Answer) {
    let request = exchange.request
    let count = request.array("message_ids")?.count ?? 0
    guard 1...settings.maxMessagesPerPage ~= count else {
      throw .invalid(messageLimitComplaint)
    }
    store.messages(request.identifiers("message_ids"), of: request.queue) { [now] in
      exchange.answer($0) { Answer(200, ["messages": ($0 ?? []).listed(at: now())]) }
    }
  }

  // MARK: - Deleting

  func deleteMessage(_ exchange: Exchange) {
    let request = exchange.request
    let queue = request.queue
    let text = request.text("message_id") ?? ""
    guard let id = Identifier(text) else { return exchange.answer(Answer(204, [:])) }
    let claimText = request.text("claim_id")
    let claim: DeleteClaim =
      claimText.map { text in Identifier(text).map { .claim($0) } ?? .malformed } ?? .none
    store.deleteMessage(id, of: queue, claim: claim) { [hub] in
      exchange.answer($0) { answer in
        let claim = claimText ?? ""
        let needsClaim =
          "This message is claimed; it cannot be deleted without a valid claim ID."
        if answer == .done { hub.dispatcher(of: queue)?.forget([id]) }
        return switch answer {
        case .done: Answer(204, [:])
        case .isClaimed: .failure(403, "Message \(text) is claimed", needsClaim)
        case .isClaimedByAnother:
          .failure(403, "Message \(text) is not claimed by \(claim)", needsClaim)
        case .noSuchClaim:
          .failure(
            400, claimMissing(claim, queue), "The specified claim does not exist or has expired.")
        case .isNotClaimed:
          .failure(
            400, "Message \(text) is no longer claimed",
            "A claim was specified, but the message is not currently claimed.")
        }
      }
    }
  }

  func deleteMessages(_ exchange: Exchange) throws(Answer) {
    let request = exchange.request
    let ids = request.array("message_ids")
    let claims = request.array("claim_ids")
    let pop = request.integer("pop")
    switch (ids, pop) {
    case (_?, _?):
      throw .invalid("pop and id params cannot be present together in the delete request.")
    case (nil, nil):
      throw .invalid(
        #"The request should have either "ids" or "pop" parameter in the request, to be able to "#
          + "delete.")
    default: break
    }
    if settings.deletesManyWithClaimIDs && (ids == nil) != (claims == nil) {
      throw .invalid(
        #"The request should have both "ids" and "claim_ids" parameter in the request when "#
          + "message_delete_with_claim_id is True.")
    }
    if let pop { return try popMessages(exchange, pop) }
    guard let ids, 1...settings.maxMessagesPerPage ~= ids.count else {
      throw .invalid(
        "ids parameter should have at least 1 and not greater than "
          + "\(settings.maxMessagesPerPage) values.")
    }
    if settings.deletesManyWithClaimIDs {
      deleteClaimedMessages(exchange)
    } else {
      deleteMessages(request.identifiers("message_ids"), exchange)
    }
  }

  private func popMessages(_ exchange: Exchange, _ limit: Int64) throws(Answer) {
    let bound = settings.maxMessagesPerClaimOrPop
    guard limit >= 1 && limit <= bound else {
      throw .invalid("Pop value must be at least 1 and may not be greater than \(bound).")
    }
    store.pop(Int(limit), from: exchange.request.queue) { [now] in
      exchange.answer($0) { messages in
        Answer(200, ["messages": .array(messages.map { $0.popped(at: now()) })])
      }
    }
  }

  private func deleteMessages(_ ids: [Identifier], _ exchange: Exchange) {
    let queue = exchange.request.queue
    store.deleteMessages(ids, of: queue) { [hub] in
      exchange.answer($0) { _ in
        hub.dispatcher(of: queue)?.forget(ids)
        return Answer(204, [:])
      }
    }
  }

  /// Deletes those messages that one of the claims named holds.
  private func deleteClaimedMessages(_ exchange: Exchange) {
    let request = exchange.request
    let claims = Set(request.identifiers("claim_ids"))
    store.messages(request.identifiers("message_ids"), of: request.queue) { [self] result in
      switch result {
      case .failure(let error): exchange.answer(error)
      case .success(let messages):
        let held = (messages ?? []).filter { $0.claim.map(claims.contains) ?? false }
        deleteMessages(held.map(\.id), exchange)
      }
    }
  }
}

extension Request {
  /// The ids in an array, without what cannot be one.
  fileprivate func identifiers(_ name: StaticString) -> [Identifier] {
    texts(name)?.compactMap { Identifier($0) } ?? []
  }
}

func claimMissing(_ claim: String, _ queue: QueueKey) -> String {
  "Claim \(claim) does not exist in queue \(queue.name) for project \(queue.project)"
}

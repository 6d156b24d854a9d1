// SPDX-License-Identifier: Apache-2.0

extension MessagingService {
  func createClaim(_ exchange: Exchange) throws(Answer) {
    let request = exchange.request
    let ttl = request.integer("ttl") ?? settings.defaultClaimTTL
    let grace = request.integer("grace") ?? settings.defaultClaimGrace
    try checkClaim(ttl: ttl)
    let bound = settings.maxMessagesPerClaimOrPop
    let limit = try request.limit(
      upTo: bound, or: settings.defaultPage,
      "Limit must be at least 1 and may not be greater than \(bound).")
    guard (60...settings.maxClaimGrace).contains(grace) else {
      throw .invalid(
        "The grace for a claim may not exceed \(settings.maxClaimGrace) seconds, and must be at "
          + "least 60 seconds long.")
    }
    store.createClaim(of: request.queue, ttl: ttl, grace: grace, limit: limit) { [now] in
      exchange.answer($0) { claim in
        let id: Value = claim.id.map { .string($0.description) } ?? .null
        if claim.messages.isEmpty { return Answer(204, ["claim_id": id]) }
        return Answer(
          201, ["claim_id": id, "messages": claim.messages.listed(at: now(), claim: claim.id)])
      }
    }
  }

  private func checkClaim(ttl: Int64) throws(Answer) {
    guard (60...settings.maxClaimTTL).contains(ttl) else {
      throw .invalid(
        "The TTL for a claim may not exceed \(settings.maxClaimTTL) seconds, and must be at least "
          + "60 seconds long.")
    }
  }

  func getClaim(_ exchange: Exchange) throws(Answer) {
    let request = exchange.request
    guard let id = request.claim else { throw request.noClaim }
    store.claim(id, of: request.queue) { [now] in
      exchange.answer($0) { claim in
        guard let claim else { return request.noClaim }
        return Answer(
          200,
          [
            "age": .int(age(of: claim.created, at: now())), "ttl": .int(claim.ttl),
            "messages": claim.messages.listed(at: now(), claim: id),
          ])
      }
    }
  }

  func updateClaim(_ exchange: Exchange) throws(Answer) {
    let request = exchange.request
    let ttl = request.integer("ttl") ?? settings.defaultClaimTTL
    try checkClaim(ttl: ttl)
    var grace = settings.defaultClaimGrace
    if let value = request.body["grace"] {
      guard let number = value.integer else {
        throw .invalid(#"Bad request. The value of the "grace" field must be a int."#)
      }
      grace = min(max(number, 0), Self.longestGrace)
    }
    guard let id = request.claim else { throw request.noClaim }
    store.updateClaim(id, of: request.queue, ttl: ttl, grace: grace) { [hub] in
      exchange.answer($0) { isThere in
        guard isThere else { return request.noClaim }
        hub.dispatcher(of: request.queue)?.renew(id, ttl: ttl)
        return Answer(204, .string("Claim \(request.claimText) updated."))
      }
    }
  }

  /// A century: without a bound the end of a message could not be computed.
  private static let longestGrace: Int64 = 100 * 366 * 86400

  func deleteClaim(_ exchange: Exchange) {
    let request = exchange.request
    let done = Answer(204, .string("Claim \(request.claimText) deleted."))
    guard let id = request.claim else { return exchange.answer(done) }
    store.deleteClaim(id, of: request.queue) { [hub] in
      exchange.answer($0) { _ in
        hub.dispatcher(of: request.queue)?.end(id)
        return done
      }
    }
  }
}

extension Request {
  fileprivate var claimText: String { text("claim_id") ?? "" }
  fileprivate var claim: Identifier? { Identifier(claimText) }

  fileprivate var noClaim: Answer {
    .failure(404, claimMissing(claimText, queue), "Claim \(claimText) does not exist.")
  }
}

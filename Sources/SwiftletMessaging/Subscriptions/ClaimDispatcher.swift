// SPDX-License-Identifier: Apache-2.0

import SwiftletServer

/// Who is told of messages that are claimed for it.
protocol ClaimTaker: AnyObject, Sendable {
  /// Whether its subscription has not ended.
  func isLive(at now: Milliseconds) -> Bool
  /// Tells of a message, or calls `refuse` where that cannot be any more.
  func take(
    _ message: StoredMessage, of queue: QueueKey, claim: Identifier,
    orElse refuse: @escaping @Sendable () -> Void)
  /// Runs `body` soon, outside all locks.
  func perform(_ body: @escaping @Sendable () -> Void)
}

/// Hands out a queue's messages, each as a claim of its own, to subscribers that acknowledge.
///
/// The store decides what is free; the subscribers take turns. One has a bounded number of claims at a
/// time. A claim is over when its message is deleted, when it is released, and when its ttl has passed;
/// then, as after a post, the store is asked again.
final class ClaimDispatcher: Sendable {
  fileprivate struct Member {
    let taker: any ClaimTaker
    /// Claims the store was asked for.
    var asked = 0
    /// By claim the message, and when the claim's ttl has passed.
    var held: [Identifier: (message: Identifier, ends: Milliseconds)] = [:]
  }

  fileprivate struct State {
    var members: [Member] = []
    /// Whose turn it is.
    var next = 0
    var asked = 0
    /// Raised with each reason to ask again: an answer that there is nothing counts if none came since.
    var reasons = 0
    /// The store had nothing free, and nothing happened since.
    var isExhausted = false
    var isPumping = false
    var lastLook: Milliseconds = 0
  }

  /// Questions to the store at a time.
  fileprivate static let mostAsked = 8
  /// How often claims that this dispatcher did not make are allowed for.
  static let lookInterval: Milliseconds = 1000

  private let queue: QueueKey
  private let service: MessagingService
  private let state = Locked(State())

  init(of queue: QueueKey, _ service: MessagingService) {
    self.queue = queue
    self.service = service
  }

  var isEmpty: Bool { state.withLock { $0.members.isEmpty } }

  func add(_ taker: any ClaimTaker) {
    state.withLock { state in
      state.members.append(Member(taker: taker))
      state.isExhausted = false
    }
  }

  /// Takes a subscriber out. Its claims are left to it; they are returned.
  func remove(_ taker: any ClaimTaker) -> [Identifier] {
    state.withLock { state in
      guard let index = state.index(of: taker) else { return [] }
      return Array(state.members.remove(at: index).held.keys)
    }
  }

  // MARK: - Reasons to ask

  /// There may be something free. Called on any thread, also from within the store.
  func schedule() {
    let taker = state.withLock { state -> (any ClaimTaker)? in
      state.reasons += 1
      state.isExhausted = false
      return state.isPumping ? nil : state.members.first?.taker
    }
    taker?.perform { self.pump() }
  }

  /// A claim is over before its time.
  func end(_ claim: Identifier) {
    state.withLock { state in
      for index in state.members.indices { state.members[index].held[claim] = nil }
    }
    schedule()
  }

  /// A claim's life begins anew.
  func renew(_ claim: Identifier, ttl: Int64) {
    let ends = service.now().after(seconds: ttl)
    state.withLock { state in
      for index in state.members.indices { state.members[index].held[claim]?.ends = ends }
    }
  }

  /// Messages are gone, whatever held them.
  func forget(_ messages: [Identifier]) {
    state.withLock { state in
      for index in state.members.indices {
        state.members[index].held = state.members[index].held.filter {
          !messages.contains($0.value.message)
        }
      }
    }
    schedule()
  }

  /// Lets go of claims whose ttl has passed, and asks anew: other claims may have ended as well.
  func look() {
    let now = service.now()
    let isDue = state.withLock { state in
      guard now - state.lastLook >= Self.lookInterval else { return false }
      state.lastLook = now
      for index in state.members.indices {
        state.members[index].held = state.members[index].held.filter { $0.value.ends > now }
      }
      return true
    }
    if isDue { schedule() }
  }

  // MARK: - Asking

  /// Asks the store as often as there may be an answer and someone to take it.
  private func pump() {
    guard state.withLock({ $0.startPumping() }) else { return }
    let settings = service.settings
    while let (taker, reasons) = state.withLock({
      $0.nextTaker(mostHeld: settings.maxClaimsPerSubscriber, at: service.now())
    }) {
      service.store.createClaim(
        of: queue, ttl: settings.defaultClaimTTL, grace: settings.defaultClaimGrace, limit: 1
      ) { self.answered($0, for: taker, reasons) }
    }
  }

  private func answered(
    _ result: Result<ClaimAnswer, StoreError>, for taker: any ClaimTaker, _ reasons: Int
  ) {
    var claimed: (claim: Identifier, message: StoredMessage)?
    switch result {
    case .failure(let error): service.note(error)
    case .success(let answer):
      if let claim = answer.id, let message = answer.messages.first { claimed = (claim, message) }
    }
    let ends = service.now().after(seconds: service.settings.defaultClaimTTL)
    let (isTaken, mustPump) = state.withLock { state in
      let index = state.index(of: taker)
      state.asked -= 1
      if let index { state.members[index].asked -= 1 }
      if let claimed {
        if let index { state.members[index].held[claimed.claim] = (claimed.message.id, ends) }
      } else {
        // It was nobody's turn.
        if let index { state.next = index }
        if state.reasons == reasons { state.isExhausted = true }
      }
      return (index != nil, !state.isPumping && !state.isExhausted)
    }
    if let (claim, message) = claimed {
      let release: @Sendable () -> Void = { [self] in
        service.store.deleteClaim(claim, of: queue) { _ in self.end(claim) }
      }
      if isTaken {
        taker.take(message, of: queue, claim: claim, orElse: release)
      } else {
        taker.perform(release)
      }
    }
    if mustPump { taker.perform { self.pump() } }
  }
}

extension ClaimDispatcher.State {
  fileprivate func index(of taker: any ClaimTaker) -> Int? {
    members.firstIndex { $0.taker === taker }
  }

  fileprivate mutating func startPumping() -> Bool {
    defer { isPumping = true }
    return !isPumping
  }

  /// Whom to ask for next, and why; with nil the pumping is over.
  fileprivate mutating func nextTaker(
    mostHeld: Int, at now: Milliseconds
  ) -> (any ClaimTaker, reasons: Int)? {
    if !isExhausted && asked < ClaimDispatcher.mostAsked {
      for step in members.indices {
        let index = (next + step) % members.count
        if members[index].held.count + members[index].asked < mostHeld,
          members[index].taker.isLive(at: now)
        {
          next = index + 1
          asked += 1
          members[index].asked += 1
          return (members[index].taker, reasons)
        }
      }
    }
    isPumping = false
    return nil
  }
}

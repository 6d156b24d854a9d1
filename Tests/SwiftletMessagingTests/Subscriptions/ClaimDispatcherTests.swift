// SPDX-License-Identifier: Apache-2.0

import SwiftletServer
import Synchronization
import Testing

@testable import SwiftletMessaging

/// Messages handed out as claims, without connections: work is done when a test says so.
@Suite struct ClaimDispatcherTests {
  private static let queue = QueueKey(project: "p", name: "q")
  private let store: SlowStore
  private let service: TestService
  private let dispatcher: ClaimDispatcher
  private let work = Work()

  /// What was put off.
  private final class Work: Sendable {
    private let bodies = Locked<[@Sendable () -> Void]>([])

    func add(_ body: @escaping @Sendable () -> Void) { bodies.withLock { $0.append(body) } }

    var isPending: Bool { bodies.withLock { !$0.isEmpty } }

    func run() {
      while let body = bodies.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { body() }
    }
  }

  private final class Taker: ClaimTaker {
    private let work: Work
    private let isGone: Bool
    private let hasEnded = Atomic(false)
    private let told = Locked<[(body: Value, message: Identifier, claim: Identifier)]>([])

    init(_ work: Work, isGone: Bool = false) {
      self.work = work
      self.isGone = isGone
    }

    func isLive(at now: Milliseconds) -> Bool { !hasEnded.load(ordering: .relaxed) }
    func end() { hasEnded.store(true, ordering: .relaxed) }

    func take(
      _ message: StoredMessage, of queue: QueueKey, claim: Identifier,
      orElse refuse: @escaping @Sendable () -> Void
    ) {
      if isGone { return work.add(refuse) }
      let body = (try? WireFormat.messagePack.decode(message.body)) ?? .null
      told.withLock { $0.append((body, message.id, claim)) }
    }

    func perform(_ body: @escaping @Sendable () -> Void) { work.add(body) }

    var bodies: [Value] { told.withLock { $0.map(\.body) } }
    subscript(_ index: Int) -> (body: Value, message: Identifier, claim: Identifier) {
      told.withLock { $0[index] }
    }
  }

  init() {
    var settings = MessagingSettings()
    settings.maxClaimsPerSubscriber = 3
    let clock = TestClock()
    let store = SlowStore(clock: { clock.now })
    service = TestService(settings, store: store, clock: clock)
    self.store = store
    dispatcher = ClaimDispatcher(of: Self.queue, service.service)
  }

  private func post(_ bodies: Value...) {
    let messages = bodies.map { body in
      NewMessage(ttl: nil, body: WireFormat.messagePack.encode(body))
    }
    store.post(messages, to: Self.queue, client: Identifier(high: 0, low: 0), size: 1) { _ in }
    dispatcher.schedule()
    work.run()
  }

  private func join(isGone: Bool = false) -> Taker {
    let taker = Taker(work, isGone: isGone)
    dispatcher.add(taker)
    dispatcher.schedule()
    work.run()
    return taker
  }

  /// Time passes, and one of the connections wakes up.
  private func pass(seconds: Int64) {
    service.clock.advance(seconds: seconds)
    dispatcher.look()
    work.run()
  }

  private func delete(_ told: (body: Value, message: Identifier, claim: Identifier)) {
    store.deleteMessage(told.message, of: Self.queue, claim: .claim(told.claim)) {
      #expect((try? $0.get()) == .done)
    }
    dispatcher.forget([told.message])
    work.run()
  }

  @Test func whatIsThereAndWhatComesIsHandedOutInOrder() {
    post(1)
    let taker = join()
    post(2, 3)
    #expect(taker.bodies == [1, 2, 3])
    #expect(Set((0..<3).map { taker[$0].claim }).count == 3)
  }

  @Test func subscribersTakeTurns() {
    let takers = [join(), join()]
    post(1, 2, 3, 4, 5)
    #expect(takers[0].bodies == [1, 3, 5] && takers[1].bodies == [2, 4])
  }

  @Test func nobodyHasMoreThanTheBound() {
    let taker = join()
    post(1, 2, 3, 4, 5)
    #expect(taker.bodies == [1, 2, 3])
    delete(taker[1])
    #expect(taker.bodies == [1, 2, 3, 4])
    let other = join()
    #expect(other.bodies == [5])
  }

  @Test func messageComesAgainWhenItsClaimEnds() {
    let taker = join()
    post(1)
    pass(seconds: 299)
    #expect(taker.bodies == [1])
    pass(seconds: 2)
    #expect(taker.bodies == [1, 1])
    #expect(taker[0].message == taker[1].message && taker[0].claim != taker[1].claim)
    delete(taker[1])
    pass(seconds: 1000)
    #expect(taker.bodies == [1, 1])
  }

  @Test func claimThatIsRenewedLastsLonger() {
    let taker = join()
    post(1)
    service.clock.advance(seconds: 200)
    store.updateClaim(taker[0].claim, of: Self.queue, ttl: 300, grace: 0) { _ in }
    dispatcher.renew(taker[0].claim, ttl: 300)
    pass(seconds: 299)
    #expect(taker.bodies == [1])
    pass(seconds: 2)
    #expect(taker.bodies == [1, 1])
  }

  @Test func claimThatIsReleasedGoesToAnother() {
    let (first, second) = (join(), join())
    post(1)
    store.deleteClaim(first[0].claim, of: Self.queue) { _ in }
    dispatcher.end(first[0].claim)
    work.run()
    #expect(first.bodies == [1] && second.bodies == [1])
  }

  @Test func subscriptionThatHasEndedIsPassedOver() {
    let (first, second) = (join(), join())
    first.end()
    post(1, 2)
    #expect(first.bodies == [] && second.bodies == [1, 2])
  }

  @Test func claimsOfOthersAreNoticedWhenTheyEnd() {
    post(1)
    store.createClaim(of: Self.queue, ttl: 60, grace: 60, limit: 1) { _ in }
    let taker = join()
    #expect(taker.bodies == [])
    pass(seconds: 61)
    #expect(taker.bodies == [1])
  }

  @Test func whatAConnectionThatIsGoneCannotTakeGoesToAnother() {
    let gone = Taker(work, isGone: true)
    dispatcher.add(gone)
    let taker = Taker(work)
    dispatcher.add(taker)
    post(1, 2)
    #expect(gone.bodies == [] && Set(taker.bodies) == [1, 2])
  }

  @Test func claimAnsweredAfterItsSubscriberLeftIsReleased() {
    store.slowDown()
    let gone = join()
    post(1)
    let taker = Taker(work)
    #expect(dispatcher.remove(gone).isEmpty)
    dispatcher.add(taker)
    while store.heldCount > 0 {
      store.release()
      work.run()
    }
    dispatcher.schedule()
    while store.heldCount > 0 || work.isPending {
      work.run()
      if store.heldCount > 0 { store.release() }
    }
    #expect(taker.bodies == [1])
  }

  @Test func lateAnswersInAnyOrder() {
    let takers = (0..<4).map { _ in join() }
    store.slowDown()
    post(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13)
    while store.heldCount > 0 {
      store.releaseAny()
      work.run()
    }
    let told = takers.flatMap(\.bodies)
    #expect(told.count == 12 && Set(told).count == 12)
    #expect(takers.allSatisfy { $0.bodies.count == 3 })
  }
}

// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletMessaging

@Suite struct ReplayTests {
  static let queue = QueueKey(project: "p", name: "q")

  private static func message(_ number: Int) -> StoredMessage {
    StoredMessage(
      id: Identifier(high: UInt64(number), low: .random(in: 0 ... .max)), body: [0xc0], ttl: 60,
      created: 0, claim: nil, claimCount: 0)
  }

  /// A queue, and a subscriber that hears of its posts late, as the pages it asks for come late.
  private struct Model {
    var stored: [StoredMessage] = []
    var unheard: [StoredMessage] = []
    var page: [StoredMessage]?
    var replay: Replay
    var told: [StoredMessage] = []

    mutating func post() {
      let message = ReplayTests.message(stored.count + 1)
      stored.append(message)
      unheard.append(message)
    }

    mutating func hear() {
      guard !unheard.isEmpty else { return }
      let post = Notification(unheard.removeFirst(), of: ReplayTests.queue)
      if replay.heard(post) { told.append(post.message) }
    }

    mutating func readPage() {
      guard page == nil, replay.isReading else { return }
      let next = replay.marker.map { marker in stored.drop { !marker.precedes($0.id) } }
      page = Array((next ?? stored[...]).prefix(Replay.pageSize))
    }

    mutating func takePage() {
      guard let page else { return }
      self.page = nil
      told += replay.take(page, of: ReplayTests.queue).map(\.message)
    }
  }

  /// Any order of posting, hearing, reading and being answered: nothing is missing, nothing twice.
  @Test(arguments: 0..<400)
  func everyMessageIsToldOnce(seed: Int) {
    let random = Random(seed: UInt64(seed))
    var model = Model(replay: Replay(after: nil))
    let before = random.below(151)
    for _ in 0..<before { model.post() }
    // Of these it does not hear: they were before it.
    model.unheard = []
    let start = before == 0 ? 0 : random.below(before + 1)
    model.replay = Replay(after: start == 0 ? nil : model.stored[start - 1].id)
    let postsOften = seed % 4 == 0 ? 40 : 2
    for _ in 0..<1500 {
      switch random.below(postsOften + 3) {
      case 0: model.readPage()
      case 1: model.takePage()
      case 2: model.hear()
      default: model.post()
      }
    }
    while model.replay.isReading {
      while !model.unheard.isEmpty { model.hear() }
      model.readPage()
      model.takePage()
    }
    for _ in 0..<3 { model.post() }
    while !model.unheard.isEmpty { model.hear() }
    #expect(model.told.map(\.id) == model.stored[start...].map(\.id))
  }

  @Test func markerNeverSeenDoesNotHideWhatIsPosted() {
    var replay = Replay(after: Identifier(high: .max, low: .max))
    let page = replay.take([], of: Self.queue)
    #expect(page.isEmpty && !replay.isReading)
    let isTold = replay.heard(Notification(Self.message(1), of: Self.queue))
    #expect(isTold)
  }

  @Test func postsThatAreKeptAreBounded() {
    var replay = Replay(after: nil)
    for number in 0...Replay.mostKept / 65 {
      let isTold = replay.heard(Notification(Self.message(number), of: Self.queue))
      #expect(!isTold)
    }
    // They have to be read, then.
    let page = replay.take([], of: Self.queue)
    #expect(page.isEmpty && replay.isReading)
  }
}

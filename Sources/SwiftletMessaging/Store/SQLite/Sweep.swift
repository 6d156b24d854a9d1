// SPDX-License-Identifier: Apache-2.0

/// Taking back the room of what has expired or was thrown away, a little at a time. Nobody sees such things
/// any more; they only fill the file and must be passed over.
extension SQLiteState {
  private static let step = 64

  /// Goes on until the time given. Returns whether there is more to do.
  func sweep(until end: ContinuousClock.Instant) throws -> Bool {
    try tick()
    repeat {
      let swept = try sweepMessages() + sweepBoxes() + sweepSubscriptions()
      guard swept > 0 else { return false }
    } while .now < end
    return true
  }

  private func sweepMessages() throws -> Int {
    var swept: [(box: Int64, wasHeld: Bool)] = []
    try messages.deleteExpired.forEach(now, Self.step) {
      swept.append(($0.number(0), $0.number(1) == 1))
    }
    var last: (box: Int64, queue: SQLiteQueue?)?
    for (box, wasHeld) in swept {
      if last?.box != box { last = (box, try queue(box: box)) }
      if let queue = last?.queue { count(queue, free: wasHeld ? 0 : -1, claimed: wasHeld ? -1 : 0) }
    }
    return swept.count
  }

  private func sweepBoxes() throws -> Int {
    guard let box = try boxes.firstThrownAway.first(body: { $0.number(0) }) else { return 0 }
    let swept = try messages.deleteThrownAway.run(box, Self.step)
    guard swept == 0 else { return swept }
    try runs.delete.run(box)
    try boxes.delete.run(box)
    return 1
  }

  private func sweepSubscriptions() throws -> Int {
    try subscriptions.deleteExpired.run(now, Self.step)
  }
}

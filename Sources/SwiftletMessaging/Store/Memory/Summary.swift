// SPDX-License-Identifier: Apache-2.0

/// What a node of a ``MessageTree`` knows of all messages below it together.
struct Summary {
  var live = 0
  var free = 0
  /// No message expires before the one or after the other; removals leave them as they are.
  var firstExpiry = Milliseconds.max
  var lastExpiry = Milliseconds.min
  var posters = Posters.none

  var isAllFree: Bool { free == live }

  init() {}

  init(free message: borrowing MessageRecord) {
    live = 1
    free = 1
    firstExpiry = message.expires
    lastExpiry = message.expires
    posters = .one(message.poster)
  }

  mutating func add(_ other: Summary) {
    live += other.live
    free += other.free
    firstExpiry = min(firstExpiry, other.firstExpiry)
    lastExpiry = max(lastExpiry, other.lastExpiry)
    posters.add(other.posters)
  }
}

/// Who posted messages: the one client, while it is but one.
enum Posters {
  case none, several
  case one(Identifier)

  mutating func add(_ other: Posters) {
    switch (self, other) {
    case (_, .none), (.several, _): break
    case (.none, _), (_, .several): self = other
    case (.one(let client), .one(let another)): if client != another { self = .several }
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

extension QueueKey {
  /// Whether this names a pattern and no queue: a `*` stands for any characters or none.
  var isPattern: Bool { name.utf8.contains(UInt8(ascii: "*")) }

  /// Whether a post to `queue` is one to this queue, or to one of this pattern.
  func covers(_ queue: QueueKey) -> Bool {
    isPattern
      ? project.hasSameBytes(as: queue.project) && name.matches(queue.name) : self == queue
  }
}

extension String {
  /// Whether this pattern is that of `name`.
  func matches(_ name: String) -> Bool {
    var (pattern, name) = (self, name)
    return pattern.withUTF8 { pattern in name.withUTF8 { Self.matches(pattern, $0) } }
  }

  private static func matches(
    _ pattern: UnsafeBufferPointer<UInt8>, _ name: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    var (at, place) = (0, 0)
    /// Behind the last star, and what it has taken so far.
    var star: (pattern: Int, place: Int)?
    while place < name.count {
      if at < pattern.count && pattern[at] == UInt8(ascii: "*") {
        at += 1
        star = (at, place)
      } else if at < pattern.count && pattern[at] == name[place] {
        at += 1
        place += 1
      } else if let last = star {
        star = (last.pattern, last.place + 1)
        (at, place) = (last.pattern, last.place + 1)
      } else {
        return false
      }
    }
    return pattern[at...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}

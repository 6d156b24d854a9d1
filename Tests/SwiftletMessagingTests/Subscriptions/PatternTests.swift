// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletMessaging

@Suite struct PatternTests {
  @Test(arguments: [
    ("*", "", true), ("*", "a", true), ("a*", "a", true), ("a*", "abc", true), ("a*", "ba", false),
    ("*a", "a", true), ("*a", "ba", true), ("*a", "ab", false), ("a*b", "ab", true),
    ("a*b", "aXbYb", true), ("a*b", "abc", false), ("a*b*c", "a-b-b-c", true),
    ("a*b*c", "a-c-b", false), ("**", "a", true), ("orders.*", "orders.eu", true),
    ("orders.*", "orders", false), ("*.*", "a.b", true), ("*ab", "aab", true),
  ])
  func namesOfAPattern(pattern: String, name: String, fits: Bool) {
    #expect(pattern.matches(name) == fits)
    #expect(
      QueueKey(project: "p", name: pattern).covers(QueueKey(project: "p", name: name)) == fits)
  }

  @Test func everyProjectHasItsOwn() {
    // One accented letter in two spellings.
    let queue = QueueKey(project: "\u{e9}", name: "a")
    for name in ["a", "*"] {
      #expect(QueueKey(project: "\u{e9}", name: name).covers(queue))
      #expect(!QueueKey(project: "e\u{301}", name: name).covers(queue))
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

internal import SwiftletCore

/// Two implementations of a kernel do not agree.
public struct Disagreement: Error, CustomStringConvertible {
  public let description: String
}

extension Kernel {
  /// Runs every subject once and compares what came out.
  public func check() throws {
    let before = CPULevel.active
    defer { CPULevel.limit(to: before) }
    var seen: [(subject: Subject, outcome: Outcome)] = []
    for subject in subjects() {
      guard let compute = subject.outcome else { continue }
      subject.limitLevel()
      let outcome = try compute()
      // Other methods are held to the first subject, other levels of a method to that method.
      if let first = seen.first {
        try require(first, (subject, outcome), sameBits: isExact)
      }
      if let sibling = seen.first(where: { $0.subject.method == subject.method }) {
        try require(sibling, (subject, outcome), sameBits: true)
      }
      seen.append((subject, outcome))
    }
  }

  private func require(
    _ one: (subject: Subject, outcome: Outcome), _ other: (subject: Subject, outcome: Outcome),
    sameBits: Bool
  ) throws(Disagreement) {
    guard !(sameBits ? one.outcome.hasBits(of: other.outcome) : one.outcome.isNear(other.outcome))
    else { return }
    throw Disagreement(
      description: "\(name) of \(size) differs: \(one.subject.fullName) gives "
        + "\(one.outcome.excerpt(against: other.outcome)), \(other.subject.fullName) gives "
        + "\(other.outcome.excerpt(against: one.outcome)).")
  }
}

extension Subject {
  /// Makes the level it is about the active one.
  func limitLevel() {
    switch implementation {
    case .c(_, let level), .twoPasses(let level): CPULevel.limit(to: level)
    case .swift, .memcpy, .openSSL: break
    }
  }

  fileprivate var method: String {
    switch implementation {
    case .c(let method, _): "C \(method?.rawValue ?? "")"
    case .twoPasses: "C 2 passes"
    case .swift, .memcpy, .openSSL: implementation.description
    }
  }

  fileprivate var fullName: String {
    switch implementation {
    case .c(let method?, let level): "C \(method.rawValue) at level \(level)"
    case .c(nil, let level): "C at level \(level)"
    case .twoPasses(let level): "C in two passes at level \(level)"
    case .swift, .memcpy: "pure \(implementation)"
    case .openSSL: "OpenSSL"
    }
  }
}

extension Outcome {
  /// The first part in which it differs from `other`.
  fileprivate func excerpt(against other: Outcome) -> String {
    switch (self, other) {
    case (.numbers(let a), .numbers(let b)):
      let index = zip(a, b).enumerated().first { $1.0.bitPattern != $1.1.bitPattern }?.offset
      return index.map { "\(a[$0]) as value \($0 + 1)" } ?? "\(a.count) values"
    case (.bytes(let a), .bytes(let b)):
      let index = zip(a, b).enumerated().first { $1.0 != $1.1 }?.offset
      return index.map { "\(a[$0]) at byte \($0)" } ?? "\(a.count) bytes"
    default:
      return "another kind of result"
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

/// What one of several processes of a scenario does: opens its connections, waits until all have, and goes on.
package protocol Share: Codable, Sendable {
  /// What is told when the connections are open.
  associatedtype Opened: Codable & Sendable
  associatedtype Outcome: Codable & Sendable

  /// Names the kind to the process.
  static var name: String { get }

  /// `opened` waits until all processes have come so far.
  func run(
    _ watch: @Sendable (LoadProgress) -> Void, opened: (Opened) async -> Void
  ) async throws -> Outcome
}

/// A line that a process writes.
enum ShareLine<Work: Share>: Codable {
  case progress(opened: Int, received: Int)
  case opened(Work.Opened)
  case outcome(Work.Outcome)
  /// A sentence.
  case failed(String)
}

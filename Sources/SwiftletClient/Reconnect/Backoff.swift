// SPDX-License-Identifier: Apache-2.0

/// How long to wait between attempts to connect: a random time between nothing and a bound that
/// doubles with each attempt, so that many clients of a server that comes back do not come at once.
public struct Backoff: Sendable {
  /// The bound of the first wait.
  public var base = Duration.milliseconds(500)
  /// The largest bound.
  public var cap = Duration.seconds(30)
  /// How many attempts in a row may fail; nil for any number.
  public var maxAttempts: Int?
  /// A connection that lived as long makes the attempts before it forgotten.
  public var stableAfter = Duration.seconds(10)

  public init() {}

  /// The bound of the wait after `attempts` attempts, at least one.
  func bound(after attempts: Int) -> Duration {
    // Doubling beyond this is beyond any cap, and must not overflow.
    min(cap, base * (1 << min(attempts - 1, 30)))
  }

  func delay(
    after attempts: Int, using generator: inout some RandomNumberGenerator
  ) -> Duration {
    bound(after: attempts) * Double.random(in: 0..<1, using: &generator)
  }
}

// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import SwiftletServer

/// A load: what is sent to which server, how often and for how long.
package struct LoadPlan: Sendable, Codable {
  /// `ws://HOST:PORT/PATH`, `http://HOST:PORT/PATH`, the same with `wss` and `https`, or `tcp://HOST:PORT`
  package var url: String
  /// Whom to believe that a server of a wss or https URL is the one it names.
  package var trust: TLSTrust
  package var pattern: Pattern
  /// On each of the threads.
  package var connections: Int
  package var threads: Int
  package var arrivals: Arrivals
  /// Messages in flight on each connection at most. What is due while all connections have theirs waits.
  package var depth: Int
  package var format: Payload.Format
  package var size: Int
  package var duration: Duration
  /// After this time the rate counts as steady, whether it is or not.
  package var warmUpLimit: Duration
  /// What is still to come is waited for as long, and then lost.
  package var patience: Duration
  /// Of everything random.
  package var seed: UInt64
  /// Where single messages are written, if they are.
  package var messages: MessageLog?

  /// All but the log: that is a process's own.
  private enum CodingKeys: CodingKey {
    case url, trust, pattern, connections, threads, arrivals, depth, format, size, duration,
      warmUpLimit
    case patience, seed
  }

  package init(
    url: String, pattern: Pattern = .echo, connections: Int, threads: Int, arrivals: Arrivals,
    depth: Int,
    format: Payload.Format, size: Int, duration: Duration, warmUpLimit: Duration,
    patience: Duration,
    seed: UInt64, trust: TLSTrust = .system
  ) {
    self.url = url
    self.trust = trust
    self.pattern = pattern
    self.connections = connections
    self.threads = threads
    self.arrivals = arrivals
    self.depth = depth
    self.format = format
    self.size = size
    self.duration = duration
    self.warmUpLimit = warmUpLimit
    self.patience = patience
    self.seed = seed
  }
}

/// Who sends to whom.
package enum Pattern: String, Sendable, Codable {
  /// Every connection gets its own messages back.
  case echo
  /// The first connection's messages go to all others.
  case fanout
  /// The server sends by itself: messages that begin with their number, from 0 or any on, and the time they were
  /// sent at by this machine's monotonic clock, 8 bytes each, little endian.
  case push
}

/// When messages are sent.
package enum Arrivals: Sendable, Hashable, Codable {
  /// Whenever there is room: a reply releases the next. The load yields when the server is slow.
  case closed
  /// At scheduled times, whatever the server does: so many a second over all connections.
  case open(rate: Double, Spacing)

  package enum Spacing: String, Sendable, CaseIterable, Codable {
    case constant
    /// Gaps of an exponential distribution, as of many clients that know nothing of one another.
    case poisson
  }
}

/// The times at which one thread's messages are due.
struct Schedule: Sendable {
  private let gap: Double
  private let spacing: Arrivals.Spacing
  private var random: SplitMix64
  /// Nanoseconds on the monotonic clock. Kept in full, so that rounding does not add up.
  private var time: Double = 0

  init(rate: Double, _ spacing: Arrivals.Spacing, seed: UInt64) {
    gap = 1e9 / rate
    self.spacing = spacing
    random = SplitMix64(seed: seed)
  }

  mutating func start(at nanoseconds: UInt64) { time = Double(nanoseconds) }

  /// When the next message is due; moves on to the one after it.
  mutating func next() -> UInt64 {
    switch spacing {
    case .constant: time += gap
    case .poisson:
      // Within (0, 1], of which there is a logarithm.
      let uniform = 1 - Double.random(in: 0..<1, using: &random)
      time -= gap * log(uniform)
    }
    return UInt64(time)
  }
}

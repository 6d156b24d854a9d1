// SPDX-License-Identifier: Apache-2.0

/// A queue: everything belongs to a project.
public struct QueueKey: Sendable, Hashable {
  public var project: String
  public var name: String

  public init(project: String, name: String) {
    self.project = project
    self.name = name
  }
}

/// Milliseconds since 1970, the stores' time. Tests bring a clock of their own.
public typealias Milliseconds = Int64

/// 16 bytes written as a UUID (RFC 9562), lower case with dashes. Ids of messages, claims and
/// subscriptions, and clients' own.
public struct Identifier: Sendable, Hashable {
  public var high: UInt64
  public var low: UInt64

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }
}

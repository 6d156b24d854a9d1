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

/// Byte by byte: as text, Swift would take two spellings of one accented letter for one project.
extension QueueKey: Comparable {
  public static func == (one: QueueKey, other: QueueKey) -> Bool {
    one.name.hasSameBytes(as: other.name) && one.project.hasSameBytes(as: other.project)
  }
  public func hash(into hasher: inout Hasher) {
    project.hashBytes(into: &hasher)
    name.hashBytes(into: &hasher)
  }
  public static func < (one: QueueKey, other: QueueKey) -> Bool {
    one.project.hasSameBytes(as: other.project)
      ? one.name.precedes(other.name) : one.project.precedes(other.project)
  }
}

extension String {
  func precedes(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }

  fileprivate func hashBytes(into hasher: inout Hasher) {
    var text = self
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    hasher.combine(0xFF as UInt8)
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

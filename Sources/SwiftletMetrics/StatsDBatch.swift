// SPDX-License-Identifier: Apache-2.0

/// Gathers DogStatsD lines into datagrams that every network carries whole.
package struct StatsDBatch {
  /// Of a datagram, in bytes: an Ethernet frame's worth, less what IPv6, UDP and tunnels take.
  package static let limit = 1432

  private var bytes: [UInt8] = []

  package init() {}

  /// Adds a line. Returns the datagram that is full without it, if one is. A line that no datagram holds is left
  /// out.
  package mutating func append(_ line: String) -> [UInt8]? {
    let size = line.utf8.count
    guard size <= StatsDBatch.limit else { return nil }
    var full: [UInt8]?
    if !bytes.isEmpty {
      if bytes.count + 1 + size > StatsDBatch.limit {
        full = take()
      } else {
        bytes.append(UInt8(ascii: "\n"))
      }
    }
    bytes += line.utf8
    return full
  }

  /// What has been gathered since the last full datagram; empty when nothing.
  package mutating func take() -> [UInt8] {
    defer { bytes = [] }
    return bytes
  }
}

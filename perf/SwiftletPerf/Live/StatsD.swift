// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// What each second brings, as DogStatsD datagrams: text lines over UDP, which nobody confirms.
package final class StatsD: Sendable {
  private let socket: Int32
  private let tags: String

  /// - Throws: A sentence for people when the address cannot be used.
  package init(host: String, port: UInt16, scenario: String) throws {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(host, "\(port)", &hints, &found)
    guard status == 0, let address = found else {
      throw LoadError.system("\(host) is not known: \(String(cString: gai_strerror(status)))")
    }
    defer { freeaddrinfo(address) }
    let family = address.pointee.ai_family
    let socket = Glibc.socket(
      family, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard socket >= 0, connect(socket, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0
    else {
      let reason = String(cString: strerror(errno))
      if socket >= 0 { close(socket) }
      throw LoadError.system("cannot send to \(host) port \(port): \(reason)")
    }
    self.socket = socket
    tags = "|#scenario:\(scenario)"
  }

  deinit { close(socket) }

  /// One datagram, which every network carries whole. When nobody listens it is gone.
  package func send(_ second: LoadSecond) {
    let text = lines(second).joined(separator: "\n")
    _ = Glibc.send(socket, text, text.utf8.count, 0)
  }

  /// Counts of the second, its percentiles in milliseconds, and the busiest client thread's share of its core.
  func lines(_ second: LoadSecond) -> [String] {
    var lines = [
      "sent:\(second.sent)|c", "received:\(second.received)|c", "rate:\(second.received)|g",
      "client.busy:\(second.busy.rounded(toPlaces: 3))|g", "faults:\(second.faults.sum)|g",
    ]
    if second.response.totalCount > 0 {
      for (name, percentile) in [("p50", 50.0), ("p90", 90), ("p99", 99), ("max", 100)] {
        let milliseconds = Double(second.response.valueAtPercentile(percentile)) / 1e6
        lines.append("response.\(name):\(milliseconds.rounded(toPlaces: 6))|g")
      }
    }
    return lines.map { "swiftlet_perf.\($0)\(tags)" }
  }
}

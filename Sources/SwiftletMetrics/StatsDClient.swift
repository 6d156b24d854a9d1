// SPDX-License-Identifier: Apache-2.0

import Glibc
import SwiftletServer
import Synchronization

/// Why figures cannot be sent somewhere, as a sentence for people.
public struct StatsDError: Error, CustomStringConvertible {
  public let description: String
}

/// Sends DogStatsD lines by UDP, which nobody confirms. Never waits: what the socket does not take at once is lost
/// and counted.
public final class StatsDClient: Sendable {
  private let socket: Int32
  private let lost = Atomic<Int>(0)

  /// Resolves the name, for which it waits.
  public init(host: String, port: UInt16) throws(StatsDError) {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(host, "\(port)", &hints, &found)
    guard status == 0, let address = found else {
      let reason = String(cString: gai_strerror(status))
      throw StatsDError(description: "\(host) is not known: \(reason)")
    }
    defer { freeaddrinfo(address) }
    let type = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let socket = Glibc.socket(address.pointee.ai_family, type, 0)
    guard socket >= 0, connect(socket, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0
    else {
      let reason = describe(errno)
      if socket >= 0 { close(socket) }
      throw StatsDError(description: "cannot send to \(host) port \(port): \(reason)")
    }
    self.socket = socket
  }

  deinit { close(socket) }

  /// Sends lines without their ends, as few datagrams as they fit into.
  public func send(_ lines: some Sequence<String>) {
    var batch = StatsDBatch()
    for line in lines {
      if let full = batch.append(line) { send(full) }
    }
    let rest = batch.take()
    if !rest.isEmpty { send(rest) }
  }

  private func send(_ datagram: [UInt8]) {
    // An error may be that of a datagram before: nobody listened. This one is then not sent either.
    if Glibc.send(socket, datagram, datagram.count, Int32(MSG_NOSIGNAL)) < 0 {
      lost.add(1, ordering: .relaxed)
    }
  }

  /// Datagrams that were not sent, as far as this machine knows.
  public var datagramsLost: Int { lost.load(ordering: .relaxed) }
}

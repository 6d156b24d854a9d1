// SPDX-License-Identifier: Apache-2.0

import Glibc
import SwiftletServer

/// Turns host names into addresses, on threads of its own since the system's resolver waits. Whoever
/// asks for a name that is being looked up waits for the same answer.
final class Resolver: Sendable {
  enum Answer: Sendable {
    /// At least one, in the order the system advises (RFC 6724).
    case addresses([SocketAddress])
    /// What the system's resolver says.
    case unknown(String)
  }

  private struct Name: Hashable {
    let host: String
    let port: UInt16
  }

  private let waiters = Locked<[Name: [@Sendable (Answer) -> Void]]>([:])

  /// Of a host that is written as an address; empty for a name.
  static func literal(_ host: String, _ port: UInt16) -> [SocketAddress] {
    guard case .addresses(let addresses) = lookUp(host, port, AI_NUMERICHOST) else { return [] }
    return addresses
  }

  /// Calls `body` with the answer, on another thread.
  func resolve(_ host: String, _ port: UInt16, _ body: @escaping @Sendable (Answer) -> Void) {
    let name = Name(host: host, port: port)
    let isFirst = waiters.withLock { waiters in
      waiters[name, default: []].append(body)
      return waiters[name]?.count == 1
    }
    guard isFirst else { return }
    startThread("swl-resolver") { [self] in
      let answer = Resolver.lookUp(host, port, 0)
      for body in waiters.withLock({ $0.removeValue(forKey: name) }) ?? [] { body(answer) }
    }
  }

  /// A numeric address to connect from; throws when it is none.
  static func source(_ address: String) throws(ConnectError) -> SocketAddress {
    guard let found = literal(address, 0).first else { throw .localAddress(address) }
    return found
  }

  private static func lookUp(_ host: String, _ port: UInt16, _ flags: Int32) -> Answer {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICSERV | flags
    var found: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(host, "\(port)", &hints, &found)
    guard status == 0 else { return .unknown(String(cString: gai_strerror(status))) }
    defer { freeaddrinfo(found) }
    var addresses: [SocketAddress] = []
    var next = found
    while let info = next?.pointee {
      addresses.append(
        SocketAddress(UnsafeRawBufferPointer(start: info.ai_addr, count: Int(info.ai_addrlen))))
      next = info.ai_next
    }
    return .addresses(addresses)
  }
}

// SPDX-License-Identifier: Apache-2.0

import Glibc
import SwiftletCore

/// Where clients under test connect to: a plain listening socket of this machine, whose connections
/// are ``Peer``s that do as they are told.
public final class PeerListener: @unchecked Sendable {
  public let port: UInt16
  private let descriptor: Int32
  private var isOpen = true

  /// - Parameters:
  ///   - port: 0 takes a free one.
  ///   - backlog: Connections that may wait to be accepted; the kernel takes one more.
  public init(port: UInt16 = 0, backlog: Int32 = 128) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw PeerError.system("socket", errno) }
    var one: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, 4)
    var patience = timeval(tv_sec: Peer.patience, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    let descriptor = descriptor
    let status = withLoopbackAddress(port: port) { bind(descriptor, $0, $1) }
    guard status == 0 else { throw PeerError.system("bind", errno) }
    guard listen(descriptor, backlog) == 0 else { throw PeerError.system("listen", errno) }
    var address = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
    }
    self.port = address.sin_port.bigEndian
  }

  deinit { close() }

  /// The next connection.
  public func accept() throws -> Peer {
    let accepted = Glibc.accept(descriptor, nil, nil)
    guard accepted >= 0 else {
      throw errno == EAGAIN ? PeerError.timedOut : PeerError.system("accept", errno)
    }
    return Peer(descriptor: accepted, isServer: true)
  }

  /// The next connection, as a WebSocket.
  public func acceptWebSocket() throws -> Peer {
    let peer = try accept()
    try peer.agree(to: try peer.readHead())
    return peer
  }

  public func close() {
    if isOpen { Glibc.close(descriptor) }
    isOpen = false
  }
}

extension Peer {
  /// Agrees to a handshake's request.
  /// - Parameter fields: Further fields of the response, each with its line end.
  public func agree(to request: String, fields: String = "") throws {
    try write(try Peer.agreement(to: request, fields: fields))
  }

  /// The response that agrees to a handshake's request.
  public static func agreement(to request: String, fields: String = "") throws -> String {
    guard let key = field("Sec-WebSocket-Key", of: request) else {
      throw PeerError.unexpected(request)
    }
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      + "Sec-WebSocket-Accept: \(try Handshake.acceptKey(for: key))\r\n\(fields)\r\n"
  }

  /// The value of the first field with exactly this name.
  public static func field(_ name: String, of head: String) -> String? {
    for line in head.split(separator: "\r\n") where line.hasPrefix("\(name): ") {
      return String(line.dropFirst(name.count + 2))
    }
    return nil
  }
}

/// Calls `body` with an address at a port of this machine.
func withLoopbackAddress<Result>(
  port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
) -> Result {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
  return withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
}

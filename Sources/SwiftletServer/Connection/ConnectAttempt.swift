// SPDX-License-Identifier: Apache-2.0

import CSwiftlet
import Glibc
package import SwiftletCore

/// A client's connection on its way: from the wish to the open connection, or to why there is none.
/// Made on any thread and given to a loop, the only one to touch it from then on.
package final class ConnectAttempt: @unchecked Sendable {
  /// What the connection is to become.
  enum Kind {
    case webSocket(HandshakeRequest, MessageHandler, ClientSecurity?)
    case stream(StreamHandler, ClientSecurity?)
  }

  let kind: Kind
  /// Where it comes from; nil leaves that to the system.
  let source: SocketAddress?
  let report: (ConnectEvent) -> Void
  /// Where the connection is in the loop's table.
  var token: Token?
  /// Addresses that have not been tried yet, best first.
  var addresses: ArraySlice<SocketAddress>
  /// When the address in hand was begun with, and the milliseconds it has until the next is tried.
  var addressBegan: UInt32 = 0
  var addressLimit: UInt32 = 0
  /// The key whose answer the server must know (RFC 6455 §4.1).
  var key = [CChar](repeating: 0, count: Int(SWL_KEY_SIZE))
  /// Why it failed, if it does.
  var failure: ConnectFailure?

  /// - Parameters:
  ///   - handler: Belongs to the loop from now on.
  ///   - security: How TLS is spoken; nil for not at all.
  ///   - source: The address it is to come from, its port 0 for any.
  ///   - addresses: Where it goes; empty where they are to follow.
  ///   - report: Is called on the loop. After `.accepted` the handler is opened; `.failed` is the last
  ///     word.
  package init(
    _ request: HandshakeRequest, handler: MessageHandler, security: ClientSecurity? = nil,
    from source: SocketAddress? = nil, to addresses: [SocketAddress] = [],
    report: @escaping (ConnectEvent) -> Void
  ) {
    kind = .webSocket(request, handler, security)
    self.source = source
    self.addresses = addresses[...]
    self.report = report
  }

  /// A stream of bytes. The handler is opened after `.connected`, or `.secured` where TLS is spoken, and nothing is
  /// ever accepted.
  package init(
    _ handler: StreamHandler, security: ClientSecurity? = nil, from source: SocketAddress? = nil,
    to addresses: [SocketAddress] = [], report: @escaping (ConnectEvent) -> Void
  ) {
    kind = .stream(handler, security)
    self.source = source
    self.addresses = addresses[...]
    self.report = report
  }
}

/// What becomes of a ``ConnectAttempt``.
package enum ConnectEvent {
  /// The TCP connection stands; a WebSocket's request is on its way, or TLS's handshake.
  case connected
  /// TLS stands, where it is spoken; a WebSocket's request is on its way.
  case secured
  /// The server agreed.
  case accepted(HandshakeAgreement)
  case failed(ConnectFailure)
}

/// Why there is no connection.
package enum ConnectFailure: Sendable {
  /// What the name's resolver said.
  case unknownHost(String)
  /// No address took the connection; the error of the first.
  case unreachable(Int32)
  case timedOut
  /// There is no TLS with the server, or not with the one that was meant.
  case tls(TLSFailure)
  /// The server ended the connection instead of answering.
  case ended
  /// Answered by HTTP, without a WebSocket.
  case rejected(status: Int, fields: [(name: String, value: String)])
  /// The answer breaks a rule, or this end could not do its part.
  case handshake(CoreError)
  case cancelled
  /// The loop is shutting down, or has.
  case shutDown
}

/// What client and server agreed on in the handshake.
public struct HandshakeAgreement: Sendable, Hashable {
  /// The one of the client's subprotocols the server chose, if it chose one.
  public let subprotocol: String?
  /// Whether messages are compressed (permessage-deflate, RFC 7692).
  public let isCompressed: Bool
}

/// An address to connect to.
package struct SocketAddress: Sendable {
  private var storage: sockaddr_storage
  private let size: socklen_t

  /// Copies a `sockaddr` of any family.
  package init(_ address: UnsafeRawBufferPointer) {
    storage = sockaddr_storage()
    size = withUnsafeMutableBytes(of: &storage) {
      let count = min(address.count, $0.count)
      $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: address[..<count]))
      return socklen_t(count)
    }
  }

  var family: Int32 { Int32(storage.ss_family) }

  func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    withUnsafePointer(to: storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, size) }
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

import Glibc
public import SwiftletCore
public import SwiftletServer

/// Why there is no connection, as a sentence for people. `server` is `ws://HOST:PORT`, or `wss:`: path and query,
/// where secrets may be, are left out.
public enum ConnectError: Error, Sendable, CustomStringConvertible {
  /// The URL is not one of a WebSocket: what is wrong with it.
  case url(String)
  /// The options cannot be sent as they are.
  case options(CoreError)
  /// The authorities to trust cannot be read from their file.
  case authorities(TLSFileError)
  /// What was given as the local address is no numeric address.
  case localAddress(String)
  /// What the resolver said.
  case unknownHost(server: String, String)
  /// No address took the connection: the errno of the first.
  case unreachable(server: String, Int32)
  case timedOut(server: String)
  /// TLS came to nothing, or the server did not prove to be the one that is meant.
  case tls(server: String, TLSFailure)
  /// The server ended the connection instead of answering the handshake.
  case ended(server: String)
  /// The server answered by HTTP: 401, a redirect, ...
  case rejected(server: String, status: Int, fields: [(name: String, value: String)])
  /// The server broke this rule of the handshake.
  case handshake(server: String, CoreError)
  /// The attempt was given up.
  case cancelled(server: String)
  /// The client is shutting down, or has.
  case shutDown

  init(_ failure: ConnectFailure, _ server: String) {
    self =
      switch failure {
      case .unknownHost(let detail): .unknownHost(server: server, detail)
      case .unreachable(let error): .unreachable(server: server, error)
      case .timedOut: .timedOut(server: server)
      case .tls(let failure): .tls(server: server, failure)
      case .ended: .ended(server: server)
      case .rejected(let status, let fields):
        .rejected(server: server, status: status, fields: fields)
      case .handshake(let error): .handshake(server: server, error)
      case .cancelled: .cancelled(server: server)
      case .shutDown: .shutDown
      }
  }

  public var description: String {
    switch self {
    case .url(let sentence): sentence
    case .options(.space): "the options are too long for a request's head; leave fields out"
    case .options:
      "the options cannot be sent: subprotocols are different tokens, fields have a name that is a "
        + "token and none of the handshake's own, and values have no control characters"
    case .authorities(let error): "\(error)"
    case .localAddress(let text):
      "the local address \"\(text)\" is not numeric; give one of this machine, such as 127.0.0.2"
    case .unknownHost(let server, let detail):
      "cannot connect to \(server): the host is unknown (\(detail)); check its name"
    case .unreachable(let server, EADDRNOTAVAIL):
      "cannot connect to \(server): \(describe(EADDRNOTAVAIL)); the local address must be this machine's "
        + "and have ports left: spread the connections over several"
    case .unreachable(let server, let error):
      "cannot connect to \(server): \(describe(error)); check that the server runs there"
    case .timedOut(let server):
      "cannot connect to \(server): no answer in time; check the address, or raise connectTimeout"
    case .tls(let server, let failure):
      "cannot connect to \(server): \(ConnectError.sentence(failure))"
    case .ended(let server):
      "cannot connect to \(server): it ended the connection before it answered the handshake; "
        + "check that it speaks WebSocket, and whether by TLS"
    case .rejected(let server, let status, _):
      "\(server) answered with status \(status) instead of a WebSocket; \(advice(on: status))"
    case .handshake(let server, let error):
      "\(server) broke the rules of the handshake: \(error); check that it speaks WebSocket"
    case .cancelled(let server): "connecting to \(server) was cancelled"
    case .shutDown: "the client has been shut down; make a new one"
    }
  }

  private static func sentence(_ failure: TLSFailure) -> String {
    switch failure {
    case .notTLS: "it does not speak TLS there; check the port, or use a ws:// URL"
    case .nothingInCommon(let reason):
      "there is no TLS both can speak (\(reason)); 1.2 or 1.3 is needed"
    case .alert(let reason): "it refused TLS (\(reason))"
    case .ended: "it ended the connection during TLS's handshake; check the port"
    case .certificate(.expired): "its certificate has expired; it must be renewed there"
    case .certificate(.notYetValid): "its certificate is not valid yet; check both clocks"
    case .certificate(.selfSigned):
      "its certificate is signed by itself or by an authority that is not trusted; if it is meant, trust it "
        + "by a file"
    case .certificate(.unknownIssuer):
      "its certificate comes from an authority that is not trusted, or one between is missing there; "
        + "trust the authority by a file if it is meant"
    case .certificate(.wrongHost):
      "its certificate is for another host; use the name it was issued for"
    case .certificate(.other(let reason)): "its certificate is not accepted (\(reason))"
    case .other(let reason): "TLS failed (\(reason))"
    }
  }

  private func advice(on status: Int) -> String {
    switch status {
    case 300...399:
      field("location").map { "connect to \($0)" } ?? "the server does not say where to go"
    case 401, 403: "check the credentials in the request's fields"
    case 404: "check the path"
    case 408, 425, 429, 500...599: "try again later"
    default: "check the path and the fields of the request"
    }
  }

  /// The value of the first field called `name` in a response with another status than 101.
  public func field(_ name: String) -> String? {
    guard case .rejected(_, _, let fields) = self else { return nil }
    let name = name.lowercased()
    return fields.first { $0.name.lowercased() == name }?.value
  }

  /// Whether the same attempt may succeed later: not after a wrong URL or option, a broken rule of
  /// the handshake, or a status other than 408, 425, 429 and 5xx.
  public var isTransient: Bool {
    switch self {
    case .unknownHost, .unreachable, .timedOut, .tls(_, .ended), .ended: true
    case .rejected(_, let status, _): [408, 425, 429].contains(status) || status >= 500
    case .url, .options, .authorities, .localAddress, .tls, .handshake, .cancelled, .shutDown:
      false
    }
  }
}

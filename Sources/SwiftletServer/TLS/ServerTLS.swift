// SPDX-License-Identifier: Apache-2.0

import CTLS
import Glibc

/// The certificates a server proves itself by, and with them TLS on its port: 1.2 and 1.3, HTTP/1.1 by ALPN, sessions
/// that can be resumed. Used on any thread.
///
///     var configuration = ServerConfiguration()
///     configuration.tls = try ServerTLS([.init(certificate: "server.pem", key: "server.key")])
public final class ServerTLS: Sendable {
  /// A certificate and its key, in PEM files.
  public struct Identity: Sendable {
    /// The certificate, and behind it those up to an authority's.
    public var certificate: String
    /// Its private key, without a password.
    public var key: String

    public init(certificate: String, key: String) {
      self.certificate = certificate
      self.key = key
    }
  }

  private let identities: [Identity]
  private let context: Locked<TLSContext>

  /// Reads the files.
  /// - Parameter identities: At least one. A client gets the first whose certificate has the name it asks for (SNI),
  ///   else the first of all.
  public init(_ identities: [Identity]) throws(TLSFileError) {
    precondition(!identities.isEmpty, "a server proves itself by a certificate")
    self.identities = identities
    context = Locked(try TLSContext(identities))
  }

  /// Reads the files again, for connections that come from now on; those that stand keep what they have. What is
  /// wrong is thrown, and nothing is changed then.
  public func reload() throws(TLSFileError) {
    let new = try TLSContext(identities)
    context.withLock { $0 = new }
  }

  /// Nil without memory.
  func makeSession(_ socket: Int32, _ output: OpaquePointer) -> OpaquePointer? {
    context.withLock { tls_session_accept($0.pointer, socket, output) }
  }
}

/// Holds a `tls_context`, which any thread may use.
final class TLSContext: @unchecked Sendable {
  let pointer: OpaquePointer

  /// A server's.
  init(_ identities: [ServerTLS.Identity]) throws(TLSFileError) {
    let certificates = identities.map { strdup($0.certificate) }
    let keys = identities.map { strdup($0.key) }
    defer { for path in certificates + keys { free(path) } }
    var problem = tls_problem()
    var pair = 0
    guard
      let pointer = tls_context_server(
        certificates.map { UnsafePointer($0) }, keys.map { UnsafePointer($0) }, identities.count,
        &pair, &problem)
    else {
      let identity = identities[min(pair, identities.count - 1)]
      throw TLSFileError(problem, certificate: identity.certificate, key: identity.key)
    }
    self.pointer = pointer
  }

  /// A client's.
  init(_ trust: TLSTrust) throws(TLSFileError) {
    var problem = tls_problem()
    let pointer =
      switch trust {
      case .system: tls_context_client(nil, true, &problem)
      case .authorities(let file): tls_context_client(file, true, &problem)
      case .anyone: tls_context_client(nil, false, &problem)
      }
    guard let pointer else {
      let file = if case .authorities(let file) = trust { file } else { "the system's" }
      throw TLSFileError(problem, certificate: file, key: "")
    }
    self.pointer = pointer
  }

  deinit { tls_context_release(pointer) }
}

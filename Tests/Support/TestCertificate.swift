// SPDX-License-Identifier: Apache-2.0

import Foundation
public import SwiftletServer

/// A certificate that vouches for itself, made by the openssl command, in files that last as long as it.
public final class TestCertificate: Sendable {
  public let identity: ServerTLS.Identity
  private let folder: URL

  /// - Parameter names: As OpenSSL writes them: `DNS:NAME` and `IP:ADDRESS`.
  public init(_ names: String = "DNS:localhost,IP:127.0.0.1") throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "swiftlet-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    identity = ServerTLS.Identity(
      certificate: folder.appending(path: "certificate.pem").path,
      key: folder.appending(path: "key.pem").path)
    let command = Process()
    command.executableURL = URL(filePath: "/usr/bin/env")
    command.arguments =
      ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
      + ["-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=\(names)"]
      + ["-keyout", identity.key, "-out", identity.certificate]
    command.standardError = FileHandle.nullDevice
    try command.run()
    command.waitUntilExit()
    guard command.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Has a client believe it, and nothing else.
  public var trust: TLSTrust { .authorities(file: identity.certificate) }
}

// SPDX-License-Identifier: Apache-2.0

import Foundation
import SwiftletTestSupport
import Testing

@testable import SwiftletMessaging

/// Webhooks over TLS, at a server in Python with a certificate made for the test.
@Suite struct HTTPSTests {
  private static let server = """
    import http.server, ssl, sys
    class Handler(http.server.BaseHTTPRequestHandler):
      def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        print(body.decode(), flush=True)
      def log_message(self, *_): pass
    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1])
    server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_port, flush=True)
    server.serve_forever()
    """

  private static func run(_ program: String, _ arguments: String...) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.standardError = FileHandle.nullDevice
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    return process
  }

  /// The next line of what a process says, or what is left at its end.
  private static func line(_ process: Process) throws -> String {
    guard let output = process.standardOutput as? Pipe else { return "" }
    var bytes: [UInt8] = []
    while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != 0x0a {
      bytes.append(byte)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Serves with a new certificate for `name` while `body` runs, on threads that may block: with the
  /// certificate's path, the port, and what reads a line of the server's.
  private static func serve(
    for name: String,
    _ body:
      @escaping @Sendable (
        _ certificate: String, _ port: String, _ line: () throws -> String
      ) async throws -> Void
  ) async throws {
    try await withTaskExecutorPreference(BlockingExecutor.shared) {
      let directory = TemporaryDirectory()
      defer { withExtendedLifetime(directory) {} }
      let path = "\(directory.path)/certificate"
      let maker = try run(
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
        "-nodes", "-days", "1", "-subj", "/CN=test", "-addext", "subjectAltName=\(name)",
        "-keyout", path, "-out", "\(path).crt")
      // Its output ends with it.
      _ = try line(maker)
      let certificate = try String(contentsOfFile: "\(path).crt", encoding: .utf8)
      let key = try String(contentsOfFile: path, encoding: .utf8)
      try (key + certificate).write(toFile: path, atomically: false, encoding: .utf8)

      let server = try run("python3", "-c", Self.server, path)
      // It has this thread's signal mask, which may hold back any other.
      defer { kill(server.processIdentifier, SIGKILL) }
      try await body("\(path).crt", try line(server)) { try line(server) }
    }
  }

  @Test func certificateOfAKnownAuthority() async throws {
    try await Self.serve(for: "IP:127.0.0.1") { certificate, port, line in
      let test = try WebhookTest { $0.certificateAuthorities = certificate }
      try await test.run { test in
        try test.subscribe("https://127.0.0.1:\(port)/")
        try test.post("secret")
        try test.wait(for: \.deliveredNow, 1)
      }
      #expect(try line().contains(#""body":"secret""#))
    }
  }

  @Test(arguments: [("IP:127.0.0.1", false), ("DNS:elsewhere.example", true)])
  func certificateThatProvesNothing(name: String, isKnown: Bool) async throws {
    try await Self.serve(for: name) { certificate, port, _ in
      let test = try WebhookTest { if isKnown { $0.certificateAuthorities = certificate } }
      try await test.run { test in
        let policy: Value = [
          "retries_with_no_delay": 0, "minimum_delay_retries": 0, "minimum_delay": 1,
          "maximum_delay": 11,
        ]
        try test.subscribe(
          "https://127.0.0.1:\(port)/", options: ["_retry_policy": policy])
        try test.post("secret")
        try test.waitForRest()
        #expect(test.counters.deliveredNow == 0)
      }
    }
  }
}

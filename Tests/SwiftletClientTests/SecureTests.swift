// SPDX-License-Identifier: Apache-2.0

import SwiftletClient
import SwiftletCore
import SwiftletServer
import SwiftletTestSupport
import Testing

/// wss between the client and this package's server.
@Suite(.blocking) struct SecureTests {
  private let certificate: TestCertificate

  init() throws { certificate = try TestCertificate() }

  private func configuration(
    _ trust: TLSTrust, sendQueueLimit: Int = 1 << 20
  ) -> ClientConfiguration {
    var configuration = ClientConfiguration.testing
    configuration.trust = trust
    configuration.sendQueueLimit = sendQueueLimit
    return configuration
  }

  /// Runs `body` with the port of a server that shows the certificate.
  private func withEcho(
    _ shown: TestCertificate? = nil, sendQueueLimit: Int = 1 << 20,
    _ body: @escaping @Sendable (RunningServer) async throws -> Void
  ) async throws {
    var routes = Routes()
    routes.webSocket("/echo") { _ in Echo() }
    routes.webSocket("/pausing") { _ in Pausing() }
    var configuration = ServerConfiguration.testing
    configuration.tls = try ServerTLS([(shown ?? certificate).identity])
    configuration.sendQueueLimit = sendQueueLimit
    try await withServer(routes, configuration, body)
  }

  @Test(arguments: ["localhost", "127.0.0.1"])
  func messagesOfEverySizeComeBack(host: String) async throws {
    try await withEcho { [certificate] server in
      try await withClient(configuration(certificate.trust)) { client in
        let connection = try await client.connect("wss://\(host):\(server.port)/echo")
        var replies = connection.makeAsyncIterator()
        for size in [0, 1, 16_384, 16_385, 65_536, 262_145, 480_000, 4 << 20] {
          let message = pattern(size, seed: size)
          try await connection.send(message)
          let reply = try #require(try await replies.next())
          #expect(same(reply.bytes, message), "\(size) bytes")
        }
        connection.close()
        #expect(try await replies.next() == nil)
        #expect(connection.closeCode == .normal)
        #expect(server.metric("tls_handshakes_total") == 1)
      }
    }
  }

  @Test(arguments: [1000, 100_000])
  func twoEndsThatSendMuchDoNotWaitForEachOther(size: Int) async throws {
    let limit = 50_000
    let count = 12_000_000 / size
    try await withEcho(sendQueueLimit: limit) { [certificate] server in
      let configuration = configuration(certificate.trust, sendQueueLimit: limit)
      try await withClient(configuration) { client in
        let connection = try await client.connect("wss://localhost:\(server.port)/echo")
        try await echo(count, messagesOf: size, over: connection)
      }
    }
  }

  /// Stops reading at each message, also in the middle of what the session has decrypted, and is resumed by itself.
  private final class Pausing: MessageHandler {
    override func received(
      _ message: RawSpan, kind: MessageKind, on connection: borrowing Connection
    ) {
      connection.send(message, kind: kind)
      connection.pauseReading()
      connection.reference.resumeReading()
    }
  }

  @Test func inputLeftInTheSessionIsReadAfterAPause() async throws {
    let count = 20_000
    try await withEcho { [certificate] server in
      try await withClient(configuration(certificate.trust)) { client in
        let connection = try await client.connect("wss://localhost:\(server.port)/pausing")
        async let sent: Void = {
          for index in 0..<count { try await connection.send(pattern(100, seed: index)) }
        }()
        var index = 0
        for try await message in connection {
          try #require(same(message.bytes, pattern(100, seed: index)), "message \(index)")
          index += 1
          if index == count { break }
        }
        try await sent
      }
    }
  }

  @Test func handlerIsToldOfEachStep() async throws {
    final class Recorder: ClientHandler {
      let steps: EventLog<String>
      init(_ steps: EventLog<String>) { self.steps = steps }
      override func connected() { steps.add("connected") }
      override func secured() { steps.add("secured") }
      override func accepted(_ agreement: HandshakeAgreement) { steps.add("accepted") }
      override func opened(_ connection: borrowing Connection) { steps.add("opened") }
    }
    let steps = EventLog<String>()
    try await withEcho { [certificate] server in
      try await withClient(configuration(certificate.trust)) { client in
        try client.connect("wss://localhost:\(server.port)/echo", handler: Recorder(steps))
        #expect(try steps.wait(for: 4) == ["connected", "secured", "accepted", "opened"])
      }
    }
  }

  // MARK: - Who is believed

  /// What keeps a client with this trust from the server.
  private func refusal(
    _ shown: TestCertificate, _ trust: TLSTrust, host: String = "localhost"
  ) async throws -> ConnectError? {
    let error = EventLog<ConnectError?>()
    try await withEcho(shown) { server in
      try await withClient(configuration(trust)) { client in
        error.add(
          try await failure(of: try await client.connect("wss://\(host):\(server.port)/echo")))
      }
    }
    return try error.wait(for: 1)[0]
  }

  @Test func certificateThatNobodyVouchesForIsRefused() async throws {
    let another = try TestCertificate()
    // Its file goes with it.
    defer { withExtendedLifetime(another) {} }
    for trust in [TLSTrust.system, another.trust] {
      let error = try await refusal(certificate, trust)
      guard case .tls(_, .certificate(.selfSigned)) = error else { throw error ?? .shutDown }
      #expect("\(error!)".contains("signed by itself or by an authority that is not trusted"))
      #expect(!error!.isTransient)
    }
  }

  @Test(arguments: ["localhost", "127.0.0.1"])
  func certificateOfAnotherHostIsRefused(host: String) async throws {
    let other = try TestCertificate("DNS:other.test,IP:127.0.0.2")
    let error = try await refusal(other, other.trust, host: host)
    guard case .tls(_, .certificate(.wrongHost)) = error else { throw error ?? .shutDown }
    #expect("\(error!)".contains("its certificate is for another host"))
  }

  @Test func anyoneIsBelievedWhereThatIsAskedFor() async throws {
    #expect(try await refusal(try TestCertificate("DNS:other.test"), .anyone) == nil)
  }

  @Test func authoritiesThatCannotBeReadAreSaid() async throws {
    try await withClient(configuration(.authorities(file: "/nowhere/ca.pem"))) { client in
      let error = try await failure(of: try await client.connect("wss://localhost/"))
      #expect(
        "\(error!)" == "cannot read \"/nowhere/ca.pem\": No such file or directory; "
          + "check the path and who may read it")
    }
  }

  // MARK: - What is no TLS

  @Test func serverInClear() async throws {
    var routes = Routes()
    routes.webSocket("/echo") { _ in Echo() }
    try await withServer(routes) { server in
      try await withClient { client in
        let error = try await failure(
          of: try await client.connect("wss://127.0.0.1:\(server.port)/echo"))
        guard case .tls(_, .notTLS) = error else { throw error ?? .shutDown }
        #expect(
          "\(error!)" == "cannot connect to wss://127.0.0.1:\(server.port): it does not speak TLS "
            + "there; check the port, or use a ws:// URL")
      }
    }
  }

  @Test func clientInClear() async throws {
    try await withEcho { server in
      try await withClient { client in
        let error = try await failure(
          of: try await client.connect("ws://127.0.0.1:\(server.port)/echo"))
        guard case .rejected(_, status: 400, _) = error else { throw error ?? .shutDown }
      }
    }
  }

  @Test func serverThatEndsTheConnection() async throws {
    let listener = try PeerListener()
    try await withClient { client in
      async let error = failure(
        of: try await client.connect("wss://127.0.0.1:\(listener.port)/echo"))
      try listener.accept().close()
      guard case .tls(_, .ended)? = try await error else { throw try await error ?? .shutDown }
      #expect(try await error!.isTransient)
    }
  }

  @Test func silentServerIsLeftAtTheDeadline() async throws {
    let listener = try PeerListener()
    var configuration = configuration(.system)
    configuration.connectTimeout = .milliseconds(100)
    try await withClient(configuration) { client in
      let error = try await failure(
        of: try await client.connect("wss://127.0.0.1:\(listener.port)/echo"))
      guard case .timedOut = error else { throw error ?? .shutDown }
    }
  }
}

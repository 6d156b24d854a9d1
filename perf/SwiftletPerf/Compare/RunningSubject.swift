// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A subject that can be measured.
final class RunningSubject {
  let url: String
  let process: ServerProcess?

  private init(url: String, process: ServerProcess?) {
    self.url = url
    self.process = process
  }

  /// Starts it where it has a command, and waits until it listens, for `limit` at most. It does as soon as it
  /// writes a line with "listening on" and a URL, an address or a port; or, where its URL has a port of its own or
  /// its command was given one, once that takes connections. Throws a sentence.
  static func start(_ subject: ServerSubject, limit: Duration) async throws -> RunningSubject {
    guard let launch = subject.launch else {
      return RunningSubject(url: subject.url, process: nil)
    }
    var url = subject.url
    var command = launch.command
    if command.contains(where: { $0.contains("{port}") }) {
      let port = String(try freePort())
      command = command.map { $0.replacing("{port}", with: port) }
      url = url.replacing("{port}", with: port)
    }
    let tellsPort = url.contains("{port}")
    if !tellsPort && takesConnections(url) {
      throw SubjectError("\(subject.name): another server already listens at \(url)")
    }
    let process = try ServerProcess(launch, command: command)
    do {
      let deadline = ContinuousClock.now + limit
      while true {
        if tellsPort, let port = toldPort(in: process.text) {
          return RunningSubject(
            url: url.replacing("{port}", with: String(port)), process: process)
        }
        if !tellsPort && takesConnections(url) { return RunningSubject(url: url, process: process) }
        guard process.isRunning else {
          throw SubjectError("\(subject.name) ended before it listened: \(process.obituary)")
        }
        guard .now < deadline else {
          let what = tellsPort ? "did not say \"listening on\" a port" : "did not listen at \(url)"
          throw SubjectError(
            "\(subject.name) \(what) within \(limit / .seconds(1)) s; \(process.obituary)")
        }
        try await Task.sleep(for: .milliseconds(5))
      }
    } catch {
      await process.stop()
      throw error
    }
  }

  func stop() async { await process?.stop() }
}

/// The port in the last whole line with "listening on": of `ws://HOST:PORT/PATH`, `HOST:PORT` or `PORT`.
func toldPort(in text: String) -> UInt16? {
  for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().reversed() {
    guard let told = line.firstRange(of: "listening on ") else { continue }
    let address = line[told.upperBound...].prefix { !$0.isWhitespace }
    let authority = address.firstRange(of: "://").map { address[$0.upperBound...] } ?? address
    let port = authority.prefix { $0 != "/" }.split(separator: ":").last
    if let port = port.flatMap({ UInt16($0) }), port > 0 { return port }
  }
  return nil
}

/// A port that nobody has at this moment.
private func freePort() throws -> UInt16 {
  let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  defer { close(socket) }
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
  var size = socklen_t(MemoryLayout<sockaddr_in>.size)
  let isBound = withUnsafeMutablePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      bind(socket, $0, size) == 0 && getsockname(socket, $0, &size) == 0
    }
  }
  guard isBound else { throw SubjectError("there is no free port") }
  return UInt16(bigEndian: address.sin_port)
}

/// Whether the host of a URL lets connect.
private func takesConnections(_ url: String) -> Bool {
  guard let scheme = url.firstRange(of: "://") else { return false }
  let authority = url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" }
  guard let colon = authority.lastIndex(of: ":") else { return false }
  let host = authority[..<colon].filter { $0 != "[" && $0 != "]" }
  var hints = addrinfo()
  hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
  var addresses: UnsafeMutablePointer<addrinfo>?
  guard
    getaddrinfo(host, String(authority[authority.index(after: colon)...]), &hints, &addresses) == 0
  else { return false }
  defer { freeaddrinfo(addresses) }
  return sequence(first: addresses) { $0?.pointee.ai_next }.contains { address in
    guard let address = address?.pointee else { return false }
    let socket = Glibc.socket(address.ai_family, address.ai_socktype, 0)
    defer { close(socket) }
    return connect(socket, address.ai_addr, address.ai_addrlen) == 0
  }
}

// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SwiftletServer

/// Options for whoever watches the server.
struct OperationsOptions: ParsableArguments {
  @Option(
    help: """
      Listen at this path, as a Unix socket; at a TCP port only if --host or --port is given, too. \
      (default: none)
      """)
  var unixSocket: String?
  @Option(help: "The permissions of that path, in octal. (default: 660)")
  var unixSocketMode: String?
  @Option(help: "Send metrics to this HOST:PORT every 10 seconds, as DogStatsD datagrams.")
  var statsd: String?
  @Option(help: "How log lines are written: text or json. (default: text)")
  var logFormat: String?

  func read(
    _ settings: Settings, into server: inout ServerConfiguration
  ) throws(StartFailure) {
    try settings.read("unix-socket", unixSocket, into: &server.unixSocket)
    try settings.read(
      "unix-socket-mode", unixSocketMode, into: &server.unixSocketMode, as: Permissions.self)
  }

  func plan(_ settings: Settings) throws(StartFailure) -> OperationsPlan {
    var plan = OperationsPlan()
    try settings.read("statsd", statsd, into: &plan.statsd)
    try settings.read("log-format", logFormat, into: &plan.logFormat)
    return plan
  }
}

/// Octal, as chmod takes them: `660`.
enum Permissions: Setting {
  static func parse(_ text: String) -> UInt32? {
    UInt32(text, radix: 8).flatMap { (3...4).contains(text.utf8.count) && $0 <= 0o777 ? $0 : nil }
  }
  static var form: String { "permissions in octal, such as 660" }
}

/// What they come to.
struct OperationsPlan {
  var statsd: HostAndPort?
  var logFormat = LogFormat.text
}

/// `HOST:PORT`, with brackets around an IPv6 address.
struct HostAndPort: Setting, Equatable {
  var host: String
  var port: UInt16

  static func parse(_ text: String) -> HostAndPort? {
    guard let colon = text.lastIndex(of: ":"),
      let port = UInt16(text[text.index(after: colon)...]), port > 0
    else { return nil }
    let host = text[..<colon]
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
    guard !host.isEmpty, isBracketed || !host.contains(":") else { return nil }
    return HostAndPort(host: String(isBracketed ? host.dropFirst().dropLast() : host), port: port)
  }

  static var form: String { "HOST:PORT" }
}

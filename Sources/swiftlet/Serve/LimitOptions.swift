// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SwiftletServer

/// How many clients may come, and how fast.
struct LimitOptions: ParsableArguments {
  @Option(help: "Connections at once; further ones get 503. (default: 1048576)")
  var maxConnections: String?
  @Option(
    help: """
      Connections at once of one IPv4 address or one IPv6 network of 64 bits; further ones get 429. \
      (default: 0, no limit)
      """)
  var maxConnectionsPerAddress: String?
  @Option(help: "New connections a second; further ones wait. (default: 0, no limit)")
  var acceptRate: String?
  @Option(
    help: """
      Memory for messages and replies on their way, over all connections; beyond it those that have \
      kept theirs for longest are closed with 1013. (default: a quarter of what the process may use)
      """)
  var messageMemory: String?

  func read(
    _ settings: Settings, into server: inout ServerConfiguration
  ) throws(StartFailure) {
    try settings.read(
      "max-connections", maxConnections, into: &server.maxConnections, in: 1...(1 << 30))
    try settings.read(
      "max-connections-per-address", maxConnectionsPerAddress,
      into: &server.maxConnectionsPerAddress, in: 0...(1 << 30))
    try settings.read("accept-rate", acceptRate, into: &server.acceptRate, in: 0...1_000_000)
    var memory = 0
    try settings.read("message-memory", messageMemory, into: &memory, as: ByteCount.self)
    if memory > 0 { server.messageMemory = memory }
  }
}

// SPDX-License-Identifier: Apache-2.0

internal import SwiftletClient

/// Where connections come from: one address has about 28,000 ports to one server, and a server on the same
/// machine can be reached from many.
package struct SourceAddresses: Sendable {
  /// Empty where the system chooses.
  private let addresses: [String]

  /// Of the loopback network that are used.
  private static let loopback = 32

  /// - Parameter given: Addresses of this machine; without any, 127.0.0.2 and so on where the URL's host is one
  ///   of 127.0.0.0/8, and else what the system chooses.
  package init(for url: String, given: [String] = []) {
    let isLoopback = url.contains("://127.")
    addresses =
      !given.isEmpty || !isLoopback ? given : (2..<2 + Self.loopback).map { "127.0.0.\($0)" }
  }

  /// nil stands for what the system chooses.
  var all: [String?] { addresses.isEmpty ? [nil] : addresses }
}

/// A server, ready to be connected to from one source address after the other.
struct Destinations {
  private let destinations: [Destination]

  /// Throws what is wrong with the URL, an address or the authorities to trust.
  init(
    _ url: String, from sources: SourceAddresses, _ client: WebSocketClient
  ) throws(ConnectError) {
    destinations = try sources.all.map { (source) throws(ConnectError) in
      var options = ConnectOptions()
      options.localAddress = source
      return try client.destination(url, options)
    }
  }

  /// For the connection with a number.
  subscript(number: Int) -> Destination { destinations[number % destinations.count] }
}

// SPDX-License-Identifier: Apache-2.0

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
  package var all: [String?] { addresses.isEmpty ? [nil] : addresses }

  /// For the connection with a number.
  package subscript(number: Int) -> String? {
    addresses.isEmpty ? nil : addresses[number % addresses.count]
  }
}

// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SwiftletServer

/// Whom to believe that a server of a wss or https URL is the one it names.
struct TrustOptions: ParsableArguments {
  @Option(
    help: """
      Trust the certificate authorities in this PEM file and no others; a server's own certificate may be among \
      them. (default: the system's)
      """)
  var ca: String?

  @Flag(help: "Do not check the certificates of wss and https servers.")
  var insecure = false

  func validate() throws {
    guard ca == nil || !insecure else {
      throw ValidationError("With --insecure nothing is checked: leave out --ca or that.")
    }
  }

  var chosen: TLSTrust {
    if insecure { return .anyone }
    return ca.map { .authorities(file: $0) } ?? .system
  }
}

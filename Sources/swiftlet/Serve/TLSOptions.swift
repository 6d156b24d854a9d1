// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SwiftletServer

/// The options that have the server speak TLS.
struct TLSOptions: ParsableArguments {
  @Option(
    help: """
      Speak TLS on the port (wss and https), with the certificate in this PEM file and behind it those up \
      to an authority's; repeated for further names, the first for clients that ask for no name or \
      another. Separated by commas elsewhere.
      """)
  var tlsCertificate: [String] = []
  @Option(help: "The private key of each --tls-certificate, in the same order.")
  var tlsKey: [String] = []

  func read(_ settings: Settings, into plan: inout ServePlan) throws(StartFailure) {
    var certificates = FileList()
    var keys = FileList()
    try settings.read("tls-certificate", FileList.written(tlsCertificate), into: &certificates)
    try settings.read("tls-key", FileList.written(tlsKey), into: &keys)
    guard certificates.files.count == keys.files.count else {
      throw StartFailure(
        "each --tls-certificate needs its --tls-key: there are \(certificates.files.count) and "
          + "\(keys.files.count)", status: EX_USAGE)
    }
    guard !certificates.files.isEmpty else { return }
    let identities = zip(certificates.files, keys.files).map {
      ServerTLS.Identity(certificate: $0, key: $1)
    }
    do {
      let tls = try ServerTLS(identities)
      plan.server.tls = tls
      plan.reloads.append(.init(name: "TLS identity") { try tls.reload() })
    } catch {
      let status = if case .unreadable = error { EX_NOINPUT } else { EX_DATAERR }
      throw StartFailure("\(error)", status: status)
    }
  }
}

/// Files in an order that counts.
private struct FileList: Setting {
  var files: [String] = []

  static func parse(_ text: String) -> FileList? {
    let files = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    return files.contains("") ? nil : FileList(files: files)
  }

  static var form: String { "a list of files, separated by commas" }

  /// As the environment has them; nil for none.
  static func written(_ files: [String]) -> String? {
    files.isEmpty ? nil : files.joined(separator: ",")
  }
}

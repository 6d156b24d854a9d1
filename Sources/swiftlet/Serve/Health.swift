// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CCurl
import Foundation
import SwiftletServer

/// `swiftlet health`.
struct Health: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Ask a server on this machine whether it is well.",
    discussion: """
      Asks for /healthz where the environment and the file of --config have `swiftlet serve` listen, \
      with TLS where a certificate is given; which, is not checked. For health checks of containers. \
      Ends with 0 when the answer is 200 within two seconds, else with 1 and a sentence.
      """)

  @Option(help: "The address of the server. (default: that of swiftlet serve)")
  var host: String?
  @Option(help: "Its TCP port. (default: that of swiftlet serve)")
  var port: String?
  @Option(help: "Its configuration file.")
  var config: String?

  func run() async throws {
    let settings = try await Settings(file: config)
    var host: String?
    var port: UInt16?
    var socket: String?
    var certificate: String?
    try settings.read("host", self.host, into: &host)
    try settings.read("port", self.port, into: &port)
    try settings.read("unix-socket", nil, into: &socket)
    try settings.read("tls-certificate", nil, into: &certificate)
    // As it listens: at the socket alone where that alone is given.
    if host != nil || port != nil { socket = nil }
    let standard = ServerConfiguration()
    let address = Health.reachable(host ?? standard.host)
    let scheme = certificate == nil ? "http" : "https"
    try ask("\(scheme)://\(address):\(port ?? standard.port)/healthz", at: socket)
  }

  /// Where a server can be asked that listens at `host`, as a URL has it.
  private static func reachable(_ host: String) -> String {
    switch host {
    // All addresses: this one is among them.
    case "0.0.0.0": "127.0.0.1"
    case "::": "[::1]"
    default: host.contains(":") ? "[\(host)]" : host
    }
  }

  private func ask(_ url: String, at socket: String?) throws(StartFailure) {
    let place = socket ?? url
    guard let handle = curl_easy_init() else { fatalError("out of memory") }
    defer { curl_easy_cleanup(handle) }
    ccurl_set_text(handle, CURLOPT_URL, url)
    if let socket { ccurl_set_text(handle, CURLOPT_UNIX_SOCKET_PATH, socket) }
    ccurl_set_text(handle, CURLOPT_PROXY, "")
    ccurl_set_number(handle, CURLOPT_NOBODY, 1)
    ccurl_set_number(handle, CURLOPT_TIMEOUT_MS, 2000)
    ccurl_set_number(handle, CURLOPT_SSL_VERIFYPEER, 0)
    ccurl_set_number(handle, CURLOPT_SSL_VERIFYHOST, 0)
    let code = curl_easy_perform(handle)
    guard code == CURLE_OK else {
      throw StartFailure(
        "no answer at \(place): \(String(cString: curl_easy_strerror(code)))", status: EXIT_FAILURE)
    }
    var status = 0
    ccurl_get_number(handle, CURLINFO_RESPONSE_CODE, &status)
    guard status == 200 else {
      throw StartFailure("\(place) answered \(status)", status: EXIT_FAILURE)
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CCurl
import Foundation

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
    var plan = ServePlan()
    try settings.read("host", host, into: &plan.server.host)
    try settings.read("port", port, into: &plan.server.port)
    var certificate: String?
    try settings.read("tls-certificate", nil, into: &certificate)
    var host = plan.server.host
    // Where a server listens at all addresses it does so at this one.
    if host == "0.0.0.0" { host = "127.0.0.1" }
    if host == "::" { host = "::1" }
    if host.contains(":") { host = "[\(host)]" }
    try ask("\(certificate == nil ? "http" : "https")://\(host):\(plan.server.port)/healthz")
  }

  private func ask(_ url: String) throws(StartFailure) {
    guard let handle = curl_easy_init() else { fatalError("out of memory") }
    defer { curl_easy_cleanup(handle) }
    ccurl_set_text(handle, CURLOPT_URL, url)
    ccurl_set_text(handle, CURLOPT_PROXY, "")
    ccurl_set_number(handle, CURLOPT_NOBODY, 1)
    ccurl_set_number(handle, CURLOPT_TIMEOUT_MS, 2000)
    ccurl_set_number(handle, CURLOPT_SSL_VERIFYPEER, 0)
    ccurl_set_number(handle, CURLOPT_SSL_VERIFYHOST, 0)
    let code = curl_easy_perform(handle)
    guard code == CURLE_OK else {
      throw StartFailure(
        "no answer at \(url): \(String(cString: curl_easy_strerror(code)))", status: EXIT_FAILURE)
    }
    var status = 0
    ccurl_get_number(handle, CURLINFO_RESPONSE_CODE, &status)
    guard status == 200 else {
      throw StartFailure("\(url) answered \(status)", status: EXIT_FAILURE)
    }
  }
}

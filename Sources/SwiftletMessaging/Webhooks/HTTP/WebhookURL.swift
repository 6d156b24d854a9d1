// SPDX-License-Identifier: Apache-2.0

import CCurl

/// A URL of a subscriber, read by the parser that will send to it.
struct WebhookURL: Sendable, Hashable {
  static let schemes = ["http", "https"]
  /// Bytes.
  static let maxSize = 4096

  let text: String
  /// An IPv6 address is without its brackets.
  let host: String
  /// What may be logged: neither user, path nor query, any of which may hold a secret.
  let origin: String

  init?(_ text: String) {
    guard text.utf8.count <= WebhookURL.maxSize, let url = curl_url() else { return nil }
    defer { curl_url_cleanup(url) }
    guard curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK,
      let scheme = WebhookURL.part(CURLUPART_SCHEME, of: url),
      WebhookURL.schemes.contains(scheme),
      let host = WebhookURL.part(CURLUPART_HOST, of: url), !host.isEmpty
    else { return nil }
    self.text = text
    self.host = host.hasPrefix("[") ? String(host.dropFirst().prefix { $0 != "]" }) : host
    let port = WebhookURL.part(CURLUPART_PORT, of: url)
    origin = "\(scheme)://\(host)" + (port.map { ":\($0)" } ?? "")
  }

  private static func part(_ part: CURLUPart, of url: OpaquePointer) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_get(url, part, &text, 0) == CURLUE_OK, let text else { return nil }
    defer { curl_free(text) }
    return String(cString: text)
  }
}

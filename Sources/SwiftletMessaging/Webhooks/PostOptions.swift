// SPDX-License-Identifier: Apache-2.0

/// What a subscription's options say of the posts to its URL.
struct PostOptions: Sendable {
  static let maxHeaders = 32
  /// Bytes of all their names and values.
  static let maxHeaderSize = 8192
  /// Bytes.
  static let maxTemplateSize = 65536
  /// How often a template may hold the message.
  static let maxPlaces = 8
  private static let place = #""$zaqar_message$""#

  /// `Name: value`, with those that every post has.
  private(set) var headers: [String] = []
  /// A body's parts, between which the message stands; empty when it is the message alone.
  private var template: [[UInt8]] = []

  init(checking options: Value.Map) throws(Answer) {
    try readHeaders(options["post_headers"])
    try readTemplate(options["post_data"])
  }

  /// `message` is JSON.
  func body(_ message: [UInt8]) -> [UInt8] {
    template.isEmpty ? message : Array(template.joined(separator: message))
  }

  private mutating func readTemplate(_ value: Value?) throws(Answer) {
    guard let value, value != .null else { return }
    guard case .string(let text) = value else { throw .invalid("post_data must be a string.") }
    guard text.utf8.count <= PostOptions.maxTemplateSize else {
      throw .invalid("post_data may not be larger than \(PostOptions.maxTemplateSize) bytes.")
    }
    let parts = Array(text.utf8).split(
      separator: Array(PostOptions.place.utf8), omittingEmptySubsequences: false)
    guard parts.count - 1 <= PostOptions.maxPlaces else {
      throw .invalid("post_data may not hold the message more than \(PostOptions.maxPlaces) times.")
    }
    template = parts.map { Array($0) }
  }

  private mutating func readHeaders(_ value: Value?) throws(Answer) {
    var ours = [("Content-Type", "application/json"), ("User-Agent", "swiftlet")]
    if let value, value != .null {
      guard case .map(let map) = value else { throw .invalid("post_headers must be a dict.") }
      var size = 0
      for entry in map.entries {
        guard case .string(let name) = entry.key, case .string(let text) = entry.value else {
          throw .invalid("post_headers must be strings.")
        }
        size += name.utf8.count + text.utf8.count
        let line = try PostOptions.header(name, text)
        ours.removeAll { $0.0.lowercased() == name.lowercased() }
        headers.append(line)
      }
      guard map.count <= PostOptions.maxHeaders, size <= PostOptions.maxHeaderSize else {
        throw .invalid(
          "post_headers may not be more than \(PostOptions.maxHeaders), nor larger than "
            + "\(PostOptions.maxHeaderSize) bytes together.")
      }
    }
    // libcurl would ask before a large body whether to send it, and wait for the answer.
    headers = ours.map { "\($0): \($1)" } + headers + ["Expect:"]
  }

  /// A header as libcurl wants it (RFC 9110 §5).
  private static func header(_ name: String, _ value: String) throws(Answer) -> String {
    let isToken =
      !name.isEmpty
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
      }
    guard isToken else { throw .invalid("post_headers: a name is not one of HTTP's.") }
    guard !reserved.contains(name.lowercased()) else {
      throw .invalid("post_headers may not set \(name).")
    }
    guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }) else {
      throw .invalid("post_headers: the value of \(name) has control characters.")
    }
    // To libcurl a header without a value is one to leave out, unless it ends so.
    return value.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 } ? "\(name);" : "\(name): \(value)"
  }

  /// What says where a message ends, how the connection goes on, and whose server is asked.
  private static let reserved: Set = [
    "host", "content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "te",
    "trailer", "expect", "proxy-authorization", "proxy-connection", "http2-settings",
  ]
}

// SPDX-License-Identifier: Apache-2.0

import CSwiftlet

/// The head of an HTTP request, checked and copied out of the connection's buffer.
public struct Request: Sendable {
  public let method: String
  /// The path of the target, as sent.
  public let path: String
  /// The query's parameters in order, percent-decoded, `+` being a space.
  public var query: [(name: String, value: String)]
  /// Field names as sent, values without surrounding white space.
  public var fields: [(name: String, value: String)]
  /// What the caller was let in for; nil when it has not proved anything.
  public var grant: Grant?

  /// The value of the first field called `name`, ASCII case ignored.
  public func field(_ name: String) -> String? {
    fields.first { $0.name.hasSameLetters(as: name) }?.value
  }

  /// The values of all fields called `name`, which are lists with commas (RFC 9110 §5.3), element by element.
  public func list(_ name: String) -> [Substring] {
    fields.filter { $0.name.hasSameLetters(as: name) }.flatMap { $0.value.split(separator: ",") }
      .map { element in
        let element = element.drop { $0 == " " || $0 == "\t" }
        let end = element.lastIndex { $0 != " " && $0 != "\t" }
        return end.map { element[...$0] } ?? element
      }
      .filter { !$0.isEmpty }
  }

  /// Whether it asks for another protocol, if only in part.
  public var isUpgrade: Bool { field("Upgrade") != nil }

  public init(
    method: String, path: String, query: [(name: String, value: String)] = [],
    fields: [(name: String, value: String)] = [], grant: Grant? = nil
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.fields = fields
    self.grant = grant
  }

  /// Copies a parsed head. Nil when the target is not in origin form, or its query is not
  /// percent-encoded UTF-8.
  init?(_ head: swl_http_request) {
    method = String(head.method)
    let target = UnsafeRawBufferPointer(start: head.target.data, count: head.target.size)
    guard target.first == UInt8(ascii: "/") else { return nil }
    let mark = target.firstIndex(of: UInt8(ascii: "?"))
    path = String(decoding: target[..<(mark ?? target.endIndex)], as: UTF8.self)
    var query: [(name: String, value: String)] = []
    if let mark {
      for item in target[(mark + 1)...].split(separator: UInt8(ascii: "&")) {
        let parts = item.split(
          separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = Request.decode(parts[0]),
          let value = parts.count > 1 ? Request.decode(parts[1]) : ""
        else { return nil }
        query.append((name, value))
      }
    }
    self.query = query
    fields = UnsafeBufferPointer(start: head.fields.list, count: head.fields.count).map {
      (String($0.name), String($0.value))
    }
  }

  private static func decode(_ text: Slice<UnsafeRawBufferPointer>) -> String? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var index = text.startIndex
    while index < text.endIndex {
      let byte = text[index]
      if byte == UInt8(ascii: "%") {
        guard index + 2 < text.endIndex, let high = hexadecimal(text[index + 1]),
          let low = hexadecimal(text[index + 2])
        else { return nil }
        bytes.append(high << 4 | low)
        index += 3
      } else {
        bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
        index += 1
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func hexadecimal(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}

/// Whether a value of Host is a host with or without a port, or empty (RFC 9110 §7.2). A comma, which
/// RFC 3986 would allow in a name, is what two values joined by a proxy have.
func isHost(_ value: swl_slice) -> Bool {
  UnsafeRawBufferPointer(start: value.data, count: value.size).allSatisfy { byte in
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "-._~%!$&'()*+;=:[]".utf8.contains(byte)
    }
  }
}

extension String {
  /// Whether it is the same but for the case of ASCII letters.
  fileprivate func hasSameLetters(as other: String) -> Bool {
    utf8.elementsEqual(other.utf8) { one, other in
      one == other || (one ^ other == 0x20 && 0x61...0x7a ~= one | 0x20)
    }
  }

  init(_ slice: swl_slice) {
    self.init(
      decoding: UnsafeRawBufferPointer(start: slice.data, count: slice.size), as: UTF8.self)
  }
}

// SPDX-License-Identifier: Apache-2.0

/// Makes a store's ids, and reads them back without having kept them.
///
/// An id is a UUID of version 8 (RFC 9562, 5.8): a number of 60 bits, and 62 bits of a keyed hash of
/// that number and of where it belongs. So an id tells its place even when what it named is gone, one
/// that this store did not give out is known as such, and ids compare as their numbers do.
package struct IdentifierScheme: Sendable, Hashable {
  package enum Kind: UInt64, Sendable, CaseIterable {
    case message, claim, subscription
  }

  /// Secret, and as lasting as the ids.
  package let key: SipKey

  package init(key: SipKey) { self.key = key }

  /// The largest number an id can carry.
  package static let maxNumber: UInt64 = 1 << 60 - 1

  /// The id of what has `number` among its kind in `scope`: a queue's own number below 2^62, which
  /// must not come again when the queue is deleted and made anew.
  package func identifier(_ kind: Kind, _ number: UInt64, in scope: UInt64) -> Identifier {
    precondition(number <= Self.maxNumber)
    return Identifier(
      high: (number >> 12) << 16 | 0x8000 | number & 0xFFF,
      low: 1 << 63 | key.hash(scope << 2 | kind.rawValue, number) >> 2)
  }

  /// The number an id carries; nil when it was not made by this scheme, or for another kind or scope.
  package func number(of id: Identifier, _ kind: Kind, in scope: UInt64) -> UInt64? {
    let number = (id.high >> 16) << 12 | id.high & 0xFFF
    return identifier(kind, number, in: scope) == id ? number : nil
  }
}

extension Identifier: CustomStringConvertible {
  /// Lower case with dashes.
  public var description: String {
    String(unsafeUninitializedCapacity: 36) { text in
      var next = 0
      for index in 0..<32 {
        if index == 8 || index == 12 || index == 16 || index == 20 {
          text[next] = UInt8(ascii: "-")
          next += 1
        }
        let digit = UInt8((index < 16 ? high : low) >> UInt64(60 - 4 * (index & 15)) & 15)
        text[next] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit
        next += 1
      }
      return next
    }
  }

  /// Reads an id as stores write them, in either case; nil when the text is anything else.
  public init?(_ text: String) {
    guard let id = text.utf8.span.withUnsafeBytes({ Identifier(utf8: $0) }) else { return nil }
    self = id
  }

  init?(utf8 text: UnsafeRawBufferPointer) {
    guard text.count == 36 else { return nil }
    var words: (UInt64, UInt64) = (0, 0)
    for index in 0..<36 {
      let byte = text[index]
      if index == 8 || index == 13 || index == 18 || index == 23 {
        guard byte == UInt8(ascii: "-") else { return nil }
        continue
      }
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: return nil
      }
      if index < 18 {
        words.0 = words.0 << 4 | UInt64(digit)
      } else {
        words.1 = words.1 << 4 | UInt64(digit)
      }
    }
    self.init(high: words.0, low: words.1)
  }
}

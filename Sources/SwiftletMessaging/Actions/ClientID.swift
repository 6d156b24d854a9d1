// SPDX-License-Identifier: Apache-2.0

import COpenSSL

extension Identifier {
  /// A UUID as clients may spell it: with or without dashes, in braces, or as `urn:uuid:`.
  init?(client text: UnsafeRawBufferPointer) {
    if let id = Identifier(utf8: text) {
      self = id
      return
    }
    var digits = text[...]
    for prefix in ["urn:", "uuid:"] where digits.starts(with: prefix.utf8) {
      digits = digits.dropFirst(prefix.utf8.count)
    }
    if digits.first == UInt8(ascii: "{") { digits = digits.dropFirst() }
    if digits.last == UInt8(ascii: "}") { digits = digits.dropLast() }
    var count = 0
    var high: UInt64 = 0
    var low: UInt64 = 0
    for byte in digits where byte != UInt8(ascii: "-") {
      guard let digit = Character(UnicodeScalar(byte)).hexDigitValue, count < 32 else { return nil }
      high = high << 4 | low >> 60
      low = low << 4 | UInt64(digit)
      count += 1
    }
    guard count == 32 else { return nil }
    self.init(high: high, low: low)
  }

  /// Stands for a client whose own id is no UUID.
  init(hashOf text: UnsafeRawBufferPointer) {
    let hash = [UInt8](unsafeUninitializedCapacity: Int(SHA256_DIGEST_LENGTH)) { hash, count in
      let bytes = text.assumingMemoryBound(to: UInt8.self)
      _ = SHA256(bytes.baseAddress, bytes.count, hash.baseAddress)
      count = hash.count
    }
    func word(_ range: Range<Int>) -> UInt64 { hash[range].reduce(0) { $0 << 8 | UInt64($1) } }
    self.init(high: word(0..<8), low: word(8..<16))
  }
}

// SPDX-License-Identifier: Apache-2.0

/// How many bytes of `text` from `offset` on a JSON string can hold as they are: up to the first quote,
/// backslash or control character, or the end; with `isASCII` also up to the first that is not ASCII.
func plainCount(_ text: UnsafeRawBufferPointer, from offset: Int, isASCII: Bool) -> Int {
  let highBits: UInt64 = 0x8080_8080_8080_8080
  let ones: UInt64 = 0x0101_0101_0101_0101
  var index = offset
  while index + 8 <= text.count {
    let word = UInt64(littleEndian: text.loadUnaligned(fromByteOffset: index, as: UInt64.self))
    // The high bit of a byte is set where it is zero, or less than 32. A borrow can set it wrongly, but
    // only above the first that is set rightly.
    let quote = word ^ (ones &* 0x22)
    let backslash = word ^ (ones &* 0x5c)
    var stops = (quote &- ones) & ~quote | (backslash &- ones) & ~backslash
    stops |= (word &- ones &* 0x20) & ~word
    if isASCII { stops |= word }
    stops &= highBits
    if stops != 0 { return index - offset + stops.trailingZeroBitCount / 8 }
    index += 8
  }
  while index < text.count {
    let byte = text[index]
    if byte == 0x22 || byte == 0x5c || byte < 0x20 || isASCII && byte >= 0x80 { break }
    index += 1
  }
  return index - offset
}

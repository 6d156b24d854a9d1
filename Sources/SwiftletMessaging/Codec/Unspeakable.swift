// SPDX-License-Identifier: Apache-2.0

/// What MessagePack says and JSON has no word for.
extension JSON {
  static func put(binary: UnsafeRawBufferPointer, _ bytes: inout [UInt8]) {
    if let text = String(validating: binary, as: UTF8.self) {
      encode(.string(text), into: &bytes)
    } else {
      bytes.append(UInt8(ascii: "\""))
      putBase64(binary, &bytes)
      bytes.append(UInt8(ascii: "\""))
    }
  }

  static func put(ext type: Int8, _ data: UnsafeRawBufferPointer, _ bytes: inout [UInt8]) {
    if type == Timestamp.type, let time = Timestamp(data) {
      encode(.string(time.description), into: &bytes)
      return
    }
    bytes.append(UInt8(ascii: "["))
    bytes.append(contentsOf: type.description.utf8)
    bytes.append(UInt8(ascii: ","))
    put(binary: data, &bytes)
    bytes.append(UInt8(ascii: "]"))
  }

  /// RFC 4648 §4, padded.
  private static func putBase64(_ binary: UnsafeRawBufferPointer, _ bytes: inout [UInt8]) {
    let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for start in stride(from: 0, to: binary.count, by: 3) {
      let count = min(3, binary.count - start)
      var group: UInt32 = 0
      for index in 0..<3 {
        group = group << 8 | (index < count ? UInt32(binary[start + index]) : 0)
      }
      for index in 0..<4 {
        let digit = Int(group >> (18 - 6 * index) & 0x3f)
        bytes.append(index <= count ? alphabet.utf8Start[digit] : UInt8(ascii: "="))
      }
    }
  }
}

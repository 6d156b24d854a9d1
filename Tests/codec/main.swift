// SPDX-License-Identifier: Apache-2.0

import SwiftletMessaging

// Lets other programs use the codecs, for tests: reads lines of a format and bytes in hexadecimal,
// such as `json 5b5d`, and answers each with the value as JSON, as MessagePack, and how many bytes its
// compact JSON has, or with `!` and the kind of failure.

func hexadecimal(_ bytes: [UInt8]) -> String {
  let digits = Array("0123456789abcdef".utf8)
  return String(
    decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}

func bytes(_ hexadecimal: Substring) -> [UInt8] {
  let digits = hexadecimal.utf8.map { $0 < 0x3a ? $0 - 0x30 : $0 - 0x57 }
  return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

while let line = readLine() {
  let fields = line.split(separator: " ", omittingEmptySubsequences: false)
  guard fields.count == 2, let format = WireFormat(rawValue: String(fields[0])) else {
    fatalError("no format and bytes: \(line)")
  }
  bytes(fields[1]).withUnsafeBytes { input in
    do throws(DecodeError) {
      let value = try format.decode(input)
      let json = hexadecimal(WireFormat.json.encode(value))
      let messagePack = hexadecimal(WireFormat.messagePack.encode(value))
      print(json, messagePack, JSON.byteCount(of: value))
    } catch {
      print("!", error.kind)
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

/// Texts to validate, of an exact size in bytes.
enum Texts {
  static func ascii(_ size: Int) -> Bytes { repeated("The quick brown fox jumps over it. ", size) }

  /// Characters of one to four bytes.
  static func mixed(_ size: Int) -> Bytes {
    repeated("The swiftlet größer naïve — Ελληνικά, по-русски, 漢字かな交じり文, ไทย, 🐦🪺. ", size)
  }

  private static func repeated(_ phrase: String, _ size: Int) -> Bytes {
    var text = ""
    while text.utf8.count + phrase.utf8.count <= size { text += phrase }
    return Bytes(utf8: text + String(repeating: ".", count: size - text.utf8.count))
  }
}

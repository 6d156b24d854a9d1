// SPDX-License-Identifier: Apache-2.0

/// `Sec-WebSocket-Accept` (RFC 6455 §4.2.2).
public enum AcceptKey {
  public static let keySize = 24
  public static let acceptSize = 28

  private static let guid: StaticString = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
  private static let base64: StaticString =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

  /// Reads ``keySize`` characters of `key`, writes ``acceptSize`` characters to `accept`.
  public static func compute(
    _ key: UnsafeRawBufferPointer, into accept: UnsafeMutableRawBufferPointer
  ) {
    precondition(key.count == keySize && accept.count == acceptSize)
    var sha = SHA1()
    // Key and GUID are 60 bytes: with the padding (FIPS 180-4 §5.1.1) always two blocks.
    withUnsafeTemporaryAllocation(byteCount: 128, alignment: 16) { blocks in
      blocks.initializeMemory(as: UInt8.self, repeating: 0)
      blocks.copyMemory(from: key)
      UnsafeMutableRawBufferPointer(rebasing: blocks[keySize...])
        .copyMemory(from: UnsafeRawBufferPointer(start: guid.utf8Start, count: 36))
      blocks[60] = 0x80
      blocks.storeBytes(of: UInt64(60 * 8).bigEndian, toByteOffset: 120, as: UInt64.self)
      sha.add(blocks.baseAddress!)
      sha.add(blocks.baseAddress! + 64)
    }
    let state = sha.state
    let digest: [5 of UInt32] = [state.0, state.1, state.2, state.3, state.4]

    // 20 bytes are six groups of three and one of two: read as a stream of 6-bit digits.
    @inline(__always)
    func digit(_ bit: Int) -> UInt8 {
      let here = UInt64(digest[bit >> 5]) << 32
      let following = bit < 128 ? UInt64(digest[bit >> 5 + 1]) : 0
      return base64.utf8Start[Int((here | following) >> UInt64(58 - bit & 31) & 63)]
    }
    for index in 0..<27 { accept[index] = digit(index * 6) }
    accept[27] = UInt8(ascii: "=")
  }
}

// SPDX-License-Identifier: Apache-2.0

internal import CZlib
internal import FoundationEssentials
internal import Histogram

/// Histograms in the form that other HdrHistogram tools read: the V2 compressed encoding, in base64 as it
/// stands in log files (HdrHistogram, `AbstractHistogram.encodeIntoCompressedByteBuffer`).
extension Latencies {
  var encoded: String {
    let payload = v2Payload
    var compressed = [UInt8](repeating: 0, count: Int(compressBound(uLong(payload.count))))
    var size = uLong(compressed.count)
    // Cannot fail: the room is what zlib asked for.
    compress2(&compressed, &size, payload, uLong(payload.count), Z_DEFAULT_COMPRESSION)
    var bytes: [UInt8] = []
    bytes.append(bigEndian: Int32(bitPattern: 0x1c84_9314))
    bytes.append(bigEndian: Int32(size))
    bytes += compressed[..<Int(size)]
    return Data(bytes).base64EncodedString()
  }

  private var v2Payload: [UInt8] {
    var counts: [UInt8] = []
    var next = 0
    for step in recordedValues() {
      let index = countIndex(of: step.value)
      if index > next { counts.append(zigZag: Int64(next - index)) }
      counts.append(zigZag: Int64(clamping: step.count))
      next = index + 1
    }
    var bytes: [UInt8] = []
    bytes.append(bigEndian: Int32(bitPattern: 0x1c84_9313))
    bytes.append(bigEndian: Int32(counts.count))
    // The normalizing index offset, which is for histograms whose values were shifted.
    bytes.append(bigEndian: Int32(0))
    bytes.append(bigEndian: Int32(numberOfSignificantValueDigits.rawValue))
    bytes.append(bigEndian: Int64(lowestDiscernibleValue))
    bytes.append(bigEndian: Int64(highestTrackableValue))
    bytes.append(bigEndian: Int64(bitPattern: (1.0).bitPattern))
    return bytes + counts
  }

  /// The place of a value's count: linear up to 2^11, and then 2^10 steps for each power of two. That is
  /// what three significant digits and a lowest value of 1 come to.
  private func countIndex(of value: UInt64) -> Int {
    let bucket = 53 - (value | 0x7ff).leadingZeroBitCount
    return (bucket + 1) << 10 + (Int(value >> UInt64(bucket)) - 1 << 10)
  }
}

extension [UInt8] {
  fileprivate mutating func append(bigEndian number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
  }

  /// Small numbers of either sign in few bytes, seven bits each, the lowest first.
  fileprivate mutating func append(zigZag number: Int64) {
    var rest = UInt64(bitPattern: number << 1 ^ number >> 63)
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }
}

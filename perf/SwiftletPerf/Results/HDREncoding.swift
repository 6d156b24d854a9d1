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
    bytes.append(bigEndian: compressedCookie)
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
    bytes.append(bigEndian: payloadCookie)
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

/// What the two forms begin with: version 2, counts in ZigZag LEB128.
private let compressedCookie: Int32 = 0x1c84_9314
private let payloadCookie: Int32 = 0x1c84_9313

/// The way back. A file may hold anything: nothing is believed, and no more memory is taken than the longest
/// histogram of ours needs.
extension Latencies {
  /// nil when `text` is no histogram of three digits from 1 on, as all of ours are. Values are the largest of
  /// those that the histogram does not tell apart.
  init?(encoded text: String) {
    guard let data = Data(base64Encoded: text) else { return nil }
    var compressed = Input(bytes: [UInt8](data)[...])
    guard compressed.number(Int32.self) == compressedCookie,
      compressed.number(Int32.self).map(Int.init) == compressed.bytes.count,
      let payload = Self.inflated(Array(compressed.bytes))
    else { return nil }
    var input = Input(bytes: payload[...])
    guard input.number(Int32.self) == payloadCookie,
      input.number(Int32.self).map(Int.init) == payload.count - Self.headSize,
      input.number(Int32.self) == 0,
      input.number(Int32.self) == Int32(SignificantDigits.three.rawValue),
      input.number(Int64.self) == 1, input.number(Int64.self) != nil,
      input.number(Int64.self) == Int64(bitPattern: (1.0).bitPattern)
    else { return nil }
    self.init()
    guard addCounts(of: &input) else { return nil }
  }

  private static let headSize = 40
  /// Counts of up to nine bytes for each place.
  private static let longestPayload = headSize + 9 * 64 << 10

  private static func inflated(_ bytes: [UInt8]) -> [UInt8]? {
    var payload = [UInt8](repeating: 0, count: longestPayload)
    var size = uLong(payload.count)
    guard uncompress(&payload, &size, bytes, uLong(bytes.count)) == Z_OK else { return nil }
    return Array(payload[..<Int(size)])
  }

  private mutating func addCounts(of input: inout Input) -> Bool {
    var index = 0
    while !input.bytes.isEmpty {
      guard let number = input.zigZag() else { return false }
      if number <= 0 {
        // So many places without a count, or one.
        guard number > -0x1_0000, index < 0x1_0000 else { return false }
        index += Swift.max(1, Int(-number))
        continue
      }
      // Sums stay exact, and below what traps.
      guard number < 1 << 53, totalCount < 1 << 53, let value = Self.value(at: index),
        record(highestEquivalentForValue(value), count: UInt64(number))
      else { return false }
      index += 1
    }
    return true
  }

  private static func value(at index: Int) -> UInt64? {
    guard index >= 2 << 10 else { return UInt64(index) }
    let bucket = index >> 10 - 1
    return bucket > 42 ? nil : UInt64(index & 0x3ff | 0x400) << UInt64(bucket)
  }
}

/// Bytes that are read from their begin.
private struct Input {
  var bytes: ArraySlice<UInt8>

  mutating func number<Number: FixedWidthInteger>(_: Number.Type) -> Number? {
    let size = MemoryLayout<Number>.size
    guard bytes.count >= size else { return nil }
    defer { bytes = bytes.dropFirst(size) }
    return bytes.prefix(size).reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
  }

  /// In nine bytes at most, of which the ninth has all its eight bits.
  mutating func zigZag() -> Int64? {
    var number: UInt64 = 0
    for place in 0..<9 {
      guard let byte = bytes.popFirst() else { return nil }
      guard place < 8, byte >= 0x80 else {
        number |= UInt64(byte) << UInt64(7 * place)
        return Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)
      }
      number |= UInt64(byte & 0x7f) << UInt64(7 * place)
    }
    return nil
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

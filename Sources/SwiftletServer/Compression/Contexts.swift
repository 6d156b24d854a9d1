// SPDX-License-Identifier: Apache-2.0

import CSwiftlet

/// The compressing and decompressing contexts that connections without context takeover share: one
/// of a kind a loop, made when first needed. Between messages such a context holds nothing.
struct SharedContexts {
  private var deflaters = InlineArray<7, OpaquePointer?>(repeating: nil)
  private var inflater: OpaquePointer?

  static let windowBits: ClosedRange<Int32> = 9...15

  /// A context that compresses with a window of `windowBits`; nil when there is no memory.
  mutating func deflater(windowBits: Int32) -> OpaquePointer? {
    let index = Int(windowBits - SharedContexts.windowBits.lowerBound)
    if let deflater = deflaters[index] { return deflater }
    deflaters[index] = makeDeflater(
      windowBits: windowBits, takeover: false, level: Compression.sharedLevel, memoryLevel: 0)
    return deflaters[index]
  }

  /// A context that reads windows of any size; nil when there is no memory.
  mutating func inflater(maxMessageSize: UInt64) -> OpaquePointer? {
    if inflater == nil {
      inflater = makeInflater(
        windowBits: SharedContexts.windowBits.upperBound, takeover: false,
        maxMessageSize: maxMessageSize)
    }
    return inflater
  }

  func destroy() {
    for index in deflaters.indices { swl_deflater_free(deflaters[index]) }
    swl_inflater_free(inflater)
  }
}

/// A new compressing context; nil when there is no memory.
func makeDeflater(
  windowBits: Int32, takeover: Bool, level: Int32, memoryLevel: Int32
) -> OpaquePointer? {
  var options = swl_deflater_options()
  options.size = MemoryLayout<swl_deflater_options>.size
  options.window_bits = windowBits
  options.takeover = takeover
  options.level = level
  options.memory_level = memoryLevel
  var deflater: OpaquePointer?
  return swl_deflater_new(&deflater, &options) == 0 ? deflater : nil
}

/// A new decompressing context; nil when there is no memory.
func makeInflater(windowBits: Int32, takeover: Bool, maxMessageSize: UInt64) -> OpaquePointer? {
  var options = swl_inflater_options()
  options.size = MemoryLayout<swl_inflater_options>.size
  options.window_bits = windowBits
  options.takeover = takeover
  options.max_message_size = maxMessageSize
  var inflater: OpaquePointer?
  return swl_inflater_new(&inflater, &options) == 0 ? inflater : nil
}

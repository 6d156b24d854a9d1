// SPDX-License-Identifier: Apache-2.0

import CSwiftlet

/// Whether the WebSockets of a route are compressed (permessage-deflate, RFC 7692) when their
/// clients offer it. Small messages are sent as they are either way.
public enum Compression: Sendable, Hashable {
  case off
  /// One compressor serves all connections of a loop: it costs no memory a connection, and each
  /// message is compressed by itself ("no context takeover").
  case shared
  /// Each connection has a compressor that remembers earlier messages, which makes small, similar
  /// messages much smaller. It takes at most `memoryLimit` bytes a connection: 320 KiB allow the
  /// largest windows, 20 KiB the smallest; less than that is as ``shared``.
  case own(memoryLimit: Int)

  /// What a server wishes for in the handshake; nil when it wants no compression.
  var options: swl_deflate_options? {
    var options = swl_deflate_options()
    options.size = MemoryLayout<swl_deflate_options>.size
    switch self {
    case .off: return nil
    case .own(let memoryLimit):
      for windowBits in (Int32(9)...15).reversed() {
        options.server_window_bits = windowBits
        options.client_window_bits = windowBits
        options.memory_level = windowBits - 7
        if options.memory <= memoryLimit { return options }
      }
      return Compression.shared.options
    case .shared:
      options.server_without_takeover = true
      options.client_without_takeover = true
      return options
    }
  }

  /// zlib's level, 1 (fast) to 9 (small). Without earlier messages to look into, higher ones save a few
  /// percent of bytes for up to twice the time; with them a little more is worth it.
  static let sharedLevel: Int32 = 1
  static let ownLevel: Int32 = 3
  /// Smaller payloads are sent as they are: they hardly shrink.
  static let threshold = 128
}

extension swl_deflate_options {
  /// Bytes a connection's two contexts take.
  fileprivate var memory: Int {
    var deflater = swl_deflater_options()
    deflater.size = MemoryLayout<swl_deflater_options>.size
    deflater.window_bits = server_window_bits
    deflater.memory_level = memory_level
    var inflater = swl_inflater_options()
    inflater.size = MemoryLayout<swl_inflater_options>.size
    inflater.window_bits = client_window_bits
    return swl_deflater_memory(&deflater) + swl_inflater_memory(&inflater)
  }
}

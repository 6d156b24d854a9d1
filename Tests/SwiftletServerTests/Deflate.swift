// SPDX-License-Identifier: Apache-2.0

import CZlib
import Glibc

/// zlib itself, as the other end of a compressed connection would use it.
final class PlainDeflate {
  /// In memory that does not move: zlib remembers where it is.
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

  init(windowBits: Int32 = 15) {
    stream.initialize(to: z_stream())
    let size = Int32(MemoryLayout<z_stream>.size)
    deflateInit2_(
      stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -windowBits, 8, Z_DEFAULT_STRATEGY,
      ZLIB_VERSION, size)
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  /// The payload of a compressed message (RFC 7692 §7.2.1), with what came before as context.
  func compress(_ message: [UInt8]) -> [UInt8] {
    var message = message
    var output = [UInt8](repeating: 0, count: message.count + message.count / 100 + 64)
    let written = message.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        stream.pointee.next_in = input.baseAddress
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = output.baseAddress
        stream.pointee.avail_out = UInt32(output.count)
        deflate(stream, Z_SYNC_FLUSH)
        return output.count - Int(stream.pointee.avail_out)
      }
    }
    return Array(output[..<(written - 4)])
  }
}

/// The way back.
final class PlainInflate {
  /// In memory that does not move: zlib remembers where it is.
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

  init(windowBits: Int32 = 15) {
    stream.initialize(to: z_stream())
    inflateInit2_(stream, -windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// The message in a payload; nil when it is not one of at most `capacity` bytes.
  func decompress(_ payload: [UInt8], capacity: Int = 1 << 20) -> [UInt8]? {
    var input = payload + [0, 0, 0xff, 0xff]
    var output = [UInt8](repeating: 0, count: capacity)
    let status = input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        stream.pointee.next_in = input.baseAddress
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = output.baseAddress
        stream.pointee.avail_out = UInt32(output.count)
        return inflate(stream, Z_SYNC_FLUSH)
      }
    }
    guard status == Z_OK, stream.pointee.avail_in == 0 else { return nil }
    return Array(output.dropLast(Int(stream.pointee.avail_out)))
  }
}

// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Whose connection it is, as far as its address tells: an IPv4 address, or the first 64 bits of an
/// IPv6 one, as whoever has one address has all of those.
struct Origin: Hashable, Sendable {
  private let bits: UInt64

  private init(bits: UInt64) { self.bits = bits }

  /// A peer without an address, such as that of a Unix socket. Its bits are a multicast prefix, which no
  /// peer has.
  static let unknown = Origin(bits: .max)

  init(_ address: sockaddr_storage) {
    self = withUnsafeBytes(of: address) { bytes in
      switch Int32(address.ss_family) {
      case AF_INET: Origin(v4: bytes, at: 4)
      case AF_INET6:
        // An IPv4 peer of a socket for both families is written ::ffff:a.b.c.d.
        if bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self) == 0,
          bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self).bigEndian == 0xffff
        {
          Origin(v4: bytes, at: 20)
        } else {
          Origin(bits: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self).bigEndian)
        }
      default: .unknown
      }
    }
  }

  /// Below a prefix that is reserved (RFC 4291 §2.4), so that no IPv6 peer has it.
  private init(v4 bytes: UnsafeRawBufferPointer, at offset: Int) {
    let address = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self).bigEndian
    bits = 0xffff << 32 | UInt64(address)
  }
}

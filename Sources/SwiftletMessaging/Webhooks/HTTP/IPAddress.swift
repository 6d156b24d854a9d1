// SPDX-License-Identifier: Apache-2.0

import Glibc

/// An IPv6 address; one of IPv4 is the IPv6 address that maps it (`::ffff:a.b.c.d`).
struct IPAddress: Sendable, Hashable {
  let bits: UInt128

  private init(bits: UInt128) { self.bits = bits }

  private init(v4 number: UInt32) { bits = 0xffff << 32 | UInt128(number) }

  /// As it is usually written, without brackets or a zone.
  init?(_ text: String) {
    var four = in_addr()
    var six = in6_addr()
    if inet_pton(AF_INET, text, &four) == 1 {
      self.init(v4: UInt32(bigEndian: four.s_addr))
    } else if inet_pton(AF_INET6, text, &six) == 1 {
      self.init(six)
    } else {
      return nil
    }
  }

  private init(_ address: in6_addr) {
    bits = UInt128(
      bigEndian: withUnsafeBytes(of: address) { $0.loadUnaligned(as: UInt128.self) })
  }

  /// nil for an address of another family.
  init?(_ address: UnsafePointer<sockaddr>) {
    let bytes = UnsafeRawPointer(address)
    switch Int32(address.pointee.sa_family) {
    case AF_INET:
      let number = bytes.loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr
      self.init(v4: UInt32(bigEndian: number))
    case AF_INET6: self.init(bytes.loadUnaligned(as: sockaddr_in6.self).sin6_addr)
    default: return nil
    }
  }

  /// The IPv4 address that a packet to this one ends at through a translator or a tunnel: NAT64 (RFC
  /// 6052) and 6to4 (RFC 3056).
  var carried: IPAddress? {
    if Network.nat64.contains(self) { return IPAddress(v4: UInt32(truncatingIfNeeded: bits)) }
    if Network.sixToFour.contains(self) {
      return IPAddress(v4: UInt32(truncatingIfNeeded: bits >> 80))
    }
    return nil
  }
}

/// Addresses that begin with the same bits.
struct Network: Sendable, Hashable {
  private let address: IPAddress
  /// Of 128.
  private let prefix: Int

  /// `10.0.0.0/8`, `fd00::/8`, or a single address.
  init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = IPAddress(String(parts[0])) else { return nil }
    self.address = address
    let width = text.utf8.contains(UInt8(ascii: ":")) ? 128 : 32
    if parts.count == 1 {
      prefix = 128
    } else if let length = UInt8(parts[1]), length <= width {
      prefix = 128 - width + Int(length)
    } else {
      return nil
    }
  }

  func contains(_ other: IPAddress) -> Bool {
    prefix == 0 || (address.bits ^ other.bits) >> (128 - prefix) == 0
  }
}

extension Network {
  fileprivate static let nat64 = Network("64:ff9b::/96")!
  fileprivate static let sixToFour = Network("2002::/16")!

  /// What is not the public Internet (RFC 6890 and the IANA registries of special-purpose addresses).
  static let special = [
    "0.0.0.0/8",  // this network
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",  // private
    "100.64.0.0/10",  // carriers' NAT
    "127.0.0.0/8",  // loopback
    "169.254.0.0/16",  // link-local, clouds' metadata
    "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/4", "240.0.0.0/4",  // multicast, reserved, broadcast
    "::/96",  // unspecified, loopback, the deprecated form of IPv4's
    "64:ff9b:1::/48",  // a network's own NAT64
    "100::/64", "2001::/23", "2001:db8::/32",  // discarded, protocols' own with Teredo, examples
    "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",  // private, link-local, site-local, multicast
  ].map { Network($0)! }
}

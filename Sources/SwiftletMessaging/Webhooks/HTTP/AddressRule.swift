// SPDX-License-Identifier: Apache-2.0

/// Which addresses webhooks may be sent to: the public Internet, and what an operator adds. Whoever may
/// subscribe chooses the URL, and must not reach through this server into its own network.
public struct AddressRule: Sendable, Hashable {
  private var networks: [Network] = []
  private var hosts: Set<String> = []

  /// The public Internet only.
  public init() {}

  /// Adds a network (`10.1.0.0/16`), an address, or a host by the name that URLs have, whatever its
  /// addresses are. False when `text` is none of these.
  public mutating func allow(_ text: String) -> Bool {
    if let network = Network(text) {
      networks.append(network)
      return true
    }
    let isName =
      !text.isEmpty && text.utf8.count <= 253
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
          UInt8(ascii: "_"):
          true
        default: false
        }
      }
    // A name of digits and dots is an address that went wrong.
    guard isName, text.contains(where: \.isLetter) else { return false }
    hosts.insert(text.lowercased())
    return true
  }

  func allows(_ address: IPAddress) -> Bool {
    let end = address.carried ?? address
    return networks.contains { $0.contains(end) }
      || !Network.special.contains { $0.contains(end) || $0.contains(address) }
  }

  /// Whether this host may be reached at any address.
  func allows(host: String) -> Bool { hosts.contains(host.lowercased()) }

  /// Whether it is known without asking anyone that a host may not be reached.
  func refuses(host: String) -> Bool {
    if allows(host: host) { return false }
    let name = host.lowercased()
    if name == "localhost" || name.hasSuffix(".localhost") {
      return !allows(IPAddress("127.0.0.1")!) && !allows(IPAddress("::1")!)
    }
    return IPAddress(host).map { !allows($0) } ?? false
  }
}

// SPDX-License-Identifier: Apache-2.0

internal import CSwiftlet

/// The opening handshake (RFC 6455 §4).
public enum Handshake {
  /// The `Sec-WebSocket-Accept` that answers a `Sec-WebSocket-Key` (§4.2.2): base64 of SHA-1 of the
  /// key and the RFC's GUID.
  /// - Parameter key: The client's key as sent, 24 characters of base64. Only its length is checked.
  /// - Returns: 28 characters of base64.
  /// - Throws: ``CoreError/argument`` when the key has another length, ``CoreError/crypto``.
  public static func acceptKey(for key: String) throws(CoreError) -> String {
    guard key.utf8.count == Int(SWL_KEY_SIZE) else { throw .argument }
    var status: Int32 = 0
    let accept = String(unsafeUninitializedCapacity: Int(SWL_ACCEPT_SIZE)) { target in
      status = target.withMemoryRebound(to: CChar.self) { swl_accept_key(key, $0.baseAddress) }
      return status < 0 ? 0 : Int(SWL_ACCEPT_SIZE)
    }
    try CoreError.check(status)
    return accept
  }
}

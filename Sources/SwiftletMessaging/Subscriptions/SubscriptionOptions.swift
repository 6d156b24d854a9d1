// SPDX-License-Identifier: Apache-2.0

/// The options of a subscription, and what the service itself heeds of them.
struct SubscriptionOptions: Sendable, Hashable {
  /// The whole map in MessagePack.
  private(set) var packed: [UInt8] = [0x80]
  /// Whether notifications tell the ids of the message and of the subscription.
  private(set) var ids = false
  /// Whether a message is claimed when it is notified, and notified anew unless it is deleted.
  private(set) var ack = false

  init(checking value: Value?) throws(Answer) {
    guard case .map(let map)? = value else { return }
    try checkRetryPolicy(map["_retry_policy"])
    _ = try PostOptions(checking: map)
    ids = try SubscriptionOptions.flag("ids", map)
    ack = try SubscriptionOptions.flag("ack", map)
    packed = []
    WireFormat.messagePack.encode(.map(map), into: &packed)
  }

  private static func flag(_ name: String, _ map: Value.Map) throws(Answer) -> Bool {
    switch map[name] {
    case nil: return false
    case .bool(let flag)?: return flag
    default: throw .invalid("The option \(name) must be a boolean.")
    }
  }
}

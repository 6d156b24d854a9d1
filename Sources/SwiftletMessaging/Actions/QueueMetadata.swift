// SPDX-License-Identifier: Apache-2.0

extension QueueMetadata {
  /// Holds what a client gave as metadata against the rules for its reserved keys. Nothing, and all that
  /// is empty, is none.
  init(checking value: Value?, _ settings: MessagingSettings) throws(Answer) {
    let value = value ?? .null
    guard case .map(let map) = value else {
      guard value.isEmpty else { throw .schemaFailure }
      self = .none
      return
    }
    guard JSON.byteCount(of: value) <= settings.maxQueueMetadata else {
      throw .invalid("Queue metadata is too large. Max size: \(settings.maxQueueMetadata)")
    }
    let packed = WireFormat.messagePack.encode(value)
    self.init(packed: packed)
    try readLimits(map, settings)
    try readDeadLetters(map, settings)
    try checkUnused(map, settings)
  }

  private mutating func readLimits(
    _ map: Value.Map, _ settings: MessagingSettings
  ) throws(Answer) {
    defaultTTL = try map.integer("_default_message_ttl")
    if let ttl = defaultTTL, !(60...settings.maxMessageTTL).contains(ttl) {
      throw .invalid(
        "_default_message_ttl can not exceed \(settings.maxMessageTTL) seconds, and must be at "
          + "least 60 seconds long.")
    }
    let bound = try map.integer("_max_messages_post_size")
    if let bound, !(1...Int64(settings.maxMessagesPostSize)).contains(bound) {
      throw .invalid(
        "_max_messages_post_size can not exceed \(settings.maxMessagesPostSize),  and must be at "
          + "least greater than 0.")
    }
    maxPostSize = bound.map { Int($0) }
  }

  private mutating func readDeadLetters(
    _ map: Value.Map, _ settings: MessagingSettings
  ) throws(Answer) {
    let maxClaimCount = try map.integer("_max_claim_count")
    let ttl = try map.integer("_dead_letter_queue_messages_ttl")
    if let ttl { try settings.check(messageTTL: ttl) }
    guard let name = map["_dead_letter_queue"], name != .null else { return }
    guard case .string(let queue) = name else {
      throw .invalid("_dead_letter_queue must be string.")
    }
    try checkQueueName(queue)
    guard let maxClaimCount, maxClaimCount > 0 else { return }
    deadLetters = DeadLetters(maxClaimCount: Int(maxClaimCount), queue: queue, ttl: ttl)
  }

  /// What has no effect on this transport but is checked like the rest.
  private func checkUnused(_ map: Value.Map, _ settings: MessagingSettings) throws(Answer) {
    if let delay = try map.integer("_default_message_delay"),
      !(0...settings.maxMessageDelay).contains(delay)
    {
      throw .invalid(
        "The TTL can not exceed \(settings.maxMessageDelay) seconds, and must be at least 0 "
          + "seconds long.")
    }
    switch map["_enable_encrypt_messages"] {
    case nil, .null?, .bool?: break
    default: throw .invalid("_enable_encrypt_messages must be boolean.")
    }
    try checkRetryPolicy(map["_retry_policy"])
  }
}

extension MessagingSettings {
  func check(messageTTL ttl: Int64) throws(Answer) {
    guard (60...maxMessageTTL).contains(ttl) else {
      throw .invalid(
        "The TTL for a message may not exceed \(maxMessageTTL) seconds, and must be at least 60 "
          + "seconds long.")
    }
  }
}

/// Of a queue's metadata or a subscription's options.
func checkRetryPolicy(_ value: Value?) throws(Answer) {
  guard let value, value != .null else { return }
  guard case .map(let policy) = value else { throw .invalid("retry_policy must be a dict.") }
  if let function = policy["retry_backoff_function"] {
    guard case .string(let name) = function else {
      throw .invalid("retry_backoff_function must be a string.")
    }
    guard ["linear", "arithmetic", "geometric", "exponential"].contains(name) else {
      throw .invalid("invalid retry_backoff_function.")
    }
  }
  if let override = policy["ignore_subscription_override"] {
    guard case .bool = override else {
      throw .invalid("ignore_subscription_override must be a boolean.")
    }
  }
  for key in [
    "retries_with_no_delay", "minimum_delay_retries", "minimum_delay", "maximum_delay",
    "maximum_delay_retries",
  ] where policy[key] != nil && policy[key]?.integer == nil {
    throw .invalid("Retry policy: \(key) must be a integer.")
  }
  let minimum = policy["minimum_delay"]?.integer ?? 5
  let maximum = policy["maximum_delay"]?.integer ?? 30
  guard minimum < maximum else { throw .invalid("minimum_delay must less than maximum_delay.") }
  let (difference, overflows) = maximum.subtractingReportingOverflow(minimum)
  guard overflows || difference >= 10 else {
    throw .invalid("invalid minimum_delay and maximum_delay.")
  }
}

extension Value.Map {
  /// A number, where there is one; null counts as nothing.
  fileprivate func integer(_ key: String) throws(Answer) -> Int64? {
    guard let value = self[key], value != .null else { return nil }
    guard let number = value.integer else { throw .invalid("\(key) must be integer.") }
    return number
  }
}

extension Value {
  /// What Python takes for false.
  fileprivate var isEmpty: Bool {
    switch self {
    case .null, .bool(false), .int(0): true
    case .float(let number): number == 0
    case .double(let number): number == 0
    case .string(let text): text.isEmpty
    case .binary(let bytes): bytes.isEmpty
    case .array(let elements): elements.isEmpty
    case .map(let map): map.isEmpty
    case .bool, .int, .uint, .ext, .packed: false
    }
  }
}

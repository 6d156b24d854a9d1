// SPDX-License-Identifier: Apache-2.0

/// Memory for messages and replies on their way is bounded over all connections: each may keep what its limits
/// allow, but not all of them together.
extension Loop {
  /// When more than the loop's share is in use, ends the connections that have kept theirs for longest: whoever
  /// sends and takes at an honest rate keeps none for long. Down to three quarters, so that it need not be done
  /// again at once.
  func relieveMemory() {
    guard state.pointee.pool.lentBytes > state.pointee.messageMemory else { return }
    var holders: [(age: UInt32, token: Token)] = []
    forEachConnection { slot in
      if let age = holdingAge(slot) { holders.append((age, slot.token)) }
    }
    holders.sort { $0.age > $1.age }
    let goal = state.pointee.messageMemory / 4 * 3
    for holder in holders {
      guard state.pointee.pool.lentBytes > goal else { return }
      if let slot = state.pointee.table.find(holder.token) { evict(slot) }
    }
  }

  /// For how many milliseconds a connection has kept memory: since its message began, or since it last took some of
  /// what is queued for it. Nil when it keeps none.
  private func holdingAge(_ slot: Slot) -> UInt32? {
    let sending = slot.pointee.message == nil ? nil : elapsed(since: slot.pointee.phaseBegan)
    let taking = slot.pointee.outputFirst == nil ? nil : elapsed(since: slot.pointee.lastActive)
    return [sending, taking].compactMap(\.self).max()
  }

  private func evict(_ slot: Slot) {
    state.pointee.counters.pointee.evictions.add(1)
    perform(on: slot) {
      // Behind what a client does not take a last word would only wait, and keep that.
      guard slot.pointee.outputFirst == nil else { return abandon(slot) }
      switch slot.pointee.phase {
      case .open:
        startClose(slot, code: .tryAgainLater, reason: "too much memory is in use for messages")
      case .http:
        refuse(slot, .serviceUnavailable, "Too much memory is in use for messages.")
      default: abandon(slot)
      }
    }
  }
}

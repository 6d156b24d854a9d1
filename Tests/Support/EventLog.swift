// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What happened on other threads, in order, for a test to wait for.
public final class EventLog<Event: Sendable>: @unchecked Sendable {
  /// Nothing more happened for ``Peer/patience``.
  public struct TimedOut: Error {
    public let count: Int
    public let last: Event?
  }

  private let condition = NSCondition()
  private var events: [Event] = []

  public init() {}

  public func add(_ event: Event) {
    condition.lock()
    events.append(event)
    condition.broadcast()
    condition.unlock()
  }

  public var all: [Event] {
    condition.lock()
    defer { condition.unlock() }
    return events
  }

  /// Waits for that many events, and returns all there are.
  @discardableResult
  public func wait(for count: Int = 1) throws -> [Event] {
    try wait { $0.count >= count }
  }

  /// Waits until the events are as wanted, and returns all there are.
  @discardableResult
  public func wait(until isEnough: ([Event]) -> Bool) throws -> [Event] {
    let deadline = Date().addingTimeInterval(Double(Peer.patience))
    condition.lock()
    defer { condition.unlock() }
    while !isEnough(events) {
      if !condition.wait(until: deadline) { throw TimedOut(count: events.count, last: events.last) }
    }
    return events
  }
}

extension EventLog where Event == Void {
  public func add() { add(()) }
}

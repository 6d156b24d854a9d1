// SPDX-License-Identifier: Apache-2.0

import HeapModule

/// When the messages of a queue expire, in order of time.
///
/// Messages posted one after the other with the same ttl expire in that order. Such a run of them is one
/// entry here, so that a queue whose messages all live equally long needs but one. A message whose
/// life a claim has raised is left where it is: when its run comes to it, it gets a run of its own.
struct ExpiryRuns {
  /// Messages that expire one after the other, each when it is `lifetime` old; those with another
  /// life are not of the run.
  struct Run: Comparable {
    /// When the first expires, or would have.
    var due: Milliseconds
    var first: UInt64
    /// Behind the last.
    var end: UInt64
    var lifetime: Int64

    static func < (one: Run, other: Run) -> Bool { one.due < other.due }
  }

  /// The run of the messages posted last, and when the last of it was made.
  private var open: Run?
  private var lastCreated = Milliseconds.min
  private var others = Heap<Run>()

  var count: Int { others.count + (open == nil ? 0 : 1) }

  /// The time until which there is nothing to do.
  var due: Milliseconds { min(open?.due ?? .max, others.min?.due ?? .max) }

  /// Adds a message behind those added before.
  mutating func append(_ sequence: UInt64, created: Milliseconds, expires: Milliseconds) {
    let lifetime = expires &- created
    if let run = open, run.end == sequence, run.lifetime == lifetime, created >= lastCreated {
      open?.end = sequence + 1
    } else {
      if let run = open { others.insert(run) }
      open = Run(due: expires, first: sequence, end: sequence + 1, lifetime: lifetime)
    }
    lastCreated = created
  }

  /// Adds a message that lives longer than its run.
  mutating func addSingle(_ sequence: UInt64, created: Milliseconds, expires: Milliseconds) {
    others.insert(
      Run(due: expires, first: sequence, end: sequence + 1, lifetime: expires &- created))
  }

  /// Takes out a run that is due. What is left of it is given back by ``giveBack(_:)``.
  mutating func takeDue(_ now: Milliseconds) -> Run? {
    if let run = open, run.due <= now {
      open = nil
      return run
    }
    guard let run = others.min, run.due <= now else { return nil }
    return others.removeMin()
  }

  /// Takes back a run, which can go on growing if it is that of the messages posted last.
  mutating func giveBack(_ run: Run, lastSequence: UInt64) {
    if open == nil, run.end == lastSequence + 1 { open = run } else { others.insert(run) }
  }

  /// Forgets the runs that `isOver` says are.
  mutating func forget(where isOver: (Run) -> Bool) {
    if let run = open, isOver(run) { open = nil }
    others = Heap(others.unordered.filter { !isOver($0) })
  }
}

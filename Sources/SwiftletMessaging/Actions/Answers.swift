// SPDX-License-Identifier: Apache-2.0

import SwiftletAuthentication

// How stored things look in answers.

extension StoredMessage {
  /// As all answers but statistics list it. Only a claim's own answer tells the claim.
  func listed(at now: Milliseconds, claim: Identifier? = nil) -> Value {
    [
      "id": .string(id.description), "claim_id": claim.map { .string($0.description) } ?? .null,
      "ttl": .int(ttl), "age": .int(age(of: created, at: now)), "body": .packed(body),
    ]
  }

  func inStatistics(at now: Milliseconds) -> Value {
    [
      "id": .string(id.description), "age": .int(age(of: created, at: now)), "ttl": .int(ttl),
      "body": .packed(body), "claim_id": claim.map { .string($0.description) } ?? .null,
      "claim_count": .int(Int64(claimCount)),
      "created": .string(UTCTime(seconds: created / 1000).text + "Z"),
    ]
  }

  /// As one that was taken out of its queue. Its claim has no use; clients want it to be a text.
  func popped(at now: Milliseconds) -> Value {
    [
      "id": .string(id.description), "age": .int(age(of: created, at: now)), "ttl": .int(ttl),
      "body": .packed(body), "claim_id": .string(id.description),
      "claim_count": .int(Int64(claimCount)),
    ]
  }
}

extension [StoredMessage] {
  func listed(at now: Milliseconds, claim: Identifier? = nil) -> Value {
    .array(map { $0.listed(at: now, claim: claim) })
  }
}

extension StoredSubscription {
  func listed(at now: Milliseconds) -> Value {
    [
      "id": .string(id.description), "source": .string(queue.name),
      "subscriber": .string(subscriber), "ttl": .int(ttl),
      "age": .int(age(of: created, at: now)), "options": .packed(options),
      "confirmed": .bool(isConfirmed),
    ]
  }
}

/// Whole seconds.
func age(of created: Milliseconds, at now: Milliseconds) -> Int64 { max(0, now - created) / 1000 }

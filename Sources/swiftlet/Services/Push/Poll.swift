// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletServer
import Synchronization

/// `GET /poll?after=SEQ&rate=R&size=S`: the messages of `/push` by long polling. The sequence is that of the
/// monotonic clock, message `n` being due `n / R` seconds after its beginning, so nothing is kept between polls.
struct Poll {
  /// The most messages of the past that are answered with, together of at most so many bytes.
  private static let mostMessages = 64
  private static let mostBytes = 1 << 20

  private final class Counts: Sendable {
    let messages = Atomic(0)
    let skipped = Atomic(0)
  }

  private let query: PushQuery
  private let rhythm: Rhythm
  private let counts: Counts

  static func add(to routes: inout Routes, maxMessageSize: Int, _ metrics: Metrics) {
    let counts = Counts()
    routes.getLater("/poll") { request, _, exchange throws(Refusal) in
      let query = try PushQuery(request, maxSize: maxMessageSize, isPoll: true)
      try Poll(query: query, rhythm: Rhythm(rate: query.rate), counts: counts).answer(exchange)
    }
    metrics.add(counter: "poll_messages_total", "Messages polls were answered with.") {
      counts.messages.load(ordering: .relaxed)
    }
    metrics.add(counter: "poll_skipped_total", "Messages that polls came too late for.") {
      counts.skipped.load(ordering: .relaxed)
    }
  }

  /// Answers at once if something is due, else when it is.
  private func answer(_ exchange: borrowing Exchange) throws(Refusal) {
    let latest = rhythm.latest(at: monotonicNanoseconds())
    let after = query.after ?? latest
    guard after <= latest else {
      throw Refusal(.badRequest, "The sequence is only at \(latest), which is before that.")
    }
    if after < latest { return send(after: after, latest: latest, exchange) }
    let reference = exchange.reference
    exchange.setTimer(at: rhythm.due(after + 1)) { loop in
      loop.with(reference) {
        send(after: after, latest: rhythm.latest(at: monotonicNanoseconds()), $0)
      }
      return nil
    }
  }

  private func send(after: UInt64, latest: UInt64, _ exchange: borrowing Exchange) {
    let most = max(1, min(Poll.mostMessages, Poll.mostBytes / query.size))
    let count = min(Int(latest - after), most)
    var message = PushMessage(size: query.size)
    var body: [UInt8] = []
    body.reserveCapacity(count * query.size)
    for sequence in (latest - UInt64(count) + 1)...latest {
      message.set(sequence: sequence, time: rhythm.due(sequence))
      body += message.bytes
    }
    counts.messages.add(count, ordering: .relaxed)
    counts.skipped.add(Int(latest - after) - count, ordering: .relaxed)
    exchange.respond(
      contentType: "application/octet-stream",
      fields: [("Cache-Control", "no-store"), ("Message-Count", String(count))],
      body: body.span.bytes)
  }
}

// SPDX-License-Identifier: Apache-2.0

extension ExchangeOutcome {
  /// The outcome for people.
  package var summary: String {
    let count = plan.connections == 1 ? "1 connection" : "\(plan.connections) connections"
    var text = "\(plan.url): \(count) at a time, "
    text += plan.life == .short ? "a new one for each message\n" : "kept for all messages\n"
    let seconds = Double(elapsed) / 1e9
    text += "\n\(rate.rounded(toPlaces: 0)) replies/s over \(seconds.rounded(toPlaces: 1)) s\n"
    text += table.text
    if tally.closed > 0 {
      let microseconds = clientTimePerConnection.rounded(toDigits: 3)
      text += "\(microseconds) µs of the client's thread a connection\n"
    }
    text += tally.faults.isEmpty ? "every reply was right\n" : "WRONG: \(tally.faults.sentence)\n"
    return text + "\(verdict.sentence)\n"
  }

  /// Microseconds.
  package var clientTimePerConnection: Double {
    tally.closed == 0 ? 0 : Double(usage.running) / 1000 / Double(tally.closed)
  }

  private var table: Table {
    Table(microsecondsOf: [
      ("connect", tally.connect), ("TLS", tally.tls), ("upgrade", tally.upgrade),
      ("send", tally.send), ("first byte", tally.firstByte), ("last byte", tally.lastByte),
      ("response", tally.response), ("close", tally.close), ("whole", tally.whole),
    ])
  }
}

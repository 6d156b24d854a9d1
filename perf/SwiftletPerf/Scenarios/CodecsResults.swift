// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials

extension Codecs {
  /// Pairs of the two encodings of a content.
  private var pairs: [(json: Entry, messagePack: Entry)] {
    stride(from: 0, to: entries.count, by: 2).map { (entries[$0], entries[$0 + 1]) }
  }

  /// For people: the ratios are MessagePack's over JSON's.
  package func summary(seed: UInt64) -> String {
    var table = Table(head: [
      "", "", "bytes", "write ns", "read ns", "replies/s", "client CPU ns/msg",
    ])
    for entry in entries {
      table.add(
        [
          entry.name, "", "\(entry.byteCount)", entry.writing.median.rounded(toDigits: 3),
          entry.reading.median.rounded(toDigits: 3),
        ] + [entry.rate, entry.clientTime].map { $0?.rounded(toDigits: 3) ?? "-" })
    }
    var text = table.text + "MessagePack over JSON:\n"
    for (json, messagePack) in pairs {
      let bytes = Double(messagePack.byteCount) / Double(json.byteCount)
      text += "\(json.content.rawValue): bytes \(bytes.rounded(toPlaces: 2))"
      text += ", writing \((messagePack.writing.median / json.writing.median).rounded(toPlaces: 2))"
      text += ", reading \((messagePack.reading.median / json.reading.median).rounded(toPlaces: 2))"
      if let ratio = Ratio(
        of: messagePack.outcomes.map(\.rate), to: json.outcomes.map(\.rate), seed: seed)
      {
        text += ", rate \(ratio.text)\(ratio.isDifference ? "" : " no difference shown")"
      }
      text += "\n"
    }
    return text
  }

  package var runs: [Run] {
    entries.map { entry in
      var run = entry.outcomes.isEmpty ? Run(entry.name) : Run(entry.name, merging: entry.outcomes)
      run.figures["bytes"] = Double(entry.byteCount)
      run.figures["writeNanoseconds"] = entry.writing.median
      run.figures["readNanoseconds"] = entry.reading.median
      return run
    }
  }
}

extension Codecs.Entry {
  /// Medians of the rounds.
  fileprivate var rate: Double? {
    outcomes.isEmpty ? nil : Spread(of: outcomes.map(\.rate)).median
  }

  /// Nanoseconds of the client's CPU time a message.
  fileprivate var clientTime: Double? {
    outcomes.isEmpty ? nil : Spread(of: outcomes.map(\.clientTime)).median
  }
}

extension LoadOutcome {
  fileprivate var clientTime: Double {
    Double(usage.reduce(0) { $0 + $1.running }) / Double(max(1, tally.received))
  }
}

extension [UInt8] {
  var base64: String { Data(self).base64EncodedString() }
}

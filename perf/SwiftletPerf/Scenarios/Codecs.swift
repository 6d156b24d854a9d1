// SPDX-License-Identifier: Apache-2.0

internal import SwiftletCore
internal import SwiftletMessaging

/// The same contents in JSON and in MessagePack: their bytes, the time to write and to read them, and, on a server that
/// sends messages back, the rates of messages of these sizes.
package struct Codecs: Sendable {
  /// What messages hold.
  package enum Content: String, Sendable, CaseIterable {
    /// Numbers, names, flags and lists, again and again.
    case record
    /// Letters.
    case text
    /// Bytes without structure: base64 in JSON, which has no other way.
    case binary
  }

  /// One content in one encoding.
  package struct Entry: Sendable {
    package let content: Content
    package let format: Payload.Format
    package let byteCount: Int
    /// Nanoseconds, on one core.
    package let writing: Spread
    package let reading: Spread
    /// On a server, where there was one.
    package var outcomes: [LoadOutcome] = []

    package var name: String { "\(content.rawValue), \(format.rawValue)" }
  }

  package private(set) var entries: [Entry] = []

  /// Encodes contents of about `size` bytes in each way, and reads them back. Throws a sentence when what is read is
  /// not what was written.
  package init(size: Int, repetitions: Int, seed: UInt64) throws {
    for content in Content.allCases {
      for format in [WireFormat.json, .messagePack] {
        let value = content.value(size: size, seed: seed, in: format)
        entries.append(try Entry(content, value, format, repetitions: repetitions))
      }
    }
  }

  /// Has each content's two messages take turns on a server. `plan` gives all but format and size.
  package mutating func run(
    _ plan: LoadPlan, rounds: Int, _ watch: (LoadProgress) -> Void
  ) async throws {
    let rotation = Rotation(of: 2)
    for first in stride(from: 0, to: entries.count, by: 2) {
      for round in 0..<rounds {
        for turn in rotation[round] {
          let entry = entries[first + turn]
          var plan = plan
          plan.format = entry.format
          plan.size = max(entry.byteCount, entry.format.leastSize)
          entries[first + turn].outcomes.append(
            try await plan.run { progress in
              var progress = progress
              progress.part = "round \(round + 1) of \(rounds), \(entry.name)"
              watch(progress)
            })
        }
      }
    }
  }
}

extension Codecs.Entry {
  fileprivate init(
    _ content: Codecs.Content, _ value: Value, _ format: WireFormat, repetitions: Int
  ) throws {
    let bytes = format.encode(value)
    guard try bytes.withUnsafeBytes(format.decode) == value else {
      throw LoadError.system(
        "a \(content.rawValue) in \(format.rawValue) is not read as it was written")
    }
    self.content = content
    self.format = format == .json ? .json : .msgpack
    byteCount = bytes.count
    var buffer: [UInt8] = []
    writing = Self.time(repetitions) {
      buffer.removeAll(keepingCapacity: true)
      format.encode(value, into: &buffer)
      consume(UInt64(buffer.count))
    }
    reading = Self.time(repetitions) {
      let value = bytes.withUnsafeBytes { try? format.decode($0) }
      consume(value == nil ? 0 : 1)
    }
  }

  /// Nanoseconds of one run, from repetitions that are long enough for the clock.
  private static func time(_ repetitions: Int, _ work: () -> Void) -> Spread {
    var runs = 1
    func elapsed() -> UInt64 {
      let start = monotonicNanoseconds()
      for _ in 0..<runs { work() }
      return monotonicNanoseconds() - start
    }
    while elapsed() < Kernel.shortestRepetition { runs *= 2 }
    return Spread(of: (0..<repetitions).map { _ in Double(elapsed()) / Double(runs) })
  }
}

extension Codecs.Content {
  /// About `size` bytes of it, as MessagePack counts them.
  fileprivate func value(size: Int, seed: UInt64, in format: WireFormat) -> Value {
    var random = SplitMix64(seed: seed)
    switch self {
    case .record:
      let record: () -> Value = {
        [
          "sensor": .int(Int64.random(in: 0..<10_000, using: &random)),
          "x": .int(Int64.random(in: -1000..<1000, using: &random)),
          "mean": .double(Double.random(in: 0..<256, using: &random)), "ok": true,
          "tags": ["left", "cold", "second shift"],
        ]
      }
      let one = WireFormat.messagePack.encode(record()).count
      return .array((0..<max(1, size / one)).map { _ in record() })
    case .text:
      let letters = (0..<size).map { _ in UInt8.random(in: 97...122, using: &random) }
      return .string(String(decoding: letters, as: UTF8.self))
    case .binary:
      let bytes = (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) }
      return format == .json ? .string(bytes.base64) : .binary(bytes)
    }
  }
}

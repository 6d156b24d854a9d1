// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials

/// What a result file holds: all that is needed to judge a scenario and to do it again. docs/measuring.md
/// describes it; `schema` rises when a reader of the last one would be misled.
package struct ResultFile: Codable, Sendable {
  package private(set) var schema = Self.currentSchema
  /// As the command names it: echo, images ...
  package var scenario: String
  package var command: [String]
  /// When it began, in RFC 3339 and UTC.
  package var started: String
  /// Of everything random. A text, since not every reader of JSON keeps 64 bits.
  package var seed: String
  package var machine: Machine
  /// What may have stood in the way, in sentences.
  package var preflight: [String] = []
  package var runs: [Run] = []
  /// What the client adds by itself, where that was measured.
  package var calibration: Calibration?
  /// Where servers were compared.
  package var comparison: Judgement?

  package static let currentSchema = 1

  package init(scenario: String, command: [String], seed: UInt64, plans: [LoadPlan] = []) {
    self.scenario = scenario
    self.command = command
    self.seed = String(seed)
    started = Date.now.ISO8601Format()
    machine = .current
    preflight = Preflight(machine, plans).remarks
  }

  /// Reads a file's text. Throws a sentence for people when it is none of ours.
  package init(json: some Collection<UInt8>) throws {
    let data = Data(json)
    let schema: Int
    do {
      schema = try JSONDecoder().decode(Version.self, from: data).schema
    } catch {
      throw ResultError("it is not a result file of swiftlet-perf")
    }
    guard schema == Self.currentSchema else {
      throw ResultError(
        "it has schema \(schema), this version of swiftlet-perf reads \(Self.currentSchema)")
    }
    do {
      let decoder = JSONDecoder()
      decoder.nonConformingFloatDecodingStrategy = .convertFromString(
        positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
      self = try decoder.decode(ResultFile.self, from: data)
    } catch {
      throw ResultError("it is damaged: \(error)")
    }
  }

  package var json: String { get throws { try jsonText } }
}

private struct Version: Decodable { let schema: Int }

/// Why a result file cannot be read, as a sentence that goes on after its name.
package struct ResultError: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}

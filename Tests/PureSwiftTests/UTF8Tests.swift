// SPDX-License-Identifier: Apache-2.0

import PureSwift
import SwiftletCore
import Testing

extension CAgainstSwift {
  @Suite struct UTF8Texts {
    /// Both validators, fed alike; records a difference as an issue.
    struct Pair {
      var c = UTF8Validator()
      var swift = UTF8Validation()

      /// Whether they agree after the next piece.
      mutating func agree(after piece: ArraySlice<UInt8>) -> Bool {
        piece.withUnsafeBytes { bytes in
          c.update(bytes.bytes) == swift.update(bytes)
            && c.isInvalid == swift.isInvalid && c.isComplete == swift.isComplete
        }
      }
    }

    /// The bytes at which RFC 3629's grammar changes its mind, and their neighbours.
    static let borders: [UInt8] = [
      0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC,
      0xED,
      0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
    ]

    @Test(arguments: borders)
    func shortSequencesOfBorderBytes(_ first: UInt8) {
      var sequences: [[UInt8]] = [[first]]
      for length in 2...4 {
        sequences += sequences.filter { $0.count == length - 1 }.flatMap { head in
          Self.borders.map { head + [$0] }
        }
      }
      CAgainstSwift.atEachLevel { level in
        var differing: [UInt8]?
        for sequence in sequences {
          var pair = Pair()
          if !pair.agree(after: sequence[...]) { differing = differing ?? sequence }
        }
        #expect(differing == nil, "level \(level)")
      }
    }

    @Test(arguments: borders)
    func swiftAgreesWithTheStandardLibrary(_ first: UInt8) {
      for second in Self.borders {
        for third in Self.borders {
          let sequence = [first, second, third, 0x41]
          var validation = UTF8Validation()
          let isValid = sequence.withUnsafeBytes { validation.update($0) } && validation.isComplete
          #expect(isValid == (String(validating: sequence, as: UTF8.self) != nil))
        }
      }
    }

    static let text = Array(
      (String(repeating: "plain ASCII, and more of it; ", count: 4)
        + "größer, naïve — Ελληνικά, по-русски, 漢字かな交じり文, ไทย, 🐦🪺. "
        + String(repeating: "漢", count: 70)).utf8)

    @Test(arguments: 0..<60)
    func damagedTextsInPieces(_ seed: Int) {
      var random = SplitMix64(seed)
      var text = Array(Self.text[Int.random(in: 0..<16, using: &random)...])
      // The first seeds keep the text whole but for its beginning.
      if seed >= 4 {
        for _ in 0...(seed % 3) {
          text[Int.random(in: 0..<text.count, using: &random)] = Self.borders.randomElement(
            using: &random)!
        }
      }
      var cuts = (0..<(seed % 5)).map { _ in Int.random(in: 0...text.count, using: &random) }
      cuts = [0] + cuts.sorted() + [text.count]
      CAgainstSwift.atEachLevel { level in
        var pair = Pair()
        for (start, end) in zip(cuts, cuts.dropFirst()) {
          let agree = pair.agree(after: text[start..<end])
          #expect(agree, "level \(level), seed \(seed)")
        }
      }
    }

    @Test func everyCutOfAValidText() {
      CAgainstSwift.atEachLevel { level in
        for cut in 0...Self.text.count {
          var pair = Pair()
          let agree = pair.agree(after: Self.text[..<cut]) && pair.agree(after: Self.text[cut...])
          #expect(agree && pair.c.isComplete, "level \(level), cut at \(cut)")
        }
      }
    }

    @Test func invalidIsKept() {
      var pair = Pair()
      for piece in [[0xFF], [0x41], []] as [ArraySlice<UInt8>] {
        let agree = pair.agree(after: piece)
        #expect(agree && pair.c.isInvalid, "after \(piece)")
      }
    }
  }
}

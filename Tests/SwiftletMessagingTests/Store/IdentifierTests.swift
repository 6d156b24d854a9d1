// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletMessaging

@Suite struct IdentifierTests {
  private let scheme = IdentifierScheme(key: SipKey(1, 2))

  /// The first and others of the 64 vectors that SipHash's authors publish: key 00 01 ... 0f, message
  /// 00 01 ... of that length. Ours takes 16 bytes only.
  @Test func sipHashOfSixteenBytesIsThePublishedOne() {
    let key = SipKey(0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908)
    #expect(key.hash(0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908) == 0x3f2a_cc7f_57c2_9bdb)
  }

  @Test(
    arguments: IdentifierScheme.Kind.allCases, [0, 1, 0xFFF, 0x1000, 1 << 40 + 7, (1 << 60) - 1])
  func idTellsItsNumberToItsOwnKindAndScopeAlone(kind: IdentifierScheme.Kind, number: UInt64) {
    let id = scheme.identifier(kind, number, in: 5)
    #expect(scheme.number(of: id, kind, in: 5) == number)
    #expect(scheme.number(of: id, kind, in: 6) == nil)
    for other in IdentifierScheme.Kind.allCases where other != kind {
      #expect(scheme.number(of: id, other, in: 5) == nil)
    }
    #expect(IdentifierScheme(key: SipKey(1, 3)).number(of: id, kind, in: 5) == nil)
  }

  @Test func idWithAnyBitChangedIsForeign() {
    let id = scheme.identifier(.message, 1234, in: 5)
    for bit in 0..<64 {
      let high = Identifier(high: id.high ^ 1 << bit, low: id.low)
      let low = Identifier(high: id.high, low: id.low ^ 1 << bit)
      #expect(scheme.number(of: high, .message, in: 5) == nil)
      #expect(scheme.number(of: low, .message, in: 5) == nil)
    }
  }

  @Test func idIsAUUIDOfVersion8() {
    for number: UInt64 in [0, 0xFFFF_FFFF, IdentifierScheme.maxNumber] {
      let text = Array("\(scheme.identifier(.claim, number, in: 1))")
      #expect(text.count == 36)
      #expect(text[14] == "8")
      #expect("89ab".contains(text[19]))
    }
  }

  @Test func textAndBack() {
    let id = Identifier(high: 0x0123_4567_89ab_cdef, low: 0xfedc_ba98_7654_3210)
    #expect("\(id)" == "01234567-89ab-cdef-fedc-ba9876543210")
    #expect(Identifier("\(id)") == id)
    #expect(Identifier("01234567-89AB-CDEF-FEDC-BA9876543210") == id)
  }

  @Test(arguments: [
    "", "01234567-89ab-cdef-fedc-ba987654321", "01234567-89ab-cdef-fedc-ba98765432100",
    "0123456789abcdeffedcba9876543210", "01234567-89ab-cdef-fedc-ba987654321g",
    "0123456-789ab-cdef-fedc-ba9876543210", "{1234567-89ab-cdef-fedc-ba98765432}",
    "01234567-89ab-cdef-fedc-ba98765432é",
  ])
  func otherTextIsNoId(text: String) {
    #expect(Identifier(text) == nil)
  }
}

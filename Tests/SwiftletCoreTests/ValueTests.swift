// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import Testing

@Suite struct ValueTests {
  @Test func errorsSayWhatAndHowToClose() throws {
    #expect(!CoreError.utf8.description.isEmpty)
    #expect(CoreError.utf8.description != CoreError.layout.description)
    #expect(CoreError.utf8.closeCode == .invalidData)
    #expect(CoreError.messageSize.closeCode == .messageTooBig)
    #expect(CoreError.memory.closeCode == .internalError)
    #expect(CoreError(code: CoreError.empty.code) == .empty)
    #expect(try CoreError.check(7) == 7)
    #expect(throws: CoreError.layout) { try CoreError.check(CoreError.layout.code) }
  }

  @Test(arguments: [
    (1000, true), (1003, true), (1004, false), (1005, false), (1006, false), (1007, true),
    (1014, true), (1015, false), (2999, false), (3000, true), (4999, true), (5000, false),
    (0, false),
  ])
  func closeCodesThatMayBeSent(_ code: UInt16, _ maySend: Bool) {
    #expect(CloseCode(rawValue: code).maySend == maySend)
  }

  @Test func closeCodesReadAsNumbers() {
    #expect("\(CloseCode.goingAway)" == "1001")
    #expect(CloseCode(rawValue: 1013) == .tryAgainLater)
  }

  @Test func levelsHaveTheNamesOfTheEnvironment() {
    #expect(CPULevel.allCases.map(\.description) == ["scalar", "sse2", "avx2", "avx512", "neon"])
    #expect(CPULevel.available.first == .scalar)
    #expect(CPULevel.available.last == .best)
    #expect(CPULevel.available == CPULevel.available.sorted())
  }

  @Test func messageKindsAreOpcodes() {
    #expect(MessageKind(rawValue: 1) == .text)
    #expect(MessageKind(rawValue: 2) == .binary)
    #expect(MessageKind(rawValue: 0) == nil)
  }

  /// RFC 6455 §1.3.
  @Test func acceptKey() throws {
    let accept = try Handshake.acceptKey(for: "dGhlIHNhbXBsZSBub25jZQ==")
    #expect(accept == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    #expect(throws: CoreError.argument) { try Handshake.acceptKey(for: "short") }
    #expect(throws: CoreError.argument) { try Handshake.acceptKey(for: "") }
  }

  /// RFC 6455 §5.7: a masked "Hello".
  @Test func maskingASpan() {
    var bytes: [UInt8] = [0x7F, 0x9F, 0x4D, 0x51, 0x58]
    var span = bytes.mutableSpan
    var raw = span.mutableBytes
    let key = UInt32(littleEndian: 0x3D21_FA37)
    let rotated = WebSocketMask(key: key).apply(to: &raw)
    #expect(String(decoding: bytes, as: UTF8.self) == "Hello")
    #expect(rotated.key == UInt32(littleEndian: 0x373D_21FA))
  }

  @Test func utf8InPieces() {
    var validator = UTF8Validator()
    let text: [UInt8] = [0xE2, 0x82, 0xAC, 0xC0]
    #expect(validator.isComplete)
    let first = validator.update(text.span.bytes.extracting(0..<2))
    #expect(first && !validator.isComplete && !validator.isInvalid)
    let second = validator.update(text.span.bytes.extracting(2..<3))
    #expect(second && validator.isComplete)
    let third = validator.update(text.span.bytes.extracting(3..<4))
    #expect(!third && validator.isInvalid && !validator.isComplete)
  }
}

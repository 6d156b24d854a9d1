// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletServer
import Testing

@testable import SwiftletImages

@Suite struct StatsOptionsTests {
  @Test func defaultsAreThoseOfTheContract() throws {
    let options = try options("")
    #expect(options.shape == nil && options.format == .u8 && options.mode == .wait)
    #expect(options.reply == .text && options.method == .auto)
  }

  @Test func everyParameterIsRead() throws {
    let options = try options("shape=600x800&format=u16&mode=ack&reply=msgpack&method=simd")
    #expect(options.shape == StatsOptions.Shape(rows: 600, columns: 800))
    #expect(options.format == .u16 && options.mode == .ack)
    #expect(options.reply == .msgpack && options.method == .simd)
  }

  @Test func everyChoiceIsKnown() throws {
    for format in PixelFormat.allCases {
      #expect(try options("format=\(format.rawValue)").format == format)
    }
    for method in ImageMethod.allCases {
      #expect(try options("method=\(method.rawValue)").method == method)
    }
    for reply in ["text", "json", "msgpack"] {
      #expect(try options("reply=\(reply)").reply.rawValue == reply)
    }
    for mode in ["wait", "ack"] { #expect(try options("mode=\(mode)").mode.rawValue == mode) }
  }

  @Test(arguments: [
    ("format=u32", "The parameter format takes one of: u8, u16, f32, f64."),
    ("mode=later", "The parameter mode takes one of: wait, ack."),
    ("reply=xml", "The parameter reply takes one of: text, json, msgpack."),
    ("reply=", "The parameter reply takes one of: text, json, msgpack."),
    (
      "method=fast",
      "The parameter method takes one of: auto, scalar, simd, blas, histogram, quickselect."
    ),
    ("mode=wait&mode=wait", "The parameter mode is given twice."),
    (
      "colour=red",
      "There is no parameter of that name; known are shape, format, mode, reply and method."
    ),
    ("method=histogram&format=f32", "method=histogram needs format=u8 or format=u16."),
    ("format=f64&method=histogram", "method=histogram needs format=u8 or format=u16."),
  ])
  func whatIsMisspelledIsRefused(query: String, sentence: String) throws {
    let refusal = #expect(throws: Refusal.self) { try options(query) }
    #expect(refusal?.status == .badRequest && refusal?.sentence == sentence)
  }

  @Test(arguments: [
    "", "600", "x", "600x", "x800", "600x800x3", "0x5", "5x0", "-1x5", "+1x5", "1.0x5", "1x5%20",
    "99999999999999999999x1", "a", "6%C3%970",
  ])
  func shapeThatIsNoneIsRefused(text: String) throws {
    let refusal = #expect(throws: Refusal.self) { try options("shape=" + text) }
    #expect(refusal?.sentence == "The parameter shape is ROWSxCOLUMNS, such as 600x800.")
  }

  @Test(arguments: [
    ("shape=10x10", true), ("shape=10x11", false), ("shape=10x10&format=u16", false),
    ("shape=5x10&format=u16", true), ("shape=4611686018427387904x4&format=f64", false),
    ("shape=9223372036854775807x9223372036854775807", false),
  ])
  func shapeThatCannotArriveIsRefused(query: String, isTaken: Bool) throws {
    if isTaken {
      #expect(throws: Never.self) { try options(query, maxMessageSize: 100) }
    } else {
      let refusal = #expect(throws: Refusal.self) { try options(query, maxMessageSize: 100) }
      #expect(
        refusal?.sentence
          == "An image of that shape is larger than the largest message, 100 bytes.")
    }
  }

  @Test func messageMustFitTheShape() throws {
    let options = try options("shape=2x3&format=u16")
    #expect(options.layout(ofMessage: 12) == ImageLayout(rows: 2, columns: 3, format: .u16))
    for size in [0, 11, 13, 24] { #expect(options.layout(ofMessage: size) == nil) }
    #expect(
      options.complaint(aboutMessage: 13)
        == "the message has 13 bytes, but a 2x3 image in u16 has 12")
  }

  @Test func messageWithoutAShapeIsOneRow() throws {
    let options = try options("format=f32")
    #expect(options.layout(ofMessage: 12) == ImageLayout(rows: 1, columns: 3, format: .f32))
    #expect(options.layout(ofMessage: 0) == nil && options.layout(ofMessage: 13) == nil)
    #expect(options.complaint(aboutMessage: 0) == "the message is empty")
    #expect(
      options.complaint(aboutMessage: 13)
        == "the message has 13 bytes, which is no whole number of f32 samples")
  }

  /// Replies are written into memory of fixed size.
  @Test func longestComplaintFitsTheReply() throws {
    let most = "shape=4294967296x2147483647"
    let options = try options(most, maxMessageSize: .max)
    let sentence = options.complaint(aboutMessage: .max)
    #expect(sentence.utf8.count < 256)
  }
}

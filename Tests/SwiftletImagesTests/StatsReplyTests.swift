// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import Testing

@testable import SwiftletImages

@Suite struct StatsReplyTests {
  @Test func textIsTheLineOfTheFirstExperiment() throws {
    let values = statistics(count: 480_000, min: 0, max: 254, mean: 127.01, median: 127)
    let plain = try options("")
    #expect(
      written { $0.textReply(bytes: 480_000, values, plain) }
        == "Received: 480000, (480000,), 254, 0, 127.01, 127.0")
    let shaped = try options("shape=600x800")
    #expect(
      written { $0.textReply(bytes: 480_000, values, shaped) }
        == "Received: 480000, (600, 800), 254, 0, 127.01, 127.0")
  }

  @Test func textShowsFloatsAsNumpyDoes() throws {
    let third = Double(Float(1) / 3)
    let values = statistics(min: -0.0, max: third, mean: third, median: .nan)
    let single = try options("format=f32")
    #expect(
      written { $0.textReply(bytes: 16, values, single) }
        == "Received: 16, (4,), 0.33333334, -0.0, 0.33333334, nan")
    let double = try options("format=f64")
    #expect(
      written { $0.textReply(bytes: 32, values, double) }
        == "Received: 32, (4,), 0.3333333432674408, -0.0, 0.3333333432674408, nan")
  }

  @Test func jsonHasIntegersWhereTheFormatHas() throws {
    let values = statistics(count: 6, min: 3, max: 250, mean: 10.5, median: 9)
    let integers = try options("shape=2x3&reply=json")
    #expect(
      written { $0.jsonReply(bytes: 6, values, integers) }
        == #"{"bytes":6,"shape":[2,3],"min":3,"max":250,"mean":10.5,"median":9.0}"#)
    let floats = try options("format=f32&reply=json")
    #expect(
      written { $0.jsonReply(bytes: 24, values, floats) }
        == #"{"bytes":24,"shape":[6],"min":3.0,"max":250.0,"mean":10.5,"median":9.0}"#)
  }

  @Test func jsonHasNoWordForWhatIsNotFinite() throws {
    let values = statistics(min: .nan, max: .infinity, mean: -.infinity, median: .nan)
    let floats = try options("format=f64&reply=json")
    #expect(
      written { $0.jsonReply(bytes: 32, values, floats) }
        == #"{"bytes":32,"shape":[4],"min":null,"max":null,"mean":null,"median":null}"#)
  }

  @Test func messagePackIsToTheByte() throws {
    let values = statistics(count: 480_000, min: 0, max: 254, mean: 127.25, median: 127)
    let shaped = try options("shape=600x800&reply=msgpack")
    var expected: [UInt8] = [0x86]
    expected += [0xa5] + Array("bytes".utf8) + [0xce, 0x00, 0x07, 0x53, 0x00]
    expected += [0xa5] + Array("shape".utf8) + [0x92, 0xcd, 0x02, 0x58, 0xcd, 0x03, 0x20]
    expected += [0xa3] + Array("min".utf8) + [0x00]
    expected += [0xa3] + Array("max".utf8) + [0xcc, 0xfe]
    expected += [0xa4] + Array("mean".utf8) + [0xcb, 0x40, 0x5f, 0xd0, 0, 0, 0, 0, 0]
    expected += [0xa6] + Array("median".utf8) + [0xcb, 0x40, 0x5f, 0xc0, 0, 0, 0, 0, 0]
    #expect(bytesWritten { $0.messagePackReply(bytes: 480_000, values, shaped) } == expected)
  }

  @Test func messagePackFloatsStayFloats() throws {
    let values = statistics(min: .nan, max: 2)
    let floats = try options("format=f32&reply=msgpack")
    let bytes = bytesWritten { $0.messagePackReply(bytes: 16, values, floats) }
    let nan: [UInt8] = [0xa3] + Array("min".utf8) + [0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0]
    let two: [UInt8] = [0xa3] + Array("max".utf8) + [0xcb, 0x40, 0, 0, 0, 0, 0, 0, 0]
    #expect(bytes.firstRange(of: nan + two) != nil)
    #expect(bytes.firstRange(of: [0xa5] + Array("shape".utf8) + [0x91, 0x04]) != nil)
  }

  @Test(
    arguments: [
      (0, [0x00]), (0x7f, [0x7f]), (0x80, [0xcc, 0x80]), (0xff, [0xcc, 0xff]),
      (0x100, [0xcd, 1, 0]), (0xffff, [0xcd, 0xff, 0xff]), (0x1_0000, [0xce, 0, 1, 0, 0]),
      (0xffff_ffff, [0xce, 0xff, 0xff, 0xff, 0xff]),
      (0x1_0000_0000, [0xcf, 0, 0, 0, 1, 0, 0, 0, 0]),
    ] as [(UInt64, [UInt8])])
  func messagePackIntegersTakeTheShortestForm(value: UInt64, bytes: [UInt8]) {
    #expect(bytesWritten { $0.pack(value) } == bytes)
  }

  @Test func acknowledgementNamesTheResultToCome() {
    #expect(written { $0.acknowledgement(bytes: 480_000, id: 9, .text) } == "Received: 480000")
    #expect(
      written { $0.acknowledgement(bytes: 480_000, id: 9, .json) } == #"{"bytes":480000,"id":9}"#)
    #expect(
      bytesWritten { $0.acknowledgement(bytes: 5, id: 300, .msgpack) }
        == [0x82, 0xa5] + Array("bytes".utf8) + [5, 0xa2] + Array("id".utf8) + [0xcd, 1, 0x2c])
  }

  @Test func errorsAreInTheReplysFormat() {
    #expect(written { $0.error("no", .text) } == "Error: no")
    #expect(written { $0.error("no", .json) } == #"{"error":"no"}"#)
    #expect(
      bytesWritten { $0.error("no", .msgpack) }
        == [0x81, 0xa5] + Array("error".utf8) + [0xd9, 2] + Array("no".utf8))
  }

  /// The widest values there are, in the room that is given for them.
  @Test func widestReplyFitsItsRoom() throws {
    let wide = -Double.greatestFiniteMagnitude.nextDown
    let values = statistics(
      count: .max, min: wide, max: wide, mean: wide, median: wide, variance: 1e-300)
    var options = try options("format=f64")
    options.shape = StatsOptions.Shape(rows: .max, columns: .max)
    let text = written { $0.textReply(bytes: .max, values, options) }
    let json = written { $0.jsonReply(bytes: .max, values, options) }
    let packed = bytesWritten { $0.messagePackReply(bytes: .max, values, options) }
    #expect(max(text.utf8.count, json.utf8.count, packed.count) <= ByteWriter.replyCapacity)
    let result = ImageResult(
      id: .max, time: .max, bytes: .max, shape: options.shape, format: .f64, statistics: values,
      nanoseconds: .max)
    let line = written { $0.jsonLine(result) }
    let row = written { $0.csvLine(result) }
    #expect(max(line.utf8.count, row.utf8.count) <= ByteWriter.resultCapacity)
  }
}

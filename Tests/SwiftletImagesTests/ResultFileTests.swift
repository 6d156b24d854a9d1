// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import SwiftletImages

@Suite struct ResultFileTests {
  private let folder = try! Folder()

  private func line(_ id: UInt64) -> String { written { $0.jsonLine(result(id: id)) } }

  private func append(_ ids: ClosedRange<UInt64>) throws {
    var file = try ResultFile(path: folder.file)
    for id in ids {
      if !file.hasRoom { try file.flush() }
      file.append(result(id: id))
    }
    try file.flush()
  }

  private func lastID() throws -> UInt64? { try ResultFile(path: folder.file).lastID() }

  @Test func resultIsOneLineOfJSON() throws {
    #expect(
      line(5)
        == #"{"id":5,"time":"1970-01-01T00:00:00.000000Z","bytes":4,"shape":[4],"min":1,"max":2,"#
        + #""mean":1.5,"median":1.5,"stddev":0.5,"compute_ns":7}"# + "\n")
  }

  @Test func linesAreAppendedAcrossRestarts() throws {
    try append(1...3)
    #expect(try lastID() == 3)
    try append(4...2000)
    #expect(try folder.text == (1...2000).map(line).joined())
    #expect(try lastID() == 2000)
  }

  @Test func newFileHasNoLastID() throws {
    #expect(try lastID() == nil)
    #expect(try folder.text == "")
  }

  @Test func nothingIsWrittenBeforeAFlush() throws {
    var file = try ResultFile(path: folder.file)
    file.append(result(id: 1))
    #expect(try folder.text == "")
    try file.flush()
    #expect(try folder.text == line(1))
    try file.flush()
    #expect(try folder.text == line(1))
  }

  /// What a crash or a full disk may leave: the id of a line that was cut is not one to go on from,
  /// for it may be cut itself.
  @Test(arguments: [1, 7, 9, 40])
  func lineThatWasCutDoesNotCountAndStaysApart(kept: Int) throws {
    let cut = String(line(1234).prefix(kept))
    try folder.write(line(7) + cut)
    #expect(try lastID() == 7)
    try append(8...9)
    #expect(try folder.text == line(7) + cut + "\n" + line(8) + line(9))
    #expect(try lastID() == 9)
  }

  @Test func onlyACutLineIsNoResult() throws {
    try folder.write("{\"id\":12")
    #expect(try lastID() == nil)
  }

  @Test func whatIsNoResultIsPassedOver() throws {
    try folder.write(line(3) + "something else\n")
    #expect(try lastID() == 3)
    try folder.write("something else\n")
    #expect(try lastID() == nil)
  }

  @Test func pathThatCannotBeOpenedIsAnErrorThatSaysSo() {
    let path = folder.path + "/none/results"
    let error = #expect(throws: RecordError.self) { _ = try ResultFile(path: path) }
    #expect(
      error?.description == "cannot open the record file \"\(path)\": No such file or directory")
    let directory = #expect(throws: RecordError.self) { _ = try ResultFile(path: self.folder.path) }
    #expect(directory?.description.hasSuffix(": Is a directory") == true)
  }

  @Test func pipeCanBeWrittenTo() throws {
    let path = folder.path + "/pipe"
    try #require(mkfifo(path, 0o600) == 0)
    let reader = open(path, O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    var file = try ResultFile(path: path)
    let last = file.lastID()
    #expect(last == nil)
    file.append(result(id: 1))
    try file.flush()
    var bytes = [UInt8](repeating: 0, count: 1000)
    let count = read(reader, &bytes, bytes.count)
    #expect(String(decoding: bytes[..<count], as: UTF8.self) == line(1))
  }

  @Test func fullDiskKeepsTheLinesForAnotherTry() throws {
    var file = try ResultFile(path: "/dev/full")
    let last = file.lastID()
    #expect(last == nil)
    file.append(result(id: 1))
    for _ in 0..<2 {
      let error = #expect(throws: RecordError.self) { try file.flush() }
      #expect(
        error?.description
          == "cannot write to the record file \"/dev/full\": No space left on device")
    }
  }

  @Test func bufferFillsAndHasRoomAgainAfterAFlush() throws {
    var file = try ResultFile(path: folder.file)
    var count: UInt64 = 0
    while file.hasRoom {
      count += 1
      file.append(result(id: count))
    }
    #expect(count > 100)
    try file.flush()
    let hasRoom = file.hasRoom
    #expect(hasRoom)
    #expect(try lastID() == count)
  }
}

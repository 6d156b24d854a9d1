// SPDX-License-Identifier: Apache-2.0

import CSwiftlet
import Glibc
import Logging
import SwiftletCore
import SwiftletTestSupport
import Testing

@testable import SwiftletImages
@testable import SwiftletServer

func bytesWritten(_ body: (inout ByteWriter) -> Void) -> [UInt8] {
  [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
    var writer = ByteWriter(UnsafeMutableRawBufferPointer(buffer))
    body(&writer)
    count = writer.count
  }
}

func written(_ body: (inout ByteWriter) -> Void) -> String {
  String(decoding: bytesWritten(body), as: UTF8.self)
}

/// A request as the server makes it from a target.
func request(_ target: String) throws -> Request {
  var text = "GET \(target) HTTP/1.1\r\nHost: here\r\n\r\n"
  let request = text.withUTF8 { bytes in
    var storage = [swl_http_field](repeating: swl_http_field(), count: 4)
    return storage.withUnsafeMutableBufferPointer { fields in
      var head = swl_http_request()
      _ = swl_http_parse(bytes.baseAddress, bytes.count, 0, fields.baseAddress, fields.count, &head)
      return Request(head)
    }
  }
  return try #require(request)
}

func options(_ query: String, maxMessageSize: Int = 1 << 20) throws -> StatsOptions {
  try StatsOptions(try request("/stats?" + query), maxMessageSize: maxMessageSize)
}

func statistics(
  count: Int = 4, min: Double = 1, max: Double = 2, mean: Double = 1.5, median: Double = 1.5,
  variance: Double = 0.25
) -> ImageStatistics {
  var statistics = try! ImageStatistics.compute(
    of: [0 as UInt8].span.bytes, layout: ImageLayout(rows: 1, columns: 1))
  statistics.count = count
  statistics.min = min
  statistics.max = max
  statistics.mean = mean
  statistics.median = median
  statistics.variance = variance
  return statistics
}

func result(id: UInt64) -> ImageResult {
  ImageResult(
    id: id, time: 0, bytes: 4, shape: nil, format: .u8, statistics: statistics(), nanoseconds: 7)
}

/// A directory of its own, deleted at the end.
final class Folder: Sendable {
  let path: String
  init() throws {
    var template = Array("/tmp/swiftlet-test-XXXXXX".utf8CString)
    path = try #require(mkdtemp(&template).map { String(cString: $0) })
  }
  deinit {
    for name in ["results", "pipe"] { unlink(path + "/" + name) }
    rmdir(path)
  }
  var file: String { path + "/results" }

  func write(_ text: String) throws {
    let file = try #require(fopen(self.file, "w"))
    fputs(text, file)
    fclose(file)
  }

  var text: String {
    get throws {
      let file = try #require(fopen(self.file, "r"))
      defer { fclose(file) }
      var bytes = [UInt8](repeating: 0, count: 1 << 20)
      return String(decoding: bytes[..<fread(&bytes, 1, bytes.count, file)], as: UTF8.self)
    }
  }
}

let quiet: Logger = {
  var logger = Logger(label: "test")
  logger.logLevel = .critical
  return logger
}()

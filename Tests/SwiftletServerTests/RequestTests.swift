// SPDX-License-Identifier: Apache-2.0

import CSwiftlet
import Testing

@testable import SwiftletServer

@Suite struct RequestTests {
  private func parse(_ target: String, fields: String = "") throws -> Request? {
    var text = "GET \(target) HTTP/1.1\r\n\(fields)\r\n"
    return try text.withUTF8 { bytes in
      var storage = [swl_http_field](repeating: swl_http_field(), count: 16)
      return try storage.withUnsafeMutableBufferPointer { fields in
        var head = swl_http_request()
        let size = swl_http_parse(
          bytes.baseAddress, bytes.count, 0, fields.baseAddress, fields.count, &head)
        try #require(size == bytes.count)
        return Request(head)
      }
    }
  }

  private func query(_ text: String) throws -> [String]? {
    try parse("/?" + text)?.query.map { "\($0.name)|\($0.value)" }
  }

  @Test func pathIsSplitFromTheQuery() throws {
    let request = try #require(try parse("/stats?shape=2x3&mode=ack"))
    #expect(request.method == "GET" && request.path == "/stats")
    #expect(request.query.map(\.name) == ["shape", "mode"])
    #expect(request.query.map(\.value) == ["2x3", "ack"])
  }

  @Test func parametersAreDecoded() throws {
    #expect(try query("a=1+2%2b3") == ["a|1 2+3"])
    #expect(try query("gr%C3%BC%c3%9fe=%e2%82%AC") == ["grüße|€"])
    #expect(try query("a=b=c") == ["a|b=c"])
    #expect(try query("a&b=&=c") == ["a|", "b|", "|c"])
    #expect(try query("&&a=1&&") == ["a|1"])
    #expect(try query("") == [])
    #expect(try query("a=?/:@") == ["a|?/:@"])
    #expect(try query("a=1&a=2") == ["a|1", "a|2"])
  }

  @Test(arguments: ["a=%", "a=%4", "a=%g0", "a=%0g", "%=1", "a=%ff", "a=%c3", "a=%ed%a0%80"])
  func queryThatIsNoEncodedUTF8IsRefused(text: String) throws {
    #expect(try parse("/?" + text) == nil)
  }

  @Test(arguments: ["*", "http://here/", "here:80", "?a=1"])
  func onlyTheOriginFormIsTaken(target: String) throws {
    #expect(try parse(target) == nil)
  }

  @Test func pathIsAsSent() throws {
    #expect(try parse("/a%20b/../c")?.path == "/a%20b/../c")
  }

  @Test func fieldIsFoundWhateverItsCase() throws {
    let request = try #require(
      try parse("/", fields: "Host: here\r\nX-One:  1 \r\nx-one: 2\r\n"))
    #expect(request.field("HOST") == "here")
    #expect(request.field("X-one") == "1", "the first, without white space around it")
    #expect(request.field("X-Two") == nil)
    #expect(request.fields.count == 3)
  }
}

// SPDX-License-Identifier: Apache-2.0

import Foundation
import SwiftletMessaging
import Testing

@testable import SwiftletMessagingClient

@Suite struct CodingTests {
  private struct Everything: Codable, Equatable {
    var text = "ä"
    var yes = true
    var small: Int8 = -128
    var large = UInt64.max
    var single: Float = 0.1
    var double = 0.1
    var none: String?
    var some: String? = "s"
    var bytes: [UInt8] = [0, 0xff]
    var list = [[1, 2], []]
    var map = ["a": ["b": 1.5]]
    var choice = Choice.payload(3)
    var orders = [Order(item: "tea", count: 1)]
  }

  private enum Choice: Codable, Equatable {
    case plain
    case payload(Int)
  }

  private class Animal: Codable {
    var legs = 4
  }

  private final class Dog: Animal {
    var name = "Rex"
    enum CodingKeys: CodingKey { case name }
    override init() { super.init() }
    required init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      name = try container.decode(String.self, forKey: .name)
      try super.init(from: container.superDecoder())
    }
    override func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(name, forKey: .name)
      try super.encode(to: container.superEncoder())
    }
  }

  @Test(arguments: WireFormat.allCases) func everything(format: WireFormat) throws {
    let body = Everything()
    let value = try Value(encoding: body, for: format)
    let read = try format.encode(value).withUnsafeBytes { try format.decode($0) }
    #expect(try read.decode(Everything.self) == body)
    let bytes: Value = format == .json ? [0, 255] : .binary([0, 255])
    #expect(read["bytes"] == bytes && read["none"] == nil)
  }

  private struct FoundationTypes: Codable, Equatable {
    var date = Date(timeIntervalSince1970: 1.5)
    var data = Data([1, 2, 255])
    var url = URL(string: "http://example.org/")
    var uuid = UUID()
    var decimal = Decimal(string: "12.34")
  }

  @Test(arguments: WireFormat.allCases) func typesOfFoundation(format: WireFormat) throws {
    let body = FoundationTypes()
    let value = try Value(encoding: body, for: format)
    let read = try format.encode(value).withUnsafeBytes { try format.decode($0) }
    #expect(try read.decode(FoundationTypes.self) == body)
  }

  @Test func classesWithASuperclass() throws {
    let dog = Dog()
    (dog.name, dog.legs) = ("Bo", 3)
    let value = try Value(encoding: dog, for: .json)
    #expect(value == ["name": "Bo", "super": ["legs": 3]])
    let read = try value.decode(Dog.self)
    #expect(read.name == "Bo" && read.legs == 3)
  }

  @Test func emptyContainersAndNothing() throws {
    #expect(try Value(encoding: [Int](), for: .json) == [])
    #expect(try Value(encoding: [String: Int](), for: .json) == [:])
    #expect(try Value(encoding: Int?.none, for: .json) == .null)
    #expect(try Value.null.decode(Int?.self) == nil)
    #expect(try Value.array([1, .null]).decode([Int?].self) == [1, nil])
  }

  /// Numbers are taken for what they are worth, whatever they were written as.
  @Test func numbers() throws {
    #expect(try Value.double(3).decode(Int.self) == 3)
    #expect(try Value.float(3).decode(UInt8.self) == 3)
    #expect(try Value.int(3).decode(Double.self) == 3)
    #expect(try Value.uint(.max).decode(UInt64.self) == .max)
    for value in [Value.double(3.5), .int(256), .int(-1), .uint(.max), .string("3"), .bool(true)] {
      #expect(throws: DecodingError.self) { try value.decode(UInt8.self) }
    }
  }

  @Test func mistakesSayWhere() throws {
    let value: Value = [["item": "tea", "count": 1], ["item": "tea", "count": "many"]]
    let error = try #require(throws: DecodingError.self) { try value.decode([Order].self) }
    guard case .typeMismatch(_, let context) = error else { throw error }
    #expect(context.codingPath.map(\.stringValue) == ["Index 1", "count"])
    #expect(throws: DecodingError.self) { try Value.map(.init()).decode(Order.self) }
    #expect(throws: DecodingError.self) { try Value.null.decode(Order.self) }
    #expect(throws: DecodingError.self) { try Value.null.decode([Order].self) }
  }
}

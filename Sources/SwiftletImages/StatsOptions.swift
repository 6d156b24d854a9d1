// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletServer

/// What the query of a `/stats` connection asks for; holds for all its images.
struct StatsOptions: Equatable {
  /// When the reply leaves.
  enum Mode: String, CaseIterable {
    /// After the statistics, which it carries.
    case wait
    /// At once; the statistics are recorded.
    case ack
  }

  enum ReplyFormat: String, CaseIterable {
    case text, json, msgpack
  }

  /// Rows and columns; without it an image of any size is one row.
  var shape: Shape?
  var format = PixelFormat.u8
  var mode = Mode.wait
  var reply = ReplyFormat.text
  var method = ImageMethod.auto

  struct Shape: Equatable {
    var rows: Int
    var columns: Int
  }

  /// Reads the query strictly: what is misspelled is refused, not ignored.
  init(_ request: Request, maxMessageSize: Int) throws(Refusal) {
    var seen: Set<String> = []
    for (name, value) in request.query {
      guard seen.insert(name).inserted else {
        throw Refusal(.badRequest, "The parameter \(name) is given twice.")
      }
      switch name {
      case "shape": shape = try Shape(value)
      case "format": format = try StatsOptions.choose(name, value)
      case "mode": mode = try StatsOptions.choose(name, value)
      case "reply": reply = try StatsOptions.choose(name, value)
      case "method": method = try StatsOptions.choose(name, value)
      default:
        throw Refusal(
          .badRequest,
          "There is no parameter of that name; known are shape, format, mode, reply and method.")
      }
    }
    if method == .histogram && (format == .f32 || format == .f64) {
      throw Refusal(.badRequest, "method=histogram needs format=u8 or format=u16.")
    }
    if let shape {
      guard let size = layout(of: shape).size, size <= maxMessageSize else {
        throw Refusal(
          .badRequest,
          "An image of that shape is larger than the largest message, \(maxMessageSize) bytes.")
      }
    }
  }

  private static func choose<Choice: RawRepresentable<String> & CaseIterable>(
    _ name: String, _ value: String
  ) throws(Refusal) -> Choice {
    if let choice = Choice(rawValue: value) { return choice }
    let choices = Choice.allCases.map(\.rawValue).joined(separator: ", ")
    throw Refusal(.badRequest, "The parameter \(name) takes one of: \(choices).")
  }

  private func layout(of shape: Shape) -> ImageLayout {
    ImageLayout(rows: shape.rows, columns: shape.columns, format: format)
  }

  /// The layout of a message of `size` bytes, or nil when it is not an image as announced.
  func layout(ofMessage size: Int) -> ImageLayout? {
    if let shape {
      let layout = layout(of: shape)
      return layout.size == size ? layout : nil
    }
    guard size > 0, size % format.size == 0 else { return nil }
    return ImageLayout(rows: 1, columns: size / format.size, format: format)
  }

  /// Why ``layout(ofMessage:)`` is nil.
  func complaint(aboutMessage size: Int) -> String {
    if let shape {
      let wanted = layout(of: shape).size ?? 0
      return "the message has \(size) bytes, but a \(shape.rows)x\(shape.columns) image in "
        + "\(format.rawValue) has \(wanted)"
    }
    if size == 0 { return "the message is empty" }
    return "the message has \(size) bytes, which is no whole number of \(format.rawValue) samples"
  }
}

extension StatsOptions.Shape {
  /// Reads "ROWSxCOLUMNS".
  init(_ text: String) throws(Refusal) {
    let parts = text.split(separator: "x", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ $0.allSatisfy { ("0"..."9").contains($0) } }),
      let rows = Int(parts[0]), let columns = Int(parts[1]), rows > 0, columns > 0
    else {
      throw Refusal(.badRequest, "The parameter shape is ROWSxCOLUMNS, such as 600x800.")
    }
    self.init(rows: rows, columns: columns)
  }
}

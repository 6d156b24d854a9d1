// SPDX-License-Identifier: Apache-2.0

/// Something to be drawn, at the width there is.
protocol Drawing {
  /// What it shows, in a line.
  var title: String { get }
  /// With its title in it, or without where the title stands above it anyway.
  func svg(width: Double, isTitled: Bool) -> String
}

/// Curves and points over two axes. Nothing is left out of sight: where there are more values than there is
/// room for, those that would lie on one another are drawn once.
struct Plot: Drawing {
  struct Point: Equatable {
    var x: Double
    var y: Double
  }

  struct Curve {
    enum Form {
      /// From point to point; these are in the order of their x.
      case line
      /// As a line, and all below it is filled. Each point's y holds until the next one's x.
      case steps
      /// Each by itself.
      case points
    }

    var label: String
    var form = Form.line
    var points: [Point]
    /// Drawn as dots that say this when pointed at.
    var marks: [(point: Point, text: String)] = []
  }

  let title: String
  let x: Axis
  let y: Axis
  let curves: [Curve]

  /// Above as many points those that would lie on one another are drawn once.
  static let mostExactPoints = 3000

  private static let height = 0.56
  private static let tallest = 330.0
  private static let legendRow = 18.0
  /// Two ticks beside one another need as much.
  private static let tickWidth = 52.0
  private static let tickHeight = 30.0

  func svg(width: Double, isTitled: Bool) -> String {
    var body = ""
    var top = 4.0
    if isTitled {
      body += SVG.title(title, x: 4, y: 18, width: width)
      top += 24
    }
    body += legend(width: width, &top)
    body += SVG.text(y.title + y.unit.suffix, x: 4, y: top + 12)
    top += 22
    let height = max(150, min(width * Self.height, Self.tallest))
    let yTicks = y.ticks(atMost: Int(height / Self.tickHeight))
    let left = 12 + (yTicks.map { SVG.width(of: $0.label) }.max() ?? 0)
    let frame = Frame(left: left, top: top, right: width - 14, bottom: top + height)
    body += grid(frame, yTicks)
    for (index, curve) in curves.enumerated() { body += drawn(curve, index, frame) }
    return SVG.document(body, width: width, height: frame.bottom + 42, label: title)
  }

  private struct Frame {
    let left: Double
    let top: Double
    let right: Double
    let bottom: Double
  }

  private func position(_ point: Point, _ frame: Frame) -> Point {
    Point(
      x: frame.left + x.place(point.x) * (frame.right - frame.left),
      y: frame.bottom - y.place(point.y) * (frame.bottom - frame.top))
  }

  private func legend(width: Double, _ top: inout Double) -> String {
    guard curves.count > 1 else { return "" }
    var text = ""
    var x = 4.0
    for (index, curve) in curves.enumerated() {
      let label = SVG.shortened(curve.label, to: width - 40)
      let needed = 32 + SVG.width(of: label) + 14
      if x > 4, x + needed - 14 > width {
        x = 4
        top += Self.legendRow
      }
      let y = top + 8
      switch curve.form {
      case .line:
        let style = Palette.style(index).stroke + " stroke-width=\"2.5\""
        text += SVG.line(x, y, x + 26, y, style)
      case .steps, .points:
        text += "<circle cx=\"\(SVG.number(x + 20))\" cy=\"\(SVG.number(y))\" r=\"5\" "
        text += "fill=\"\(Palette.style(index).color)\"/>\n"
      }
      text += SVG.text(label, x: x + 32, y: y + 4)
      x += needed
    }
    top += Self.legendRow + 2
    return text
  }

  private func grid(_ frame: Frame, _ yTicks: [Axis.Tick]) -> String {
    let grid = "stroke=\"\(Palette.grid)\" class=\"grid\""
    var text = ""
    for tick in yTicks {
      let place = position(Point(x: x.low, y: tick.value), frame).y
      text += SVG.line(frame.left, place, frame.right, place, grid)
      text += SVG.text(tick.label, x: frame.left - 6, y: place + 4, .end)
    }
    let xTicks = x.ticks(atMost: Int((frame.right - frame.left) / Self.tickWidth))
    for tick in xTicks {
      let place = position(Point(x: tick.value, y: y.low), frame).x
      text += SVG.line(place, frame.top, place, frame.bottom + 4, grid)
      // The last one must not leave the picture.
      let half = SVG.width(of: tick.label) / 2
      text += SVG.text(
        tick.label, x: min(place, frame.right + 12 - half), y: frame.bottom + 18, .middle)
    }
    text += SVG.line(
      frame.left, frame.bottom, frame.right, frame.bottom, "stroke=\"\(Palette.text)\"")
    return text
      + SVG.text(x.title + x.unit.suffix, x: frame.right, y: frame.bottom + 36, .end)
  }

  // MARK: - Curves

  private func drawn(_ curve: Curve, _ index: Int, _ frame: Frame) -> String {
    let style = Palette.style(index)
    let points = curve.points.filter { $0.x.isFinite && $0.y.isFinite }.map {
      position($0, frame)
    }
    var text = ""
    switch curve.form {
    case .line:
      text += "<path d=\"\(path(through: points))\" fill=\"none\" stroke-linejoin=\"round\" "
      text += "\(style.stroke) stroke-width=\"2\"/>\n"
    case .steps:
      text += "<path d=\"\(area(under: points, frame))\" fill=\"\(style.color)\" "
      text += "fill-opacity=\"0.35\" stroke=\"\(style.color)\"/>\n"
    case .points:
      // Later ones are smaller, so that they hide nothing they lie on.
      let diameter = index == 0 ? 4.5 : 2.8
      text += "<path d=\"\(dots(points))\" stroke=\"\(style.color)\" "
      text += "stroke-width=\"\(diameter)\" stroke-linecap=\"round\" stroke-opacity=\"0.6\"/>\n"
    }
    for mark in curve.marks {
      let place = position(mark.point, frame)
      text += "<circle cx=\"\(SVG.number(place.x))\" cy=\"\(SVG.number(place.y))\" r=\"3\" "
      text += "fill=\"\(style.color)\"><title>\(escaped(mark.text))</title></circle>\n"
    }
    return text
  }

  /// Of all points in one column of pixels, the first and the last, the highest and the lowest are gone to.
  private func path(through points: [Point]) -> String {
    var text = ""
    func go(to point: Point) {
      text += "\(text.isEmpty ? "M" : "L")\(SVG.number(point.x)) \(SVG.number(point.y))"
    }
    var rest = points[...]
    while let first = rest.first {
      let column = rest.prefix { $0.x < first.x + 0.7 }
      rest = rest.dropFirst(column.count)
      let top = column.indices.min { column[$0].y < column[$1].y }!
      let bottom = column.indices.min { column[$0].y > column[$1].y }!
      for index in Set([column.startIndex, top, bottom, column.endIndex - 1]).sorted() {
        go(to: column[index])
      }
    }
    return text
  }

  private func area(under points: [Point], _ frame: Frame) -> String {
    guard let first = points.first else { return "" }
    var text = "M\(SVG.number(first.x)) \(SVG.number(frame.bottom))"
    for point in points { text += "H\(SVG.number(point.x))V\(SVG.number(point.y))" }
    return text + "V\(SVG.number(frame.bottom))Z"
  }

  /// Thousands of points lie on a grid, each place of which needs one dot only.
  private func dots(_ points: [Point]) -> String {
    let grid = points.count > Self.mostExactPoints ? 1.5 : 0.1
    var seen: Set<[Int]> = []
    var text = ""
    for point in points {
      let place = [Int((point.x / grid).rounded()), Int((point.y / grid).rounded())]
      guard seen.insert(place).inserted else { continue }
      text += "M\(SVG.number(Double(place[0]) * grid)) \(SVG.number(Double(place[1]) * grid))h0"
    }
    return text
  }
}

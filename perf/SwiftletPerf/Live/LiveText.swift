// SPDX-License-Identifier: Apache-2.0

/// A run's progress in a line, for terminals of any width and for files.
package struct LiveText {
  /// Where colours and bars are out of place, and lines follow one another.
  package enum Style: Sendable, Hashable {
    case plain
    /// Columns, and whether there are colours.
    case terminal(Int, isColoured: Bool)
  }

  package var style: Style
  private var part: String?
  private var phase = LoadProgress.Phase.opening
  /// The last that a load told of.
  private var second: LoadSecond?
  /// Where it tells of none, the rate is that between two looks at least a second apart.
  private var look: (time: ContinuousClock.Instant, received: Int)?
  private var rate: Double?

  package init(_ style: Style) { self.style = style }

  /// The line for what has been reached by `now`.
  package mutating func line(_ progress: LoadProgress, at now: ContinuousClock.Instant) -> String {
    if progress.phase != phase || progress.part != part {
      phase = progress.phase
      part = progress.part
      second = nil
      look = nil
      rate = nil
    }
    second = progress.second ?? second
    note(progress.received, at: now)
    let parts = parts(of: progress)
    switch style {
    case .plain: return parts.map(\.text).joined(separator: ", ")
    case .terminal(let width, let isColoured):
      return fitted([Part(text: bar(progress.share))] + parts, width, isColoured)
    }
  }

  private mutating func note(_ received: Int, at now: ContinuousClock.Instant) {
    guard let last = look else {
      look = (now, received)
      return
    }
    let passed = (now - last.time) / .seconds(1)
    guard passed >= 1 else { return }
    rate = Double(received - last.received) / passed
    look = (now, received)
  }

  // MARK: - Parts

  private struct Part {
    enum Colour: Int {
      case none = 0
      case bold = 1
      case red = 31
      case yellow = 33
    }

    let text: String
    var colour = Colour.none
  }

  private func parts(of progress: LoadProgress) -> [Part] {
    let share = progress.share.map { " \(Int($0 * 100)) %" } ?? ""
    let part = progress.part.map { "\($0), " } ?? ""
    var parts = [Part(text: part + progress.phase.words + share, colour: .bold)]
    if progress.phase == .opening {
      return parts + [Part(text: "\("\(progress.opened)".grouped) connections")]
    }
    if let second {
      parts.append(Part(text: Unit.rate.text(Double(second.received))))
      if second.response.totalCount > 0 {
        for (name, percentile) in [("p50", 50.0), ("p99", 99), ("max", 100)] {
          let value = Double(second.response.valueAtPercentile(percentile))
          parts.append(Part(text: "\(name) \(Unit.time.text(value))"))
        }
      }
      let isWrong = !second.faults.isEmpty
      parts.append(
        Part(
          text: isWrong ? second.faults.sentence : "no errors", colour: isWrong ? .red : .none))
      parts.append(
        Part(
          text: "client \(second.busy.asPercent) busy", colour: second.busy > 0.9 ? .yellow : .none
        ))
    } else {
      if let rate { parts.append(Part(text: Unit.rate.text(rate))) }
      parts.append(Part(text: "\("\(progress.received)".grouped) replies"))
    }
    return parts
  }

  private static let barWidth = 16

  private func bar(_ share: Double?) -> String {
    guard let share else { return String(repeating: "·", count: Self.barWidth) }
    let full = min(max(Int(share * Double(Self.barWidth) + 0.5), 0), Self.barWidth)
    return String(repeating: "█", count: full)
      + String(repeating: "░", count: Self.barWidth - full)
  }

  /// As many of the parts as there is room for: a line that wraps could not be replaced. The bar goes first.
  private func fitted(_ parts: [Part], _ width: Int, _ isColoured: Bool) -> String {
    var rest = parts[...]
    func length(_ parts: ArraySlice<Part>) -> Int {
      parts.reduce(0) { $0 + $1.text.count } + 2 * max(0, parts.count - 1)
    }
    if length(rest) >= width { rest = rest.dropFirst() }
    while rest.count > 1, length(rest) >= width { rest = rest.dropLast() }
    return rest.map { part in
      guard isColoured, part.colour != .none else { return part.text }
      return "\u{1B}[\(part.colour.rawValue)m\(part.text)\u{1B}[0m"
    }.joined(separator: "  ")
  }
}

extension LoadProgress.Phase {
  fileprivate var words: String { self == .warmingUp ? "warming up" : rawValue }
}

// SPDX-License-Identifier: Apache-2.0

internal import PureSwift
internal import SwiftletCore

/// What is computed of an image.
enum ImageValue: String, CaseIterable {
  case mean
  case range = "min/max"
  case median
  case statistics = "min/max/mean/median"

  var want: ImageStatistics.Want {
    switch self {
    case .mean: .mean
    case .range: .range
    case .median: .median
    case .statistics: .basic
    }
  }

  /// The methods that compute it in ways of their own; the others do as `auto` does.
  func isTimed(_ method: ImageMethod) -> Bool {
    switch method {
    case .auto, .scalar, .simd: true
    case .blas: self == .mean || self == .statistics
    case .histogram, .quickselect: self == .median || self == .statistics
    }
  }

  func numbers(_ statistics: ImageStatistics) -> [Double] {
    switch self {
    case .mean: [statistics.mean]
    case .range: [statistics.min, statistics.max]
    case .median: [statistics.median]
    case .statistics: [statistics.min, statistics.max, statistics.mean, statistics.median]
    }
  }

  func numbers<Pixel: Sample>(_ pixels: UnsafeBufferPointer<Pixel>) -> [Double] {
    switch self {
    case .mean: return [Pixel.mean(of: pixels)]
    case .range:
      let range = Pixel.range(of: pixels)
      return [range.min, range.max]
    case .median: return [Pixel.median(of: pixels)]
    case .statistics:
      let all = Pixel.statistics(of: pixels)
      return [all.min, all.max, all.mean, all.median]
    }
  }
}

extension Kernel {
  static func image<Pixel: ImagePixel>(
    _ value: ImageValue, _: Pixel.Type, _ columns: Int, _ rows: Int, _ texture: Texture,
    levels: [CPULevel]
  ) -> Kernel {
    Kernel(
      group: .image, name: "\(value.rawValue) \(Pixel.format.rawValue) \(texture.rawValue)",
      size: "\(columns)x\(rows)", bytes: columns * rows * MemoryLayout<Pixel>.size,
      isExact: Pixel.isExact
    ) { Image<Pixel>(columns, rows, texture).subjects(value, levels) }
  }
}

extension Image {
  fileprivate func subjects(_ value: ImageValue, _ levels: [CPULevel]) -> [Subject] {
    var subjects: [Subject] = []
    // The scalar method first: the reference for all others.
    for method in [.scalar, .auto, .simd, .blas, .histogram, .quickselect] as [ImageMethod]
    where supports(method) {
      for level in levels {
        let isTimed =
          method == .simd ? level != .scalar : level == levels.last && value.isTimed(method)
        subjects.append(subject(value, method, level, isTimed: isTimed))
      }
    }
    return subjects + [swiftSubject(value)]
  }

  /// Whether the C core has the method for this pixel format.
  private func supports(_ method: ImageMethod) -> Bool {
    do {
      _ = try compute(method, .basic)
      return true
    } catch {
      return error != .unsupported
    }
  }

  private func compute(
    _ method: ImageMethod, _ want: ImageStatistics.Want
  ) throws(CoreError) -> ImageStatistics {
    let span = UnsafeRawBufferPointer(start: opaque(pixels.start), count: pixels.count).bytes
    return try ImageStatistics.compute(of: span, layout: layout, method: method, want: want)
  }

  private func subject(
    _ value: ImageValue, _ method: ImageMethod, _ level: CPULevel, isTimed: Bool
  ) -> Subject {
    let want = value.want
    return Subject(
      implementation: .c(method: method, level: level), isTimed: isTimed,
      outcome: { () throws(CoreError) in
        .numbers(value.numbers(try compute(method, want)))
      },
      work: { times in
        var sum: UInt64 = 0
        for _ in 0..<times {
          // The check before has shown that it does not fail.
          guard let result = try? compute(method, want) else { return }
          sum &+= result.mean.bitPattern &+ result.median.bitPattern &+ result.max.bitPattern
        }
        consume(sum)
      })
  }

  private func swiftSubject(_ value: ImageValue) -> Subject {
    func buffer() -> UnsafeBufferPointer<Pixel> {
      UnsafeBufferPointer(
        start: opaque(pixels.start).assumingMemoryBound(to: Pixel.self), count: rows * columns)
    }
    return Subject(
      implementation: .swift, isTimed: true,
      outcome: { .numbers(value.numbers(buffer())) },
      work: { times in
        var sum: UInt64 = 0
        for _ in 0..<times {
          switch value {
          case .mean: sum &+= Pixel.mean(of: buffer()).bitPattern
          case .range: sum &+= Pixel.range(of: buffer()).max.bitPattern
          case .median: sum &+= Pixel.median(of: buffer()).bitPattern
          case .statistics: sum &+= Pixel.statistics(of: buffer()).median.bitPattern
          }
        }
        consume(sum)
      })
  }
}

// SPDX-License-Identifier: Apache-2.0

internal import SwiftletCore

extension KernelRun {
  /// A table for each group of kernels: throughput of each implementation, and how many times as
  /// fast as pure Swift the C core is.
  public var tables: String {
    Kernel.Group.allCases.compactMap(table).joined(separator: "\n")
  }

  /// The ratios as a bar chart, an SVG document.
  public var chart: String {
    BarChart(
      title: "C core against pure Swift, times as fast (CPU level \(activeLevel))",
      bars: measurements.compactMap { measurement in
        measurement.ratio(activeLevel).map {
          BarChart.Bar(
            group: measurement.kernel.group.rawValue,
            label: "\(measurement.kernel.name), \(measurement.kernel.size)", value: $0)
        }
      }
    ).svg
  }

  /// The whole run as JSON.
  public func json() throws -> String { try KernelRecord(self).jsonText }

  private func table(_ group: Kernel.Group) -> String? {
    let measurements = measurements.filter { $0.kernel.group == group }
    guard let widest = measurements.max(by: { $0.times.count < $1.times.count }) else { return nil }
    let columns = widest.times.map(\.implementation)
    let inNanoseconds = group == .handshake
    var table = Table(
      head: [group.rawValue, "size"] + columns.map(\.description) + ["C/Swift"])
    for measurement in measurements {
      let cells = columns.map { column in
        measurement.time(column).map {
          inNanoseconds
            ? $0.median.rounded(toPlaces: 0)
            : (Double(measurement.kernel.bytes) / $0.median).rounded(toDigits: 3)
        } ?? "-"
      }
      let ratio = measurement.ratio(activeLevel).map { $0.rounded(toDigits: 3) } ?? "-"
      table.add([measurement.kernel.name, measurement.kernel.size] + cells + [ratio])
    }
    return
      "\(group.rawValue), \(inNanoseconds ? "ns a call (less is better)" : "GB/s")\n\(table.text)"
  }
}

/// What a result file holds.
private struct KernelRecord: Encodable {
  struct Entry: Encodable {
    struct Time: Encodable {
      let implementation: String
      let level: String?
      let nanoseconds: Spread
      let gigabytesPerSecond: Double
    }

    let group: Kernel.Group
    let name: String
    let size: String
    let bytes: Int
    let times: [Time]
    let ratio: Double?
  }

  let schema = "swiftlet-perf kernels 1"
  let machine: Machine
  let repetitions: Int
  let activeLevel: String
  let kernels: [Entry]

  init(_ run: KernelRun) {
    machine = .current
    repetitions = run.repetitions
    activeLevel = run.activeLevel.description
    kernels = run.measurements.map { measurement in
      Entry(
        group: measurement.kernel.group, name: measurement.kernel.name,
        size: measurement.kernel.size, bytes: measurement.kernel.bytes,
        times: measurement.times.map { implementation, nanoseconds in
          Entry.Time(
            implementation: implementation.description, level: implementation.level?.description,
            nanoseconds: nanoseconds,
            gigabytesPerSecond: Double(measurement.kernel.bytes) / nanoseconds.median)
        },
        ratio: measurement.ratio(run.activeLevel))
    }
  }
}

extension Subject.Implementation {
  fileprivate var level: CPULevel? {
    switch self {
    case .c(_, let level), .twoPasses(let level): level
    case .swift, .memcpy, .openSSL: nil
    }
  }
}

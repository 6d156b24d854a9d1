// SPDX-License-Identifier: Apache-2.0

internal import SwiftletMetrics

/// What each second brings, as DogStatsD datagrams.
package final class StatsD: Sendable {
  private let client: StatsDClient
  private let tags: [(String, String)]

  /// - Throws: A sentence for people when the address cannot be used.
  package init(host: String, port: UInt16, scenario: String) throws {
    do throws(StatsDError) {
      client = try StatsDClient(host: host, port: port)
    } catch {
      throw LoadError.system(error.description)
    }
    tags = [("scenario", scenario)]
  }

  package func send(_ second: LoadSecond) { client.send(lines(second)) }

  /// Counts of the second, its percentiles in milliseconds, and the busiest client thread's share of its core.
  func lines(_ second: LoadSecond) -> [String] {
    var lines: [String] = []
    func add(_ name: String, _ value: Double, _ type: String) {
      lines.append(StatsDName("swiftlet_perf.\(name)", tags: tags).line(value, type))
    }
    add("sent", Double(second.sent), "c")
    add("received", Double(second.received), "c")
    add("rate", Double(second.received), "g")
    add("client.busy", second.busy, "g")
    add("faults", Double(second.faults.sum), "g")
    if second.response.totalCount > 0 {
      for (name, percentile) in [("p50", 50.0), ("p90", 90), ("p99", 99), ("max", 100)] {
        add("response.\(name)", Double(second.response.valueAtPercentile(percentile)) / 1e6, "g")
      }
    }
    return lines
  }
}

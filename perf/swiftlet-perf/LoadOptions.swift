// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SwiftletPerf

/// What all scenarios that send messages and get them back have in common.
struct LoadOptions: ParsableArguments {
  @Option(help: "Connections of each thread.")
  var connections = 50

  @Option(help: "Client threads.")
  var threads = 1

  @Option(help: "Messages in flight on each connection, with --rate at most.")
  var depth = 1

  @Option(help: "Messages a second, over all connections.")
  var rate: Double?

  @Option(help: "How the scheduled times are spaced: \(spacings).")
  var arrivals = Arrivals.Spacing.poisson

  @Option(help: "Bytes of a message, such as 20 or 64KiB.")
  var size = ByteSize(count: 20)

  @Option(help: "How messages are written: \(formats).")
  var format = Payload.Format.binary

  @Option(help: "The longest to wait for a steady rate before what is measured.")
  var warmUp = TimeSpan(duration: .seconds(5))

  @Option(help: "The longest to wait for replies after it.")
  var patience = TimeSpan(duration: .seconds(5))

  @OptionGroup
  var trust: TrustOptions

  private static let formats = Payload.Format.allCases.map(\.rawValue).joined(separator: ", ")
  private static let spacings = Arrivals.Spacing.allCases.map(\.rawValue).joined(separator: ", ")

  func validate() throws {
    guard connections > 0, threads > 0, depth > 0, rate ?? 1 > 0 else {
      throw ValidationError("--connections, --threads, --depth and --rate must be above 0.")
    }
    guard size.count >= format.leastSize else {
      throw ValidationError(
        "--size must be at least \(format.leastSize): shorter messages could not be told apart.")
    }
  }

  func plan(url: String, duration: TimeSpan, seed: UInt64) -> LoadPlan {
    LoadPlan(
      url: url, connections: connections, threads: threads,
      arrivals: rate.map { .open(rate: $0, arrivals) } ?? .closed, depth: depth,
      format: format, size: size.count, duration: duration.duration,
      warmUpLimit: warmUp.duration, patience: patience.duration, seed: seed,
      trust: trust.chosen)
  }
}

extension LoadOptions {
  func pushPlan(url: String, rate: Double, duration: TimeSpan, seed: UInt64) -> LoadPlan {
    LoadPlan(
      pushedBy: url, rate: rate, connections: connections, threads: threads, size: size.count,
      duration: duration.duration, warmUpLimit: warmUp.duration, seed: seed,
      trust: trust.chosen)
  }
}

extension Arrivals.Spacing: ExpressibleByArgument {}

extension Payload.Format: ExpressibleByArgument {}

// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import SwiftletPerf

/// Who is told of a run while it runs.
struct LiveOptions: ParsableArguments {
  @Flag(help: "Show no progress on standard error.")
  var quiet = false

  @Option(help: "Send each second's figures to this HOST:PORT, as DogStatsD datagrams.")
  var statsd: HostAndPort?

  @Option(help: "Serve http://127.0.0.1:PORT/metrics for Prometheus while messages are sent.")
  var metricsPort: UInt16?

  /// Runs something that tells its progress; ends the command with a sentence where it cannot be run.
  func watched<Outcome>(
    _ run: ((LoadProgress) -> Void) async throws -> Outcome
  ) async throws -> Outcome {
    let view = quiet ? nil : LiveView()
    defer { view?.clear() }
    do {
      let statsd = try statsd.map {
        try StatsD(host: $0.host, port: $0.port, scenario: Self.scenario)
      }
      let metrics = metricsPort.map { _ in LiveMetrics() }
      let watch = { (progress: LoadProgress) in
        view?.show(progress)
        metrics?.note(progress)
        if let second = progress.second { statsd?.send(second) }
      }
      guard let metricsPort, let metrics else { return try await run(watch) }
      return try await metrics.served(onPort: metricsPort) { try await run(watch) }
    } catch let error as LoadError {
      view?.clear()
      report("swiftlet-perf: \(error)\n")
      throw ExitCode(EX_UNAVAILABLE)
    }
  }

  private static var scenario: String {
    CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : ""
  }
}

/// `HOST:PORT`, with brackets around an IPv6 address.
struct HostAndPort: ExpressibleByArgument {
  let host: String
  let port: UInt16

  init?(argument: String) {
    guard let colon = argument.lastIndex(of: ":"),
      let port = UInt16(argument[argument.index(after: colon)...]), port > 0
    else { return nil }
    let host = argument[..<colon]
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
    guard !host.isEmpty, isBracketed || !host.contains(":") else { return nil }
    self.host = String(isBracketed ? host.dropFirst().dropLast() : host)
    self.port = port
  }
}

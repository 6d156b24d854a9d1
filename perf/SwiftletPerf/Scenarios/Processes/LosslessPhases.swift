// SPDX-License-Identifier: Apache-2.0

/// Phases of connections on their way from one process to another.
struct LosslessPhases: Codable, Sendable {
  private let connect: LosslessTimes
  private let tls: LosslessTimes
  private let upgrade: LosslessTimes
  private let close: LosslessTimes

  init(_ phases: ConnectionPhases) {
    connect = LosslessTimes(phases.connect)
    tls = LosslessTimes(phases.tls)
    upgrade = LosslessTimes(phases.upgrade)
    close = LosslessTimes(phases.close)
  }

  var histograms: ConnectionPhases {
    ConnectionPhases(
      connect: connect.histogram, tls: tls.histogram, upgrade: upgrade.histogram,
      close: close.histogram)
  }
}

// SPDX-License-Identifier: Apache-2.0

/// What one process sends of a load.
package struct LoadShare: Share {
  package static let name = "load"

  var plan: LoadPlan

  package struct Opened: Codable, Sendable {}

  /// A ``LoadOutcome``.
  package struct Outcome: Codable, Sendable {
    private struct Second: Codable {
      var sent: Int
      var received: Int
      var response: LosslessTimes
    }

    private var phases: LosslessPhases
    private var response: LosslessTimes
    private var lateResponse: LosslessTimes
    private var service: LosslessTimes
    private var lag: LosslessTimes
    private var received: Int
    private var faults: Faults
    private var complaint: String?
    private var late: Int
    private var unsent: Int
    private var perConnection: [Int]
    private var intervals: [Second]
    private var usage: [ThreadUsage]
    private var elapsed: UInt64
    private var warmUp: Duration
    private var wasSteady: Bool
    private var meanInFlight: Double

    init(_ outcome: LoadOutcome) {
      phases = LosslessPhases(outcome.phases)
      response = LosslessTimes(outcome.tally.response)
      lateResponse = LosslessTimes(outcome.tally.lateResponse)
      service = LosslessTimes(outcome.tally.service)
      lag = LosslessTimes(outcome.tally.lag)
      received = outcome.tally.received
      faults = outcome.tally.faults
      complaint = outcome.tally.complaint
      late = outcome.tally.late
      unsent = outcome.tally.unsent
      perConnection = outcome.tally.perConnection
      intervals = outcome.tally.intervals.map {
        Second(sent: $0.sent, received: $0.received, response: LosslessTimes($0.response))
      }
      usage = outcome.usage
      elapsed = outcome.elapsed
      warmUp = outcome.warmUp
      wasSteady = outcome.wasSteady
      meanInFlight = outcome.meanInFlight
    }

    func outcome(of plan: LoadPlan) -> LoadOutcome {
      var outcome = LoadOutcome(plan: plan)
      outcome.phases = phases.histograms
      outcome.tally.response = response.histogram
      outcome.tally.lateResponse = lateResponse.histogram
      outcome.tally.service = service.histogram
      outcome.tally.lag = lag.histogram
      outcome.tally.received = received
      outcome.tally.faults = faults
      outcome.tally.complaint = complaint
      outcome.tally.late = late
      outcome.tally.unsent = unsent
      outcome.tally.perConnection = perConnection
      outcome.tally.intervals = intervals.map {
        Interval(sent: $0.sent, received: $0.received, response: $0.response.histogram)
      }
      outcome.usage = usage
      outcome.elapsed = elapsed
      outcome.warmUp = warmUp
      outcome.wasSteady = wasSteady
      outcome.meanInFlight = meanInFlight
      return outcome
    }
  }

  package func run(
    _ watch: @Sendable (LoadProgress) -> Void, opened: (Opened) async -> Void
  ) async throws -> Outcome {
    Outcome(try await plan.run(watch) { await opened(Opened()) })
  }
}

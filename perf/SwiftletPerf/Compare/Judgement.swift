// SPDX-License-Identifier: Apache-2.0

/// What a comparison comes to: each subject against the first.
package struct Judgement: Codable, Sendable {
  /// A turn's figures.
  package struct Round: Codable, Sendable {
    /// Replies a second.
    package var rate: Double
    /// Nanoseconds, of response times.
    package var p50: Double
    package var p99: Double
    /// Nanoseconds of CPU time a message; absent where the server is not ours.
    package var serverTime: Double?
    /// Of the busiest client thread, a share of its core.
    package var clientBusy: Double
    package var isClientSaturated: Bool
    /// Processors that others had; absent where the server is not ours.
    package var othersBusy: Double?
  }

  package struct Entry: Codable, Sendable {
    package var name: String
    package var version: String?
    package var command: [String]?
    package var cpus: String?
    package var rounds: [Round]
    /// To the first subject, by quantity; empty for that one, and absent where there is none.
    package var ratios: [Quantity: Ratio] = [:]
    /// What the verdict goes by.
    package var judgedBy: Quantity?
    package var verdict: String?
  }

  package enum Quantity: String, Codable, CodingKeyRepresentable, Sendable, CaseIterable {
    case rate, p50, p99, serverTime

    var title: String {
      switch self {
      case .rate: "Replies a second"
      case .p50: "Median response time"
      case .p99: "99th percentile of response times"
      case .serverTime: "Server's CPU time a message"
      }
    }

    func value(of round: Round) -> Double? {
      switch self {
      case .rate: round.rate
      case .p50: round.p50
      case .p99: round.p99
      case .serverTime: round.serverTime
      }
    }
  }

  package var subjects: [Entry]
  /// What a reader must know, in sentences.
  package var remarks: [String] = []

  /// - Precondition: there is a subject, and all have as many rounds.
  package init(_ runs: [SubjectRuns], seed: UInt64) {
    subjects = runs.map(Entry.init)
    let base = subjects[0]
    let isOpenLoop = runs[0].turns.first.map { $0.outcome.plan.arrivals != .closed } ?? false
    for index in subjects.indices.dropFirst() {
      subjects[index].compare(with: base, isOpenLoop: isOpenLoop, seed: seed &+ UInt64(index))
    }
    remark(isOpenLoop: isOpenLoop)
  }

  private mutating func remark(isOpenLoop: Bool) {
    let disturbed = subjects.filter(\.isDisturbed)
    if !disturbed.isEmpty {
      let most = disturbed.compactMap(\.othersBusy).max() ?? 0
      remarks.append(
        "Others had \(most.rounded(toDigits: 2)) of this machine's processors: do it again when it is quiet."
      )
    }
    guard !isOpenLoop else {
      remarks.append("Rates are offered, so the verdict goes by the median response time.")
      return
    }
    let saturating = subjects.filter(\.saturatesClient).map(\.name)
    if !saturating.isEmpty {
      remarks.append(
        "The client was saturated with \(saturating.joined(separator: ", ")): rates understate the difference."
      )
    }
    guard !saturating.isEmpty || !disturbed.isEmpty else { return }
    let isByTime = subjects.contains { $0.judgedBy == .serverTime }
    remarks.append(
      isByTime
        ? "Where that is so, the verdict goes by the servers' CPU time a message."
        : "The servers' CPU time, which would tell, is known only of servers that are started for the comparison."
    )
  }
}

extension Judgement.Entry {
  fileprivate init(_ runs: SubjectRuns) {
    name = runs.subject.name
    version = runs.version
    command = runs.subject.launch?.command
    cpus = runs.subject.launch?.cpus
    rounds = runs.turns.map(Judgement.Round.init)
  }

  /// In most of its rounds.
  fileprivate var saturatesClient: Bool {
    2 * rounds.count(where: \.isClientSaturated) >= rounds.count
  }

  /// Processors that others had, as the median of the rounds.
  fileprivate var othersBusy: Double? {
    let busy = rounds.compactMap(\.othersBusy)
    return busy.isEmpty ? nil : Spread(of: busy).median
  }

  /// So much that its rates are not only its own.
  fileprivate var isDisturbed: Bool { (othersBusy ?? 0) > 0.1 }

  fileprivate mutating func compare(
    with base: Judgement.Entry, isOpenLoop: Bool, seed: UInt64
  ) {
    for quantity in Judgement.Quantity.allCases {
      // CPU time a message is not known of a round without any.
      let pairs = zip(rounds, base.rounds).compactMap { ours, theirs in
        quantity.value(of: ours).flatMap { our in quantity.value(of: theirs).map { (our, $0) } }
      }
      ratios[quantity] = Ratio(of: pairs.map(\.0), to: pairs.map(\.1), seed: seed)
    }
    let isRateItsOwn = ![self, base].contains { $0.saturatesClient || $0.isDisturbed }
    let quantity: Judgement.Quantity =
      isOpenLoop ? .p50 : isRateItsOwn || ratios[.serverTime] == nil ? .rate : .serverTime
    judgedBy = quantity
    guard let ratio = ratios[quantity] else {
      verdict = "not comparable"
      return
    }
    guard ratio.isDifference else {
      verdict = "no difference shown"
      return
    }
    verdict =
      switch quantity {
      case .rate: ratio.low > 1 ? "faster" : "slower"
      case .p50, .p99: ratio.low > 1 ? "slower" : "faster"
      case .serverTime: ratio.low > 1 ? "more CPU time" : "less CPU time"
      }
  }
}

extension Judgement.Round {
  fileprivate init(_ turn: Turn) {
    let outcome = turn.outcome
    rate = outcome.rate
    p50 = Double(outcome.tally.response.valueAtPercentile(50))
    p99 = Double(outcome.tally.response.valueAtPercentile(99))
    serverTime = turn.serverTime
    clientBusy = outcome.usage.map(\.busy).max() ?? 0
    othersBusy = turn.othersBusy
    isClientSaturated = if case .clientSaturated = Verdict(outcome) { true } else { false }
  }
}

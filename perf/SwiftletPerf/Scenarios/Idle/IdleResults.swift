// SPDX-License-Identifier: Apache-2.0

extension IdleOutcome {
  /// Bytes; nil where it cannot be seen.
  private var serverBytesPerConnection: Double? {
    serverMemory.flatMap { opened == 0 ? nil : Double($0) / Double(opened) }
  }

  private var failed: Int { failures.values.reduce(0, +) }

  package var isComplete: Bool { failed == 0 && faults.isEmpty && live == plan.connections }

  package var run: Run {
    var run = Run("\(plan.connections) connections")
    run.figures = [
      "connections": Double(opened), "failed": Double(failed), "live": Double(live),
      "processes": Double(plan.processes), "openSeconds": seconds,
      "clientPeakBytes": Double(clients.map(\.peak).max() ?? 0),
      "clientBytes": Double(clients.map(\.resident).max() ?? 0),
    ]
    run.figures["serverBytesPerConnection"] = serverBytesPerConnection
    run.remarks = reasons
    run.faults = faults
    run.times = phases.times.merging(["pong": pong]) { one, _ in one }
      .filter { $0.value.totalCount > 0 }.mapValues(Run.Times.init)
    return run
  }

  private var reasons: [String] {
    failures.sorted { $0.value > $1.value }.map {
      "\($0.value) connections could not be opened: \($0.key)."
    }
  }

  /// The outcome for people.
  package var summary: String {
    let perSecond = seconds == 0 ? 0 : Double(opened) / seconds
    var text =
      "\(plan.urls.joined(separator: ", ")): \(opened) of \(plan.connections) connections opened in "
    text += "\(seconds.rounded(toPlaces: 2)) s, \(perSecond.rounded(toPlaces: 0))/s\n"
    for reason in reasons { text += "\(reason)\n" }
    if let bytes = serverBytesPerConnection {
      let pids = servers.map(String.init).joined(separator: ", ")
      text +=
        "server (\(servers.count == 1 ? "process" : "processes") \(pids)): \(bytes.rounded(toPlaces: 0)) B a connection\n"
    } else {
      text += "server: its memory cannot be seen from here\n"
    }
    let memories = clients.map { "\((Double($0.peak) / 1_048_576).rounded(toPlaces: 1)) MiB" }
    text += "client processes, at their most: \(memories.joined(separator: ", "))\n"
    text += "in RAM alone; the kernel's memory for sockets is not in these figures\n"
    text += "\(live) of \(opened) answered a ping at the end"
    if live > 0 { text += " within \((Double(pong.max) / 1e6).rounded(toPlaces: 1)) ms" }
    return text + (faults.isEmpty ? "\n" : "\nWRONG: \(faults.sentence)\n")
  }
}

// SPDX-License-Identifier: Apache-2.0

/// One result: what was measured and what came of it, the runs side by side, and each by itself.
struct ReportSection {
  let id: String
  let scenario: String
  let title: String
  private let result: ResultFile
  private let common: [Figure]
  private let own: [(run: Run, figures: [Figure])]

  /// `name` where there are several results.
  init(_ result: ResultFile, name: String?, id: String) {
    self.id = id
    self.result = result
    scenario = result.scenario
    title = name.map { "\(result.scenario): \($0)" } ?? result.scenario
    common =
      (result.comparison?.figures ?? []) + ScenarioFigures(result.runs.map { ($0.name, $0) }).all
      + [result.calibration?.figure(result.runs)].compactMap { $0 }
    let isAlone = result.runs.count == 1
    own = result.runs.map { ($0, RunFigures(run: $0, prefix: isAlone ? "" : $0.name).all) }
  }

  /// With what tells them from those of other results.
  var namedFigures: [(String, Figure)] {
    (common + own.flatMap(\.figures)).map { (title, $0) }
  }

  var html: String {
    """
    <article id="\(id)">
    <h1>\(escaped(title))</h1>
    \(lead)\(judgements)\(overview)\(origin)\(HTML.figures(common))\(own.map(part).joined())</article>

    """
  }

  private var lead: String {
    let all = result.runs.compactMap(\.summary)
    guard let first = all.first else { return "" }
    // What all have in common is said once; the runs' own follow with them.
    return Set(all).count == 1 ? "<p class=\"lead\">\(escaped(first))</p>\n" : ""
  }

  // MARK: - What came of it

  private var judgements: String {
    guard !result.runs.isEmpty else { return "<p class=\"note\">No run was finished.</p>\n" }
    var judgements: [Judgement] = []
    func add(_ kind: Judgement.Kind, _ text: String, of run: Run) {
      if let same = judgements.firstIndex(where: { $0.kind == kind && $0.text == text }) {
        judgements[same].runs.append(run.name)
      } else {
        judgements.append(Judgement(kind: kind, text: text, runs: [run.name]))
      }
    }
    for run in result.runs {
      if let faults = run.faults {
        if faults.isEmpty {
          add(
            .good, "Every \(run.load?.pattern == "echo" ? "reply" : "message") was right.", of: run)
        } else {
          add(.bad, "WRONG: \(faults.sentence).", of: run)
        }
      }
      if let verdict = run.verdict {
        add(run.isClientSaturated ? .warn : .plain, verdict.asSentence, of: run)
      }
    }
    let verdicts = (result.comparison?.sentences ?? []).map {
      "<li class=\"plain\">\(escaped($0))</li>\n"
    }
    let items = judgements.sorted { $0.kind < $1.kind }.map { judgement in
      let isOfAll = judgement.runs.count == result.runs.count
      let names = isOfAll ? "" : "<b>\(escaped(judgement.runs.joined(separator: "; ")))</b> "
      return "<li class=\"\(judgement.kind)\">\(names)\(escaped(judgement.text))</li>\n"
    }
    return "<ul class=\"judgements\">\n\(verdicts.joined())\(items.joined())</ul>\n"
      + HTML.notes(result.comparison?.remarks ?? [])
  }

  private struct Judgement {
    enum Kind: Comparable { case bad, warn, plain, good }

    let kind: Kind
    let text: String
    var runs: [String]
  }

  private var overview: String {
    var table = Table(head: ["", "rate", "p50", "p99", "p99.9", "max", "messages"])
    for run in result.runs {
      guard let times = run.mainTimes?.times else { continue }
      let values = [times.p50, times.p99, times.p999, times.max].map {
        Unit.time.text(Double($0))
      }
      let rate = run.figures["rate"].map(Unit.rate.text) ?? ""
      table.add([run.name, rate] + values + ["\(times.count)".grouped])
    }
    return table.rows.count > 1 ? HTML.table(table, label: "Figures of the runs") : ""
  }

  private var origin: String {
    let machine = result.machine
    let memory = Unit.bytes.text(Double(machine.memoryBytes))
    var rows = [
      ("command", "<code>\(escaped(result.command.joined(separator: " ")))</code>"),
      ("started", escaped(result.started)), ("seed", escaped(result.seed)),
      (
        "machine",
        escaped(
          "\(machine.processor), \(machine.processors) processors, \(memory); "
            + "\(machine.system), Linux \(machine.kernel)"
            + (machine.governor.map { "; governor \($0)" } ?? ""))
      ),
      (
        "versions",
        escaped(
          machine.versions.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
            .joined(separator: ", "))
      ),
    ]
    if !result.preflight.isEmpty {
      rows.append(("before it began", HTML.list(result.preflight)))
    }
    return "<dl class=\"origin\">\n"
      + rows.map { "<div><dt>\($0.0)</dt><dd>\($0.1)</dd></div>\n" }.joined() + "</dl>\n"
  }

  // MARK: - Runs

  private func part(_ run: Run, _ figures: [Figure]) -> String {
    let head = result.runs.count > 1 ? "<h2>\(escaped(run.name))</h2>\n" : "<h2>The run</h2>\n"
    let lead =
      self.lead.isEmpty ? run.summary.map { "<p class=\"lead\">\(escaped($0))</p>\n" } ?? "" : ""
    return
      "<section>\n\(head)\(lead)\(HTML.notes(run.remarks))\(times(of: run))\(self.figures(of: run))"
      + "\(HTML.figures(figures))</section>\n"
  }

  private func times(of run: Run) -> String {
    var table = Table(head: ["", "mean", "p50", "p90", "p99", "p99.9", "max", "count"])
    let others = run.times.keys.filter { !Run.loadTimes.contains($0) }.sorted()
    for name in Run.loadTimes + others {
      guard let times = run.times[name] else { continue }
      let values = [times.p50, times.p90, times.p99, times.p999, times.max].map { Double($0) }
      table.add(
        [run.label(ofTimes: name)] + ([times.mean] + values).map(Unit.time.text)
          + ["\(times.count)".grouped])
    }
    return table.rows.count > 1 ? HTML.table(table, label: "Times of \(run.name)") : ""
  }

  private func figures(of run: Run) -> String {
    var all = run.figures.sorted { $0.key < $1.key }.map { Run.described($0.key, $0.value) }
    for (index, thread) in run.threads.enumerated() {
      let busy = Unit.share.text(thread.busy)
      let starved = thread.starved < 0.005 ? "" : ", waited \(Unit.share.text(thread.starved))"
      all.append((label: "client thread \(index + 1)", value: "\(busy) busy\(starved)"))
    }
    guard !all.isEmpty else { return "" }
    return "<dl class=\"figures\">\n"
      + all.map {
        "<div><dt>\(escaped($0.label))</dt><dd>\(escaped($0.value))</dd></div>\n"
      }.joined() + "</dl>\n"
  }
}

extension String {
  /// With a capital letter in front and a full stop behind.
  fileprivate var asSentence: String {
    prefix(1).uppercased() + dropFirst() + (hasSuffix(".") ? "" : ".")
  }
}

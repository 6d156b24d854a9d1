// SPDX-License-Identifier: Apache-2.0

extension Judgement {
  /// How each server compares with the first: a plot for each quantity.
  var figures: [Figure] {
    Quantity.allCases.compactMap { quantity in
      let others = subjects.compactMap { subject in
        subject.ratios[quantity].map { (name: subject.name, ratio: $0) }
      }.filter { 0 < $0.ratio.low && $0.ratio.low <= $0.ratio.high }
      guard !others.isEmpty else { return nil }
      var table = Table(head: ["", "ratio", "from", "to"])
      for (name, ratio) in others {
        table.add([name] + [ratio.median, ratio.low, ratio.high].map { $0.rounded(toDigits: 3) })
      }
      let rows = others.map { name, ratio in
        RowChart.Row(
          label: name, interval: ratio.low...ratio.high, values: [ratio.median], text: ratio.text)
      }
      return Figure(
        drawing: RowChart(
          title: "\(quantity.title), times that of \(subjects[0].name)", axis: "ratio",
          unit: .count(""), marks: ["median"], reference: 1, isMoreBetter: quantity == .rate,
          rows: rows),
        caption: "Medians of the rounds' ratios with their 95 % confidence intervals.", table: table
      )
    }
  }
  /// Each server's verdict, in a sentence.
  var sentences: [String] {
    subjects.compactMap { subject -> String? in
      guard let verdict = subject.verdict else { return nil }
      let judgedBy =
        subject.judgedBy.map { ", by \($0.title.prefix(1).lowercased() + $0.title.dropFirst())" }
        ?? ""
      return "\(subject.name) against \(subjects[0].name): \(verdict)\(judgedBy)."
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

extension Judgement {
  /// The ratios of rates and of CPU times, as an SVG document.
  package var chart: String {
    let base = subjects[0].name
    let bars = [Quantity.rate, .serverTime].flatMap { quantity in
      subjects.compactMap { subject in
        subject.ratios[quantity].map { ratio in
          BarChart.Bar(
            group: quantity.title, label: subject.name, value: ratio.median,
            interval: ratio.low...ratio.high,
            isMoreBetter: quantity == .rate)
        }
      }
    }
    return BarChart(title: "Times as much as \(base), with 95 % confidence intervals", bars: bars)
      .svg
  }
}

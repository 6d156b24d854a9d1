// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import SwiftletServer
import Testing

@testable import SwiftletMetrics

@Suite struct PrometheusTests {
  @Test func namesAndTypesComeFirst() {
    let text = PrometheusText.render([MetricFamily(.gauge, "open", "How many.", 7)])
    #expect(text == "# HELP open How many.\n# TYPE open gauge\nopen 7\n")
  }

  @Test func whatWouldEndALineOrAValueIsEscaped() {
    let family = MetricFamily(.counter, "a", "x\\y\nz\"", by: "b", [("q\"\\\n", 1)])
    #expect(
      PrometheusText.render([family])
        == "# HELP a x\\\\y\\nz\"\n# TYPE a counter\na{b=\"q\\\"\\\\\\n\"} 1\n")
  }

  @Test func familiesOfOneNameBecomeOne() {
    let text = PrometheusText.render([
      MetricFamily(.gauge, "a", "A.", by: "x", [("1", 1)]), MetricFamily(.gauge, "b", "B.", 2),
      MetricFamily(.gauge, "a", "A.", by: "x", [("2", 3)]),
      MetricFamily(.counter, "b", "Another kind.", 4),
    ])
    #expect(
      text == """
        # HELP a A.
        # TYPE a gauge
        a{x="1"} 1
        a{x="2"} 3
        # HELP b B.
        # TYPE b gauge
        b 2

        """)
  }

  @Test(
    arguments: [
      (0, "0"), (-3, "-3"), (0.5, "0.5"), (1e15, "1000000000000000"), (1e300, "1e+300"),
      (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"), (0.000_001, "1e-06"),
    ] as [(Double, String)])
  func numbers(value: Double, text: String) {
    #expect(PrometheusText.number(value) == text)
  }

  @Test func histogramsAreCumulative() {
    let value = HistogramValue(bounds: [0.5, 1], counts: [3, 0, 2], sum: 7.25)
    let family = MetricFamily(
      .histogram, "h", "H.", samples: [.init(labels: [("r", "a")], .histogram(value))])
    #expect(
      PrometheusText.render([family]) == """
        # HELP h H.
        # TYPE h histogram
        h_bucket{r="a",le="0.5"} 3
        h_bucket{r="a",le="1"} 3
        h_bucket{r="a",le="+Inf"} 5
        h_sum{r="a"} 7.25
        h_count{r="a"} 5

        """)
  }

  @Test func quantilesLieWithinTheirBucket() {
    let value = HistogramValue(bounds: [1, 2, 4], counts: [0, 10, 10, 0], sum: 50)
    #expect(value.quantile(0.25) == 1.5)
    #expect(value.quantile(0.75) == 3)
    #expect(value.quantile(1) == 4)
    #expect(HistogramValue(bounds: [1], counts: [0, 5], sum: 50).quantile(0.5) == 1)
    #expect(HistogramValue(bounds: [1], counts: [0, 0], sum: 0).quantile(0.5) == nil)
  }

  @Test func instrumentsShowUnderTheirPrometheusNames() {
    let registry = PrometheusRegistry()
    Counter(label: "jobs.done", dimensions: [("kind-of", "a")], factory: registry).increment(by: 5)
    Counter(label: "jobs.done", dimensions: [("kind-of", "a")], factory: registry).increment(by: 2)
    Gauge(label: "depth", factory: registry).record(2.5)
    Meter(label: "level", factory: registry).set(4)
    FloatingPointCounter(label: "spent", factory: registry).increment(by: 0.25)
    let text = registry.text()
    #expect(text.contains("# TYPE jobs_done_total counter\njobs_done_total{kind_of=\"a\"} 7\n"))
    #expect(text.contains("# TYPE depth gauge\ndepth 2.5\n"))
    #expect(text.contains("\nlevel 4\n"))
    #expect(text.contains("\nspent_total 0"))
  }

  @Test func timersAreHistogramsOfSeconds() {
    let registry = PrometheusRegistry()
    let timer = Timer(label: "work", factory: registry)
    timer.recordNanoseconds(2_500_000)
    timer.recordNanoseconds(2_500_001)
    Recorder(label: "size", factory: registry).record(1e9)
    let text = registry.text()
    #expect(text.contains("# TYPE work_seconds histogram\n"))
    #expect(text.contains("\nwork_seconds_bucket{le=\"0.001\"} 0\n"))
    #expect(text.contains("\nwork_seconds_bucket{le=\"0.0025\"} 1\n"))
    #expect(text.contains("\nwork_seconds_bucket{le=\"0.005\"} 2\n"))
    #expect(text.contains("\nwork_seconds_count 2\n"))
    #expect(text.contains("\nsize_bucket{le=\"+Inf\"} 1\n"))
  }

  @Test func collectorsAreAskedAtEachReading() {
    let registry = PrometheusRegistry()
    let readings = Locked(0)
    let box = Box(readings)
    registry.register { [MetricFamily(.gauge, "asked", "Times.", Double(box.next()))] }
    #expect(registry.text().contains("asked 1\n"))
    #expect(registry.text().contains("asked 2\n"))
  }
}

private final class Box: Sendable {
  private let count: Locked<Int>

  init(_ count: consuming Locked<Int>) { self.count = count }

  func next() -> Int {
    count.withLock { count in
      count += 1
      return count
    }
  }
}

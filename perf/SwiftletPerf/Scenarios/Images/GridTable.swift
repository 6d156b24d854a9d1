// SPDX-License-Identifier: Apache-2.0

/// The grid's outcomes for people, beside what was published of the experiment that it grew from.
package struct GridTable {
  private var table = Table(
    head: [
      "connections", "images", "reply", "total s", "send+recv s", "images/s", "p50 ms", "p99 ms",
    ]
      + ["connect ms", "close ms"])

  package init() {}

  package mutating func add(_ cell: ImageGrid.Cell, _ outcome: ExchangeOutcome) {
    let tally = outcome.tally
    let width = outcome.plan.connections
    let order = cell.order == .serial ? "serial" : "parallel \(width)"
    let connecting = tally.connect.mean + tally.tls.mean + tally.upgrade.mean
    table.add(
      ["\(cell.life)", order, "\(cell.mode)"]
        + [
          Double(outcome.elapsed) / 1e9,
          tally.messages.reduce(0) { $0 + $1.total } / Double(width),
        ].map { $0.rounded(toPlaces: 3) } + [outcome.rate.rounded(toPlaces: 0)]
        + [
          Double(tally.response.valueAtPercentile(50)),
          Double(tally.response.valueAtPercentile(99)), connecting, tally.close.mean,
        ].map { ($0 / 1e6).rounded(toPlaces: 3) })
  }

  package var text: String {
    table.text
      + """

      total: from the wish for the first connection to the end of the last; send+recv: connecting and closing
      left out, for each of the connections at a time. connect (TCP, TLS and upgrade) and close are means a connection.

      For comparison, 1000 images of 800x600 in the experiment this grew from: serial 48 s, parallel 9.8 s. These
      are another machine's and another server's figures, and they left out connect and close.

      """
  }
}

// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials

extension ResultFile {
  /// All histograms as a log that HdrHistogram's `HistogramLogReader` and its like read, version 1.3: response times
  /// of each second, and what is known of a run as a whole only in one line. Tags are the histograms' names,
  /// with the run's in front where there are several; times count from the begin of each run's measured time.
  package var hdrLog: String {
    var log = """
      #[Histogram log format version 1.3]
      #[StartTime: \(Self.decimal(epoch)) (seconds since epoch), \(started)]
      "StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"

      """
    for run in runs {
      let prefix = runs.count > 1 ? run.name.asTag + "." : ""
      var others = run.times
      for (index, second) in run.seconds.enumerated() {
        guard let hdr = second.hdr else { continue }
        others["response"] = nil
        log += Self.line(prefix + "response", Double(index), 1, second.max, hdr)
      }
      let length = run.figures["measuredSeconds"] ?? run.figures["seconds"] ?? 0
      for (name, times) in others.sorted(by: { $0.key < $1.key }) {
        log += Self.line(prefix + name.asTag, 0, length, times.max, times.hdr)
      }
    }
    return log
  }

  private var epoch: Double {
    (try? Date(started, strategy: .iso8601))?.timeIntervalSince1970 ?? 0
  }

  /// - Parameter max: Nanoseconds; logs have milliseconds.
  private static func line(
    _ tag: String, _ begin: Double, _ length: Double, _ max: UInt64, _ hdr: String
  ) -> String {
    let numbers = [begin, length, Double(max) / 1e6].map(decimal).joined(separator: ",")
    return "Tag=\(tag),\(numbers),\(hdr)\n"
  }

  private static func decimal(_ value: Double) -> String { value.rounded(toPlaces: 3) }
}

extension String {
  /// Without what would end a tag: "long, serial" as "long-serial".
  fileprivate var asTag: String {
    split { !($0.isLetter || $0.isNumber || $0 == ".") }.joined(separator: "-")
  }
}

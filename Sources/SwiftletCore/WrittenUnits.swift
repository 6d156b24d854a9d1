// SPDX-License-Identifier: Apache-2.0

// How commands and their files write sizes and durations.

extension Int {
  /// A size in bytes: `65536`, `64KiB`, `16MiB`, `1GiB`. nil when `text` is none, or below 1.
  package init?(bytesWritten text: String) {
    let units = [("KiB", 10), ("MiB", 20), ("GiB", 30)]
    let (suffix, shift) = units.first { text.hasSuffix($0.0) } ?? ("", 0)
    guard let number = Int(text.dropLast(suffix.count)), number > 0, number <= (1 << 40) >> shift
    else { return nil }
    self = number << shift
  }
}

extension Duration {
  /// `250ms`, `5s`, `2m`, `1h`; a bare number is seconds. nil when `text` is none, or not above 0.
  package init?(written text: String) {
    let units: [(String, Int)] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)]
    let (suffix, milliseconds) = units.first { text.hasSuffix($0.0) } ?? ("", 1000)
    guard let number = Int(text.dropLast(suffix.count)), number > 0, number <= 1_000_000_000 else {
      return nil
    }
    self = .milliseconds(number * milliseconds)
  }
}

// SPDX-License-Identifier: Apache-2.0

/// A message as it lies in memory: 64 bytes beside its body. Its id follows from its place.
struct MessageRecord {
  var body: [UInt8]
  var created: Milliseconds
  var expires: Milliseconds
  /// Seconds, as answers show it.
  var ttl: Int64
  var poster: Identifier
  /// The number of the claim that holds it or was the last to; 0 when there was none.
  var claim: UInt64 = 0
  var claimCount: UInt32 = 0
}

extension Milliseconds {
  /// This many seconds later; the end of time when that is beyond it.
  func after(seconds: Int64) -> Milliseconds {
    let (span, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    return overflow ? .max : adding(span)
  }

  /// The sum, or the end of time.
  func adding(_ span: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(span)
    return overflow ? .max : sum
  }
}

// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The time of day.
@Sendable public func wallClock() -> Milliseconds {
  var time = timespec()
  clock_gettime(CLOCK_REALTIME, &time)
  return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
}

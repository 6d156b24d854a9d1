// SPDX-License-Identifier: Apache-2.0

/// The median of `total` values counted in ascending bins.
@inline(__always)
func middleOfCounts(total: Int, _ count: (Int) -> Int) -> Double {
  var (bin, seen) = (0, count(0))
  while seen < (total + 1) / 2 {
    bin += 1
    seen += count(bin)
  }
  let lower = bin
  while seen < total / 2 + 1 {
    bin += 1
    seen += count(bin)
  }
  return (Double(lower) + Double(bin)) / 2
}

// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Reorders `values` from `low` through `high` so that the element at `index` is the one that sorting
/// would put there, with none larger before it and none smaller behind.
///
/// Quickselect with the pivot of Floyd and Rivest (CACM 18, 1975, algorithm 489): a sample is selected
/// from first, which makes about 1.5 n comparisons for a median.
func select<Value: FixedWidthInteger & BitwiseCopyable>(
  _ index: Int, in values: UnsafeMutablePointer<Value>, from low: Int, through high: Int
) {
  var (low, high) = (low, high)
  while high > low {
    if high - low > 600 {
      let sample = sample(around: index, low, high)
      select(index, in: values, from: sample.lowerBound, through: sample.upperBound)
    }
    // [low, less) < pivot <= [less, high]
    let pivot = values[index]
    let less = partition(values, from: low, through: high) { $0 < pivot }
    if index < less {
      high = less - 1
    } else if less - low > (high - low) / 8 {
      low = less
    } else {
      // Few were less, perhaps because many are equal: the equal ones next, which makes progress.
      let equal = partition(values, from: less, through: high) { $0 <= pivot }
      if index < equal { return }
      low = equal
    }
  }
}

/// The part of `low...high` whose middle, selected at `index`, is likely a little beyond the value
/// sought, on the side of the longer rest.
private func sample(around index: Int, _ low: Int, _ high: Int) -> ClosedRange<Int> {
  let count = Double(high - low + 1)
  let rank = Double(index - low + 1)
  let size = 0.5 * exp(2 * log(count) / 3)
  let gap = 0.5 * (log(count) * size * (count - size) / count).squareRoot()
  let shift = rank < count / 2 ? -gap : gap
  let first = Int(Double(index) - rank * size / count + shift)
  let last = Int(Double(index) + (count - rank) * size / count + shift)
  return max(low, first)...min(high, last)
}

/// Moves what belongs to the front there and returns where the rest begins: Lomuto's partition,
/// written so that the comparison moves a position instead of deciding a branch.
@inline(__always)
private func partition<Value: BitwiseCopyable>(
  _ values: UnsafeMutablePointer<Value>, from low: Int, through high: Int,
  _ belongs: (Value) -> Bool
) -> Int {
  var front = low
  var next = low
  while next <= high {
    let value = values[next]
    values[next] = values[front]
    values[front] = value
    front &+= belongs(value) ? 1 : 0
    next &+= 1
  }
  return front
}

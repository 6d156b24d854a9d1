// SPDX-License-Identifier: Apache-2.0

/// Elements in order: chunks of an array each, of which one is searched and shifted at a time.
struct SortedSet<Element: Comparable> {
  /// None is empty.
  private var chunks: [[Element]] = []
  private static var largestChunk: Int { 512 }

  /// Adds an element that is not there yet.
  mutating func insert(_ element: Element) {
    guard !chunks.isEmpty else { return chunks.append([element]) }
    let chunk = max(firstIndex(in: chunks) { $0[0] > element } - 1, 0)
    let place = firstIndex(in: chunks[chunk]) { $0 > element }
    chunks[chunk].insert(element, at: place)
    guard chunks[chunk].count > Self.largestChunk else { return }
    let half = chunks[chunk].count / 2
    chunks.insert(Array(chunks[chunk][half...]), at: chunk + 1)
    chunks[chunk].removeLast(chunks[chunk].count - half)
  }

  /// Removes an element that is there.
  mutating func remove(_ element: Element) {
    let chunk = firstIndex(in: chunks) { $0[0] > element } - 1
    let place = firstIndex(in: chunks[chunk]) { $0 >= element }
    chunks[chunk].remove(at: place)
    if chunks[chunk].isEmpty { chunks.remove(at: chunk) }
  }

  func contains(_ element: Element) -> Bool {
    let chunk = firstIndex(in: chunks) { $0[$0.count - 1] >= element }
    guard chunk < chunks.count else { return false }
    return chunks[chunk][firstIndex(in: chunks[chunk]) { $0 >= element }] == element
  }

  /// The least element above a bound, which need not be there.
  func next(after bound: Element) -> Element? {
    let chunk = firstIndex(in: chunks) { $0[$0.count - 1] > bound }
    guard chunk < chunks.count else { return nil }
    return chunks[chunk][firstIndex(in: chunks[chunk]) { $0 > bound }]
  }

  /// Where `isBehind` begins to be true.
  private func firstIndex<Item>(in items: [Item], where isBehind: (Item) -> Bool) -> Int {
    var low = 0
    var high = items.count
    while low < high {
      let middle = (low + high) / 2
      if isBehind(items[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

// SPDX-License-Identifier: Apache-2.0

/// What the paths of a server ask of those who come in.
public struct AccessLevels: Sendable {
  public enum Level: String, Sendable, CaseIterable {
    /// Everyone comes in, and nothing they prove is looked at.
    case open
    /// Everyone comes in but with a bad credential.
    case optional
    /// Nobody comes in without a credential.
    case token
  }

  /// By paths: one that ends in `/` stands for all below it, `/` for itself alone.
  private var levels: [String: Level]
  private let others: Level

  public init(_ levels: [String: Level] = [:], others: Level) {
    self.levels = levels
    self.others = others
  }

  public mutating func set(_ level: Level, for path: String) { levels[path] = level }

  /// That of the path itself, else that of the nearest folder it lies in.
  public subscript(path: String) -> Level {
    if let level = levels[path] { return level }
    var end = path.endIndex
    while let slash = path[..<end].lastIndex(of: "/"), slash > path.startIndex {
      if let level = levels[String(path[...slash])] { return level }
      end = slash
    }
    return others
  }
}

// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a file of keys, without any of its secrets.
public struct KeyFileError: Error, CustomStringConvertible {
  public var description: String

  init(_ description: String) { self.description = description }
}

// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SwiftletCore

/// A size as options write it.
struct ByteSize: ExpressibleByArgument {
  var count: Int

  init(count: Int) { self.count = count }

  init?(argument: String) {
    guard let count = Int(bytesWritten: argument) else { return nil }
    self.count = count
  }

  var defaultValueDescription: String { "\(count)" }
}

/// One or several values, as options write them: `1,2,4`.
struct CommaList<Element: ExpressibleByArgument>: ExpressibleByArgument {
  /// At least one.
  var elements: [Element]

  init(_ elements: [Element]) { self.elements = elements }

  init?(argument: String) {
    let texts = argument.split(separator: ",", omittingEmptySubsequences: false)
    elements = texts.compactMap { Element(argument: String($0)) }
    guard elements.count == texts.count else { return nil }
  }

  var defaultValueDescription: String {
    elements.map(\.defaultValueDescription).joined(separator: ",")
  }
}

/// A duration as options write it.
struct TimeSpan: ExpressibleByArgument {
  var duration: Duration

  init(duration: Duration) { self.duration = duration }

  init?(argument: String) {
    guard let duration = Duration(written: argument) else { return nil }
    self.duration = duration
  }

  var defaultValueDescription: String { "\(duration.components.seconds)s" }
}

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

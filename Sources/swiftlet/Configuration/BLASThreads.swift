// SPDX-License-Identifier: Apache-2.0

import Foundation
import SwiftletCore

/// OpenBLAS as most systems install it starts a thread a CPU as soon as it is loaded, which a server
/// with loops of its own has no use for. It can only be told so by the environment it starts with:
/// set it and start over, once.
func avoidBLASThreads() throws {
  let variable = "OPENBLAS_NUM_THREADS"
  guard ImageMethod.blasHasThreads, getenv(variable) == nil else { return }
  setenv(variable, "1", 1)
  var arguments: [UnsafeMutablePointer<CChar>?] = CommandLine.arguments.map { strdup($0) }
  arguments.append(nil)
  execv("/proc/self/exe", arguments)
  throw StartFailure("cannot start over with \(variable)=1: set it yourself", status: EX_OSERR)
}

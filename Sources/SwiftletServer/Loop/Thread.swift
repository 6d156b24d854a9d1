// SPDX-License-Identifier: Apache-2.0

import CPlatform
import Glibc

/// Runs `body` on a new detached thread: for work that waits in the kernel or computes for long,
/// which a thread of Swift's own pool must not.
package func startThread(_ name: String, _ body: @escaping @Sendable () -> Void) {
  final class Box {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
  }
  var thread = pthread_t()
  let status = pthread_create(
    &thread, nil,
    { context in
      Unmanaged<Box>.fromOpaque(context!).takeRetainedValue().body()
      return nil
    },
    Unmanaged.passRetained(
      Box {
        platform_name_thread(name)
        body()
      }
    ).toOpaque())
  precondition(status == 0, "cannot start a thread: \(describe(status))")
  pthread_detach(thread)
}

// SPDX-License-Identifier: Apache-2.0

import Logging
import ServiceLifecycle
import SwiftletServer

/// Tells the service manager that the loops go round, until one does not.
struct Watchdog: Service {
  let manager: ServiceManager
  let timeout: Duration
  let metrics: Metrics
  let logger: Logger

  func run() async {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        if metrics.longestTurn < timeout {
          manager.tellAlive()
        } else {
          logger.critical("an event loop hangs; the service manager is not told to wait any longer")
        }
        try? await Task.sleep(for: timeout / 3)
      }
    }
  }
}

/// Tells the service manager that the server drains. The last of a group's services hears of its shutdown first.
struct StoppingNotice: Service {
  let manager: ServiceManager

  func run() async {
    try? await gracefulShutdown()
    manager.tellStopping()
  }
}

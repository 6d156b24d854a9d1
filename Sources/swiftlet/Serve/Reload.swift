// SPDX-License-Identifier: Apache-2.0

import Logging
import ServiceLifecycle
import UnixSignals

/// Reads files anew on SIGHUP: each by a step of its own, which on failure keeps what it had.
struct Reload: Service {
  struct Step: Sendable {
    /// What is read, as in "cannot read ... anew".
    var name: String
    var run: @Sendable () throws -> Void
  }

  private let steps: [Step]
  private let manager: ServiceManager
  private let logger: Logger
  private let signals: UnixSignalsSequence

  /// From here on SIGHUP does not end the process.
  init(steps: [Step], manager: ServiceManager, logger: Logger) async {
    self.steps = steps
    self.manager = manager
    self.logger = logger
    signals = await UnixSignalsSequence(trapping: .sighup)
  }

  func run() async {
    for await _ in signals.cancelOnGracefulShutdown() {
      manager.tellReloading()
      for step in steps { run(step) }
      manager.tellReady("serving")
    }
  }

  private func run(_ step: Step) {
    do {
      try step.run()
      logger.notice("read the \(step.name) anew")
    } catch let failure as StartFailure {
      logger.error("the \(step.name) stays as it was: \(failure.sentence)")
    } catch {
      logger.error("the \(step.name) stays as it was: \(error)")
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

import SwiftletMetrics
import SwiftletServer

/// What an operator's tools ask: is it alive, does it take work, what did it do.
func addStatusRoutes(to routes: inout Routes, _ metrics: Metrics, _ registry: PrometheusRegistry) {
  routes.get("/healthz") { _ in Response(.ok, "ok") }
  routes.get("/readyz") { _ in
    metrics.isReady
      ? Response(.ok, "ready")
      : Response(.serviceUnavailable, "draining: send new connections elsewhere")
  }
  routes.get("/metrics") { _ in
    Response(contentType: PrometheusText.contentType, body: Array(registry.text().utf8))
  }
}

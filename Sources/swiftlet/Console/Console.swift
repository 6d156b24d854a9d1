// SPDX-License-Identifier: Apache-2.0

import Foundation
import SwiftletServer

/// Adds the console: the page at `GET /`, and under `/console/` what it is made of.
///
/// All of it is in the program (Package.swift embeds the folder Page), and the page is forbidden to
/// load anything from elsewhere or to run what is not one of these files.
func addConsoleRoutes(to routes: inout Routes) {
  let parts: [(name: String, body: [UInt8])] = [
    ("access.js", PackageResources.access_js),
    ("actions.js", PackageResources.actions_js),
    ("base.css", PackageResources.base_css),
    ("charts.js", PackageResources.charts_js),
    ("confirm.js", PackageResources.confirm_js),
    ("dom.js", PackageResources.dom_js),
    ("forms.js", PackageResources.forms_js),
    ("frames.js", PackageResources.frames_js),
    ("icon.svg", PackageResources.icon_svg),
    ("images.js", PackageResources.images_js),
    ("inspector.js", PackageResources.inspector_js),
    ("layout.css", PackageResources.layout_css),
    ("main.js", PackageResources.main_js),
    ("metrics.js", PackageResources.metrics_js),
    ("model.js", PackageResources.model_js),
    ("msgpack.js", PackageResources.msgpack_js),
    ("notifications.js", PackageResources.notifications_js),
    ("panes.css", PackageResources.panes_css),
    ("pictures.css", PackageResources.pictures_css),
    ("pixels.js", PackageResources.pixels_js),
    ("status.js", PackageResources.status_js),
    ("tables.js", PackageResources.tables_js),
    ("tree.js", PackageResources.tree_js),
    ("values.js", PackageResources.values_js),
    ("wire.js", PackageResources.wire_js),
    ("words.js", PackageResources.words_js),
    ("workspace.js", PackageResources.workspace_js),
  ]
  // A change to any part gives all of them new paths, so that browsers may keep what they have.
  let folder = "/console/\(fingerprint(of: parts.map(\.body)))/"
  for (name, body) in parts {
    let caching = [("Cache-Control", "public, max-age=31536000, immutable")]
    let response = Response(
      contentType: mediaType(of: name), fields: caching + protection, body: body)
    routes.get(folder + name) { _ in response }
  }

  let text = String(decoding: PackageResources.index_html, as: UTF8.self)
  let page = Array(text.replacing("\"/console/", with: "\"\(folder)").utf8)
  let tag = "\"\(fingerprint(of: [page]))\""
  let response = Response(
    contentType: mediaType(of: "index.html"),
    fields: [("Cache-Control", "no-cache"), ("ETag", tag)] + protection, body: page)
  routes.get("/") { request in
    var response = response
    // In a list of tags, weak ones too (RFC 9110 §13.1.2): a quoted tag is in no other.
    if request.field("If-None-Match")?.contains(tag) ?? false { response.status = .notModified }
    return response
  }
}

private let protection = [
  ("Content-Security-Policy", contentSecurityPolicy),
  ("Referrer-Policy", "no-referrer"),
  ("X-Content-Type-Options", "nosniff"),
]

/// Nothing but our own files, no connection but to this host (WebSockets included), no markup made by
/// scripts, and no place in another page's frame.
private let contentSecurityPolicy = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'",
  "connect-src 'self'", "form-action 'none'", "base-uri 'none'", "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].joined(separator: "; ")

private func mediaType(of name: String) -> String {
  let types = [
    "css": "text/css", "html": "text/html", "js": "text/javascript", "svg": "image/svg+xml",
  ]
  return types[String(name.drop { $0 != "." }.dropFirst())]! + "; charset=utf-8"
}

/// FNV-1a: the same in every process, which Swift's own hashes are not.
private func fingerprint(of parts: [[UInt8]]) -> String {
  let hash = parts.joined().reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
    ($0 ^ UInt64($1)) &* 0x100_0000_01b3
  }
  return String(hash, radix: 36)
}

// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SwiftletAuthentication
import SwiftletMessaging
import SwiftletServer

/// The options of who may come in.
struct AccessOptions: ParsableArguments {
  @Option(
    help: """
      Serve only clients with one of the tokens in this file: lines of TOKEN PROJECT [EXPIRES], where \
      TOKEN may be sha256:HEX.
      """)
  var tokens: String?
  @Option(
    help: """
      Serve clients with a JSON Web Token made with one of the keys in this file, a JWK set, for the \
      project of its claim "project".
      """)
  var jwtKeys: String?
  @Option(help: "What a JSON Web Token must name in its claim aud. (default: it must name nothing)")
  var jwtAudience: String?
  @Option(
    help: """
      Serve who comes with a URL or request signed with the secret in this file, see swiftlet sign, and \
      others only by token.
      """)
  var signingKey: String?
  @Option(
    help: """
      Ask of who comes to PATH what LEVEL says: open, optional (no credential, or a good one) or token; \
      may be repeated. A PATH that ends in / stands for all below it.
      """)
  var access: [String] = []
  @Option(
    help: """
      Let only pages of this origin (https://example.org) connect from browsers, and read what HTTP \
      answers; may be repeated, and * is any. (default: any may connect, and none of others read)
      """)
  var allowOrigin: [String] = []

  func plan(_ settings: Settings) throws(StartFailure) -> AccessPlan {
    var plan = AccessPlan()
    try settings.read(
      "allow-origin", allowOrigin.isEmpty ? nil : allowOrigin.joined(separator: ","),
      into: &plan.origins)
    var changes = LevelChanges()
    try settings.read(
      "access", access.isEmpty ? nil : access.joined(separator: ","), into: &changes)
    var tokenFile: String?
    try settings.read("tokens", tokens, into: &tokenFile)
    var signingKeyFile: String?
    try settings.read("signing-key", signingKey, into: &signingKeyFile)
    var jwtKeyFile: String?
    try settings.read("jwt-keys", jwtKeys, into: &jwtKeyFile)
    var audience: String?
    try settings.read("jwt-audience", jwtAudience, into: &audience)
    if audience != nil && jwtKeyFile == nil {
      throw StartFailure("--jwt-audience needs --jwt-keys", status: EX_USAGE)
    }
    let authentication = Authentication()
    if let tokenFile {
      try plan.read("token file") { isAgain throws(StartFailure) in
        authentication.tokens = try readTokens(tokenFile, mayBeEmpty: isAgain)
      }
    }
    if let signingKeyFile {
      try plan.read("signing key") { _ throws(StartFailure) in
        authentication.signingKey = try readSigningKey(signingKeyFile)
      }
    }
    if let jwtKeyFile {
      try plan.read("JWT keys") { [audience] _ throws(StartFailure) in
        authentication.jwtKeys = try readJWTKeys(jwtKeyFile, audience: audience)
      }
    }
    if plan.reloads.isEmpty {
      if changes.levels.contains(where: { $0.level != .open }) {
        throw StartFailure(
          "--access asks for what nothing is known of: give --tokens, --jwt-keys or --signing-key",
          status: EX_USAGE)
      }
    } else {
      plan.authentication = authentication
    }
    for (path, level) in changes.levels { plan.levels.set(level, for: path) }
    return plan
  }
}

/// What the options of who may come in come to.
struct AccessPlan {
  /// nil where everyone may.
  var authentication: Authentication?
  var origins = OriginRule.unchecked
  /// Open to all are the operator's tools and the console page; messaging asks by itself, where nobody has
  /// proved anything before.
  var levels = AccessLevels(
    [
      "/healthz": .open, "/readyz": .open, "/console/": .open, "/": .optional, "/v2": .optional,
      "/v2/queues/": .open,
    ], others: .token)
  var reloads: [Reload.Step] = []

  /// Reads a file now, and again on SIGHUP.
  fileprivate mutating func read(
    _ name: String, _ read: @escaping @Sendable (_ isAgain: Bool) throws(StartFailure) -> Void
  ) throws(StartFailure) {
    try read(false)
    reloads.append(Reload.Step(name: name) { try read(true) })
  }

  func rule(_ metrics: Metrics) -> AccessRule {
    AccessControl(
      authentication: authentication, origins: origins, levels: levels, metrics: metrics,
      now: wallClock
    ).rule
  }
}

/// Origins with commas between them.
extension OriginRule: Setting {
  static func parse(_ text: String) -> OriginRule? {
    OriginRule(text.split(separator: ",", omittingEmptySubsequences: false).map { String($0) })
  }

  static var form: String {
    "an origin such as https://example.org or http://127.0.0.1:8000, in lower case and without a path, or *"
  }
}

/// `PATH=LEVEL` with commas between them.
private struct LevelChanges: Setting {
  var levels: [(path: String, level: AccessLevels.Level)] = []

  static func parse(_ text: String) -> LevelChanges? {
    var changes = LevelChanges()
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard part.hasPrefix("/"), let mark = part.lastIndex(of: "="),
        let level = AccessLevels.Level(rawValue: String(part[part.index(after: mark)...]))
      else { return nil }
      changes.levels.append((String(part[..<mark]), level))
    }
    return changes
  }

  static var form: String { "PATH=open, PATH=optional or PATH=token" }
}

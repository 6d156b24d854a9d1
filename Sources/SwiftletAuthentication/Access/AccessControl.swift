// SPDX-License-Identifier: Apache-2.0

public import SwiftletServer

/// Decides of each request whether it may come in: by the page that sends it, and by what it proves where its
/// path asks for that.
///
///     routes.access = AccessControl(authentication: authentication, ...).rule
public final class AccessControl: Sendable {
  private let authentication: Authentication?
  private let origins: OriginRule
  private let levels: AccessLevels
  /// Milliseconds since 1970.
  private let now: @Sendable () -> Int64
  private let counts = CredentialCounts()

  /// - Parameter authentication: Without it every path is open, whatever `levels` says.
  public init(
    authentication: Authentication?, origins: OriginRule = .unchecked,
    levels: AccessLevels = AccessLevels(others: .token), metrics: Metrics? = nil,
    now: @escaping @Sendable () -> Int64
  ) {
    self.authentication = authentication
    self.origins = origins
    self.levels = levels
    self.now = now
    if let metrics, authentication != nil { counts.register(in: metrics) }
  }

  public var rule: AccessRule {
    { [self] request, question in decide(request, question) }
  }

  private func decide(_ request: Request, _ question: borrowing AccessQuestion) -> AccessDecision? {
    let fields = origins.responseFields(for: request)
    if request.isUpgrade && !origins.allows(request) {
      let sentence = "Pages of this origin may not connect here."
      return .answer(refusal(.forbidden, sentence, fields), failure: .origin)
    }
    if let response = origins.preflight(request) { return .answer(response) }
    var clearance = Clearance(
      request, subprotocol: request.isUpgrade ? request.answeredSubprotocol : nil, fields: fields)
    guard let authentication else { return .allow(clearance) }
    let credential = clearance.request.takeCredential()
    let level = levels[request.path]
    if level == .open { return .allow(clearance) }
    do throws(CredentialFailure) {
      switch credential {
      case .none:
        if level == .token { throw .missing }
      case .malformed: throw .malformed
      case .token(let token):
        switch try authentication.check(token, at: now()) {
        case .done(let grant?): clearance.request.grant = grant
        case .done(nil): throw .unknown
        case .jwt(let keys):
          verify(token, keys, clearance, question.reference)
          return nil
        }
      case .permit(let permit, let signature):
        // Where messaging asks by itself, what a permit allows is a part of what a grant would.
        guard level == .token, let key = authentication.signingKey else { throw .urlSignature }
        clearance.request.grant = try key.check(
          permit, signature: signature, method: request.method, at: now())
      }
      return .allow(clearance)
    } catch {
      return refuse(error, clearance)
    }
  }

  /// Off the loop, which has others to serve.
  private func verify(
    _ token: String, _ keys: JWTKeys, _ clearance: Clearance, _ question: AccessReference
  ) {
    Task {
      do throws(CredentialFailure) {
        var clearance = clearance
        clearance.request.grant = try await keys.verify(token, at: now())
        question.decide(.allow(clearance))
      } catch {
        question.decide(refuse(error, clearance))
      }
    }
  }

  private func refuse(_ failure: CredentialFailure, _ clearance: Clearance) -> AccessDecision {
    counts.add(failure)
    switch failure {
    case .urlSignature, .method:
      return .answer(
        refusal(.forbidden, failure.sentence, clearance.fields), failure: .forbidden)
    default:
      var challenge = #"Bearer realm="swiftlet""#
      // RFC 6750 §3.1: who has shown nothing is told nothing.
      if failure != .missing {
        challenge += #", error="invalid_token", error_description="\#(failure.sentence)""#
      }
      return .answer(
        refusal(
          .unauthorized, failure.sentence, [("WWW-Authenticate", challenge)] + clearance.fields),
        failure: .authentication)
    }
  }

  private func refusal(
    _ status: Status, _ sentence: String, _ fields: [(name: String, value: String)]
  ) -> Response {
    var response = Response(status, sentence)
    response.fields = fields
    return response
  }
}

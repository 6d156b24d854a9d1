// SPDX-License-Identifier: Apache-2.0

/// A key that no type declares: of what a class writes of its superclass, and, for complaints, of an
/// array's element.
struct PlaceKey: CodingKey {
  let stringValue: String
  let intValue: Int?

  static let superclass = PlaceKey(stringValue: "super")

  init(stringValue: String) {
    self.stringValue = stringValue
    intValue = nil
  }

  init(intValue: Int) {
    stringValue = "Index \(intValue)"
    self.intValue = intValue
  }
}

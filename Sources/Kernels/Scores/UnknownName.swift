extension ScoreError {
  /// A name that is not in a list, with the nearest one that is.
  static func unknown(_ what: String, _ name: String, of names: [String]) -> ScoreError {
    let list = names.map { "\"\($0)\"" }.joined(separator: ", ")
    let near = names.min { distance($0, name) < distance($1, name) }
    let hint = near.flatMap {
      distance($0, name) <= max(1, name.count / 3) ? ": did you mean \"\($0)\"?" : nil
    }
    return ScoreError("there is no \(what) \"\(name)\"\(hint ?? ""); there are \(list)")
  }

  /// The edits that turn one name into the other (Levenshtein 1966).
  private static func distance(_ a: String, _ b: String) -> Int {
    let target = Array(b.lowercased())
    var row = Array(0...target.count)
    for (i, letter) in a.lowercased().enumerated() {
      var corner = row[0]
      row[0] = i + 1
      for (j, other) in target.enumerated() {
        let next = min(corner + (letter == other ? 0 : 1), row[j] + 1, row[j + 1] + 1)
        corner = row[j + 1]
        row[j + 1] = next
      }
    }
    return row[target.count]
  }
}

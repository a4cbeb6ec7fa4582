/// The candidate that `name` most likely is a misspelling of, or `nil` if none is close.
///
/// Optimal string alignment distance (insert, delete, replace, swap neighbours), case counting little.
package func nearestName(to name: String, in candidates: some Sequence<String>) -> String? {
  let target = Array(name.lowercased())
  let most = max(1, (target.count + 1) / 3)
  var best: (name: String, distance: Int)?
  for candidate in candidates {
    let letters = Array(candidate.lowercased())
    guard abs(letters.count - target.count) <= most else { continue }
    let distance = editDistance(target, letters)
    if distance <= most, distance < best?.distance ?? .max { best = (candidate, distance) }
  }
  if let best { return best.name }
  // An abbreviation or an extension: "sig" for "sigma".
  guard target.count >= 3 else { return nil }
  return candidates.filter { $0.lowercased().hasPrefix(name.lowercased()) }.min { $0.count < $1.count }
}

private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
  if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
  var beforeLast = [Int](repeating: 0, count: b.count + 1)
  var last = Array(0...b.count)
  for i in 1...a.count {
    var row = [i] + [Int](repeating: 0, count: b.count)
    for j in 1...b.count {
      row[j] = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
      if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
        row[j] = min(row[j], beforeLast[j - 2] + 1)
      }
    }
    (beforeLast, last) = (last, row)
  }
  return last[b.count]
}

/// Dots on a terminal: each character cell has 2 × 4 of them, by Unicode's braille patterns.
struct TextCanvas {
  let columns: Int
  let rows: Int
  private var dots: [UInt8]
  /// Characters that stand instead of dots: heatmap cells, words.
  private var words: [Character?]

  init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
    dots = [UInt8](repeating: 0, count: columns * rows)
    words = [Character?](repeating: nil, count: columns * rows)
  }

  var width: Int { columns * 2 }
  var height: Int { rows * 4 }

  /// Sets a dot, counted from the lower left; outside is nothing.
  mutating func dot(_ x: Int, _ y: Int) {
    guard x >= 0, y >= 0, x < width, y < height else { return }
    let fromTop = height - 1 - y
    let bits: [[UInt8]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]
    dots[fromTop / 4 * columns + x / 2] |= bits[fromTop % 4][x % 2]
  }

  /// A straight line of dots. Ends may lie far outside: only the part inside is walked.
  mutating func line(_ x0: Double, _ y0: Double, _ x1: Double, _ y1: Double) {
    // Liang-Barsky clipping against the canvas.
    var (near, far) = (0.0, 1.0)
    let (dx, dy) = (x1 - x0, y1 - y0)
    for (p, q) in [
      (-dx, x0), (dx, Double(width - 1) - x0), (-dy, y0), (dy, Double(height - 1) - y0),
    ] {
      if p == 0 {
        if q < 0 { return }
      } else if p < 0 {
        near = max(near, q / p)
      } else {
        far = min(far, q / p)
      }
    }
    guard near <= far else { return }
    // Rounding may leave ends that lie very far away outside after all: nothing here relies on the clipping.
    let length = (max(abs(dx), abs(dy)) * (far - near)).rounded(.up)
    guard length.isFinite else { return }
    let steps = Int(length.clamped(to: 1...Double(width + height)))
    for step in 0...steps {
      let at = near + (far - near) * Double(step) / Double(steps)
      let (x, y) = ((x0 + at * dx).rounded(), (y0 + at * dy).rounded())
      if abs(x) < 1e6, abs(y) < 1e6 { dot(Int(x), Int(y)) }
    }
  }

  /// Puts characters at a cell, counted from the upper left.
  mutating func put(_ text: String, column: Int, row: Int) {
    guard row >= 0, row < rows else { return }
    for (offset, character) in text.enumerated() where column + offset >= 0 && column + offset < columns {
      words[row * columns + column + offset] = character
    }
  }

  func row(_ row: Int) -> String {
    var text = ""
    for column in 0..<columns {
      let cell = row * columns + column
      if let character = words[cell] {
        text.append(character)
      } else if dots[cell] == 0 {
        text.append(" ")
      } else {
        text.unicodeScalars.append(Unicode.Scalar(UInt32(0x2800) + UInt32(dots[cell])) ?? " ")
      }
    }
    return text
  }
}

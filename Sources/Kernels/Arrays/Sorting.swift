import Glibc

extension NDArray {
  /// Sorted ascending along the last axis, NaN last, as NumPy's `sort`.
  public func sorted() throws -> NDArray {
    guard let width = shape.last, count > 0 else { return self }
    return try NDArray(shape: shape) { out in
      _ = out.initialize(from: values)
      for start in stride(from: 0, to: count, by: width) {
        sortNaNLast(UnsafeMutableBufferPointer(rebasing: out[start..<(start + width)]))
      }
    }
  }

  /// The 0-based positions along the last axis that would sort it; equal elements keep their order.
  public func argsorted() throws -> NDArray {
    guard let width = shape.last, count > 0 else { return self }
    return try NDArray(shape: shape) { out in
      for start in stride(from: 0, to: count, by: width) {
        let order = (0..<width).sorted { i, j in
          let a = values[start + i], b = values[start + j]
          if a < b { return true }
          if b < a { return false }
          return a.isNaN == b.isNaN ? i < j : b.isNaN
        }
        for k in 0..<width { out[start + k] = Double(order[k]) }
      }
    }
  }
}

/// Sorts in place, NaN last.
func sortNaNLast(_ buffer: UnsafeMutableBufferPointer<Double>) {
  var end = buffer.count
  var i = 0
  while i < end {
    if buffer[i].isNaN {
      end -= 1
      buffer.swapAt(i, end)
    } else {
      i += 1
    }
  }
  var numbers = UnsafeMutableBufferPointer(rebasing: buffer[..<end])
  if numbers.count < 4096 {
    numbers.sort()
  } else {
    radixSort(numbers)
  }
}

/// Least-significant-digit radix sort, 11 bits a pass, on the order-preserving integer image of the numbers.
/// Passes whose digit is the same everywhere are skipped.
private func radixSort(_ buffer: UnsafeMutableBufferPointer<Double>) {
  let n = buffer.count, bits = 11, buckets = 1 << bits, passes = 6
  guard let data = buffer.baseAddress, let memory = malloc(n * MemoryLayout<UInt64>.stride) else {
    var buffer = buffer
    buffer.sort()
    return
  }
  defer { free(memory) }
  let scratch = memory.bindMemory(to: UInt64.self, capacity: n)
  data.withMemoryRebound(to: UInt64.self, capacity: n) { keys in
    var counts = [Int](repeating: 0, count: passes * buckets)
    for i in 0..<n {
      let x = keys[i]
      // Negative numbers: all bits flipped; others: the sign bit set.
      let key = x ^ (UInt64(bitPattern: Int64(bitPattern: x) >> 63) | (1 << 63))
      keys[i] = key
      for p in 0..<passes { counts[p * buckets + Int((key >> UInt64(p * bits)) & 2047)] += 1 }
    }
    var from = keys, to = scratch
    for p in 0..<passes {
      let shift = UInt64(p * bits)
      if counts[p * buckets + Int((from[0] >> shift) & 2047)] == n { continue }
      var start = 0
      for b in 0..<buckets {
        let c = counts[p * buckets + b]
        counts[p * buckets + b] = start
        start += c
      }
      counts.withUnsafeMutableBufferPointer { counts in
        for i in 0..<n {
          let key = from[i]
          let slot = p * buckets + Int((key >> shift) & 2047)
          to[counts[slot]] = key
          counts[slot] += 1
        }
      }
      swap(&from, &to)
    }
    for i in 0..<n {
      let key = from[i]
      keys[i] = key ^ (key >> 63 == 0 ? UInt64.max : 1 << 63)
    }
  }
}

import Lanes

extension Program {
  /// The same Program without dead nodes, without marks for derivatives, and, if `contract` is set, with each `a·b + c` made one fused
  /// multiply-add.
  ///
  /// Contraction is the only change of rounding the project makes to a scripted expression, and but for silu it only
  /// drops a rounding. A product is contracted where it has no other use, so that no value is computed
  /// in two ways; `c − a·b` becomes `(−a)·b + c`, whose sign costs nothing, and `a·b − c` is contracted where c
  /// does not vary by lane.
  ///
  /// Likewise silu(x) becomes x·sigmoid(x) where sigmoid(x) is computed too, as for its derivative: one exponential
  /// does for both.
  public func simplified(contract: Bool = true) -> Program {
    let live = liveNodes()
    var uses = [Int](repeating: 0, count: nodes.count)
    for id in live { for operand in self[id].operands { uses[operand.index] += 1 } }
    for output in outputs { uses[output.node.index] += 1 }

    let builder = ProgramBuilder()
    builder.nodeLimit = .max
    for input in inputs {
      _ = builder.input(
        input.name, rows: input.rows, variation: input.variation, rowNames: input.rowNames)
    }
    var map = [NodeID?](repeating: nil, count: nodes.count)
    let underSigmoids = Set(
      contract ? live.filter { self[$0].kind == .unary(.sigmoid) }.map { self[$0].operands[0] } : [])

    /// The product that `id` is, if it is one, varies by lane and is used only once.
    func product(_ id: NodeID) -> (NodeID, NodeID)? {
      let node = self[id]
      guard case .binary(.multiply) = node.kind, node.variation == .lane, uses[id.index] == 1 else {
        return nil
      }
      return (map[node.operands[0].index]!, map[node.operands[1].index]!)
    }
    /// The product that `id` is the negative of, likewise.
    func negativeProduct(_ id: NodeID) -> (NodeID, NodeID)? {
      let node = self[id]
      guard case .unary(.negate) = node.kind, node.variation == .lane, uses[id.index] == 1 else { return nil }
      return product(node.operands[0])
    }
    func isUniform(_ id: NodeID) -> Bool { builder[id].variation < .lane }
    func negated(_ id: NodeID) -> NodeID { builder.unary(.negate, id) }

    /// `c − x·y`: the sign goes to a factor that does not vary by lane, if there is one.
    func difference(_ c: NodeID, _ x: NodeID, _ y: NodeID) -> NodeID {
      isUniform(y) ? builder.multiplyAdd(x, negated(y), c) : builder.multiplyAdd(negated(x), y, c)
    }

    func fused(_ node: Node) -> NodeID? {
      guard contract, node.variation == .lane, case .binary(let function) = node.kind else { return nil }
      let (a, b) = (node.operands[0], node.operands[1])
      switch function {
      case .add:
        if let (x, y) = product(a) { return builder.multiplyAdd(x, y, map[b.index]!) }
        if let (x, y) = product(b) { return builder.multiplyAdd(x, y, map[a.index]!) }
        if let (x, y) = negativeProduct(a) { return difference(map[b.index]!, x, y) }
        if let (x, y) = negativeProduct(b) { return difference(map[a.index]!, x, y) }
      case .subtract:
        if let (x, y) = product(b) { return difference(map[a.index]!, x, y) }
        if let (x, y) = product(a), isUniform(map[b.index]!) {
          return builder.multiplyAdd(x, y, negated(map[b.index]!))
        }
      default: break
      }
      return nil
    }

    for id in live {
      let node = self[id]
      switch node.kind {
      case .input(let index):
        let input = inputs[index]
        map[id.index] = builder.input(
          input.name, rows: input.rows, variation: input.variation, rowNames: input.rowNames)
      case .constant(let bits): map[id.index] = builder.constant(bits.map(Double.init(bitPattern:)))
      case .draw(let distribution, let index): map[id.index] = builder.draw(distribution, index: index)
      // Marks for derivatives, which have been taken.
      case .variable, .stop: map[id.index] = map[node.operands[0].index]!
      case .unary(.silu) where underSigmoids.contains(node.operands[0]):
        let x = map[node.operands[0].index]!
        map[id.index] = builder.binary(.multiply, x, builder.unary(.sigmoid, x))
      default:
        map[id.index] =
          fused(node) ?? builder.make(node.kind, node.operands.map { map[$0.index]! }, rows: node.rows)
      }
    }
    let copy = Program(
      nodes: builder.nodes, inputs: builder.inputs,
      outputs: outputs.map { Output(name: $0.name, node: map[$0.node.index]!) })
    return contract ? copy.simplified(contract: false) : copy.compacted()
  }

  /// Drops the nodes that no output needs; inputs stay declared.
  private func compacted() -> Program {
    let live = liveNodes()
    guard live.count < nodes.count else { return self }
    var map = [NodeID?](repeating: nil, count: nodes.count)
    var kept: [Node] = []
    for id in live {
      let node = self[id]
      map[id.index] = NodeID(kept.count)
      kept.append(
        Node(
          kind: node.kind, operands: node.operands.map { map[$0.index]! }, rows: node.rows,
          variation: node.variation))
    }
    return Program(
      nodes: kept, inputs: inputs,
      outputs: outputs.map { Output(name: $0.name, node: map[$0.node.index]!) })
  }
}

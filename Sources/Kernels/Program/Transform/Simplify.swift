import Lanes

extension Program {
  /// The same Program without dead nodes, without marks for derivatives, and, if `contract` is set, with each `a·b + c` made one fused
  /// multiply-add.
  ///
  /// Contraction is the only change of rounding the project makes to a scripted expression, and it only
  /// drops a rounding. A product is contracted where it has no other use, so that no value is computed
  /// in two ways; `c − a·b` and `a·b − c` are contracted when the sign can be moved into something that
  /// does not vary by lane.
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

    /// The product that `id` is, if it is one, varies by lane and is used only once.
    func product(_ id: NodeID) -> (NodeID, NodeID)? {
      let node = self[id]
      guard case .binary(.multiply) = node.kind, node.variation == .lane, uses[id.index] == 1 else {
        return nil
      }
      return (map[node.operands[0].index]!, map[node.operands[1].index]!)
    }
    func isUniform(_ id: NodeID) -> Bool { builder[id].variation < .lane }
    func negated(_ id: NodeID) -> NodeID { builder.unary(.negate, id) }

    func fused(_ node: Node) -> NodeID? {
      guard contract, node.variation == .lane, case .binary(let function) = node.kind else { return nil }
      let (a, b) = (node.operands[0], node.operands[1])
      switch function {
      case .add:
        if let (x, y) = product(a) { return builder.multiplyAdd(x, y, map[b.index]!) }
        if let (x, y) = product(b) { return builder.multiplyAdd(x, y, map[a.index]!) }
      case .subtract:
        if let (x, y) = product(b) {
          if isUniform(x) { return builder.multiplyAdd(negated(x), y, map[a.index]!) }
          if isUniform(y) { return builder.multiplyAdd(x, negated(y), map[a.index]!) }
        }
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

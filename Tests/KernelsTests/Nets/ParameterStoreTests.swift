import Kernels
import Nets
import Testing

@Suite struct ParameterStoreTests {
  func store(_ precision: Precision = .single) throws -> ParameterStore {
    try ParameterStore(
      [
        ParameterDeclaration("layers.0.weight", [2, 3], .constant(0.1)),
        ParameterDeclaration("layers.0.bias", [2], .constant(0)),
        ParameterDeclaration("layers.10.weight", [1, 2], .constant(1)),
        ParameterDeclaration("frequencies", [2], .values([1, 2]), isFixed: true),
      ], precision: precision)
  }

  @Test func layout() throws {
    let store = try store()
    #expect(store.count == 12)
    #expect(store.trainableCount == 10)
    #expect(store.parameters.map(\.offset) == [0, 6, 8, 10])
    #expect(store["frequencies"] == [1, 2])
    #expect(store["frequency"] == nil)
    #expect(store.inputs(prefix: "n.")["n.layers.10.weight"] == [1, 1])
  }

  @Test func valuesAreOfThePrecision() throws {
    #expect(try store()["layers.0.weight"]?[0] == Double(Float(0.1)))
    let double = try store(.double)
    #expect(double["layers.0.weight"]?[0] == 0.1)
    let single = try store()
    let before = single.generation
    try single.set("layers.0.bias", [0.3, 1 / 3.0])
    #expect(single["layers.0.bias"] == [Double(Float(0.3)), Double(Float(1 / 3.0))])
    #expect(single.generation != before)
    try single.assign([Double](repeating: 0.7, count: 12))
    #expect(single.values.allSatisfy { $0 == Double(Float(0.7)) })
    #expect(throws: NetError("the net has 12 numbers, got 1")) { try single.assign([1]) }
    #expect(throws: NetError("the parameter 'layers.0.bias' of shape [2] needs 2 numbers, got 3")) {
      try single.set("layers.0.bias", [1, 2, 3])
    }
  }

  @Test func clonesAreIndependent() throws {
    let store = try store()
    let copy = store.clone()
    #expect(copy.id != store.id)
    try copy.set("layers.0.bias", [5, 6])
    try copy.setFrozen(true)
    #expect(store["layers.0.bias"] == [0, 0])
    #expect(store.trainableCount == 10)
    #expect(copy.trainableCount == 0)
  }

  @Test func freezing() throws {
    let store = try store()
    try store.setFrozen(true, ["layers.0"])
    #expect(store.parameters.map(\.isFrozen) == [true, true, false, true])
    // "layers.1" is not the beginning of "layers.10" up to a dot.
    #expect(throws: NetError.self) { try store.setFrozen(true, ["layers.1"]) }
    try store.setFrozen(false)
    #expect(store.parameters.map(\.isFrozen) == [false, false, false, true])
    try store.setFrozen(false, ["frequencies"])
    #expect(store.trainableCount == 12)
    #expect(throws: NetError.self) { try store.setFrozen(true, ["layers.0.bias", "nothing"]) }
    #expect(store.trainableCount == 12)
  }

  @Test func loadingReplacesEverything() throws {
    let (from, to) = (try store(), try store())
    try from.assign((0..<12).map(Double.init))
    try to.load(from.tensors.reversed())
    #expect(to.values == from.values)
  }

  @Test func loadingAnotherArchitectureSaysWhatDiffers() throws {
    let store = try store()
    let before = store.values
    let tensors = [
      ParameterValues(name: "layers.0.weight", shape: [3, 2], values: [1, 2, 3, 4, 5, 6]),
      ParameterValues(name: "layers.0.bias", shape: [2], values: [1, 2]),
      ParameterValues(name: "frequencies", shape: [2], values: [1, 2]),
      ParameterValues(name: "other", shape: [], values: [1]),
    ]
    #expect(
      throws: NetError(
        "the checkpoint is of another architecture: it lacks layers.10.weight [1, 2]; the net has no other []; "
          + "layers.0.weight is [3, 2] there and [2, 3] in the net")
    ) { try store.load(tensors) }
    #expect(store.values == before)
    #expect(throws: NetError("the checkpoint has two tensors 'other'")) {
      try store.load(tensors + [tensors[3]])
    }
  }

  @Test func shapesAreChecked() {
    for shape in [[0], [3, -1], [1 << 20, 1 << 20], [Int.max, 2]] {
      #expect(throws: NetError.self) { try ParameterStore([ParameterDeclaration("a", shape, .constant(0))]) }
    }
    #expect(throws: NetError("two parameters of the net have the name 'a'")) {
      try ParameterStore([
        ParameterDeclaration("a", [1], .constant(0)), ParameterDeclaration("a", [1], .constant(0)),
      ])
    }
  }
}

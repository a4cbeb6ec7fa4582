import Program

/// EDM's preconditioning: a denoiser made of a network F whose input and target have unit variance at every
/// noise level σ, for data of standard deviation σ_d:
///
///     D(z, σ) = c_skip z + c_out F(c_in z, c_noise),
///     c_skip = σ_d²/(σ² + σ_d²),   c_out = σσ_d/√(σ² + σ_d²),   c_in = 1/√(σ² + σ_d²),   c_noise = ¼ ln σ.
///
/// σ_d must be the data's own, and the same where the network is trained and where it is used.
/// Source: Karras et al. 2022, table 1.
package struct Preconditioning: Sendable, Equatable {
  package let dataDeviation: Double

  package init(dataDeviation: Double) throws {
    self.dataDeviation = try positive(dataDeviation, "sigma_data")
  }

  private func total(_ sigma: Expression) -> Expression { sigma.squared + dataDeviation * dataDeviation }

  package func skip(_ sigma: Expression) -> Expression { dataDeviation * dataDeviation / total(sigma) }
  package func out(_ sigma: Expression) -> Expression { sigma * dataDeviation / total(sigma).squareRoot }
  package func input(_ sigma: Expression) -> Expression { 1 / total(sigma).squareRoot }
  package func noise(_ sigma: Expression) -> Expression { sigma.logarithm * 0.25 }

  /// D(z, σ).
  package func denoised(_ z: Expression, _ sigma: Expression, _ network: ScoreModel) -> Expression {
    let builder = z.builder
    let value = network(builder, (input(sigma) * z).id, noise(sigma).id)
    return skip(sigma) * z + out(sigma) * builder.expression(value)
  }
}

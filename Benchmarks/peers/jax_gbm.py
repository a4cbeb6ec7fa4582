"""JAX: a compiled scan over the steps, normals drawn inside it."""

from common import MU, PATHS, SIGMA, STEPS, precision, report

import jax

chosen = precision()
jax.config.update("jax_enable_x64", chosen == "double")
import jax.numpy as jnp
import numpy as np

dtype = jnp.float32 if chosen == "single" else jnp.float64
drift, volatility = 1 + MU / STEPS, SIGMA / STEPS**0.5


@jax.jit
def run(key):
    def step(x, index):
        z = jax.random.normal(jax.random.fold_in(key, index), (PATHS,), dtype)
        return x * (drift + volatility * z), None

    return jax.lax.scan(step, jnp.ones(PATHS, dtype), jnp.arange(STEPS))[0]


def simulate(seed):
    # The default generator, Threefry: on a CPU "rbg" and "unsafe_rbg" are several times slower.
    return np.asarray(run(jax.random.key(seed)), np.float64)


report("jax", chosen, simulate)

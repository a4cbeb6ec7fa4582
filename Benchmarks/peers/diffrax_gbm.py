"""diffrax: Euler with its fastest Brownian motion (UnsafeBrownianPath), vmapped over the paths and compiled."""

from common import MU, PATHS, SIGMA, STEPS, precision, report

import jax

chosen = precision()
jax.config.update("jax_enable_x64", chosen == "double")
import diffrax
import jax.numpy as jnp
import numpy as np

dtype = jnp.float32 if chosen == "single" else jnp.float64


@jax.jit
def run(keys):
    def one(key):
        noise = diffrax.UnsafeBrownianPath(shape=(), key=key)
        terms = diffrax.MultiTerm(
            diffrax.ODETerm(lambda t, x, args: MU * x),
            diffrax.ControlTerm(lambda t, x, args: SIGMA * x, noise),
        )
        solution = diffrax.diffeqsolve(
            terms, diffrax.Euler(), t0=0.0, t1=1.0, dt0=1.0 / STEPS, y0=jnp.ones((), dtype),
            saveat=diffrax.SaveAt(t1=True), adjoint=diffrax.DirectAdjoint(), max_steps=STEPS + 4,
        )
        return solution.ys[0]

    return jax.vmap(one)(keys)


def simulate(seed):
    return np.asarray(run(jax.random.split(jax.random.key(seed), PATHS)), np.float64)


report("diffrax", chosen, simulate)

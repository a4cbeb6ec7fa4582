"""JAX: one compiled step with donated buffers, called from Python or scanned; forward mode under reverse mode."""

from common_train import BETA1, BETA2, EPSILON, RATE, ROWS, SIGMA, problem, report

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

loss_name, _, widths, batch = problem()


def initial(key):
    layers = []
    for fan_in, fan_out in zip(widths, widths[1:]):
        key, wkey, bkey = jax.random.split(key, 3)
        bound = fan_in**-0.5
        layers.append((jax.random.uniform(wkey, (fan_in, fan_out), jnp.float32, -bound, bound),
                       jax.random.uniform(bkey, (fan_out,), jnp.float32, -bound, bound)))
    return layers


def score(layers, x):
    for w, b in layers[:-1]:
        x = jax.nn.silu(x @ w + b)
    w, b = layers[-1]
    return x @ w + b


def ssm_vr(layers, x, key):
    v = jax.random.rademacher(key, x.shape, x.dtype)
    s, jv = jax.jvp(lambda x: score(layers, x), (x,), (v,))
    return jnp.mean(jnp.sum(v * jv, 1) + 0.5 * jnp.sum(s * s, 1))


def dsm(layers, x, key):
    e = jax.random.normal(key, x.shape, x.dtype)
    return 0.5 * jnp.mean(jnp.sum((score(layers, x + SIGMA * e) + e / SIGMA) ** 2, 1))


loss = {"ssm_vr": ssm_vr, "dsm": dsm}[loss_name]


def step(state, data):
    layers, mean, square, t, key = state
    x = jax.lax.dynamic_slice_in_dim(data, (t * batch) % ROWS, batch)
    value, g = jax.value_and_grad(loss)(layers, x, jax.random.fold_in(key, t))
    t = t + 1
    mean = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, mean, g)
    square = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, square, g)
    c1, c2 = 1 - BETA1**t, 1 - BETA2**t
    layers = jax.tree.map(
        lambda p, m, v: p - RATE * (m / c1) / (jnp.sqrt(v / c2) + EPSILON), layers, mean, square)
    return (layers, mean, square, t, key), value


jitted = jax.jit(step, donate_argnums=0)


@partial(jax.jit, static_argnums=2, donate_argnums=0)
def scanned(state, data, count):
    state, values = jax.lax.scan(lambda s, _: step(s, data), state, None, count)
    return state, values[-1]


def way(advance):
    layers = initial(jax.random.key(0))
    zeros = jax.tree.map(jnp.zeros_like, layers)
    state = (layers, zeros, jax.tree.map(jnp.copy, zeros), jnp.int32(0), jax.random.key(1))
    data = jnp.asarray(np.random.default_rng(0).normal(size=(ROWS, widths[0])), jnp.float32)

    def steps(count):
        nonlocal state
        state, value = advance(state, data, count)
        return float(value)

    return steps


def loop(state, data, count):
    for _ in range(count):
        state, value = jitted(state, data)
    return state, value


report("jax", {"loop": way(loop), "scan": way(scanned)})

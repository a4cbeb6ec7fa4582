// The limit to measure against: geometric Brownian motion by Euler-Maruyama with everything fused by hand.
//
// Philox 4x32-10 (Salmon et al. 2011), Box-Muller with polynomial logarithm, sine and cosine (Cephes' minimax
// coefficients), and the step, in vectors of 64 bytes: 16 paths in single precision, 8 in double. Nothing leaves
// the registers but the final states. One thread. Built with
//
//     clang -O3 -march=native -fno-math-errno limit.c -lm -o limit        (or gcc)
//
// Usage: limit single|double [repeats]. Prints one JSON line with the best time.

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PATHS = 1 << 16, STEPS = 400 };
#define MU 0.1
#define SIGMA 0.3

typedef uint32_t u32x16 __attribute__((vector_size(64)));
typedef int32_t i32x16 __attribute__((vector_size(64)));
typedef float f32x16 __attribute__((vector_size(64)));
typedef uint64_t u64x8 __attribute__((vector_size(64)));
typedef int64_t i64x8 __attribute__((vector_size(64)));
typedef double f64x8 __attribute__((vector_size(64)));

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

// MARK: Philox: 16 counters at once.

static inline void multiply(u32x16 a, uint32_t m, u32x16 *high, u32x16 *low) {
  u64x8 even = ((u64x8)a & 0xffffffffu) * (uint64_t)m;
  u64x8 odd = ((u64x8)a >> 32) * (uint64_t)m;
  *low = (u32x16)((even & 0xffffffffu) | (odd << 32));
  *high = (u32x16)((even >> 32) | (odd & 0xffffffff00000000ull));
}

static inline void philox(u32x16 c[4], uint32_t k0, uint32_t k1) {
  for (int round = 0; round < 10; round++) {
    u32x16 high0, low0, high1, low1;
    multiply(c[0], 0xD2511F53u, &high0, &low0);
    multiply(c[2], 0xCD9E8D57u, &high1, &low1);
    u32x16 c1 = c[1], c3 = c[3];
    c[0] = high1 ^ c1 ^ k0;
    c[1] = low1;
    c[2] = high0 ^ c3 ^ k1;
    c[3] = low0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
}

// MARK: Single precision

// Square root by element: the compiler makes one vector instruction of it.
static inline f32x16 sqrt_f32(f32x16 x) {
#if defined(__clang__)
  return __builtin_elementwise_sqrt(x);
#else
  for (int i = 0; i < 16; i++) x[i] = __builtin_sqrtf(x[i]);
  return x;
#endif
}

static inline f32x16 log_f32(f32x16 x) {  // x in (0, 1]
  i32x16 bits = (i32x16)x;
  i32x16 exponent = (bits - 0x3f3504f3) >> 23;
  f32x16 f = (f32x16)(bits - (exponent << 23)) - 1.0f;
  f32x16 e = __builtin_convertvector(exponent, f32x16);
  f32x16 p = 7.0376836292E-2f * f - 1.1514610310E-1f;
  p = p * f + 1.1676998740E-1f;
  p = p * f - 1.2420140846E-1f;
  p = p * f + 1.4249322787E-1f;
  p = p * f - 1.6668057665E-1f;
  p = p * f + 2.0000714765E-1f;
  p = p * f - 2.4999993993E-1f;
  p = p * f + 3.3333331174E-1f;
  f32x16 z = f * f;
  return e * 0.69314718056f + (f - 0.5f * z + f * z * p);
}

static inline void sincos_f32(f32x16 u, f32x16 *sine, f32x16 *cosine) {  // of 2 pi u, u in [0, 1)
  f32x16 q = u * 4.0f;
  i32x16 k = __builtin_convertvector(q + 0.5f, i32x16);
  f32x16 r = (q - __builtin_convertvector(k, f32x16)) * 1.5707963267949f;
  f32x16 r2 = r * r;
  f32x16 s = r + r * r2 * (-1.6666654611E-1f + r2 * (8.3321608736E-3f + r2 * -1.9515295891E-4f));
  f32x16 c = 1.0f - 0.5f * r2
           + r2 * r2 * (4.166664568298827E-2f + r2 * (-1.388731625493765E-3f + r2 * 2.443315711809948E-5f));
  i32x16 swap = -(k & 1);
  i32x16 sine_bits = (i32x16)s, cosine_bits = (i32x16)c;
  *sine = (f32x16)(((sine_bits & ~swap) | (cosine_bits & swap)) ^ ((k & 2) << 30));
  *cosine = (f32x16)(((cosine_bits & ~swap) | (sine_bits & swap)) ^ (((k + 1) & 2) << 30));
}

static void simulate_single(uint32_t seed, double *final) {
  const u32x16 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  const float mu = (float)MU, sigma = (float)SIGMA, dt = 1.0f / STEPS, root = sqrtf(dt);
  for (uint32_t path = 0; path < PATHS; path += 16) {
    f32x16 x = (f32x16){0} + 1.0f;
    for (uint32_t step = 0; step < STEPS; step += 4) {
      u32x16 c[4] = {lane + path, (u32x16){0} + step, (u32x16){0}, (u32x16){0}};
      philox(c, seed, 678u);
      f32x16 z[4];
      for (int j = 0; j < 4; j += 2) {
        f32x16 u = __builtin_convertvector((i32x16)(c[j] >> 8), f32x16) * 5.9604645e-8f + 2.98e-8f;
        f32x16 v = __builtin_convertvector((i32x16)(c[j + 1] >> 8), f32x16) * 5.9604645e-8f;
        f32x16 radius = sqrt_f32(-2.0f * log_f32(u)), s, t;
        sincos_f32(v, &s, &t);
        z[j] = radius * s;
        z[j + 1] = radius * t;
      }
      for (int j = 0; j < 4; j++) x = x + mu * x * dt + sigma * x * (root * z[j]);
    }
    for (int i = 0; i < 16; i++) final[path + (uint32_t)i] = (double)x[i];
  }
}

// MARK: Double precision: 52-bit uniforms of two words each.

static inline f64x8 sqrt_f64(f64x8 x) {
#if defined(__clang__)
  return __builtin_elementwise_sqrt(x);
#else
  for (int i = 0; i < 8; i++) x[i] = __builtin_sqrt(x[i]);
  return x;
#endif
}

// log by atanh: log m = 2 (s + s^3/3 + s^5/5 + …), s = (m - 1) / (m + 1), m in [sqrt(1/2), sqrt 2).
static inline f64x8 log_f64(f64x8 x) {
  i64x8 bits = (i64x8)x;
  i64x8 exponent = (bits - 0x3fe6a09e667f3bcdll) >> 52;
  f64x8 m = (f64x8)(bits - (exponent << 52));
  f64x8 e = __builtin_convertvector(exponent, f64x8);
  f64x8 s = (m - 1.0) / (m + 1.0), z = s * s;
  f64x8 p = 1.0 / 21 * z + 1.0 / 19;
  p = p * z + 1.0 / 17;
  p = p * z + 1.0 / 15;
  p = p * z + 1.0 / 13;
  p = p * z + 1.0 / 11;
  p = p * z + 1.0 / 9;
  p = p * z + 1.0 / 7;
  p = p * z + 1.0 / 5;
  p = p * z + 1.0 / 3;
  return e * 0.693147180559945309417 + 2.0 * (s + s * z * p);
}

static inline void sincos_f64(f64x8 u, f64x8 *sine, f64x8 *cosine) {
  f64x8 q = u * 4.0;
  i64x8 k = __builtin_convertvector(q + 0.5, i64x8);
  f64x8 r = (q - __builtin_convertvector(k, f64x8)) * 1.57079632679489661923;
  f64x8 z = r * r;
  f64x8 s = 1.58962301576546568060E-10 * z - 2.50507477628578072866E-8;
  s = s * z + 2.75573136213857245213E-6;
  s = s * z - 1.98412698295895385996E-4;
  s = s * z + 8.33333333332211858878E-3;
  s = s * z - 1.66666666666666307295E-1;
  s = r + r * z * s;
  f64x8 c = -1.13585365213876817300E-11 * z + 2.08757008419747316778E-9;
  c = c * z - 2.75573141792967388112E-7;
  c = c * z + 2.48015872888517045348E-5;
  c = c * z - 1.38888888888730564116E-3;
  c = c * z + 4.16666666666665929218E-2;
  c = 1.0 - 0.5 * z + z * z * c;
  i64x8 swap = -(k & 1);
  i64x8 sine_bits = (i64x8)s, cosine_bits = (i64x8)c;
  *sine = (f64x8)(((sine_bits & ~swap) | (cosine_bits & swap)) ^ ((k & 2) << 62));
  *cosine = (f64x8)(((cosine_bits & ~swap) | (sine_bits & swap)) ^ (((k + 1) & 2) << 62));
}

// The two uniforms of 52 bits that the four words of each of 16 counters make; `half` picks eight of the 16.
static inline f64x8 uniform(u32x16 high, u32x16 low, int half) {
  u64x8 bits;
  for (int i = 0; i < 8; i++) bits[i] = ((uint64_t)high[i + 8 * half] << 32 | low[i + 8 * half]) >> 12;
  return (f64x8)(bits | 0x3ff0000000000000ull) - 1.0;
}

static void simulate_double(uint32_t seed, double *final) {
  const u32x16 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  const double dt = 1.0 / STEPS, root = sqrt(dt);
  for (uint32_t path = 0; path < PATHS; path += 16) {
    f64x8 x[2] = {(f64x8){0} + 1.0, (f64x8){0} + 1.0};
    for (uint32_t step = 0; step < STEPS; step += 2) {
      u32x16 c[4] = {lane + path, (u32x16){0} + step, (u32x16){0}, (u32x16){0}};
      philox(c, seed, 678u);
      for (int half = 0; half < 2; half++) {
        f64x8 u = uniform(c[0], c[1], half) + 0x1p-53, v = uniform(c[2], c[3], half), s, t;
        f64x8 radius = sqrt_f64(-2.0 * log_f64(u));
        sincos_f64(v, &s, &t);
        x[half] = x[half] + MU * x[half] * dt + SIGMA * x[half] * (root * (radius * s));
        x[half] = x[half] + MU * x[half] * dt + SIGMA * x[half] * (root * (radius * t));
      }
    }
    for (int i = 0; i < 16; i++) final[path + (uint32_t)i] = x[i / 8][i % 8];
  }
}

int main(int count, char **arguments) {
  const char *precision = count > 1 ? arguments[1] : "single";
  int repeats = count > 2 ? atoi(arguments[2]) : 5;
  int is_double = strcmp(precision, "double") == 0;
  if ((!is_double && strcmp(precision, "single") != 0) || repeats < 1) {
    fprintf(stderr, "usage: limit single|double [repeats]\n");
    return 2;
  }
  double *final = malloc(PATHS * sizeof *final);
  if (final == NULL) return 1;
  double best = INFINITY, mean = 0, variance = 0;
  for (int repeat = 0; repeat <= repeats; repeat++) {
    double start = now();
    (is_double ? simulate_double : simulate_single)((uint32_t)repeat + 1, final);
    double took = now() - start;
    if (repeat > 0 && took < best) best = took;  // the first warms up
  }
  for (int i = 0; i < PATHS; i++) mean += final[i] / PATHS;
  for (int i = 0; i < PATHS; i++) variance += (final[i] - mean) * (final[i] - mean) / PATHS;
  // Five standard errors: a wrong program must not pass for a fast one.
  double expected = pow(1 + MU / STEPS, STEPS), spread = expected * sqrt(expm1(SIGMA * SIGMA));
  if (!(fabs(mean - expected) < 5 * spread / sqrt(PATHS)) || !(fabs(sqrt(variance) / spread - 1) < 0.05)) {
    fprintf(stderr, "limit is wrong: mean %g (expected %g), deviation %g (expected %g)\n", mean, expected,
            sqrt(variance), spread);
    return 1;
  }
  printf("{\"name\": \"c\", \"precision\": \"%s\", \"ns_per_path_step\": %.6f, \"mean\": %.9f}\n", precision,
         best * 1e9 / ((double)PATHS * STEPS), mean);
  free(final);
  return 0;
}

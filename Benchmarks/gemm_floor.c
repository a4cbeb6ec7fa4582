// The matrix products of one training step by OpenBLAS alone: no step that makes them can be faster.
//
//     clang -O3 -I Sources/CBlas/include Benchmarks/gemm_floor.c Sources/CBlas/cblas_lazy.c -o gemm_floor
//     gemm_floor LOSS NET BATCH [BLOCK [SECONDS]]
//
// Activations X are features by samples, weights W outputs by inputs. A layer of n inputs and m outputs takes, over a
// batch of B samples,
//
//     forward            Y = W X        m x B, inner n
//     backward, weights  W' += Y' X^T   m x n, inner B
//     backward, input    X' = W^T Y'    n x B, inner m    (not for the first layer: the data need no gradient)
//
// which is all of dsm. ssm_vr carries the tangent along v besides the values: the tangent's forward product, and both
// backward products of the tangent's adjoint, so that it is each of these twice. For 2-128-128-2 these are, with their
// inner extents, 128xB/2, 128xB/128, 2xB/128 forward, the same three areas backward for the weights (128x2/B, 128x128/B,
// 2x128/B), and 128xB/128, 128xB/2 for the inputs; for 64-512-512-64 with 64 for 2 and 512 for 128.
//
// The batch is taken in blocks of BLOCK samples, or without one (or 0) in whichever of several is fastest, each
// measured for SECONDS. Each product's time is the best of many steps, and the floor is their sum: a step that is
// interrupted somewhere still counts elsewhere.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cblas_lazy.h"

enum { layers = 3, widest = 512, most_samples = 1 << 16, most_products = 16 * most_samples / 64 };
static const int nets[2][layers + 1] = {{2, 128, 128, 2}, {64, 512, 512, 64}};

static float *array(size_t count) {
  float *a = aligned_alloc(64, (count * sizeof *a + 63) / 64 * 64);
  if (a == NULL) exit(2);
  for (size_t i = 0; i < count; i++) a[i] = (float)(i % 13) * 0.1f - 0.6f;
  return a;
}

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// Values and adjoints of every layer's input and of the output, for one block: values, and for ssm_vr tangents.
static float *values[2][layers + 1], *adjoints[2][layers + 1], *weights[layers], *gradients[layers];

// The best time of every product of a step, in their order.
static double times[most_products];
static int product;

static void multiply(bool transpose_a, bool transpose_b, int m, int n, int k, const float *a, int lda, const float *b,
                     int ldb, float beta, float *c) {
  double start = seconds();
  wb_sgemm(transpose_a, transpose_b, m, n, k, 1, a, lda, b, ldb, beta, c, n);
  double time = seconds() - start;
  if (time < times[product]) times[product] = time;
  product++;
}

static void step(const int *width, int streams, int batch, int block) {
  product = 0;
  for (int start = 0; start < batch; start += block) {
    int b = batch - start < block ? batch - start : block;
    for (int l = 0; l < layers; l++) {
      int n = width[l], m = width[l + 1];
      for (int s = 0; s < streams; s++)
        multiply(false, false, m, b, n, weights[l], n, values[s][l], b, 0, values[s][l + 1]);
    }
    for (int l = layers - 1; l >= 0; l--) {
      int n = width[l], m = width[l + 1];
      for (int s = 0; s < streams; s++) {
        multiply(false, true, m, n, b, adjoints[s][l + 1], b, values[s][l], b, start > 0 || s > 0, gradients[l]);
        if (l > 0) multiply(true, false, n, b, m, weights[l], n, adjoints[s][l + 1], b, 0, adjoints[s][l]);
      }
    }
  }
}

int main(int count, char **arguments) {
  int batch = count > 3 ? atoi(arguments[3]) : 0, chosen = count > 4 ? atoi(arguments[4]) : 0;
  double duration = count > 5 ? atof(arguments[5]) : 2;
  if (batch < 1 || batch > most_samples || (chosen != 0 && chosen < 64) || (strcmp(arguments[1], "dsm") && strcmp(arguments[1], "ssm_vr")) ||
      (strcmp(arguments[2], "small") && strcmp(arguments[2], "large"))) {
    fprintf(stderr, "usage: gemm_floor dsm|ssm_vr small|large BATCH [BLOCK [SECONDS]]\n");
    return 2;
  }
  if (wb_blas_error() != NULL) {
    fprintf(stderr, "%s\n", wb_blas_error());
    return 2;
  }
  int streams = strcmp(arguments[1], "dsm") ? 2 : 1;
  const int *width = nets[strcmp(arguments[2], "small") != 0];
  for (int s = 0; s < 2; s++) {
    for (int l = 0; l <= layers; l++) {
      values[s][l] = array((size_t)widest * batch);
      adjoints[s][l] = array((size_t)widest * batch);
    }
  }
  double flops = 0;
  for (int l = 0; l < layers; l++) {
    weights[l] = array(widest * widest);
    gradients[l] = array(widest * widest);
    flops += 2.0 * batch * width[l] * width[l + 1] * streams * (l > 0 ? 3 : 2);
  }

  double best = 1e9;
  int best_block = 0;
  const int blocks[] = {64, 128, 256, 512, 1024};
  for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
    int block = chosen > 0 ? chosen : blocks[i];
    if (i > 0 && (block > batch || chosen > 0)) continue;
    for (int p = 0; p < most_products; p++) times[p] = 1e9;
    double end = seconds() + duration;
    while (seconds() < end) step(width, streams, batch, block);
    double sum = 0;
    for (int p = 0; p < product; p++) sum += times[p];
    if (sum < best) {
      best = sum;
      best_block = block;
    }
  }
  printf("{\"name\": \"gemm floor\", \"loss\": \"%s\", \"net\": \"%s\", \"batch\": %d, \"us_per_step\": %.1f, "
         "\"block\": %d, \"gflops\": %.1f, \"core\": \"%s\"}\n",
         arguments[1], arguments[2], batch, best * 1e6, best_block, flops / best * 1e-9, wb_blas_core_name());
  return 0;
}

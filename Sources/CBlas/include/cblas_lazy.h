// OpenBLAS, loaded at its first use and not when the program starts. It chooses its kernels by the processor in
// its constructor, once, and a release may be older than the processor: what it should take has to be in the
// environment before it is loaded.
#pragma once

#include <stdbool.h>

// Loads the library if it is not yet. NULL if it is there, else why not; the text stays valid.
const char *wb_blas_error(void);

// The processor that the library's kernels are for, such as "SkylakeX"; NULL if the library is not there.
const char *wb_blas_core_name(void);

// Whether the environment asks for kernels without AVX-512 although the processor has it: half the speed.
bool wb_blas_is_held_back(void);

// C <- alpha op(A) op(B) + beta C, row by row: op(A) is m x k, op(B) k x n, C m x n; ld* is the distance between
// two rows as stored. False, with nothing done, if the library is not there.
bool wb_sgemm(bool transpose_a, bool transpose_b, int m, int n, int k, float alpha, const float *a, int lda,
              const float *b, int ldb, float beta, float *c, int ldc);
bool wb_dgemm(bool transpose_a, bool transpose_b, int m, int n, int k, double alpha, const double *a, int lda,
              const double *b, int ldb, double beta, double *c, int ldc);

// The upper triangle of C <- alpha A' A + beta C: A is k x n, C n x n, row by row. False as above.
bool wb_dsyrk(int n, int k, double alpha, const double *a, int lda, double beta, double *c, int ldc);

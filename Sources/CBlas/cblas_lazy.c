#include "cblas_lazy.h"

#include <cblas.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

// Symbols are typed by the header that the package of the library brings.
static __typeof__(&cblas_sgemm) sgemm;
static __typeof__(&cblas_dgemm) dgemm;
static __typeof__(&cblas_dsyrk) dsyrk;
static const char *core_name;
static char error[512];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static bool has_avx512(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512cd");
#else
  return false;
#endif
}

// True if it was not set before and is now.
static bool set_if_absent(const char *name, const char *value) {
  return getenv(name) == NULL && setenv(name, value, 0) == 0;
}

// Loads with kernels for AVX-512 where the processor has it, unless the user chose others, and without starting
// threads: our own call the library. The environment is put back, so that child processes do not inherit it.
static void *open_library(void) {
  bool core = has_avx512() && set_if_absent("OPENBLAS_CORETYPE", "SkylakeX");
  bool threads = set_if_absent("OPENBLAS_NUM_THREADS", "1");
  void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  if (core) unsetenv("OPENBLAS_CORETYPE");
  if (threads) unsetenv("OPENBLAS_NUM_THREADS");
  return library;
}

static void load(void) {
  const char *cause = NULL;
  void *library = open_library();
  if (library != NULL) {
    void (*set_num_threads)(int) = (void (*)(int))dlsym(library, "openblas_set_num_threads");
    char *(*get_corename)(void) = (char *(*)(void))dlsym(library, "openblas_get_corename");
    sgemm = (__typeof__(sgemm))dlsym(library, "cblas_sgemm");
    dgemm = (__typeof__(dgemm))dlsym(library, "cblas_dgemm");
    dsyrk = (__typeof__(dsyrk))dlsym(library, "cblas_dsyrk");
    if (set_num_threads && get_corename && sgemm && dgemm && dsyrk) {
      // Parallelism is over blocks of work above the library, and sums must not depend on its threads.
      set_num_threads(1);
      core_name = get_corename();
      return;
    }
  }
  cause = dlerror();
  snprintf(error, sizeof error, "OpenBLAS is not installed: apt-get install libopenblas0, or make install-dependencies (%s)",
           cause != NULL ? cause : "libopenblas.so.0 lacks functions");
  sgemm = NULL;
  dgemm = NULL;
  dsyrk = NULL;
  if (library != NULL) dlclose(library);
}

const char *wb_blas_error(void) {
  pthread_once(&once, load);
  return core_name == NULL ? error : NULL;
}

const char *wb_blas_core_name(void) {
  pthread_once(&once, load);
  return core_name;
}

bool wb_blas_is_held_back(void) {
  const char *name = wb_blas_core_name();
  return name != NULL && has_avx512() && getenv("OPENBLAS_CORETYPE") != NULL && strcasecmp(name, "SkylakeX") != 0 &&
         strcasecmp(name, "Cooperlake") != 0 && strcasecmp(name, "SapphireRapids") != 0;
}

static enum CBLAS_TRANSPOSE op(bool transpose) { return transpose ? CblasTrans : CblasNoTrans; }

bool wb_sgemm(bool transpose_a, bool transpose_b, int m, int n, int k, float alpha, const float *a, int lda,
              const float *b, int ldb, float beta, float *c, int ldc) {
  pthread_once(&once, load);
  if (sgemm == NULL) return false;
  sgemm(CblasRowMajor, op(transpose_a), op(transpose_b), m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
  return true;
}

bool wb_dgemm(bool transpose_a, bool transpose_b, int m, int n, int k, double alpha, const double *a, int lda,
              const double *b, int ldb, double beta, double *c, int ldc) {
  pthread_once(&once, load);
  if (dgemm == NULL) return false;
  dgemm(CblasRowMajor, op(transpose_a), op(transpose_b), m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
  return true;
}

bool wb_dsyrk(int n, int k, double alpha, const double *a, int lda, double beta, double *c, int ldc) {
  pthread_once(&once, load);
  if (dsyrk == NULL) return false;
  dsyrk(CblasRowMajor, CblasUpper, CblasTrans, n, k, alpha, a, lda, beta, c, ldc);
  return true;
}

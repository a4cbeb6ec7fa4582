#pragma once

// What the compiler was told to compile for: Swift has no such macros, but sees these constants.
enum {
#if defined(__AVX512F__)
  ctarget_vector_bits = 512,
#elif defined(__AVX__)
  ctarget_vector_bits = 256,
#else
  ctarget_vector_bits = 128,
#endif
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
  ctarget_has_fma = 1,
#else
  ctarget_has_fma = 0,
#endif
};

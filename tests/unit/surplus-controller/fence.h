/* SPDX-License-Identifier: Apache-2.0
 * fence.h -- items of an array behind the last one in use are out of bounds for the sanitizer. */
#ifndef WATTBUS_TEST_FENCE_H
#define WATTBUS_TEST_FENCE_H
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define FENCE(a, n)                                                                                \
    ASAN_POISON_MEMORY_REGION(&(a)[n], (sizeof(a) / sizeof *(a) - (size_t)(n)) * sizeof *(a))
#define NO_FENCES(x) ASAN_UNPOISON_MEMORY_REGION(x, sizeof *(x))
#else
#define FENCE(a, n)  ((void)(a), (void)(n))
#define NO_FENCES(x) ((void)(x))
#endif
#endif

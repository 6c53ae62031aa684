/* The functions that instrumented code calls. Their names are the compiler's. */
#ifndef HOST_DRY_HOOKS_H
#define HOST_DRY_HOOKS_H

#include "core/base/bytes.h"

/* Loads: nobody's affair. */
void __tsan_init(void);
void __tsan_func_entry(void *caller);
void __tsan_func_exit(void);
void __tsan_read1(void *at);
void __tsan_read2(void *at);
void __tsan_read4(void *at);
void __tsan_read8(void *at);
void __tsan_read16(void *at);
void __tsan_unaligned_read2(void *at);
void __tsan_unaligned_read4(void *at);
void __tsan_unaligned_read8(void *at);
void __tsan_unaligned_read16(void *at);
void __tsan_read_range(void *at, size_t len);

/* Stores: kept before they are made. */
void __tsan_write1(void *at);
void __tsan_write2(void *at);
void __tsan_write4(void *at);
void __tsan_write8(void *at);
void __tsan_write16(void *at);
void __tsan_unaligned_write2(void *at);
void __tsan_unaligned_write4(void *at);
void __tsan_unaligned_write8(void *at);
void __tsan_unaligned_write16(void *at);
void __tsan_write_range(void *at, size_t len);
/* clang: one access that loads and stores. */
void __tsan_read_write1(void *at);
void __tsan_read_write2(void *at);
void __tsan_read_write4(void *at);
void __tsan_read_write8(void *at);
void __tsan_read_write16(void *at);
void __tsan_unaligned_read_write2(void *at);
void __tsan_unaligned_read_write4(void *at);
void __tsan_unaligned_read_write8(void *at);
void __tsan_unaligned_read_write16(void *at);
/* pkt_put() gives a frame back to its driver. */
void __tsan_atomic32_store(volatile u32 *at, u32 value, int order);

void *dry_memcpy(void *to, const void *from, size_t len);
void *dry_memmove(void *to, const void *from, size_t len);
void *dry_memset(void *to, int byte, size_t len);
/* The same, as later compilers call them. */
void *__tsan_memcpy(void *to, const void *from, size_t len);
void *__tsan_memmove(void *to, const void *from, size_t len);
void *__tsan_memset(void *to, int byte, size_t len);

#endif

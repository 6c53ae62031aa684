/* Integers, byte order and bits.
 *
 * An integer that came from the network keeps that fact in its type: be16 and be32 are structs, so
 * the compiler refuses to add, compare or assign them without a conversion. They have alignment 1,
 * so that a header may lie at any address of a packet.                                          */
#ifndef CORE_BASE_BYTES_H
#define CORE_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

typedef struct __attribute__((packed)) {
	u16 raw;
} be16;

typedef struct __attribute__((packed)) {
	u32 raw;
} be32;

/* Types laid over bytes of a packet. */
#define WIRE __attribute__((packed, may_alias))
#define MUST_USE __attribute__((warn_unused_result))
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define ARRAY_COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Index of nothing: slabs hand out smaller ones. */
#define IDX_NONE UINT32_MAX

/* Time in nanoseconds on a clock that only grows; the caller's, never read here. */
typedef u64 ns_t;
#define NS_NEVER UINT64_MAX
#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_SEC UINT64_C(1000000000)

static inline u16 host16_swap(u16 v)
{
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap16(v) : v;
}

static inline u32 host32_swap(u32 v)
{
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap32(v) : v;
}

static inline be16 be16_of(u16 host)
{
	return (be16){ host16_swap(host) };
}

static inline be32 be32_of(u32 host)
{
	return (be32){ host32_swap(host) };
}

static inline u16 be16_host(be16 v)
{
	return host16_swap(v.raw);
}

static inline u32 be32_host(be32 v)
{
	return host32_swap(v.raw);
}

static inline bool be16_eq(be16 a, be16 b)
{
	return a.raw == b.raw;
}

static inline bool be32_eq(be32 a, be32 b)
{
	return a.raw == b.raw;
}

static inline be16 be16_load(const void *at)
{
	be16 v;
	memcpy(&v, at, sizeof v);
	return v;
}

static inline be32 be32_load(const void *at)
{
	be32 v;
	memcpy(&v, at, sizeof v);
	return v;
}

static inline void be16_store(void *at, be16 v)
{
	memcpy(at, &v, sizeof v);
}

static inline void be32_store(void *at, be32 v)
{
	memcpy(at, &v, sizeof v);
}

static inline u32 u32_min(u32 a, u32 b)
{
	return a < b ? a : b;
}

static inline u32 u32_max(u32 a, u32 b)
{
	return a > b ? a : b;
}

static inline u64 u64_min(u64 a, u64 b)
{
	return a < b ? a : b;
}

/* Set bits, in portable arithmetic: the compiler's own would call its library on old processors. */
static inline u32 u64_count_bits(u64 v)
{
	v -= v >> 1 & UINT64_C(0x5555555555555555);
	v = (v & UINT64_C(0x3333333333333333)) + (v >> 2 & UINT64_C(0x3333333333333333));
	v = (v + (v >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	return (u32)(v * UINT64_C(0x0101010101010101) >> 56);
}

/* A line of memory will be read soon. Who calls only this, and is not inlined at once either, does
 * nothing as far as the compiler can see, and a call of it may be left out.                      */
static ALWAYS_INLINE void prefetch(const void *at)
{
	__builtin_prefetch(at, 0, 3);
}

/* A line of memory will be written soon. */
static ALWAYS_INLINE void prefetch_write(const void *at)
{
	__builtin_prefetch(at, 1, 3);
}

#endif

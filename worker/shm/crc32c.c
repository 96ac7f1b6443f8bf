// SPDX-License-Identifier: Apache-2.0
#include "shm/crc32c.h"
#include <string.h>

#ifdef __SSE4_2__
#include <nmmintrin.h>

uint32_t crc32c_more(uint32_t crc, const void *bytes, size_t size)
{
	const uint8_t *p = bytes;
	uint64_t state = ~crc;
	for (; size >= 8; p += 8, size -= 8) {
		uint64_t word;
		memcpy(&word, p, 8);
		state = _mm_crc32_u64(state, word);
	}
	uint32_t rest = (uint32_t)state;
	for (; size > 0; p++, size--)
		rest = _mm_crc32_u8(rest, *p);
	return ~rest;
}

#else

// One step of four bits, from the reflected polynomial 0x82f63b78.
static const uint32_t nibble[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

uint32_t crc32c_more(uint32_t crc, const void *bytes, size_t size)
{
	const uint8_t *p = bytes;
	crc = ~crc;
	for (; size > 0; p++, size--) {
		crc ^= *p;
		crc = crc >> 4 ^ nibble[crc & 15];
		crc = crc >> 4 ^ nibble[crc & 15];
	}
	return ~crc;
}

#endif

uint32_t crc32c(const void *bytes, size_t size)
{
	return crc32c_more(0, bytes, size);
}

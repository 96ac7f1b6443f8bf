// SPDX-License-Identifier: Apache-2.0
// CRC-32C (RFC 3720): polynomial 0x1edc6f41, reflected, initial value and final xor all ones.
#ifndef PORTCULLIS_SHM_CRC32C_H
#define PORTCULLIS_SHM_CRC32C_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32c(const void *bytes, size_t size);

// To run over several pieces: crc32c_more(crc32c_more(0, a), b) is crc32c of a followed by b.
uint32_t crc32c_more(uint32_t crc, const void *bytes, size_t size);

#endif

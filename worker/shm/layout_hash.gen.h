// SPDX-License-Identifier: Apache-2.0
// Generated from worker/shm/layout.h by worker/shm/layout_gen.ts. Do not edit.
#ifndef PORTCULLIS_SHM_LAYOUT_HASH_H
#define PORTCULLIS_SHM_LAYOUT_HASH_H

// First eight bytes of the SHA-256 of layout.h without comments and white space.
#define FW_LAYOUT_HASH 0x477d566c28ac9c63ull

#endif

// SPDX-License-Identifier: Apache-2.0
// Generated from worker/shm/layout.h by worker/shm/layout_gen.ts. Do not edit.
#ifndef PORTCULLIS_SHM_LAYOUT_HASH_H
#define PORTCULLIS_SHM_LAYOUT_HASH_H

// First eight bytes of the SHA-256 of layout.h without comments and white space.
#define FW_LAYOUT_HASH 0xb5842f6feef05c3cull
// The same of all that outlives a change of the layout: header of the state file, clock, sessions, bindings.
#define FW_RECORDS_HASH 0x05f7cbd30e3eaaaeull

#endif

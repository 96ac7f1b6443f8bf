// SPDX-License-Identifier: Apache-2.0
// Sessions whose replies the hash brings to another core than the owner: source NAT chose their ports while there was another
// number of cores. They are noted while the sessions are attached; afterwards they only become fewer, each when its session
// ends. Every core reads; the owner of a session forgets.
#ifndef PORTCULLIS_STEER_DETOUR_H
#define PORTCULLIS_STEER_DETOUR_H

#include "shm/layout.h"
#include "state/session.h"

struct detours;

struct detours *detours_create(uint32_t cores); // NULL: out of memory
void detours_free(struct detours *d);

// session_owner_fn; context: struct detours. The core that owns the session; notes a detour where it needs one.
unsigned detours_owner(void *context, uint8_t family, const void *session);

uint32_t detours_count(const struct detours *d);
// The core that owns the session with these replies.
bool detours_find(const struct detours *d, const struct session_key4 *key, uint32_t *core);
void detours_forget(struct detours *d, const struct session_key4 *key);

#endif

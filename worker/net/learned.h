// SPDX-License-Identifier: Apache-2.0
// Neighbors that were learned from the kernel: what must be forgotten when a dump no longer has it, and which are stale.
#ifndef PORTCULLIS_NET_LEARNED_H
#define PORTCULLIS_NET_LEARNED_H

#include <stdbool.h>
#include <stdint.h>
#include "net/neighbor.h"
#include "shm/layout.h"

#define LEARNED_MAX FW_MAX_LEARNED_NEIGHBORS

struct learned {
	struct neighbor_key key;
	uint32_t stamp; // of the last dump that had it
	bool stale;
	uint64_t forgotten_ns; // since when the kernel no longer has it although flows use it; 0: it has it
	uint64_t asked_ns; // when the kernel was last asked to probe it
	uint32_t next; // in its bucket, FW_NO_INDEX: last
};

struct learned_table;

struct learned_table *learned_create(void);
void learned_free(struct learned_table *t);
struct learned *learned_find(struct learned_table *t, const struct neighbor_key *key);
struct learned *learned_add(struct learned_table *t, const struct neighbor_key *key); // NULL: full
void learned_remove(struct learned_table *t, const struct neighbor_key *key);
// Entries in no order; index < learned_count(). Removing one moves the last into its place.
uint32_t learned_count(const struct learned_table *t);
struct learned *learned_at(struct learned_table *t, uint32_t index);

#endif

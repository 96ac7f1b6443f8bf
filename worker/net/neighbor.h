// SPDX-License-Identifier: Apache-2.0
// Link-layer addresses of next hops. Writer: the control thread (or replay); reader: the datapath
// core, without locks. Bounded by its capacity; a slot keeps its key while any reader may use it.
#ifndef PORTCULLIS_NET_NEIGHBOR_H
#define PORTCULLIS_NET_NEIGHBOR_H

#include <stdbool.h>
#include <stdint.h>
#include "net/hop_clock.h"
#include "shm/layout.h"

// Static and learned ones at most, and some that wait for readers; session lines have 16 bits.
#define NEIGHBOR_SLOTS (FW_MAX_NEIGHBORS + FW_MAX_LEARNED_NEIGHBORS + 1024u)

struct neighbor_key {
	uint32_t interface; // name_id of the interface
	uint8_t family;     // 4 or 6
	uint8_t address[16];
};

struct neighbor_table;
struct rte_rcu_qsbr;

// clock: ticks when a slot disappears.
struct neighbor_table *neighbor_create(uint32_t capacity, struct hop_clock *clock);
void neighbor_free(struct neighbor_table *n);

// Quiescent states of the readers: a slot gets another key only once all of them have passed one.
// Without it the reader must be the writer's own thread.
void neighbor_set_qsbr(struct neighbor_table *n, struct rte_rcu_qsbr *qsbr);

// Writer. Static entries (from the configuration) win over learned ones. Returns 0 or -ENOSPC.
int neighbor_set(struct neighbor_table *n, const struct neighbor_key *key, const uint8_t mac[6],
		 bool is_static);
void neighbor_delete(struct neighbor_table *n, const struct neighbor_key *key, bool is_static);

// Reader. Slot of the key, or FW_NO_INDEX when the neighbor is not resolved; fills mac.
uint32_t neighbor_lookup(const struct neighbor_table *n, const struct neighbor_key *key,
			 uint8_t mac[6]);

// Reader. MAC address of a slot; false: no longer resolved. The slot is the one that was looked up
// under a version of the clock as long as neighbor_changed() is not newer.
bool neighbor_mac(const struct neighbor_table *n, uint32_t slot, uint8_t mac[6]);

// Reader. Never 0; another one whenever the MAC address of any slot has changed since.
uint32_t neighbor_changes(const struct neighbor_table *n);
uint32_t neighbor_changed(const struct neighbor_table *n, uint32_t slot);

// Which neighbors are in use: readers mark what they look up or confirm (neighbor_lookup() does);
// the writer starts a new round now and then, which makes all flows confirm their next hops once.
void neighbor_mark(const struct neighbor_table *n, uint32_t slot);
void neighbor_round(struct neighbor_table *n);
// Writer: marked in this round or the one before.
bool neighbor_in_use(const struct neighbor_table *n, const struct neighbor_key *key);

#endif

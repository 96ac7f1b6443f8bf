// SPDX-License-Identifier: Apache-2.0
// Neighbors in chained hash buckets. One writer, readers without locks: a slot is filled before it
// is linked into its chain, its MAC address is one 64-bit word, and a slot that was unlinked keeps
// key and chain link until every reader has passed a quiescent point; only then it goes back to the
// free slots. The hash is keyed, so that hosts on a link cannot choose addresses that share a
// chain.
#include "net/neighbor.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <rte_rcu_qsbr.h>
#include "shm/layout.h"
#include "state/siphash.h"

#define KNOWN (1ull << 63) // the MAC address in the other bits is known

struct slot {
	struct neighbor_key key;
	uint64_t mac;            // what readers see: fixed, else learned, else 0
	uint64_t fixed, learned; // writer only
	uint64_t token;          // grace period, once unlinked
	uint32_t changed; // version of the clock when it was unlinked last
	uint32_t marked;  // round
	uint32_t next;  // in its chain; once unlinked the chain it was in, for readers that are
			// still inside
	uint32_t later; // in the list of free or waiting slots
};

struct neighbor_table {
	struct slot *slots;
	uint32_t *heads; // [mask + 1]
	uint32_t capacity, mask;
	uint32_t changes; // of what readers see in the slots
	struct hop_clock *clock;
	uint32_t round; // of marks
	uint32_t aged;  // version of the clock when all slots were last seen to
	uint32_t free;           // reusable slots
	uint32_t oldest, newest; // slots that wait for their grace period, in order
	struct siphash_key secret;
	struct rte_rcu_qsbr *qsbr;
};

struct neighbor_table *neighbor_create(uint32_t capacity, struct hop_clock *clock)
{
	struct neighbor_table *n = calloc(1, sizeof(*n));
	if (n == NULL)
		return NULL;
	uint32_t heads = 16;
	while (heads < capacity * 2)
		heads *= 2;
	n->capacity = capacity;
	n->mask = heads - 1;
	n->clock = clock;
	n->changes = 1;
	n->free = n->oldest = n->newest = FW_NO_INDEX;
	n->slots = calloc(capacity + 1, sizeof(*n->slots));
	n->heads = malloc(heads * sizeof(*n->heads));
	if (n->slots == NULL || n->heads == NULL ||
	    getrandom(&n->secret, sizeof(n->secret), 0) != sizeof(n->secret)) {
		neighbor_free(n);
		return NULL;
	}
	memset(n->heads, 0xff, heads * sizeof(*n->heads));
	for (uint32_t i = capacity; i-- > 0;) {
		n->slots[i].later = n->free;
		n->free = i;
	}
	return n;
}

void neighbor_free(struct neighbor_table *n)
{
	if (n == NULL)
		return;
	free(n->slots);
	free(n->heads);
	free(n);
}

void neighbor_set_qsbr(struct neighbor_table *n, struct rte_rcu_qsbr *qsbr)
{
	n->qsbr = qsbr;
}

static uint32_t *head_of(const struct neighbor_table *n, const struct neighbor_key *key)
{
	uint64_t words[3];
	memcpy(words, key->address, 16);
	words[2] = (uint64_t)key->family << 32 | key->interface;
	return &n->heads[siphash_words(&n->secret, words, 3) & n->mask];
}

static bool same_key(const struct neighbor_key *a, const struct neighbor_key *b)
{
	return a->interface == b->interface && a->family == b->family &&
	       memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

static uint32_t find(const struct neighbor_table *n, const struct neighbor_key *key)
{
	uint32_t at = __atomic_load_n(head_of(n, key), __ATOMIC_ACQUIRE);
	while (at != FW_NO_INDEX && !same_key(&n->slots[at].key, key))
		at = __atomic_load_n(&n->slots[at].next, __ATOMIC_ACQUIRE);
	return at;
}

// Slots whose grace period is over become free.
static void reclaim(struct neighbor_table *n)
{
	while (n->oldest != FW_NO_INDEX) {
		uint32_t at = n->oldest;
		if (n->qsbr != NULL && rte_rcu_qsbr_check(n->qsbr, n->slots[at].token, false) != 1)
			return;
		n->oldest = n->slots[at].later;
		if (n->oldest == FW_NO_INDEX)
			n->newest = FW_NO_INDEX;
		n->slots[at].later = n->free;
		n->free = at;
	}
}

static uint32_t add(struct neighbor_table *n, const struct neighbor_key *key)
{
	reclaim(n);
	uint32_t at = n->free;
	if (at == FW_NO_INDEX)
		return at;
	struct slot *s = &n->slots[at];
	uint32_t *head = head_of(n, key);
	n->free = s->later;
	s->key = *key;
	s->mac = s->fixed = s->learned = 0;
	s->marked = n->round; // it was asked for
	s->next = *head;
	__atomic_store_n(head, at, __ATOMIC_RELEASE);
	return at;
}

static void unlink_slot(struct neighbor_table *n, uint32_t at)
{
	struct slot *s = &n->slots[at];
	uint32_t *link = head_of(n, &s->key);
	while (*link != at)
		link = &n->slots[*link].next;
	__atomic_store_n(link, s->next, __ATOMIC_RELEASE);
	__atomic_store_n(&s->changed, hop_clock_next(n->clock), __ATOMIC_RELAXED);
	hop_clock_tick(n->clock);
	s->token = n->qsbr != NULL ? rte_rcu_qsbr_start(n->qsbr) : 0;
	s->later = FW_NO_INDEX;
	if (n->newest == FW_NO_INDEX)
		n->oldest = at;
	else
		n->slots[n->newest].later = at;
	n->newest = at;
}

// The address that readers see, then that it is another one.
static void show(struct neighbor_table *n, struct slot *s)
{
	uint64_t mac = s->fixed != 0 ? s->fixed : s->learned;
	uint32_t next = n->changes + 1;
	if (mac == s->mac)
		return;
	__atomic_store_n(&s->mac, mac, __ATOMIC_RELEASE);
	__atomic_store_n(&n->changes, next != 0 ? next : 1, __ATOMIC_RELEASE);
}

int neighbor_set(struct neighbor_table *n, const struct neighbor_key *key, const uint8_t mac[6],
		 bool is_static)
{
	uint32_t at = find(n, key);
	if (at == FW_NO_INDEX)
		at = add(n, key);
	if (at == FW_NO_INDEX)
		return -ENOSPC;
	struct slot *s = &n->slots[at];
	uint64_t value = KNOWN;
	memcpy(&value, mac, 6);
	*(is_static ? &s->fixed : &s->learned) = value;
	show(n, s);
	return 0;
}

void neighbor_delete(struct neighbor_table *n, const struct neighbor_key *key, bool is_static)
{
	uint32_t at = find(n, key);
	if (at == FW_NO_INDEX)
		return;
	struct slot *s = &n->slots[at];
	*(is_static ? &s->fixed : &s->learned) = 0;
	show(n, s);
	if (s->fixed == 0 && s->learned == 0)
		unlink_slot(n, at);
}

bool neighbor_mac(const struct neighbor_table *n, uint32_t slot, uint8_t mac[6])
{
	if (slot >= n->capacity)
		return false;
	uint64_t value = __atomic_load_n(&n->slots[slot].mac, __ATOMIC_ACQUIRE);
	if ((value & KNOWN) == 0)
		return false;
	memcpy(mac, &value, 6);
	return true;
}

uint32_t neighbor_lookup(const struct neighbor_table *n, const struct neighbor_key *key,
			 uint8_t mac[6])
{
	uint32_t at = find(n, key);
	if (at == FW_NO_INDEX || !neighbor_mac(n, at, mac))
		return FW_NO_INDEX;
	neighbor_mark(n, at);
	return at;
}

void neighbor_mark(const struct neighbor_table *n, uint32_t slot)
{
	uint32_t round = __atomic_load_n(&n->round, __ATOMIC_RELAXED);
	if (__atomic_load_n(&n->slots[slot].marked, __ATOMIC_RELAXED) != round)
		__atomic_store_n(&n->slots[slot].marked, round, __ATOMIC_RELAXED);
}

bool neighbor_in_use(const struct neighbor_table *n, const struct neighbor_key *key)
{
	uint32_t at = find(n, key);
	return at != FW_NO_INDEX &&
	       n->round - __atomic_load_n(&n->slots[at].marked, __ATOMIC_RELAXED) <= 1;
}

void neighbor_round(struct neighbor_table *n)
{
	__atomic_store_n(&n->round, n->round + 1, __ATOMIC_RELAXED);
	uint32_t now = hop_clock_version(n->clock);
	// No slot's change may grow so old that it looks new again.
	for (uint32_t i = 0; now - n->aged > HOP_CLOCK_ERA && i < n->capacity; i++)
		__atomic_store_n(&n->slots[i].changed, now, __ATOMIC_RELAXED);
	n->aged = now - n->aged > HOP_CLOCK_ERA ? now : n->aged;
	hop_clock_tick(n->clock);
}

uint32_t neighbor_changed(const struct neighbor_table *n, uint32_t slot)
{
	return __atomic_load_n(&n->slots[slot].changed, __ATOMIC_RELAXED);
}

uint32_t neighbor_changes(const struct neighbor_table *n)
{
	return __atomic_load_n(&n->changes, __ATOMIC_ACQUIRE);
}

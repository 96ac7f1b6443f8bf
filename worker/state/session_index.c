// SPDX-License-Identifier: Apache-2.0
// Two-choice hash of 64-byte buckets. An entry sits in one of two buckets; which two follows from
// its hash, and the second one from the first and the tag alone, so that an entry can be moved
// without its key. When both are full, a breadth-first search of bounded size looks for a chain of
// moves that ends in an empty way; nothing is moved before one is found, so a failed insert changes
// nothing.
#include "state/session_index.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define SEARCH_NODES 256
#define HUGE_PAGE ((uint64_t)2 << 20)

int index_init(struct session_index *x, uint64_t entries)
{
	uint64_t wanted = entries + entries / 4; // at most 80 % full
	uint64_t buckets = 4;
	while (buckets * INDEX_WAYS < wanted)
		buckets *= 2;
	x->size = buckets * sizeof(struct index_bucket);
	if (x->size > HUGE_PAGE)
		x->size = (x->size + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	void *memory =
	    mmap(NULL, x->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return -ENOMEM;
	(void)madvise(memory, x->size, MADV_HUGEPAGE);
	memset(memory, 0, x->size); // its pages are there before the first packet
	x->buckets = memory;
	x->mask = (uint32_t)(buckets - 1);
	return 0;
}

void index_free(struct session_index *x)
{
	if (x->buckets != NULL)
		munmap(x->buckets, x->size);
	x->buckets = NULL;
}

static bool put(struct index_bucket *b, uint16_t tag, uint32_t entry, bool guest)
{
	unsigned empty = index_match(b, 0);
	if (empty == 0)
		return false;
	unsigned way = (unsigned)__builtin_ctz(empty);
	b->tag[way] = tag;
	b->entry[way] = entry;
	b->guests = (uint8_t)((b->guests & ~(1u << way)) | (unsigned)guest << way);
	return true;
}

static bool is_guest(const struct index_bucket *b, unsigned way)
{
	return b->guests >> way & 1;
}

// One step of the search: bucket was reached by moving away what lies in a way of the parent's
// bucket. The search goes by breadth, so the chain it finds is a shortest one and meets no bucket
// twice.
struct step {
	uint32_t bucket;
	uint16_t parent; // a step of its own number begins a chain
	uint8_t way;     // of the parent's bucket
};

// From one of the buckets of an entry to the other one, which has an empty way.
static void move(struct index_bucket *from, unsigned way, struct index_bucket *to)
{
	bool home = is_guest(from, way);
	put(to, from->tag[way], from->entry[way], !home);
	from->tag[way] = 0;
	if (home)
		to->away--;
	else
		from->away++;
}

// Moves the entries along the path that ends at steps[at], whose bucket has an empty way. Returns
// the bucket that now has room.
static uint32_t shift(struct session_index *x, const struct step *steps, unsigned at)
{
	while (steps[at].parent != at) {
		unsigned parent = steps[at].parent, way = steps[at].way;
		struct index_bucket *from = &x->buckets[steps[parent].bucket];
		move(from, way, &x->buckets[steps[at].bucket]);
		at = parent;
	}
	return steps[at].bucket;
}

static int make_room(struct session_index *x, uint32_t first, uint32_t second, uint32_t *room)
{
	struct step steps[SEARCH_NODES];
	steps[0] = (struct step){.bucket = first};
	steps[1] = (struct step){.bucket = second, .parent = 1};
	unsigned count = 2;
	for (unsigned at = 0; at < count; at++) {
		const struct index_bucket *b = &x->buckets[steps[at].bucket];
		for (unsigned way = 0; way < INDEX_WAYS && count < SEARCH_NODES; way++) {
			uint32_t next = index_other(x, steps[at].bucket, b->tag[way]);
			steps[count] = (struct step){next, (uint16_t)at, (uint8_t)way};
			if (index_match(&x->buckets[next], 0) != 0) {
				*room = shift(x, steps, count);
				return 0;
			}
			count++;
		}
	}
	return -ENOSPC;
}

static bool put_second(struct session_index *x, uint32_t first, uint32_t second, uint16_t tag,
		       uint32_t entry)
{
	if (!put(&x->buckets[second], tag, entry, true))
		return false;
	x->buckets[first].away++;
	return true;
}

int index_insert(struct session_index *x, uint64_t hash, uint32_t entry)
{
	uint16_t tag = index_tag(hash);
	uint32_t first = index_first(x, hash), second = index_other(x, first, tag), room;
	if (put(&x->buckets[first], tag, entry, false) || put_second(x, first, second, tag, entry))
		return 0;
	int rc = make_room(x, first, second, &room);
	if (rc == 0 && room == first)
		put(&x->buckets[first], tag, entry, false);
	else if (rc == 0)
		put_second(x, first, second, tag, entry);
	return rc;
}

static bool take(struct index_bucket *b, uint16_t tag, uint32_t entry, bool guest)
{
	for (unsigned found = index_match(b, tag); found != 0; found &= found - 1) {
		unsigned way = (unsigned)__builtin_ctz(found);
		if (b->entry[way] == entry && is_guest(b, way) == guest) {
			b->tag[way] = 0;
			return true;
		}
	}
	return false;
}

void index_remove(struct session_index *x, uint64_t hash, uint32_t entry)
{
	uint16_t tag = index_tag(hash);
	uint32_t first = index_first(x, hash);
	struct index_bucket *b = &x->buckets[first];
	if (!take(b, tag, entry, false) &&
	    take(&x->buckets[index_other(x, first, tag)], tag, entry, true))
		b->away--;
}

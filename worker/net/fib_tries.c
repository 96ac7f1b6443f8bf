// SPDX-License-Identifier: Apache-2.0
#include "net/fib_tries.h"

#include <string.h>

static uint32_t word(const uint8_t *address)
{
	uint32_t value;
	memcpy(&value, address, 4);
	return __builtin_bswap32(value);
}

uint32_t fib_tries_find(const struct fib *f, const struct fib_prefix *p)
{
	return p->family == 4 ? rules_get(&f->rules, p->vrf, word(p->bytes), p->length)
			      : rules6_get(&f->rules6, p->vrf, trie6_key_of(p->bytes), p->length);
}

// Of the VRF that a change is in.
struct rule_context {
	struct fib *fib;
	uint16_t vrf;
};

static uint32_t rule_of(const void *context, uint32_t prefix, unsigned length)
{
	const struct rule_context *c = context;
	return rules_get(&c->fib->rules, c->vrf, prefix, length);
}

static uint32_t rule6_of(const void *context, struct trie6_key prefix, unsigned length)
{
	const struct rule_context *c = context;
	return rules6_get(&c->fib->rules6, c->vrf, prefix, length);
}

// Without memory to remember it the node is lost: rather that than a reader on it.
static void retire6(void *context, unsigned width, uint32_t node)
{
	struct fib *f = ((const struct rule_context *)context)->fib;
	if (retired_reserve(&f->retired, FIB_RESERVE) == 0)
		retired_add(&f->retired, FIB_NODE6 + width, node, NULL);
}

static int put4(struct fib *f, struct fib_table *t, uint16_t vrf, uint32_t prefix, unsigned length, uint32_t group)
{
	int code = rules_reserve(&f->rules);
	if (code == 0)
		code = trie4_put(&t->trie4, &f->nodes, prefix, length, group);
	if (code == 0)
		rules_set(&f->rules, vrf, prefix, length, group);
	return code;
}

static int put6(struct fib *f, struct fib_table *t, uint16_t vrf, struct trie6_key prefix, unsigned length,
		uint32_t group)
{
	struct rule_context context = {f, vrf};
	struct trie6_writer w = {&f->nodes6, rule6_of, retire6, &context};
	bool known = rules6_get(&f->rules6, vrf, prefix, length) != 0;
	int code = rules6_reserve(&f->rules6);
	if (code == 0)
		code = trie6_put(&t->trie6, &w, prefix, length, group, known);
	if (code == 0)
		rules6_set(&f->rules6, vrf, prefix, length, group);
	return code;
}

static void take4(struct fib *f, struct fib_table *t, uint16_t vrf, uint32_t prefix, unsigned length)
{
	struct trie4_unlinked unlinked;
	struct rule_context context = {f, vrf};
	trie4_take(&t->trie4, &f->nodes, prefix, length, rule_of, &context, &unlinked);
	rules_delete(&f->rules, vrf, prefix, length);
	retired_add(&f->retired, FIB_WIDE, unlinked.wide, NULL);
	retired_add(&f->retired, FIB_NARROW, unlinked.narrow[0], NULL);
	retired_add(&f->retired, FIB_NARROW, unlinked.narrow[1], NULL);
}

static void take6(struct fib *f, struct fib_table *t, uint16_t vrf, struct trie6_key prefix, unsigned length)
{
	struct rule_context context = {f, vrf};
	struct trie6_writer w = {&f->nodes6, rule6_of, retire6, &context};
	rules6_delete(&f->rules6, vrf, prefix, length);
	trie6_take(&t->trie6, &w, prefix, length);
}

int fib_tries_put(struct fib *f, struct fib_table *t, const struct fib_prefix *p, uint32_t group)
{
	return p->family == 4 ? put4(f, t, p->vrf, word(p->bytes), p->length, group)
			      : put6(f, t, p->vrf, trie6_key_of(p->bytes), p->length, group);
}

void fib_tries_take(struct fib *f, struct fib_table *t, const struct fib_prefix *p)
{
	if (p->family == 4)
		take4(f, t, p->vrf, word(p->bytes), p->length);
	else
		take6(f, t, p->vrf, trie6_key_of(p->bytes), p->length);
}

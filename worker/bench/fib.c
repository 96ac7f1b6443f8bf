// SPDX-License-Identifier: Apache-2.0
// portcullis-bench-fib [ROUTES [ROUNDS]]: our IPv4 routes (net/fib.c) beside rte_fib (DIR24-8) with
// the same table in one process, in turns. Prints one line of JSON; times are ticks.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_fib.h>
#include <rte_rib.h>
#include "bench/bench.h"
#include "net/fib_lookup.h"

enum { BURST = 32, LOOKUPS = 1 << 16, HOPS = 64 };

struct prefix {
	uint32_t address; // host byte order
	uint8_t length, hop;
};

struct subject {
	struct fib *ours;
	struct rte_fib *theirs;
	struct prefix *prefixes;
	uint32_t count;
	uint64_t random;
	uint32_t addresses[LOOKUPS];
};

static struct hop hop_of(uint8_t number)
{
	return (struct hop){.type = HOP_GATEWAY, .interface = 1000u + number, .family = 4};
}

// Lengths as in a table of the Internet: three of five are /24, the rest mostly /16 to /23.
static void draw_prefix(struct subject *s, struct prefix *p)
{
	uint64_t r = bench_random(&s->random);
	unsigned kind = r >> 40 & 0xff;
	p->length = kind < 154 ? 24 : (uint8_t)(kind < 250 ? 16 + (r >> 32 & 7) : 8 + (r >> 32 & 7));
	p->address = ((uint32_t)(r & 0xffffff) << 8 | (r >> 24 & 0xff)) & UINT32_MAX << (32 - p->length);
	p->hop = (uint8_t)((p->address * 0x9e3779b1u >> 16) % HOPS); // the same for the same prefix
}

static void bytes_of(uint32_t address, uint8_t out[16])
{
	memset(out, 0, 16);
	uint32_t be = __builtin_bswap32(address);
	memcpy(out, &be, 4);
}

static int change(struct subject *s, const struct prefix *p, bool ours, bool add)
{
	uint8_t bytes[16];
	struct hop hop = hop_of(p->hop);
	if (!ours)
		return add ? rte_fib_add(s->theirs, p->address, p->length, p->hop + 1u)
			   : rte_fib_delete(s->theirs, p->address, p->length);
	bytes_of(p->address, bytes);
	return add ? fib_set(s->ours, 0, 4, bytes, p->length, &hop, 1)
		   : fib_delete(s->ours, 0, 4, bytes, p->length);
}

static uint64_t load(struct subject *s, bool ours)
{
	uint64_t start = rte_rdtsc_precise();
	for (uint32_t i = 0; i < s->count; i++)
		if (change(s, &s->prefixes[i], ours, true) != 0)
			exit((fprintf(stderr, "route %u does not fit\n", i), 1));
	return rte_rdtsc_precise() - start;
}

// Ticks of one delete and one add.
static double churn(struct subject *s, bool ours)
{
	enum { CHANGES = 4096 };
	uint64_t start = rte_rdtsc_precise();
	for (unsigned i = 0; i < CHANGES; i++) {
		const struct prefix *p = &s->prefixes[bench_random(&s->random) % s->count];
		change(s, p, ours, false);
		change(s, p, ours, true);
	}
	return (double)(rte_rdtsc_precise() - start) / CHANGES;
}

// Addresses below the routes themselves: every lookup walks to the end.
static void draw_addresses(struct subject *s)
{
	for (unsigned i = 0; i < LOOKUPS; i++) {
		uint64_t r = bench_random(&s->random);
		const struct prefix *p = &s->prefixes[(r >> 16) % s->count];
		s->addresses[i] = p->address | ((uint32_t)r & ~(UINT32_MAX << (32 - p->length)));
	}
}

static uint64_t lookup_theirs(struct subject *s)
{
	uint64_t hops[BURST], sum = 0;
	for (unsigned i = 0; i < LOOKUPS; i += BURST) {
		rte_fib_lookup_bulk(s->theirs, &s->addresses[i], hops, BURST);
		for (unsigned n = 0; n < BURST; n++)
			sum += hops[n];
	}
	return sum;
}

static uint64_t lookup_ours(struct subject *s, bool together)
{
	const struct trie4 *trie = &fib_table_of(s->ours, 0)->trie4;
	uint64_t sum = 0;
	for (unsigned i = 0; i < LOOKUPS; i += BURST) {
		const struct hop_group *groups[BURST];
		uint32_t addresses[BURST];
		for (unsigned n = 0; n < BURST; n++)
			addresses[n] = __builtin_bswap32(s->addresses[i + n]);
		for (unsigned n = 0; together && n < BURST; n++)
			fib_fetch4(trie, addresses[n]);
		for (unsigned n = 0; together && n < BURST; n++)
			fib_fetch4_next(s->ours, trie, addresses[n]);
		for (unsigned n = 0; n < BURST; n++) {
			groups[n] = fib_find4(s->ours, trie, addresses[n]);
			sum += hop_choose(groups[n], 0)->interface - 999;
		}
	}
	return sum;
}

static uint64_t timed(struct subject *s, unsigned how, struct series *to)
{
	uint64_t start = rte_rdtsc_precise();
	uint64_t sum = how == 2 ? lookup_theirs(s) : lookup_ours(s, how == 1);
	uint64_t took = rte_rdtsc_precise() - start;
	if (!bench_interrupted())
		series_add(to, (double)took / LOOKUPS);
	return sum;
}

static int start(struct subject *s, uint32_t count)
{
	struct rte_fib_conf conf = {.type = RTE_FIB_DIR24_8,
				    .default_nh = 0,
				    .max_routes = (int)count * 2,
				    .rib_ext_sz = 0,
				    .dir24_8 = {.nh_sz = RTE_FIB_DIR24_8_4B, .num_tbl8 = 32767}};
	char *arguments[] = {"portcullis-bench-fib", "--no-huge", "--no-shconf", "--no-pci",
			     "--no-telemetry", "-m", "1024", "--log-level", "error", NULL};
	rte_log_set_global_level(RTE_LOG_ERR);
	if (rte_eal_init((int)(RTE_DIM(arguments) - 1), arguments) < 0)
		return -1;
	s->random = 88172645463325252ull;
	s->count = count;
	s->prefixes = calloc(count, sizeof(*s->prefixes));
	s->ours = fib_create(1u << 20, 16);
	s->theirs = rte_fib_create("bench", SOCKET_ID_ANY, &conf);
	for (uint32_t i = 0; s->prefixes != NULL && i < count; i++)
		draw_prefix(s, &s->prefixes[i]);
	return s->prefixes == NULL || s->ours == NULL || s->theirs == NULL ? -1 : 0;
}

int main(int argc, char **argv)
{
	static struct subject s;
	struct series lookups[3] = {{0}}, changes[2] = {{0}};
	uint32_t count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 500000;
	unsigned rounds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 15;
	if (start(&s, count) != 0) {
		fprintf(stderr, "portcullis-bench-fib: cannot start: %s\n", strerror(errno));
		return 1;
	}
	uint64_t load_theirs = load(&s, false), load_ours = load(&s, true);
	for (unsigned round = 0; round < rounds; round++) {
		draw_addresses(&s);
		uint64_t sum[3];
		for (unsigned how = 0; how < 3; how++) {
			timed(&s, how, &(struct series){0}); // warm
			sum[how] = timed(&s, how, &lookups[how]);
		}
		if (sum[0] != sum[1] || sum[0] != sum[2]) {
			fprintf(stderr, "portcullis-bench-fib: the two tables disagree\n");
			return 1;
		}
		series_add(&changes[0], churn(&s, true));
		series_add(&changes[1], churn(&s, false));
	}
	printf("{\"routes\":%u,\"distinct\":%u,\"load_s\":%.3f,\"load_rte_fib_s\":%.3f", count,
	       fib_count(s.ours, 4), (double)load_ours / (double)rte_get_tsc_hz(),
	       (double)load_theirs / (double)rte_get_tsc_hz());
	series_json(&lookups[0], "lookup_one_by_one");
	series_json(&lookups[1], "lookup_together");
	series_json(&lookups[2], "lookup_rte_fib");
	series_json(&changes[0], "change");
	series_json(&changes[1], "change_rte_fib");
	printf("}\n");
	return 0;
}

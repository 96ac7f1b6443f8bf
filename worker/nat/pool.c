// SPDX-License-Identifier: Apache-2.0
#include "nat/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nat/rows.h"

enum { POOL_TRIES = 4 }; // addresses that one flow may ask for a port

int nat_span_by_low(const void *a, const void *b)
{
	uint32_t x = ((const struct nat_span *)a)->low, y = ((const struct nat_span *)b)->low;
	return (x > y) - (x < y);
}

static void fill_subscribers(struct nat_pool *pool, const struct fw_program *p,
			     const struct fw_nat_pool_row *r)
{
	uint32_t number = 0;
	for (uint32_t i = 0; i < r->subscriber_count; i++) {
		const struct fw_prefix_row *prefix =
		    nat_row_subscriber(p, r->subscriber_first + i);
		uint32_t low = nat_address(prefix->address);
		uint32_t high = low | (uint32_t)((1ull << (32 - prefix->length)) - 1);
		pool->subscribers[i] = (struct nat_span){low, high, number};
		number += high - low + 1;
	}
	qsort(pool->subscribers, r->subscriber_count, sizeof(struct nat_span), nat_span_by_low);
}

static void fill_ranges(struct nat_pool *pool, const struct fw_program *p,
			const struct fw_nat_pool_row *r)
{
	for (uint32_t i = 0; i < r->range_count; i++) {
		const struct fw_nat_range_row *range = nat_row_range(p, r->range_first + i);
		pool->ranges[i] = (struct nat_span){nat_address(range->low), nat_address(range->high), 0};
	}
	qsort(pool->ranges, r->range_count, sizeof(struct nat_span), nat_span_by_low);
	for (uint32_t i = 0; i < r->range_count; i++) {
		pool->ranges[i].first = pool->addresses;
		pool->addresses += pool->ranges[i].high - pool->ranges[i].low + 1;
	}
}

int nat_pool_build(struct nat_pool *pool, const struct fw_program *p, uint32_t row)
{
	const struct fw_nat_pool_row *r = nat_row_pool(p, row);
	*pool = (struct nat_pool){.range_count = r->range_count,
				  .subscriber_count = r->subscriber_count,
				  .block_size = r->block_size,
				  .low = r->port_low,
				  .high = r->port_high,
				  .address_persistent = r->address_persistent != 0};
	pool->ranges = calloc(r->range_count + 1u, sizeof(struct nat_span));
	pool->subscribers = calloc(r->subscriber_count + 1u, sizeof(struct nat_span));
	if (pool->ranges == NULL || pool->subscribers == NULL)
		return -ENOMEM;
	if (r->block_size != 0)
		pool->blocks = (r->port_high - r->port_low + 1u) / r->block_size;
	fill_ranges(pool, p, r);
	fill_subscribers(pool, p, r);
	return 0;
}

void nat_pool_free(struct nat_pool *pool)
{
	free(pool->ranges);
	free(pool->subscribers);
}

const struct nat_span *nat_span_find(const struct nat_span *spans, uint32_t count, uint32_t address)
{
	uint32_t low = 0, high = count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (spans[middle].low <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low != 0 && spans[low - 1].high >= address ? &spans[low - 1] : NULL;
}

uint32_t nat_pool_address(const struct nat_pool *pool, uint32_t number)
{
	uint32_t low = 0, high = pool->range_count - 1;
	while (low < high) {
		uint32_t middle = low + (high - low + 1) / 2;
		if (pool->ranges[middle].first <= number)
			low = middle;
		else
			high = middle - 1;
	}
	return pool->ranges[low].low + (number - pool->ranges[low].first);
}

uint32_t nat_pool_number(const struct nat_pool *pool, uint32_t address)
{
	const struct nat_span *span = nat_span_find(pool->ranges, pool->range_count, address);
	return span != NULL ? span->first + (address - span->low) : FW_NO_INDEX;
}

// Neighbors in a network get addresses far from each other; the same everywhere and always.
static uint32_t spread(uint32_t client)
{
	uint64_t x = client * 0x9e3779b97f4a7c15ull;
	return (uint32_t)(x >> 32);
}

static bool block_space(const struct nat_pool *pool, uint32_t client, struct nat_space *space)
{
	const struct nat_span *span =
	    nat_span_find(pool->subscribers, pool->subscriber_count, client);
	if (span == NULL || pool->blocks == 0)
		return false;
	uint32_t subscriber = span->first + (client - span->low);
	uint32_t number = subscriber / pool->blocks;
	if (number >= pool->addresses)
		return false;
	space->first = number;
	space->tries = 1;
	space->low = (uint16_t)(pool->low + subscriber % pool->blocks * pool->block_size);
	space->high = (uint16_t)(space->low + pool->block_size - 1);
	return true;
}

bool nat_pool_space(const struct nat_pool *pool, uint32_t client, struct nat_space *space)
{
	*space = (struct nat_space){.pool = pool, .low = pool->low, .high = pool->high};
	if (pool->block_size != 0)
		return block_space(pool, client, space);
	space->first = (uint32_t)((uint64_t)spread(client) * pool->addresses >> 32);
	space->tries = pool->address_persistent ? 1 : POOL_TRIES;
	if (space->tries > pool->addresses)
		space->tries = pool->addresses;
	return true;
}

bool nat_space_has_address(const struct nat_space *s, uint32_t address)
{
	if (s->pool == NULL)
		return address == s->address;
	uint32_t number = nat_pool_number(s->pool, address);
	if (number == FW_NO_INDEX)
		return false;
	// An address of the pool that the client would not get now is still good, unless it must
	// keep to one.
	return s->pool->block_size == 0 || number == s->first;
}

uint32_t nat_span_settle(struct nat_span *spans, uint32_t count)
{
	uint32_t kept = 0, addresses = 0;
	if (count != 0)
		qsort(spans, count, sizeof(*spans), nat_span_by_low);
	for (uint32_t i = 0; i < count; i++) {
		if (kept != 0 && spans[i].low <= spans[kept - 1].high) {
			if (spans[i].high > spans[kept - 1].high)
				spans[kept - 1].high = spans[i].high;
		} else {
			spans[kept++] = spans[i];
		}
	}
	for (uint32_t i = 0; i < kept; i++) {
		spans[i].first = addresses;
		addresses += spans[i].high - spans[i].low + 1;
	}
	return kept;
}

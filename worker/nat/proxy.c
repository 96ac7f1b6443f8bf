// SPDX-License-Identifier: Apache-2.0
// An interface answers for an address that lies inside one of its prefixes and that its zone may
// send to (static and destination rules) or may be sent from (pools of source rules). Its own
// addresses are the kernel's affair, network and broadcast addresses are nobody's.
#include "nat/proxy.h"

#include <errno.h>
#include <stdlib.h>
#include "nat/rows.h"
#include "tables/program.h"

struct collect {
	const struct fw_program *program;
	const struct fw_interface_row *interface;
	struct nat_span *spans;
	uint32_t count, room;
	uint32_t low, high; // hosts of the prefix
	int error;
};

static void add_span(struct collect *c, uint32_t low, uint32_t high)
{
	if (c->count == c->room) {
		uint32_t room = c->room * 2 + 16;
		struct nat_span *moved = realloc(c->spans, room * sizeof(*moved));
		if (moved == NULL) {
			c->error = -ENOMEM;
			return;
		}
		c->spans = moved;
		c->room = room;
	}
	c->spans[c->count++] = (struct nat_span){low, high, 0};
}

// The part inside the prefix, without the interface's own addresses from number own on.
static void collect_span(struct collect *c, uint64_t low, uint64_t high, uint32_t own)
{
	if (low < c->low)
		low = c->low;
	if (high > c->high)
		high = c->high;
	for (; own < c->interface->address_count && low <= high; own++) {
		const struct fw_prefix_row *a = program_row_interface_address(
		    c->program, c->interface->address_first + own);
		uint64_t at = a->family == 4 ? nat_address(a->address) : UINT64_MAX;
		if (at < low || at > high)
			continue;
		collect_span(c, low, at - 1, own + 1);
		low = at + 1;
	}
	if (low <= high && c->error == 0)
		add_span(c, (uint32_t)low, (uint32_t)high);
}

static bool has_zone(const struct fw_program *p, uint32_t first, uint32_t count, uint32_t zone)
{
	for (uint32_t i = 0; i < count; i++)
		if (*program_row_ref(p, first + i) == zone)
			return true;
	return count == 0;
}

static void collect_rules(struct collect *c, const struct nat *n, uint32_t zone)
{
	const struct fw_program *p = n->program;
	for (uint32_t i = 0; i < n->static_count; i++) {
		const struct fw_nat_static_row *r = nat_row_static(p, i);
		uint32_t low = nat_address(r->external);
		if (has_zone(p, r->from_first, r->from_count, zone))
			collect_span(c, low, low + r->count - 1, 0);
	}
	for (uint32_t i = 0; i < n->destination_count; i++) {
		const struct fw_nat_destination_row *r = nat_row_destination(p, i);
		if (has_zone(p, r->from_first, r->from_count, zone))
			collect_span(c, nat_address(r->low), nat_address(r->high), 0);
	}
	for (uint32_t i = 0; i < n->source_count; i++) {
		const struct fw_nat_source_row *r = nat_row_source(p, i);
		if (r->action != FW_NAT_POOL || !has_zone(p, r->to_first, r->to_count, zone))
			continue;
		const struct nat_pool *pool = &n->pools[r->pool];
		for (uint32_t k = 0; k < pool->range_count; k++)
			collect_span(c, pool->ranges[k].low, pool->ranges[k].high, 0);
	}
}

static void settle(struct nat_proxy *proxy, struct collect *c)
{
	proxy->spans = c->spans;
	proxy->count = nat_span_settle(c->spans, c->count);
	if (proxy->count == 0)
		return;
	const struct nat_span *last = &proxy->spans[proxy->count - 1];
	proxy->addresses = last->first + (last->high - last->low + 1);
}

static int build_interface(struct nat *n, uint32_t row)
{
	const struct fw_program *p = n->program;
	const struct fw_interface_row *r = program_row_interface(p, row);
	struct collect c = {.program = p, .interface = r};
	for (uint32_t i = 0; i < r->address_count; i++) {
		const struct fw_prefix_row *a =
		    program_row_interface_address(p, r->address_first + i);
		if (a->family != 4 || a->length == 0 || a->length == 32)
			continue;
		uint32_t host = UINT32_MAX >> a->length, edge = a->length == 31 ? 0 : 1;
		uint32_t network = nat_address(a->address) & ~host;
		c.low = network + edge;
		c.high = (network | host) - edge;
		collect_rules(&c, n, r->zone);
	}
	settle(&n->proxies[row], &c);
	return c.error;
}

int nat_proxy_build(struct nat *n)
{
	n->proxies = calloc(n->interface_count + 1u, sizeof(*n->proxies));
	int rc = n->proxies != NULL ? 0 : -ENOMEM;
	for (uint32_t i = 0; i < n->interface_count && rc == 0; i++)
		rc = build_interface(n, i);
	return rc;
}

void nat_proxy_free(struct nat *n)
{
	for (uint32_t i = 0; n->proxies != NULL && i < n->interface_count; i++)
		free(n->proxies[i].spans);
	free(n->proxies);
}

uint32_t nat_proxy_address(const struct nat_proxy *proxy, uint32_t number)
{
	uint32_t at = 0;
	while (at + 1 < proxy->count && proxy->spans[at + 1].first <= number)
		at++;
	return proxy->spans[at].low + (number - proxy->spans[at].first);
}

bool nat_proxies(const struct nat *n, uint32_t interface, const uint8_t address[4])
{
	return n != NULL && interface < n->interface_count &&
	       nat_span_find(n->proxies[interface].spans, n->proxies[interface].count,
			     nat_address(address)) != NULL;
}

// SPDX-License-Identifier: Apache-2.0
// From the NAT rows of a program to what a new flow is compared with.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nat/nat.h"
#include "nat/proxy.h"
#include "nat/rows.h"
#include "nat/rules.h"
#include "shm/crc32c.h"
#include "tables/classifier.h"

static uint32_t name_id(const char *name)
{
	return crc32c(name, strnlen(name, FW_NAME_SIZE));
}

// From the zones of the outside, to the external addresses.
static void add_static_in(struct rules *r, const struct fw_nat_static_row *s)
{
	struct fw_policy_row *row = rules_add(r);
	if (row == NULL)
		return;
	uint32_t low = nat_address(s->external);
	rules_copy(r, s->from_first, s->from_count, &row->from_first, &row->from_count);
	rules_addresses(r, low, low + s->count - 1, &row->destination_first,
			&row->destination_count);
}

// From the internal addresses, to the zones of the outside.
static void add_static_out(struct rules *r, const struct fw_nat_static_row *s)
{
	struct fw_policy_row *row = rules_add(r);
	if (row == NULL)
		return;
	uint32_t low = nat_address(s->internal);
	rules_copy(r, s->from_first, s->from_count, &row->to_first, &row->to_count);
	rules_addresses(r, low, low + s->count - 1, &row->source_first, &row->source_count);
}

static void add_destination(struct rules *r, const struct fw_nat_destination_row *d)
{
	struct fw_policy_row *row = rules_add(r);
	if (row == NULL)
		return;
	rules_copy(r, d->from_first, d->from_count, &row->from_first, &row->from_count);
	rules_copy(r, d->source_first, d->source_count, &row->source_first, &row->source_count);
	rules_addresses(r, nat_address(d->low), nat_address(d->high), &row->destination_first,
			&row->destination_count);
	if (d->protocol != 0)
		rules_service(r, d->protocol, d->port_low, d->port_high, &row->application_first,
			      &row->application_count);
}

static void add_source(struct rules *r, const struct fw_nat_source_row *s)
{
	struct fw_policy_row *row = rules_add(r);
	if (row == NULL)
		return;
	rules_copy(r, s->from_first, s->from_count, &row->from_first, &row->from_count);
	rules_copy(r, s->to_first, s->to_count, &row->to_first, &row->to_count);
	rules_copy(r, s->source_first, s->source_count, &row->source_first, &row->source_count);
	rules_copy(r, s->destination_first, s->destination_count, &row->destination_first,
		   &row->destination_count);
	rules_copy(r, s->application_first, s->application_count, &row->application_first,
		   &row->application_count);
}

static int classify(struct rules *r, struct tables *t)
{
	enum classifier_field field;
	struct fw_program *p = rules_finish(r);
	int rc = p != NULL ? classifier_build(p, 4, &t->classifier4, &field) : -ENOMEM;
	free(p);
	return rc;
}

static int build_destinations(struct nat *n)
{
	struct rules r;
	rules_start(&r, n->program);
	for (uint32_t i = 0; i < n->static_count; i++)
		add_static_in(&r, nat_row_static(n->program, i));
	for (uint32_t i = 0; i < n->destination_count; i++)
		add_destination(&r, nat_row_destination(n->program, i));
	return classify(&r, &n->destination);
}

static int build_sources(struct nat *n)
{
	struct rules r;
	rules_start(&r, n->program);
	for (uint32_t i = 0; i < n->static_count; i++)
		add_static_out(&r, nat_row_static(n->program, i));
	for (uint32_t i = 0; i < n->source_count; i++)
		add_source(&r, nat_row_source(n->program, i));
	return classify(&r, &n->source);
}

static int fill_rows(struct nat *n)
{
	n->pools = calloc(n->pool_count + 1u, sizeof(*n->pools));
	n->static_ids = calloc(n->static_count + 1u, sizeof(uint32_t));
	n->destination_ids = calloc(n->destination_count + 1u, sizeof(uint32_t));
	n->source_ids = calloc(n->source_count + 1u, sizeof(uint32_t));
	if (n->pools == NULL || n->static_ids == NULL || n->destination_ids == NULL ||
	    n->source_ids == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < n->static_count; i++)
		n->static_ids[i] = name_id(nat_row_static(n->program, i)->name);
	for (uint32_t i = 0; i < n->destination_count; i++)
		n->destination_ids[i] = name_id(nat_row_destination(n->program, i)->name);
	for (uint32_t i = 0; i < n->source_count; i++)
		n->source_ids[i] = name_id(nat_row_source(n->program, i)->name);
	int rc = 0;
	for (uint32_t i = 0; i < n->pool_count && rc == 0; i++)
		rc = nat_pool_build(&n->pools[i], n->program, i);
	return rc;
}

// What can be the destination of a translated packet.
static int build_external(struct nat *n)
{
	uint32_t count = 0;
	n->external = calloc(n->static_count + n->destination_count + 1u, sizeof(*n->external));
	if (n->external == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < n->static_count; i++) {
		const struct fw_nat_static_row *r = nat_row_static(n->program, i);
		uint32_t low = nat_address(r->external);
		n->external[count++] = (struct nat_span){low, low + r->count - 1, 0};
	}
	for (uint32_t i = 0; i < n->destination_count; i++) {
		const struct fw_nat_destination_row *r = nat_row_destination(n->program, i);
		n->external[count++] =
		    (struct nat_span){nat_address(r->low), nat_address(r->high), 0};
	}
	n->external_count = nat_span_settle(n->external, count);
	return 0;
}

int nat_build(const struct fw_program *p, struct nat **out)
{
	*out = NULL;
	if (p->nat_source.count == 0 && p->nat_destination.count == 0 && p->nat_static.count == 0)
		return 0;
	struct nat *n = calloc(1, sizeof(*n));
	if (n == NULL)
		return -ENOMEM;
	*n = (struct nat){.program = p,
			  .static_count = p->nat_static.count,
			  .destination_count = p->nat_destination.count,
			  .source_count = p->nat_source.count,
			  .pool_count = p->nat_pools.count,
			  .interface_count = p->interfaces.count};
	int rc = fill_rows(n);
	if (rc == 0)
		rc = build_destinations(n);
	if (rc == 0)
		rc = build_sources(n);
	if (rc == 0)
		rc = build_external(n);
	if (rc == 0)
		rc = nat_proxy_build(n);
	if (rc != 0) {
		nat_free(n);
		return rc;
	}
	*out = n;
	return 0;
}

void nat_free(struct nat *n)
{
	if (n == NULL)
		return;
	classifier_free(n->destination.classifier4);
	classifier_free(n->source.classifier4);
	for (uint32_t i = 0; n->pools != NULL && i < n->pool_count; i++)
		nat_pool_free(&n->pools[i]);
	nat_proxy_free(n);
	free(n->pools);
	free(n->external);
	free(n->static_ids);
	free(n->destination_ids);
	free(n->source_ids);
	free(n);
}

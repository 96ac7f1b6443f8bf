// SPDX-License-Identifier: Apache-2.0
#include "tables/tables.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "state/session.h"
#include "nat/nat.h"
#include "tables/classifier.h"
#include "tables/slots.h"

#define DEFAULT_MTU 1500

static int refuse(struct program_fault *fault, int code, const char *section, const char *message)
{
	memset(fault, 0, sizeof(*fault));
	fault->verdict = FW_VERDICT_REFUSED_RESOURCES;
	fault->row = FW_NO_INDEX;
	snprintf(fault->section, sizeof(fault->section), "%s", section);
	snprintf(fault->message, sizeof(fault->message), "%s", message);
	return code;
}

static void fill_addresses(struct interface *i, const struct fw_program *p,
			   const struct fw_interface_row *r)
{
	for (uint32_t n = r->address_count; n-- > 0;) {
		const struct fw_prefix_row *a =
		    program_row_interface_address(p, r->address_first + n);
		if (a->family == 4)
			memcpy(i->address4, a->address, sizeof(i->address4));
		else
			memcpy(i->address6, a->address, sizeof(i->address6));
	}
}

static void fill_interfaces(struct tables *t)
{
	memset(t->interface_by_vlan, 0xff, t->port_count * 4096u * sizeof(uint16_t));
	for (uint32_t row = 0; row < t->interface_count; row++) {
		const struct fw_interface_row *r = program_row_interface(t->program, row);
		struct interface *i = &t->interfaces[row];
		uint32_t mtu = program_row_port(t->program, r->port)->mtu;
		memcpy(i->name, r->name, sizeof(i->name));
		i->name_id = r->name_id;
		i->port = (uint16_t)r->port;
		i->vlan = (uint16_t)r->vlan;
		i->zone = (uint16_t)r->zone;
		i->vrf = (uint16_t)r->vrf;
		i->mtu = (uint16_t)(mtu != 0 ? mtu : DEFAULT_MTU);
		fill_addresses(i, t->program, r);
		live_set4(&i->live, i->address4);
		live_set6(&i->live, i->address6);
		t->interface_by_vlan[r->port * 4096 + r->vlan] = (uint16_t)row;
	}
}

static bool has_timeouts(const struct fw_program *p, const struct fw_policy_row *r)
{
	for (uint32_t i = 0; i < r->application_count; i++)
		if (program_row_application(p, *program_row_ref(p, r->application_first + i))
			->timeout_s)
			return true;
	return false;
}

static void fill_policies(struct tables *t)
{
	for (uint32_t row = 0; row < t->zone_count; row++) {
		const struct fw_zone_row *r = program_row_zone(t->program, row);
		memcpy(t->zones[row].name, r->name, sizeof(r->name));
		t->zones[row].host_inbound = r->host_inbound;
		t->zones[row].half_open_limit = r->half_open_limit;
		t->zones[row].source_check = (enum fw_source_check)r->source_check;
	}
	for (uint32_t row = 0; row < t->policy_count; row++) {
		const struct fw_policy_row *r = program_row_policy(t->program, row);
		struct policy *p = &t->policies[row];
		memcpy(p->name, r->name, sizeof(p->name));
		p->name_id = r->name_id;
		p->action = r->action;
		p->has_timeouts = has_timeouts(t->program, r);
	}
}

// Ticks are compared as signed differences.
static void fill_timeouts(struct tables *t)
{
	const uint32_t longest = INT32_MAX / SESSION_TICKS_PER_SECOND;
	for (unsigned i = 0; i < FW_TIMEOUT_COUNT; i++) {
		uint32_t seconds = t->program->timeouts_s[i];
		t->timeouts[i] =
		    (seconds < longest ? seconds : longest) * SESSION_TICKS_PER_SECOND;
	}
}

static int fill_schedules(struct tables *t, int64_t time, struct program_fault *fault)
{
	uint32_t row;
	if (schedule_open(t->program, time, t->open_schedules, &row) == 0)
		return 0;
	refuse(fault, -ENOENT, "schedules", "");
	fault->row = row;
	snprintf(fault->field, sizeof(fault->field), "time_zone");
	snprintf(fault->message, sizeof(fault->message),
		 "This machine does not know the time zone %s: install tzdata.",
		 program_row_schedule(t->program, row)->time_zone);
	return -ENOENT;
}

static int build_classifiers(struct tables *t, struct program_fault *fault)
{
	enum classifier_field field = BY_FROM;
	int rc = classifier_build_open(t->program, 4, t->open_schedules, &t->classifier4, &field);
	if (rc == 0)
		rc = classifier_build_open(t->program, 6, t->open_schedules, &t->classifier6, &field);
	if (rc == -E2BIG)
		return field == BY_SOURCE || field == BY_DESTINATION
			   ? refuse(fault, rc, "address_sets",
				    "The address sets of the policies overlap in too many ways for "
				    "the "
				    "classifier: use fewer or simpler sets.")
			   : refuse(fault, rc, "applications",
				    "The applications of the policies overlap in too many ways for "
				    "the "
				    "classifier: use fewer or simpler applications.");
	return rc == 0 ? 0 : refuse(fault, rc, "", "Not enough memory to build the generation.");
}

static int build_nat(struct tables *t, struct program_fault *fault)
{
	int rc = nat_build(t->program, &t->nat);
	if (rc == -E2BIG)
		return refuse(fault, rc, "nat_source",
			      "The conditions of the NAT rules overlap in too many ways for the "
			      "classifier: use fewer or simpler address sets and applications.");
	return rc == 0 ? 0 : refuse(fault, rc, "", "Not enough memory to build the generation.");
}

static int allocate(struct tables *t)
{
	t->interfaces = calloc(t->interface_count + 1u, sizeof(*t->interfaces));
	t->zones = calloc(t->zone_count + 1u, sizeof(*t->zones));
	t->policies = calloc(t->policy_count + 1u, sizeof(*t->policies));
	t->interface_by_vlan = malloc((t->port_count * 4096u + 1u) * sizeof(uint16_t));
	return t->interfaces != NULL && t->zones != NULL && t->policies != NULL &&
		       t->interface_by_vlan != NULL
		   ? 0
		   : -ENOMEM;
}

bool tables_are_stale(const struct tables *t, int64_t time)
{
	uint64_t open[SCHEDULE_WORDS];
	uint32_t row;
	return t->program->schedules.count > 0 && schedule_open(t->program, time, open, &row) == 0 &&
	       memcmp(open, t->open_schedules, sizeof(open)) != 0;
}

int tables_build(void *bytes, size_t size, uint32_t epoch, const struct tables *previous,
		 struct tables **out, struct program_fault *fault)
{
	return tables_build_at(bytes, size, epoch, previous, (int64_t)time(NULL), out, fault);
}

int tables_build_at(void *bytes, size_t size, uint32_t epoch, const struct tables *previous,
		    int64_t time, struct tables **out, struct program_fault *fault)
{
	int rc = program_check(bytes, size, fault);
	struct tables *t = rc == 0 ? calloc(1, sizeof(*t)) : NULL;
	if (t == NULL) {
		free(bytes);
		return rc != 0 ? rc
			       : refuse(fault, -ENOMEM, "",
					"Not enough memory to build the generation.");
	}
	const struct fw_program *p = bytes;
	*t = (struct tables){.program = p,
			     .epoch = epoch,
			     .default_action = p->default_action,
			     .strict_syn = p->tcp_strict_syn != 0,
			     .window_strict = p->tcp_window != FW_TCP_WINDOW_LIBERAL,
			     .port_count = p->ports.count,
			     .interface_count = p->interfaces.count,
			     .zone_count = p->zones.count,
			     .policy_count = p->policies.count};
	rc = allocate(t);
	if (rc == 0) {
		fill_interfaces(t);
		fill_policies(t);
		fill_timeouts(t);
		rc = slots_assign(t, previous);
	}
	if (rc != 0)
		refuse(fault, rc, "", "Not enough memory to build the generation.");
	else
		rc = fill_schedules(t, time, fault);
	if (rc == 0)
		rc = build_classifiers(t, fault);
	if (rc == 0)
		rc = build_nat(t, fault);
	if (rc != 0) {
		tables_free(t);
		return rc;
	}
	*out = t;
	return 0;
}

void tables_free(struct tables *t)
{
	if (t == NULL)
		return;
	classifier_free(t->classifier4);
	classifier_free(t->classifier6);
	nat_free(t->nat);
	free(t->interfaces);
	free(t->zones);
	free(t->policies);
	free(t->interface_by_vlan);
	slots_free(t);
	free((void *)(uintptr_t)t->program);
	free(t);
}

static bool in_ranges(const struct fw_program *p, uint32_t first, uint32_t count, uint16_t port)
{
	uint32_t low = 0, high = count;
	while (low < high) { // the first range that ends at or above the port
		uint32_t middle = low + (high - low) / 2;
		if (program_row_port_range(p, first + middle)->high < port)
			low = middle + 1;
		else
			high = middle;
	}
	return count == 0 || (low < count && program_row_port_range(p, first + low)->low <= port);
}

uint32_t policy_timeout(const struct tables *t, uint32_t policy, uint8_t protocol,
			uint16_t source_port, uint16_t destination_port)
{
	const struct fw_program *p = t->program;
	const struct fw_policy_row *r = program_row_policy(p, policy);
	for (uint32_t i = 0; i < r->application_count; i++) {
		const struct fw_application_row *a =
		    program_row_application(p, *program_row_ref(p, r->application_first + i));
		if (a->any_protocol ||
		    (a->protocol == protocol &&
		     in_ranges(p, a->source_first, a->source_count, source_port) &&
		     in_ranges(p, a->destination_first, a->destination_count, destination_port)))
			return a->timeout_s;
	}
	return 0;
}

// SPDX-License-Identifier: Apache-2.0
// From a published program to a running one, and from a changed device to a running program again.
//
// Order: check and build beside, open devices, then the point of no return: epoch and hash into the status, one store to
// the core, wait until it has taken the new generation, routes, kernel, close what is no longer wanted, verdict. Whatever
// fails before that point leaves the running program as it was.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "control/control.h"
#include "control/status.h"
#include "nat/nat.h"
#include "net/keeper.h"
#include "net/log.h"
#include "tables/slots.h"

#define APPLY_GONE_MAX 64

static void apply_publish(struct control *c, struct generation *g)
{
	loops_publish(c->loops, g);
	free(c->generation);
	c->generation = g;
}

// Publishes the layer as it is now.
static int apply_generation(struct control *c, const struct layer *l)
{
	struct generation *g = layer_generation(l);
	if (g == NULL)
		return -ENOMEM;
	apply_publish(c, g);
	return 0;
}

static void apply_report(struct control *c)
{
	status_rx_mode(c->state->status, c->layer, c->generation);
	if (status_ports(c->state->ports, c->layer, c->generation))
		loops_wake(c->loops); // a port that comes up, or cannot wake a core after all, changes a core's mode
	status_interfaces(c->state->interfaces, c->layer);
	c->rewatch = true;
}

// The kernel's side of what runs: carrier, MAC, MTU, then addresses and routes.
static void apply_kernel(struct control *c)
{
	config_devices(c, c->layer);
	config_kernel(c);
	c->compare = false;
}

// A port whose device the new layer needs in another shape cannot stay open meanwhile.
static void apply_release(struct control *c, struct layer *next)
{
	for (uint32_t i; (i = layer_conflict(next, c->layer)) != FW_NO_INDEX;) {
		struct port *p = c->layer->ports[i].port;
		c->layer->ports[i].port = NULL;
		strcpy(c->layer->ports[i].message, "closed for a change of configuration");
		if (apply_generation(c, c->layer) != 0) {
			c->layer->ports[i].port = p;
			return; // opening will say what is in the way
		}
		p->reshaped = true;
		p->operations->close(p, false);
	}
}

static int apply_fault(struct program_fault *f, enum fw_verdict verdict, const char *message)
{
	*f = (struct program_fault){.verdict = verdict, .row = FW_NO_INDEX};
	snprintf(f->message, sizeof(f->message), "%s", message);
	return -EINVAL;
}

static int apply_devices(struct control *c, struct layer *next, bool may_be_absent,
			 struct program_fault *fault)
{
	if (c->layer != NULL) {
		layer_borrow(next, c->layer);
		apply_release(c, next);
	}
	return layer_open(next, &c->identity, may_be_absent, fault);
}

// Gives next up; what runs stays as it was.
static void apply_abandon(struct control *c, struct layer *next)
{
	layer_settle(next, c->layer, false);
	layer_free(next, LAYER_UNDO);
	c->look = true; // what had to be closed comes back
}

// To addresses that the kernel may give.
static bool apply_translates(const struct layer *l)
{
	return l->tables->nat != NULL && nat_uses_interfaces(l->tables->nat);
}

// Makes next run. Nothing here can fail for a reason that a person could cure.
static void apply_commit(struct control *c, struct layer *next, struct generation *g, uint32_t epoch)
{
	struct layer *old = c->layer;
	struct port *gone[APPLY_GONE_MAX];
	status_adopt(c->state->status, next->tables->program, epoch);
	if (old == NULL && apply_translates(next))
		config_devices(c, next); // sessions of an earlier worker are judged by addresses that are known
	config_live(c, next);
	apply_publish(c, g);
	layer_settle(next, old, true);
	c->layer = next;
	kernel_limit_neighbors(c->kernel, next->tables->program->neighbor_limit);
	config_routes(c);
	if (old != NULL)
		config_forget_neighbors(c, old);
	unsigned count = layer_refresh(next, gone, APPLY_GONE_MAX);
	for (unsigned i = 0; i < count; i++)
		if (apply_generation(c, next) == 0)
			gone[i]->operations->close(gone[i], false);
	c->look = c->look || count > 0;
	apply_kernel(c);
	if (old != NULL)
		layer_free(old, LAYER_REMOVE);
	if (!c->swept) {
		sweep_leftovers(c);
		keeper_relieve(c->options->state_dir);
	}
	c->swept = true;
	apply_report(c);
}

// Takes the bytes. epoch: of the program once it runs.
static int apply_program(struct control *c, void *bytes, size_t size, uint32_t epoch,
			 bool may_be_absent, struct program_fault *fault)
{
	struct tables *tables = NULL;
	const struct tables *previous = c->layer != NULL ? c->layer->tables : NULL;
	int code = tables_build(bytes, size, epoch, previous, &tables, fault);
	if (code != 0)
		return code;
	if (previous == NULL && slots_adopt(tables, c->state->policies) != 0)
		log_line("policies begin to count anew: out of memory");
	struct layer *next = layer_create(tables, c->options->core_count);
	if (next == NULL) {
		tables_free(tables);
		return apply_fault(fault, FW_VERDICT_REFUSED_RESOURCES, "Out of memory.");
	}
	code = apply_devices(c, next, may_be_absent, fault);
	struct generation *g = code == 0 ? layer_generation(next) : NULL;
	if (code == 0 && g == NULL)
		code = apply_fault(fault, FW_VERDICT_REFUSED_RESOURCES, "Out of memory.");
	if (code == 0)
		apply_commit(c, next, g, epoch);
	else
		apply_abandon(c, next);
	return code;
}

static bool apply_zero(const uint8_t *hash)
{
	static const uint8_t zero[FW_HASH_SIZE];
	return memcmp(hash, zero, FW_HASH_SIZE) == 0;
}

void apply_published(struct control *c)
{
	struct fw_worker_status *s = c->state->status;
	struct program_fault fault = {.row = FW_NO_INDEX};
	uint8_t hash[FW_HASH_SIZE] = {0};
	uint64_t sequence = control_published(&c->file);
	void *bytes = NULL;
	size_t size = 0;
	if (sequence == 0 || sequence == c->seen_sequence)
		return;
	int code = control_copy(&c->file, &bytes, &size, &fault);
	if (code == -EAGAIN)
		return; // published again meanwhile: the next look takes that
	if (code == 0)
		memcpy(hash, ((const struct fw_program *)bytes)->hash, sizeof(hash));
	if (code == 0 && c->layer != NULL &&
	    memcmp(hash, c->layer->tables->program->hash, sizeof(hash)) == 0) {
		free(bytes); // it runs already
	} else if (code == 0) {
		// The program that an earlier worker ran: its sessions need not be judged again, and a
		// port that is missing now is no reason to refuse it.
		bool same = !apply_zero(hash) && memcmp(hash, s->active_hash, sizeof(hash)) == 0;
		bool timed = ((const struct fw_program *)bytes)->schedules.count > 0;
		uint32_t epoch = same && !timed ? s->epoch : s->epoch + 1;
		code = apply_program(c, bytes, size, epoch, same && c->layer == NULL, &fault);
	}
	c->seen_sequence = sequence;
	if (code == 0) {
		c->state->counters->generations_accepted++;
		status_accepted(s, sequence, hash);
		log_line("program %llu accepted, epoch %u", (unsigned long long)sequence, s->epoch);
		return;
	}
	c->state->counters->generations_refused++;
	status_refused(s, sequence, hash, &fault);
	log_line("program %llu refused: %s", (unsigned long long)sequence, fault.message);
}

// The same program again: with the same epoch when MAC or MTU of a port has changed, with a new one
// when schedules have.
static void apply_again(struct control *c, uint32_t epoch)
{
	struct program_fault fault = {.row = FW_NO_INDEX};
	const struct fw_program *p = c->layer->tables->program;
	void *bytes = malloc(p->total_size);
	if (bytes == NULL)
		return;
	memcpy(bytes, p, p->total_size);
	if (apply_program(c, bytes, p->total_size, epoch, true, &fault) != 0)
		log_line("the program cannot be built again: %s", fault.message);
}

void apply_schedules(struct control *c)
{
	int64_t now = (int64_t)time(NULL);
	if (c->layer == NULL || now / 60 == c->schedule_minute)
		return;
	c->schedule_minute = now / 60;
	if (!tables_are_stale(c->layer->tables, now))
		return;
	apply_again(c, c->state->status->epoch + 1);
	log_line("schedules have opened or closed, epoch %u", c->state->status->epoch);
}

// Sessions that are translated to an address which an interface no longer has must end; all others are confirmed, with
// their ports. The kernel's routes are known by now, so an address that is still there is found.
void apply_addresses(struct control *c)
{
	c->readdressed = false;
	if (c->layer == NULL)
		return;
	uint64_t now = config_addresses(c);
	if (now == c->addresses4)
		return;
	c->addresses4 = now;
	if (!apply_translates(c->layer))
		return;
	apply_again(c, c->state->status->epoch + 1);
	log_line("addresses that NAT translates to have changed, epoch %u", c->state->status->epoch);
}

void apply_look(struct control *c)
{
	struct port *gone[APPLY_GONE_MAX];
	c->look = false;
	if (c->layer == NULL)
		return;
	unsigned count = layer_refresh(c->layer, gone, APPLY_GONE_MAX);
	if (count > 0 && apply_generation(c, c->layer) == 0)
		for (unsigned i = 0; i < count; i++)
			gone[i]->operations->close(gone[i], false);
	bool back = layer_reopen(c->layer, &c->identity);
	if (!layer_current(c->layer))
		apply_again(c, c->state->status->epoch);
	else if (back)
		apply_generation(c, c->layer);
	if (c->compare || back || count > 0)
		apply_kernel(c);
	apply_report(c);
}

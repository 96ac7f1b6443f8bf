// SPDX-License-Identifier: Apache-2.0
#include "replay/engine_own.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>
#include "pipeline/address.h"

enum { POOL_SIZE = 1023, OWN_POOL_SIZE = 255, MEMORY_LINE = 64, HUGE_PAGE = 2 << 20 };
#define SECOND 1000000000ull

int engine_start_eal(const char *program)
{
	char name[64];
	snprintf(name, sizeof(name), "%s", program);
	char *arguments[] = {name,    "--no-huge", "--no-shconf", "--no-pci", "--no-telemetry",
			     "-m",    "320",       "-l",          "0",        "--log-level",
			     "error", NULL};
	rte_log_set_global_level(RTE_LOG_ERR);
	if (rte_eal_init((int)(RTE_DIM(arguments) - 1), arguments) < 0) {
		fprintf(stderr, "%s: DPDK does not start: %s\n", program, rte_strerror(rte_errno));
		return -1;
	}
	return 0;
}

static void transmit(void *context, uint32_t port, struct rte_mbuf **frames, unsigned count)
{
	struct engine *e = context;
	for (unsigned i = 0; i < count; i++) {
		e->sink.transmitted(e->sink.context, port, rte_pktmbuf_mtod(frames[i], uint8_t *),
				    rte_pktmbuf_pkt_len(frames[i]));
		rte_pktmbuf_free(frames[i]);
	}
}

static void punt(void *context, uint32_t interface, struct rte_mbuf **frames, unsigned count)
{
	struct engine *e = context;
	for (unsigned i = 0; i < count; i++) {
		const uint8_t *bytes = rte_pktmbuf_mtod(frames[i], uint8_t *);
		uint32_t length = rte_pktmbuf_pkt_len(frames[i]);
		engine_learn(e, interface, bytes, length);
		e->sink.punted(e->sink.context, interface, bytes, length);
		rte_pktmbuf_free(frames[i]);
	}
}

static void ended(void *context, struct rte_mbuf *frame, const struct packet_end *end)
{
	struct engine *e = context;
	e->sink.ended(e->sink.context, *engine_tag(frame), end);
}

// Zeroed, in huge pages where it fills some: that is how the worker's state file lies in memory.
static void *lines(size_t count, size_t size)
{
	size_t unit = count * size >= HUGE_PAGE ? HUGE_PAGE : MEMORY_LINE;
	size_t bytes = (count * size + unit - 1) & ~(unit - 1);
	void *memory = aligned_alloc(unit, bytes);
	if (memory == NULL)
		return NULL;
	if (unit == HUGE_PAGE)
		(void)madvise(memory, bytes, MADV_HUGEPAGE);
	memset(memory, 0, bytes);
	return memory;
}

static int attach(struct engine *e)
{
	struct session_recovery recovery;
	e->entries4 = lines(e->options.sessions4, sizeof(struct fw_session4));
	e->entries6 = lines(e->options.sessions6, sizeof(struct fw_session6));
	if (e->entries4 == NULL || e->entries6 == NULL)
		return -ENOMEM;
	e->sessions4 = session_attach(4, e->entries4, e->options.sessions4, 0, &recovery);
	e->sessions6 = session_attach(6, e->entries6, e->options.sessions6, 0, &recovery);
	if (e->sessions4 == NULL || e->sessions6 == NULL)
		return -ENOMEM;
	session_seed_id(e->sessions4, 1);
	session_seed_id(e->sessions6, 2);
	struct core_config config = {
	    .counters = &e->counters,
	    .interfaces = e->interfaces,
	    .policies = e->policies,
	    .sessions4 = e->sessions4,
	    .sessions6 = e->sessions6,
	    .fib = e->fib,
	    .hops = fib_clock(e->fib),
	    .neighbors = e->neighbors,
	    .seed = 1,
	    .pool = e->pool,
	    .any_mac = !e->options.strict_mac,
	    .announce = e->options.announce,
	    .output = {.context = e, .transmit = transmit, .punt = punt, .ended = ended},
	};
	if (e->options.output != NULL)
		config.output = *e->options.output;
	e->core = core_create(&config);
	return e->core == NULL ? -ENOMEM : 0;
}

static void detach(struct engine *e)
{
	core_free(e->core);
	if (e->sessions4 != NULL)
		session_detach(e->sessions4);
	if (e->sessions6 != NULL)
		session_detach(e->sessions6);
	bindings_detach(e->bindings);
	free(e->entries4);
	free(e->entries6);
	free(e->binding_rows);
	e->bindings = NULL;
	e->binding_rows = NULL;
	e->core = NULL;
	e->sessions4 = e->sessions6 = NULL;
	e->entries4 = e->entries6 = NULL;
}

static void set_default_macs(struct engine *e)
{
	for (unsigned port = 0; port < FW_MAX_PORTS; port++) {
		uint8_t mac[6] = {0x02, 0, 0, 0, 0, (uint8_t)(port + 1)};
		memcpy(e->macs[port], mac, 6);
	}
}

struct engine *engine_create(const struct engine_options *options, const struct engine_sink *sink)
{
	struct engine *e = calloc(1, sizeof(*e));
	if (e == NULL)
		return NULL;
	e->options = *options;
	if (sink != NULL)
		e->sink = *sink;
	set_default_macs(e);
	static unsigned engines;
	char name[32];
	snprintf(name, sizeof(name), "engine%u", engines++);
	bool own = options->output != NULL; // then the pool is for what the core itself makes
	e->pool = rte_pktmbuf_pool_create(name, own ? OWN_POOL_SIZE : POOL_SIZE, 0, sizeof(uint64_t),
					  own ? RTE_MBUF_DEFAULT_BUF_SIZE : UINT16_MAX,
					  SOCKET_ID_ANY);
	e->fib = fib_create(FW_MAX_ROUTES + FW_MAX_INTERFACE_ADDRESSES * 2,
			    FW_MAX_ROUTES + FW_MAX_INTERFACE_ADDRESSES * 2);
	e->neighbors = e->fib != NULL ? neighbor_create(NEIGHBOR_SLOTS, fib_clock(e->fib)) : NULL;
	e->interfaces = calloc(FW_MAX_INTERFACES, sizeof(*e->interfaces));
	e->policies = calloc(FW_MAX_POLICIES, sizeof(*e->policies));
	if (e->pool == NULL || e->fib == NULL || e->neighbors == NULL || e->interfaces == NULL ||
	    e->policies == NULL || attach(e) != 0) {
		engine_free(e);
		return NULL;
	}
	return e;
}

void engine_free(struct engine *e)
{
	if (e == NULL)
		return;
	detach(e);
	tables_free(e->tables);
	if (e->fib != NULL)
		fib_free(e->fib);
	if (e->neighbors != NULL)
		neighbor_free(e->neighbors);
	rte_mempool_free(e->pool);
	free(e->interfaces);
	free(e->policies);
	free(e->routes);
	free(e->known);
	free(e);
}

void engine_set_time(struct engine *e)
{
	uint64_t ticks = e->clock_ns / SECOND * SESSION_TICKS_PER_SECOND +
			 e->clock_ns % SECOND * SESSION_TICKS_PER_SECOND / SECOND;
	core_set_time(e->core, (uint32_t)ticks, e->realtime_ns);
}

// The table of bindings gets the size that the program asks for; what is in it goes over.
static int size_bindings(struct engine *e, uint32_t capacity)
{
	uint32_t now = (uint32_t)(e->clock_ns / SECOND * SESSION_TICKS_PER_SECOND);
	uint32_t old = e->bindings != NULL ? bindings_capacity(e->bindings) : 0;
	if (e->bindings != NULL && old == capacity)
		return 0;
	struct fw_binding *rows = lines(capacity + 1u, sizeof(*rows));
	if (rows == NULL)
		return -ENOMEM;
	if (old != 0)
		memcpy(rows, e->binding_rows, (old < capacity ? old : capacity) * sizeof(*rows));
	struct bindings *bindings = bindings_attach(rows, capacity, now);
	if (bindings == NULL) {
		free(rows);
		return -ENOMEM;
	}
	bindings_adopt_sessions(bindings, e->sessions4);
	bindings_detach(e->bindings);
	free(e->binding_rows);
	e->bindings = bindings;
	e->binding_rows = rows;
	core_set_bindings(e->core, bindings);
	return 0;
}

// Routes and neighbors of the program, then the core.
static int use_tables(struct engine *e)
{
	int error = size_bindings(e, e->tables->program->bindings);
	if (error == 0)
		error = engine_install_routes(e);
	if (error == 0)
		error = engine_install_neighbors(e);
	engine_set_time(e);
	core_set_tables(e->core, e->tables);
	return error;
}

int engine_reset(struct engine *e, const struct engine_options *options)
{
	detach(e);
	engine_remove_routes(e);
	engine_remove_neighbors(e, true);
	memset(&e->counters, 0, sizeof(e->counters));
	memset(e->interfaces, 0, FW_MAX_INTERFACES * sizeof(*e->interfaces));
	memset(e->policies, 0, FW_MAX_POLICIES * sizeof(*e->policies));
	memset(e->own4, 0, sizeof(e->own4));
	e->clock_ns = 0;
	e->realtime_ns = 0;
	e->minute = 0;
	e->options = *options;
	if (options->keep_program && e->tables != NULL)
		return attach(e) != 0 ? -ENOMEM : use_tables(e);
	tables_free(e->tables);
	e->tables = NULL;
	e->epoch = 0;
	set_default_macs(e);
	return attach(e);
}

void engine_set_mac(struct engine *e, uint32_t port, const uint8_t mac[6])
{
	memcpy(e->macs[port], mac, 6);
}

static void fill_ports(const struct engine *e, struct tables *t)
{
	const struct fw_port_row *ports =
	    (const void *)((const uint8_t *)t->program + t->program->ports.offset);
	for (uint32_t i = 0; i < t->interface_count; i++) {
		struct interface *interface = &t->interfaces[i];
		uint32_t mtu = ports[interface->port].mtu;
		interface->mtu = (uint16_t)(mtu != 0 ? mtu : 1500);
		memcpy(interface->mac, e->macs[interface->port], 6);
		if (address4_is_zero(interface->address4))
			live_set4(&interface->live, e->own4[i][0]);
	}
}

int engine_load(struct engine *e, const void *bank, size_t size, struct program_fault *fault)
{
	struct tables *next;
	void *copy = malloc(size > 0 ? size : 1);
	if (copy == NULL)
		return -ENOMEM;
	memcpy(copy, bank, size);
	int64_t time = (int64_t)(e->realtime_ns / SECOND);
	int error = tables_build_at(copy, size, e->epoch + 1, e->tables, time, &next, fault);
	if (error != 0)
		return error;
	e->epoch++;
	fill_ports(e, next);
	struct tables *old = e->tables;
	e->tables = next;
	engine_remove_routes(e);
	engine_remove_neighbors(e, false);
	error = use_tables(e);
	tables_free(old);
	return error;
}

int engine_set_own(struct engine *e, uint32_t interface, const uint8_t addresses[8],
		   struct program_fault *fault)
{
	memcpy(e->own4[interface], addresses, 8);
	return engine_load(e, e->tables->program, e->tables->program->total_size, fault);
}

// The clock of the packets opens and closes schedules.
static void follow_schedules(struct engine *e)
{
	struct program_fault fault;
	uint64_t minute = e->realtime_ns / (60 * SECOND);
	if (e->tables == NULL || minute == e->minute)
		return;
	e->minute = minute;
	if (tables_are_stale(e->tables, (int64_t)(e->realtime_ns / SECOND)))
		(void)engine_load(e, e->tables->program, e->tables->program->total_size, &fault);
}

// In steps of at most a second, so that timers fire in their order.
void engine_advance(struct engine *e, uint64_t nanoseconds)
{
	uint64_t end = e->clock_ns + nanoseconds;
	while (e->clock_ns < end) {
		bool idle = session_count(e->sessions4) == 0 && session_count(e->sessions6) == 0 &&
			    e->counters.held == 0;
		uint64_t step =
		    !idle && end - e->clock_ns > SECOND / 4 ? SECOND / 4 : end - e->clock_ns;
		e->clock_ns += step;
		e->realtime_ns += step;
		engine_set_time(e);
		follow_schedules(e);
		while (core_housekeeping(e->core))
			;
	}
	while (core_housekeeping(e->core)) // a sweep may be due without any time passing
		;
}

void engine_set_realtime(struct engine *e, uint64_t nanoseconds)
{
	e->realtime_ns = nanoseconds;
	engine_set_time(e);
	follow_schedules(e);
}

const struct tables *engine_tables(const struct engine *e)
{
	return e->tables;
}

const struct fw_counters *engine_counters(const struct engine *e)
{
	return &e->counters;
}

const struct fw_policy_counters *engine_policies(const struct engine *e)
{
	return e->policies;
}

const struct fw_interface_status *engine_interfaces(const struct engine *e)
{
	return e->interfaces;
}

struct session_table *engine_sessions(const struct engine *e, uint8_t family)
{
	return family == 4 ? e->sessions4 : e->sessions6;
}

const struct bindings *engine_bindings(const struct engine *e)
{
	return e->bindings;
}

bool engine_conserves(const struct engine *e)
{
	const struct fw_counters *n = &e->counters;
	uint64_t ends = n->forwarded + n->punted + n->consumed + n->held;
	for (unsigned reason = 0; reason < FW_DROP_COUNT; reason++)
		ends += n->dropped[reason];
	return n->received + n->originated == ends &&
	       n->sessions_opened + n->sessions_recovered ==
		   n->sessions_closed + n->sessions4 + n->sessions6 &&
	       n->sessions4 == session_count(e->sessions4) &&
	       n->sessions6 == session_count(e->sessions6);
}

// SPDX-License-Identifier: Apache-2.0
// portcullis-worker: init in order, run, undo in reverse. The calling thread becomes the first datapath core.
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <rte_eal.h>
#include <rte_launch.h>
#include <rte_version.h>
#include "control/before.h"
#include "control/confine.h"
#include "control/control.h"
#include "control/counters.h"
#include "control/fault.h"
#include "control/pools.h"
#include "control/status.h"
#include "net/keeper.h"
#include "net/log.h"
#include "nat/bindings.h"
#include "options.h"
#include "pipeline/half_open.h"
#include "steer/detour.h"
#include "control/start.h"

struct worker {
	struct options options;
	struct start start;
	struct state state;
	struct loops loops;
	struct control control;
	struct session_table *sessions4[FW_MAX_CORES], *sessions6[FW_MAX_CORES];
	struct detours *detours;
	struct half_open *half_open;
	struct bindings *bindings;
};

static int worker_fail(int code, const char *error)
{
	keeper_end();
	log_line("%s", error);
	return code;
}

static int worker_memory(const struct worker *w, char *error, size_t size)
{
	return log_fail(error, size, EXIT_RESOURCES,
			"not enough memory for %u + %u sessions and %u NAT bindings: raise "
			"spec.dataplane.memory.size, or lower spec.dataplane.sessions or "
			"spec.dataplane.limits.natBindings",
			w->options.sessions4, w->options.sessions6, w->options.bindings);
}

// Every session goes to the core that owns it, however many cores there were before.
static int worker_sessions(struct worker *w, char *error, size_t size)
{
	const struct options *o = &w->options;
	struct session_recovery r4 = {0}, r6 = {0};
	uint32_t now = clock_ticks(&w->loops.clock, clock_boottime_ns());
	w->detours = detours_create(o->core_count);
	w->half_open = half_open_create();
	if (w->detours == NULL || w->half_open == NULL ||
	    session_attach_all(4, w->state.sessions4, o->sessions4, o->core_count, now, detours_owner,
			       w->detours, w->sessions4, &r4) != 0 ||
	    session_attach_all(6, w->state.sessions6, o->sessions6, o->core_count, now, detours_owner,
			       w->detours, w->sessions6, &r6) != 0)
		return worker_memory(w, error, size);
	w->state.counters->sessions_recovered += r4.recovered + r6.recovered;
	w->state.counters->sessions_discarded += r4.discarded + r6.discarded;
	log_line("%u sessions taken over, %u damaged", r4.recovered + r6.recovered,
		 r4.discarded + r6.discarded);
	w->bindings = bindings_attach(w->state.bindings, o->bindings, now);
	if (w->bindings == NULL)
		return worker_memory(w, error, size);
	for (uint32_t n = 0; r4.bound != 0 && n < o->core_count; n++)
		bindings_adopt_sessions(w->bindings, w->sessions4[n]);
	bindings_set_cores(w->bindings, o->core_count);
	if (detours_count(w->detours) > 0)
		log_line("replies of %u sessions are passed on to their core", detours_count(w->detours));
	return 0;
}

static int worker_core(struct worker *w, uint32_t n, char *error, size_t size)
{
	struct loop *l = &w->loops.all[n];
	l->state = (struct loop_state){&w->state.status->core_heartbeat_ns[n], &w->state.status->core_woken_ns[n],
				       &w->state.counters[n],
				       &w->state.ports[n * FW_MAX_PORTS],
				       &w->state.interfaces[n * FW_MAX_INTERFACES]};
	const struct core_config config = {
		.counters = l->state.counters,
		.tables = &w->state.tables[n * FW_TABLE_COUNT],
		.interfaces = l->state.interfaces,
		.policies = &w->state.policies[n * FW_MAX_POLICIES],
		.sessions4 = w->sessions4[n],
		.sessions6 = w->sessions6[n],
		.fib = w->control.fib,
		.hops = fib_clock(w->control.fib),
		.neighbors = w->control.neighbors,
		.bindings = w->bindings,
		.half_open = w->half_open,
		.pool = pools_small(),
		.cores = w->options.core_count,
		.number = n,
		.announce = n == 0,
		.detours = detours_count(w->detours) > 0 ? w->detours : NULL,
		.output = {.context = l,
			   .transmit = loop_transmit,
			   .punt = loop_punt,
			   .resolve = loop_resolve,
			   .pass = loop_pass},
	};
	l->core = core_create(&config);
	return l->core != NULL ? 0 : log_fail(error, size, EXIT_RESOURCES, "not enough memory");
}

static int worker_state(struct worker *w, char *error, size_t size)
{
	const struct options *o = &w->options;
	const struct state_capacity capacity = {o->sessions4, o->sessions6, o->bindings};
	char path[4096];
	const char *before = before_read(o->state_dir, path, sizeof(path));
	if (state_open(&w->state, o->state_file, before, o->page_size, &capacity, error, size) != 0)
		return EXIT_RESOURCES;
	before_forget(o->state_dir);
	return 0;
}

static int worker_open(struct worker *w, char *error, size_t size)
{
	const struct options *o = &w->options;
	int code = start_lock(&w->start, o, error, size);
	if (code == 0)
		code = start_eal(&w->start, o, error, size);
	if (code == 0)
		code = worker_state(w, error, size);
	if (code == 0 && (loops_init(&w->loops, o->core_count) != 0 || pools_open(o->memory) != 0))
		code = log_fail(error, size, EXIT_RESOURCES,
				"not enough memory for packet buffers: raise "
				"spec.dataplane.memory.size");
	if (code != 0)
		return code;
	fault_watch();
	status_start(w->state.status, o);
	uint8_t boot_id[16];
	clock_boot_id(boot_id);
	w->loops.clock = clock_resume(w->state.status, boot_id, clock_boottime_ns());
	code = control_open(&w->control, o, &w->state, &w->loops, error, size);
	if (code != 0)
		return code == -EPERM || code == -EACCES || code == -ENOMEM ? EXIT_RESOURCES : EXIT_FAULT;
	counters_fold(&w->state, o->core_count);
	code = worker_sessions(w, error, size);
	for (uint32_t n = 0; code == 0 && n < o->core_count; n++)
		code = worker_core(w, n, error, size);
	return code != 0 ? code : confine_running(error, size);
}

static void *worker_control(void *context)
{
	struct worker *w = context;
	pthread_setname_np(pthread_self(), "control");
	start_unpin(&w->start, &w->options);
	control_run(&w->control);
	return NULL;
}

static int worker_loop(void *context)
{
	loop_run(context);
	return 0;
}

int main(int argc, char **argv)
{
	static struct worker w;
	char error[1024] = "";
	pthread_t control;
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return printf("portcullis-worker %s, %s\n", PORTCULLIS_VERSION, rte_version()) < 0;
	int code = options_parse(&w.options, argc, argv, error, sizeof(error));
	if (code == 0)
		code = confine_start(error, sizeof(error));
	if (code == 0) {
		keeper_start(w.options.state_dir, argc, argv);
		code = worker_open(&w, error, sizeof(error));
	}
	if (code != 0)
		return worker_fail(code, error);
	if (pthread_create(&control, NULL, worker_control, &w) != 0)
		return worker_fail(EXIT_RESOURCES, "cannot start the control thread");
	for (uint32_t n = 1; n < w.options.core_count; n++)
		rte_eal_remote_launch(worker_loop, &w.loops.all[n], n);
	loop_run(&w.loops.all[0]);
	rte_eal_mp_wait_lcore();
	pthread_join(control, NULL);
	for (uint32_t n = 0; n < w.options.core_count; n++)
		core_free(w.loops.all[n].core);
	session_detach_all(w.sessions4, w.options.core_count);
	session_detach_all(w.sessions6, w.options.core_count);
	bindings_detach(w.bindings);
	detours_free(w.detours);
	half_open_free(w.half_open);
	control_close(&w.control);
	loops_free(&w.loops);
	state_close(&w.state);
	rte_eal_cleanup();
	start_unlock(&w.start, &w.options);
	return EXIT_STOPPED;
}

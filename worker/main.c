// SPDX-License-Identifier: Apache-2.0
// portcullis-worker: init in order, run, undo in reverse. The calling thread becomes the datapath core.
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <rte_eal.h>
#include "control/control.h"
#include "control/pools.h"
#include "control/status.h"
#include "net/keeper.h"
#include "net/log.h"
#include "options.h"
#include "control/start.h"

struct worker {
	struct options options;
	struct start start;
	struct state state;
	struct loop loop;
	struct control control;
	struct session_table *sessions4, *sessions6;
	struct core *core;
};

static int worker_fail(int code, const char *error)
{
	keeper_end();
	log_line("%s", error);
	return code;
}

static int worker_core(struct worker *w, char *error, size_t size)
{
	struct session_recovery r4 = {0}, r6 = {0};
	uint32_t now = clock_ticks(&w->loop.clock, clock_boottime_ns());
	w->sessions4 = session_attach(4, w->state.sessions4, w->options.sessions4, now, &r4);
	w->sessions6 = session_attach(6, w->state.sessions6, w->options.sessions6, now, &r6);
	if (w->sessions4 == NULL || w->sessions6 == NULL)
		return log_fail(error, size, EXIT_RESOURCES,
				"not enough memory for %u + %u sessions: raise "
				"spec.dataplane.memory.size or lower spec.dataplane.sessions",
				w->options.sessions4, w->options.sessions6);
	w->state.counters->sessions_recovered += r4.recovered + r6.recovered;
	w->state.counters->sessions_discarded += r4.discarded + r6.discarded;
	log_line("%u sessions taken over, %u damaged", r4.recovered + r6.recovered,
		 r4.discarded + r6.discarded);
	const struct core_config config = {
		.counters = w->state.counters,
		.tables = w->state.tables,
		.interfaces = w->state.interfaces,
		.policies = w->state.policies,
		.sessions4 = w->sessions4,
		.sessions6 = w->sessions6,
		.fib = w->control.fib,
		.hops = fib_clock(w->control.fib),
		.neighbors = w->control.neighbors,
		.pool = pools_small(),
		.output = {&w->loop, loop_transmit, loop_punt, loop_resolve, NULL},
	};
	w->core = w->loop.core = core_create(&config);
	return w->core != NULL ? 0 : log_fail(error, size, EXIT_RESOURCES, "not enough memory");
}

static int worker_open(struct worker *w, char *error, size_t size)
{
	const struct options *o = &w->options;
	int code = start_lock(&w->start, o, error, size);
	if (code == 0)
		code = start_eal(&w->start, o, error, size);
	const struct state_capacity capacity = {o->sessions4, o->sessions6, o->bindings};
	if (code == 0 &&
	    state_open(&w->state, o->state_file, o->page_size, &capacity, error, size) != 0)
		code = EXIT_RESOURCES;
	if (code == 0 && (loop_init(&w->loop) != 0 || pools_open(o->memory) != 0))
		code = log_fail(error, size, EXIT_RESOURCES,
				"not enough memory for packet buffers: raise "
				"spec.dataplane.memory.size");
	if (code != 0)
		return code;
	status_start(w->state.status, o->core, o->page_size);
	uint8_t boot_id[16];
	clock_boot_id(boot_id);
	w->loop.clock = clock_resume(w->state.status, boot_id, clock_boottime_ns());
	w->loop.state = (struct loop_state){w->state.status, w->state.counters, w->state.ports,
					    w->state.interfaces};
	code = control_open(&w->control, o, &w->state, &w->loop, error, size);
	if (code != 0)
		return code == -EPERM || code == -EACCES || code == -ENOMEM ? EXIT_RESOURCES : EXIT_FAULT;
	return worker_core(w, error, size);
}

static void *worker_control(void *context)
{
	struct worker *w = context;
	pthread_setname_np(pthread_self(), "control");
	start_unpin(&w->start);
	control_run(&w->control);
	return NULL;
}

int main(int argc, char **argv)
{
	static struct worker w;
	char error[1024] = "";
	pthread_t control;
	int code = options_parse(&w.options, argc, argv, error, sizeof(error));
	if (code == 0) {
		keeper_start(w.options.state_dir, argc, argv);
		code = worker_open(&w, error, sizeof(error));
	}
	if (code != 0)
		return worker_fail(code, error);
	if (pthread_create(&control, NULL, worker_control, &w) != 0)
		return worker_fail(EXIT_RESOURCES, "cannot start the control thread");
	loop_run(&w.loop);
	pthread_join(control, NULL);
	core_free(w.core);
	session_detach(w.sessions4);
	session_detach(w.sessions6);
	control_close(&w.control);
	loop_free(&w.loop);
	state_close(&w.state);
	rte_eal_cleanup();
	start_unlock(&w.start, &w.options);
	return EXIT_STOPPED;
}

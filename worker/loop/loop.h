// SPDX-License-Identifier: Apache-2.0
// The datapath core's loop: take frames from ports and kernel TAPs, run the pipeline, send, sleep when idle.
#ifndef PORTCULLIS_LOOP_LOOP_H
#define PORTCULLIS_LOOP_LOOP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <rte_rcu_qsbr.h>
#include "loop/clock.h"
#include "loop/idle.h"
#include "loop/resolve.h"
#include "net/port.h"
#include "pipeline/pipeline.h"
#include "shm/layout.h"
#include "tables/tables.h"

// What the core works with. The control thread builds a new one for every change and frees the old one after the core has
// passed a quiescent point; after publication it never changes.
struct generation {
	const struct tables *tables; // NULL: drop everything
	uint32_t port_count, interface_count; // rows of the tables
	struct port *ports[FW_MAX_PORTS]; // by row; NULL: absent
	struct port *hosts[FW_MAX_INTERFACES]; // kernel TAP of an interface, by row
	struct idle_limits limits;
	uint32_t sleep_timeout_us;
};

// Where the loop counts, all in the state file.
struct loop_state {
	struct fw_worker_status *status; // core_heartbeat_ns only
	struct fw_counters *counters;
	struct fw_port_status *ports;
	struct fw_interface_status *interfaces;
};

struct loop {
	// between the threads
	_Atomic(const struct generation *) generation;
	_Atomic(const struct generation *) taken; // the one that the core works with
	atomic_bool stop;
	atomic_bool asleep;
	_Atomic uint32_t news; // counts what the control thread wants the core to look at
	int wake_fd; // the control thread wakes the core
	struct rte_rcu_qsbr *qsbr;
	struct resolve_queue resolve;
	// the core's own
	struct loop_state state;
	struct core *core;
	struct clock clock;
	const struct generation *current;
	int epoll;
	uint32_t ready; // ports to read from, by row
	struct idle_state idle;
	uint32_t news_seen; // at the start of the turn
	uint64_t heartbeat_ns, realtime_offset_ns;
	uint64_t now_ns, now_tsc; // last time that was read, and the counter then
	uint64_t looked_tsc; // last look at the descriptors
	uint64_t time_cycles, look_cycles; // how long the two are good
	int events; // that the last look found
};

// The caller sets state, core and clock afterwards, before loop_run(). Returns 0 or a negative errno.
int loop_init(struct loop *l);
void loop_free(struct loop *l);

void loop_run(struct loop *l); // on the datapath core, until loop_stop()

// Control thread.
void loop_stop(struct loop *l);
void loop_wake(struct loop *l); // only costs something when the core sleeps
void loop_publish(struct loop *l, const struct generation *g); // returns after the quiescent point

// The ways out of the core; context is the loop.
void loop_transmit(void *context, uint32_t port, struct rte_mbuf **frames, unsigned count);
void loop_punt(void *context, uint32_t interface, struct rte_mbuf **frames, unsigned count);
void loop_resolve(void *context, const struct neighbor_key *key);

// Gives every status row to the port or interface of the same name in the new tables.
void loop_move_rows(const struct loop_state *state, const struct tables *tables);

#endif

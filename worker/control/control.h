// SPDX-License-Identifier: Apache-2.0
// The control thread: judges programs, opens devices, follows the kernel, tells the agent.
#ifndef PORTCULLIS_CONTROL_CONTROL_H
#define PORTCULLIS_CONTROL_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include "control/identity.h"
#include "control/layer.h"
#include "control/status.h"
#include "loop/loop.h"
#include "net/fib.h"
#include "net/kernel.h"
#include "net/neighbor.h"
#include "net/rib.h"
#include "options.h"
#include "shm/control.h"
#include "shm/state.h"

struct control {
	// set by control_open()
	const struct options *options;
	struct state *state;
	struct loops *loops;
	struct fib *fib;
	struct rib *rib;
	struct neighbor_table *neighbors;
	struct kernel *kernel;
	struct status_tables tables;
	struct identity identity;
	struct control_file file;
	bool file_open;
	int epoll, doorbell, timer, signals;
	// what runs
	struct layer *layer; // NULL: no program
	struct generation *generation;
	struct kernel_device devices[FW_MAX_INTERFACES]; // as the kernel follower knows them
	unsigned device_count;
	uint64_t command; // sequence of the newest one that was seen
	bool command_known; // there was a look at the commands
	bool commanded; // the core has not answered yet
	uint64_t seen_sequence; // newest published sequence that was judged
	bool swept; // leftovers of earlier workers are gone
	// work that events asked for
	bool readdressed; // the kernel's addresses may have changed: have those that NAT uses?
	uint64_t addresses4; // of the interfaces whose address the kernel gives, when NAT was last told
	bool look; // at the devices
	bool compare; // the kernel's addresses and routes with the configuration
	uint64_t compared_ns;
	uint64_t looked_ns;
	int64_t schedule_minute; // for which schedules were looked at
	bool rewatch; // the ports have changed: wait for events of all of them
	bool stop;
	bool keep; // stopped by SIGUSR1: the next worker takes the kernel's devices over
};

int control_open(struct control *c, const struct options *o, struct state *state, struct loops *loops,
		 char *error, size_t size);
// After the core has stopped. Removes what the worker made in the kernel, except after SIGUSR1.
void control_close(struct control *c);

void control_run(struct control *c); // on the control thread, until SIGTERM, SIGINT or SIGUSR1

// apply.c
void apply_published(struct control *c); // the program in the control file, if it is new
void apply_look(struct control *c); // devices: gone, back, changed
void apply_schedules(struct control *c); // once a minute
void apply_addresses(struct control *c); // after kernel_address() may have changed

// config.c
void config_routes(struct control *c); // routes and neighbors of the program into fib and neighbor table
void config_kernel(struct control *c); // and into the kernel
void config_devices(struct control *c, const struct layer *l); // tells the kernel follower which TAPs there are
void config_live(const struct control *c, struct layer *l); // addresses that the kernel has, for interfaces without any
uint64_t config_addresses(const struct control *c); // of these interfaces: another number when an IPv4 address has come or gone
void config_forget_neighbors(struct control *c, const struct layer *old);

// sweep.c
void sweep_leftovers(struct control *c); // devices that an earlier worker of this instance left and nobody wants now

#endif

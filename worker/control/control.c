// SPDX-License-Identifier: Apache-2.0
#include "control/control.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>
#include "control/command.h"
#include "control/status.h"
#include "net/hostpath.h"
#include "net/isolate.h"
#include "net/keeper.h"
#include "net/log.h"

#define CONTROL_BEAT_MS 250
#define CONTROL_LOOK_NS 1000000000u // devices that send no events, and those that are to come back
#define CONTROL_COMPARE_NS 10000000000u // what changed without an event
#define CONTROL_ROUTES4 (1u << 20) // of the kernel
#define CONTROL_ROUTES6 (1u << 18)
#define CONTROL_ROUTES_OWN (FW_MAX_ROUTES + 2 * FW_MAX_INTERFACE_ADDRESSES)

enum control_source { CONTROL_DOORBELL, CONTROL_SIGNAL, CONTROL_TIMER, CONTROL_KERNEL, CONTROL_CORE, CONTROL_PORT, CONTROL_DEVICE };

static void control_neighbor_changed(void *context)
{
	struct control *c = context;
	loops_wake(c->loops);
}

static void control_addresses_changed(void *context)
{
	struct control *c = context;
	c->readdressed = true;
	if (c->layer != NULL)
		config_live(c, c->layer);
}

// Half a million routes take a second or more: the agent must not think that this thread hangs.
static void control_alive(void *context)
{
	struct control *c = context;
	status_heartbeat(c->state->status, &c->loops->clock);
}

static void control_device_changed(void *context)
{
	struct control *c = context;
	c->look = c->compare = true;
}

static int control_socket(const char *state_dir)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int n = snprintf(a.sun_path, sizeof(a.sun_path), "%s/worker.sock", state_dir);
	if (n < 0 || (size_t)n >= sizeof(a.sun_path))
		return -ENAMETOOLONG;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	unlink(a.sun_path); // we hold the lock: nobody else listens there
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	int code = -errno;
	close(fd);
	return code;
}

static int control_watch(struct control *c, int fd, enum control_source source)
{
	struct epoll_event e = {.events = EPOLLIN, .data.u32 = source};
	return fd < 0 || epoll_ctl(c->epoll, EPOLL_CTL_ADD, fd, &e) != 0 ? -EIO : 0;
}

static int control_descriptors(struct control *c, char *error, size_t size)
{
	sigset_t set;
	struct itimerspec beat = {{0, CONTROL_BEAT_MS * 1000000}, {0, CONTROL_BEAT_MS * 1000000}};
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	c->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	c->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	timerfd_settime(c->timer, 0, &beat, NULL);
	c->doorbell = control_socket(c->options->state_dir);
	if (c->doorbell < 0)
		return log_fail(error, size, c->doorbell, "cannot listen on %s/worker.sock: %s",
				c->options->state_dir, strerror(-c->doorbell));
	if (control_watch(c, c->doorbell, CONTROL_DOORBELL) != 0 ||
	    control_watch(c, c->signals, CONTROL_SIGNAL) != 0 ||
	    control_watch(c, c->timer, CONTROL_TIMER) != 0 ||
	    control_watch(c, kernel_fd(c->kernel), CONTROL_KERNEL) != 0 ||
	    control_watch(c, ethdev_bell(), CONTROL_DEVICE) != 0)
		return log_fail(error, size, -EMFILE, "no more descriptors");
	for (uint32_t i = 0; i < c->loops->count; i++)
		if (control_watch(c, c->loops->all[i].resolve.fd, CONTROL_CORE) != 0)
			return log_fail(error, size, -EMFILE, "no more descriptors");
	return 0;
}

int control_open(struct control *c, const struct options *o, struct state *state, struct loops *loops,
		 char *error, size_t size)
{
	const struct kernel_hooks hooks = {c, control_neighbor_changed, control_addresses_changed,
					      control_alive,
					      control_device_changed};
	*c = (struct control){.options = o, .state = state, .loops = loops};
	int code = identity_open(&c->identity, o->state_dir, error, size);
	if (code != 0)
		return code;
	isolate_set_up(c->identity.id);
	status_tables_start(&c->tables, state);
	c->fib = fib_create(CONTROL_ROUTES4 + CONTROL_ROUTES_OWN, CONTROL_ROUTES6 + CONTROL_ROUTES_OWN);
	c->neighbors = c->fib != NULL ? neighbor_create(NEIGHBOR_SLOTS, fib_clock(c->fib)) : NULL;
	c->rib = c->fib != NULL ? rib_create(c->fib) : NULL;
	if (c->rib == NULL || c->neighbors == NULL)
		return log_fail(error, size, -ENOMEM, "not enough memory for routes and neighbors");
	rib_limit(c->rib, RIB_KERNEL, CONTROL_ROUTES4, CONTROL_ROUTES6);
	fib_set_qsbr(c->fib, loops->qsbr);
	neighbor_set_qsbr(c->neighbors, loops->qsbr);
	c->kernel = kernel_create(c->rib, c->neighbors, &hooks);
	if (c->kernel == NULL)
		return log_fail(error, size, -EPERM, "cannot follow the kernel's routes by netlink");
	return control_descriptors(c, error, size);
}

void control_close(struct control *c)
{
	char path[4200];
	if (c->file_open)
		control_close_file(&c->file);
	if (c->layer != NULL && !c->keep)
		hostpath_clear(kernel_request(c->kernel), identity_number(&c->identity));
	if (c->layer != NULL)
		layer_free(c->layer, c->keep ? LAYER_KEEP : LAYER_REMOVE);
	if (!c->keep)
		keeper_end();
	free(c->generation);
	kernel_free(c->kernel);
	rib_free(c->rib);
	fib_free(c->fib);
	neighbor_free(c->neighbors);
	snprintf(path, sizeof(path), "%s/worker.sock", c->options->state_dir);
	unlink(path);
}

static void control_file_look(struct control *c)
{
	char path[4200], error[FW_MESSAGE_SIZE];
	if (!c->file_open) {
		snprintf(path, sizeof(path), "%s/control", c->options->state_dir);
		int code = control_open_file(&c->file, path, error, sizeof(error));
		if (code != 0 && code != -ENOENT)
			control_tell(&c->file, error);
		c->file_open = code == 0;
		if (c->file_open)
			c->file.said[0] = '\0';
	}
	if (c->file_open)
		apply_published(c);
	command_look(c);
}

static void control_resolve(struct control *c, uint64_t now)
{
	for (uint32_t i = 0; i < c->loops->count; i++) {
		struct resolve_queue *q = &c->loops->all[i].resolve;
		struct neighbor_key key;
		resolve_clear(q);
		while (resolve_pop(q, &key))
			kernel_resolve(c->kernel, &key, now);
	}
	for (uint32_t i = 0; c->layer != NULL && i < c->layer->port_count; i++)
		c->look = c->look || (c->layer->ports[i].port != NULL &&
				      (atomic_load(&c->layer->ports[i].port->failed) ||
				       atomic_load(&c->layer->ports[i].port->wake) != c->state->ports[i].rx_wake));
	for (uint32_t i = 0; c->layer != NULL && i < c->layer->host_count; i++)
		c->look = c->look || (c->layer->hosts[i].port != NULL &&
				      atomic_load(&c->layer->hosts[i].port->failed));
}

static void control_watch_ports(struct control *c)
{
	// A closed descriptor has left the set by itself; one that is in it already is refused.
	for (uint32_t i = 0; c->layer != NULL && c->rewatch && i < c->layer->port_count; i++)
		if (c->layer->ports[i].port != NULL && c->layer->ports[i].port->watch_fd >= 0)
			control_watch(c, c->layer->ports[i].port->watch_fd, CONTROL_PORT);
	c->rewatch = false;
	for (uint32_t i = 0; c->layer != NULL && i < c->layer->port_count; i++) {
		struct port *p = c->layer->ports[i].port;
		if (p != NULL && p->watch_fd >= 0 && port_watch_drain(p))
			c->look = true;
	}
}

static void control_event(struct control *c, enum control_source source, uint64_t now)
{
	char drained[64];
	struct signalfd_siginfo signal;
	switch (source) {
	case CONTROL_DOORBELL:
		while (recv(c->doorbell, drained, sizeof(drained), MSG_DONTWAIT) >= 0)
			;
		control_file_look(c);
		break;
	case CONTROL_SIGNAL:
		c->keep = read(c->signals, &signal, sizeof(signal)) == sizeof(signal) &&
			  signal.ssi_signo == SIGUSR1;
		c->stop = true;
		break;
	case CONTROL_TIMER:
		(void)!read(c->timer, drained, 8);
		control_file_look(c); // a doorbell may have rung before we listened
		apply_schedules(c);
		kernel_refresh_neighbors(c->kernel, now);
		c->look = c->look || now - c->looked_ns >= CONTROL_LOOK_NS;
		break;
	case CONTROL_KERNEL:
		kernel_read(c->kernel, now);
		break;
	case CONTROL_CORE:
		control_resolve(c, now);
		break;
	case CONTROL_DEVICE:
		(void)!read(ethdev_bell(), drained, 8);
		c->look = true;
		break;
	case CONTROL_PORT: // after the events, for all ports
		break;
	}
}

static void control_report(struct control *c)
{
	struct fw_table_status s;
	rib_usage(c->rib, 4, &s);
	status_table(&c->tables, FW_TABLE_ROUTES4, s);
	rib_usage(c->rib, 6, &s);
	status_table(&c->tables, FW_TABLE_ROUTES6, s);
	kernel_neighbor_usage(c->kernel, &s);
	status_table(&c->tables, FW_TABLE_NEIGHBORS, s);
}

void control_run(struct control *c)
{
	struct epoll_event events[16];
	if (c->state->status->phase == FW_PHASE_STARTING)
		status_phase(c->state->status, FW_PHASE_NO_GENERATION);
	control_file_look(c);
	while (!c->stop) {
		uint64_t now = clock_monotonic_ns();
		int timeout = kernel_settle(c->kernel, now);
		if (c->readdressed)
			apply_addresses(c);
		int count = epoll_wait(c->epoll, events, 16, timeout);
		now = clock_monotonic_ns();
		for (int i = 0; i < count; i++)
			control_event(c, (enum control_source)events[i].data.u32, now);
		control_watch_ports(c);
		if (c->look) {
			c->looked_ns = now;
			c->compare = c->compare || now - c->compared_ns >= CONTROL_COMPARE_NS;
			c->compared_ns = c->compare ? now : c->compared_ns;
			apply_look(c);
		}
		control_report(c);
		status_heartbeat(c->state->status, &c->loops->clock);
	}
	status_phase(c->state->status, FW_PHASE_STOPPING);
	loops_stop(c->loops);
}

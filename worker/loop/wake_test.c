// SPDX-License-Identifier: Apache-2.0
// Interrupts of ports that keep their word, that are late, that refuse and that lie. Ports are modelled; the epoll is DPDK's.
#include "loop/wake.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <rte_epoll.h>
#include "loop/loop.h"
#include "test.h"

struct model {
	struct port port;
	struct rte_epoll_event event;
	int fd, refuses;
	bool armed;
};

static struct model models[2];
static struct generation generation;
static struct fw_counters counters;
static struct fw_port_status rows[FW_MAX_PORTS];
static struct loop loop;
static unsigned judged, notified;

void loop_judge(struct loop *l)
{
	CHECK(l == &loop);
	judged++;
}

void resolve_notify(struct resolve_queue *q)
{
	CHECK(q == &loop.resolve);
	notified++;
}

static int arm(struct port *p, uint32_t core, int epoll, uint32_t row)
{
	struct model *m = (struct model *)(void *)p;
	CHECK_EQ(core, 0);
	if (m->refuses != 0)
		return m->refuses;
	if (m->event.status == RTE_EPOLL_INVALID) {
		m->event.epdata = (struct rte_epoll_data){.event = EPOLLIN | EPOLLET, .data = (void *)(uintptr_t)row};
		CHECK_EQ(rte_epoll_ctl(epoll, EPOLL_CTL_ADD, m->fd, &m->event), 0);
	}
	m->armed = true;
	return 0;
}

static void disarm(struct port *p, uint32_t core)
{
	(void)core;
	((struct model *)(void *)p)->armed = false;
}

static void forget(struct port *p, uint32_t core, int epoll)
{
	struct model *m = (struct model *)(void *)p;
	(void)core;
	if (m->event.status != RTE_EPOLL_INVALID)
		CHECK_EQ(rte_epoll_ctl(epoll, EPOLL_CTL_DEL, m->fd, &m->event), 0);
}

static const struct port_operations operations = {.arm = arm, .disarm = disarm, .forget = forget};

static void open_two(void)
{
	memset(&loop, 0, sizeof(loop));
	memset(&counters, 0, sizeof(counters));
	memset(rows, 0, sizeof(rows));
	judged = notified = 0;
	CHECK_EQ(wake_open(&loop.wake), 0);
	for (uint32_t i = 0; i < 2; i++) {
		models[i] = (struct model){.port = {.operations = &operations, .fd = -1, .up = true, .wake = FW_WAKE_ACCEPTED},
					   .fd = eventfd(0, EFD_NONBLOCK)};
		generation.ports[i] = &models[i].port;
	}
	generation.port_count = 2;
	loop.current = &generation;
	loop.state = (struct loop_state){.counters = &counters, .ports = rows};
	loop.wake.able = 3;
	loop.now_ns = 1000000000;
}

static void close_two(void)
{
	wake_forget(&loop);
	wake_close(&loop.wake);
	for (uint32_t i = 0; i < 2; i++) {
		CHECK(!models[i].armed);
		close(models[i].fd);
	}
}

static void interrupt(uint32_t i)
{
	uint64_t one = 1;
	CHECK_EQ(write(models[i].fd, &one, sizeof(one)), sizeof(one));
}

// One sleep: armed, waited, and the turn after it that finds frames at the ports of found.
static void sleep_once(uint32_t interrupts, uint32_t found)
{
	loop.wake.waited = 0;
	loop.now_ns += 2 * WAKE_LATE_NS;
	wake_arm(&loop);
	loop.wake.waited = loop.wake.armed;
	for (uint32_t i = 0; i < 2; i++)
		if (interrupts >> i & 1)
			interrupt(i);
	loop.now_ns += 100000000;
	wake_waited(&loop);
	if (interrupts != 0)
		wake_read(&loop);
	for (uint32_t i = 0; i < 2; i++)
		if (found >> i & 1)
			wake_found(&loop, i);
}

static uint32_t wake_of(uint32_t i)
{
	return atomic_load(&models[i].port.wake);
}

static void interrupts_that_come_are_counted(void)
{
	open_two();
	for (unsigned i = 0; i < 5; i++)
		sleep_once(1, 1);
	CHECK(rows[0].wakeups == 5 && rows[1].wakeups == 0);
	CHECK(wake_of(0) == FW_WAKE_DELIVERED && wake_of(1) == FW_WAKE_ACCEPTED);
	CHECK_EQ(counters.wakeups_missed, 0);
	CHECK_EQ(notified, 0);
	close_two();
}

static void a_port_that_lies_is_found_out(void)
{
	open_two();
	for (unsigned i = 0; i < WAKE_SILENT; i++) {
		CHECK_EQ(wake_of(1), FW_WAKE_ACCEPTED);
		sleep_once(1, 3);
	}
	CHECK_EQ(wake_of(1), FW_WAKE_ACCEPTED); // the last one may still be late
	sleep_once(1, 1);
	CHECK(wake_of(1) == FW_WAKE_SILENT && wake_of(0) == FW_WAKE_DELIVERED);
	CHECK(rows[1].wakeups_missed == WAKE_SILENT && rows[0].wakeups_missed == 0);
	CHECK_EQ(counters.wakeups_missed, WAKE_SILENT);
	CHECK(judged == 1 && notified == 1);
	close_two();
}

static void late_interrupts_are_no_missed_ones(void)
{
	open_two();
	for (unsigned i = 0; i < 3 * WAKE_SILENT; i++) {
		sleep_once(0, 1);
		interrupt(0); // the peer had lost its CPU between frame and interrupt
	}
	sleep_once(0, 0);
	CHECK_EQ(counters.wakeups_missed, 0);
	CHECK_EQ(wake_of(0), FW_WAKE_DELIVERED);
	close_two();
}

static void one_that_comes_clears_those_that_did_not(void)
{
	open_two();
	for (unsigned i = 0; i < 4 * WAKE_SILENT; i++)
		sleep_once(i % WAKE_SILENT == WAKE_SILENT - 1, 1);
	CHECK(counters.wakeups_missed > WAKE_SILENT);
	CHECK_EQ(wake_of(0), FW_WAKE_DELIVERED);
	close_two();
}

static void a_quiet_port_is_not_suspected(void)
{
	open_two();
	for (unsigned i = 0; i < 3 * WAKE_SILENT; i++)
		sleep_once(0, 0);
	CHECK_EQ(counters.wakeups_missed, 0);
	close_two();
}

static void a_port_that_refuses_will_be_polled(void)
{
	open_two();
	models[1].refuses = -ENOTSUP;
	wake_arm(&loop);
	CHECK(wake_of(1) == FW_WAKE_REFUSED && loop.wake.armed == 1 && loop.wake.resting == 1);
	CHECK(judged == 1 && notified == 1);
	close_two();
}

// It cannot be armed yet, and brings nothing: no reason to stay awake, and no refusal.
static void a_port_that_is_down_rests(void)
{
	open_two();
	models[1].refuses = -EIO;
	atomic_store(&models[1].port.up, false);
	atomic_store(&models[1].port.wake, FW_WAKE_UNTRIED);
	wake_arm(&loop);
	CHECK(wake_of(1) == FW_WAKE_UNTRIED && loop.wake.armed == 1 && loop.wake.resting == 3);
	wake_disarm(&loop);
	models[1].refuses = 0;
	atomic_store(&models[1].port.up, true);
	wake_arm(&loop);
	CHECK(wake_of(1) == FW_WAKE_ACCEPTED && loop.wake.armed == 3);
	close_two();
}

int main(void)
{
	RUN(interrupts_that_come_are_counted);
	RUN(a_port_that_lies_is_found_out);
	RUN(late_interrupts_are_no_missed_ones);
	RUN(one_that_comes_clears_those_that_did_not);
	RUN(a_quiet_port_is_not_suspected);
	RUN(a_port_that_refuses_will_be_polled);
	RUN(a_port_that_is_down_rests);
	return 0;
}

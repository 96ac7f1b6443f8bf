// SPDX-License-Identifier: Apache-2.0
// An interrupt may be late: the peer shows a frame first and tells of it afterwards, and may lose its CPU in between. So a port
// under suspicion is judged at the next arming, a millisecond later at the earliest, after one more look for its interrupt.
#include "loop/wake.h"

#include <errno.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <rte_epoll.h>
#include "loop/loop.h"

#define WAKE_ROWS(row, set) for (uint32_t row##_left = (set), row = 0; row##_left != 0 && (row = (uint32_t)__builtin_ctz(row##_left), true); row##_left &= row##_left - 1)

int wake_open(struct wake *w)
{
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	return w->epoll < 0 ? -errno : 0;
}

void wake_close(struct wake *w)
{
	close(w->epoll);
}

static void wake_set(struct loop *l, struct port *p, enum fw_rx_wake wake)
{
	if (atomic_exchange_explicit(&p->wake, wake, memory_order_relaxed) == (uint32_t)wake)
		return;
	if (wake == FW_WAKE_DELIVERED || wake == FW_WAKE_ACCEPTED)
		return; // the control thread sees it in time
	loop_judge(l);
	resolve_notify(&l->resolve);
}

void wake_read(struct loop *l)
{
	struct rte_epoll_event events[FW_MAX_PORTS];
	int count = l->wake.known != 0 ? rte_epoll_wait(l->wake.epoll, events, FW_MAX_PORTS, 0) : 0;
	for (int i = 0; i < count; i++) {
		uint32_t row = (uint32_t)(uintptr_t)events[i].epdata.data;
		l->wake.waited &= ~(1u << row);
		l->wake.suspects &= ~(1u << row);
		l->wake.missed[row] = 0;
		l->state.ports[row].wakeups++;
		wake_set(l, l->current->ports[row], FW_WAKE_DELIVERED);
	}
}

// Those whose interrupt has not come after all.
static void wake_judge(struct loop *l)
{
	struct wake *w = &l->wake;
	if (w->suspects == 0 || l->now_ns - w->suspected_ns < WAKE_LATE_NS)
		return;
	WAKE_ROWS(row, w->suspects) {
		l->state.counters->wakeups_missed++;
		l->state.ports[row].wakeups_missed++;
		if (++w->missed[row] >= WAKE_SILENT)
			wake_set(l, l->current->ports[row], FW_WAKE_SILENT);
	}
	w->suspects = 0;
}

void wake_arm(struct loop *l)
{
	struct wake *w = &l->wake;
	wake_read(l);
	wake_judge(l);
	w->resting = 0;
	WAKE_ROWS(row, w->able) {
		struct port *p = l->current->ports[row];
		int code = p->operations->arm != NULL ? p->operations->arm(p, l->index, w->epoll, row) : -ENOTSUP;
		w->known |= 1u << row;
		if (code == 0)
			w->armed |= 1u << row;
		if (code == 0 || !atomic_load_explicit(&p->up, memory_order_relaxed))
			w->resting |= 1u << row;
		else
			wake_set(l, p, FW_WAKE_REFUSED);
		if (code == 0 && atomic_load_explicit(&p->wake, memory_order_relaxed) == FW_WAKE_UNTRIED)
			wake_set(l, p, FW_WAKE_ACCEPTED);
	}
}

void wake_disarm(struct loop *l)
{
	WAKE_ROWS(row, l->wake.armed) {
		struct port *p = l->current->ports[row];
		p->operations->disarm(p, l->index);
	}
	l->wake.armed = 0;
}

void wake_waited(struct loop *l)
{
	l->wake.waited &= l->wake.armed;
	wake_disarm(l);
}

void wake_found(struct loop *l, uint32_t row)
{
	if (l->wake.waited & 1u << row)
		wake_read(l);
	if ((l->wake.waited & 1u << row) == 0)
		return;
	if (l->wake.suspects == 0)
		l->wake.suspected_ns = l->now_ns;
	l->wake.suspects |= 1u << row;
}

void wake_forget(struct loop *l)
{
	struct wake *w = &l->wake;
	wake_disarm(l);
	WAKE_ROWS(row, w->known) {
		struct port *p = l->current->ports[row];
		if (p->operations->forget != NULL)
			p->operations->forget(p, l->index, w->epoll);
	}
	*w = (struct wake){.epoll = w->epoll};
}

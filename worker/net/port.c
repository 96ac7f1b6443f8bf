// SPDX-License-Identifier: Apache-2.0
#include "net/port.h"

#include <errno.h>
#include "net/link.h"
#include "net/log.h"
#include "net/nl.h"

int port_choose_pool(struct port *p, const struct port_request *request, char *error, size_t size)
{
	p->pool = p->mtu <= PORT_SMALL_MTU ? request->pool : request->jumbo();
	if (p->pool == NULL)
		return log_fail(error, size, -ENOMEM,
				"no memory for packet buffers of MTU %u of port %s: raise "
				"spec.dataplane.memory.size or lower the MTU",
				p->mtu, request->name);
	return 0;
}

struct watch {
	int ifindex;
	bool seen;
};

static void port_watch_message(void *context, const struct nlmsghdr *message)
{
	struct watch *w = context;
	struct link l;
	if (link_parse(message, &l) && l.ifindex == w->ifindex)
		w->seen = true;
}

bool port_watch_drain(struct port *p)
{
	struct watch w = {.ifindex = p->ifindex};
	int more;
	while ((more = nl_receive(p->watch_fd, port_watch_message, &w)) != 0)
		if (more < 0)
			w.seen = true; // notifications were lost: look
	return w.seen;
}

uint64_t port_take_oversized(struct port *p)
{
	return atomic_exchange_explicit(&p->oversized, 0, memory_order_relaxed);
}

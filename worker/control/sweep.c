// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "control/control.h"
#include "net/isolate.h"
#include "net/link.h"
#include "net/log.h"
#include "net/netns.h"
#include "net/nl.h"

struct sweep {
	const struct control *c;
	char prefix[64]; // of our marks
	int victims[64];
	unsigned count;
};

static bool sweep_wanted(const struct control *c, const char *mark)
{
	char own[PORT_ALIAS_SIZE];
	for (uint32_t i = 0; i < c->layer->port_count; i++) {
		identity_mark(&c->identity, IDENTITY_PORT, c->layer->ports[i].row.name, own);
		if (c->layer->ports[i].row.kind == FW_PORT_TAP && strcmp(own, mark) == 0)
			return true;
	}
	for (uint32_t i = 0; i < c->layer->host_count; i++) {
		identity_mark(&c->identity, IDENTITY_INTERFACE, c->layer->hosts[i].name, own);
		if (strcmp(own, mark) == 0)
			return true;
	}
	return false;
}

static void sweep_link(void *context, const struct nlmsghdr *message)
{
	struct sweep *s = context;
	struct link l;
	if (!link_parse(message, &l) || strncmp(l.alias, s->prefix, strlen(s->prefix)) != 0 ||
	    sweep_wanted(s->c, l.alias) || s->count == 64)
		return;
	log_line("removing %s, left by an earlier worker", l.name);
	s->victims[s->count++] = l.ifindex;
}

// In the current namespace.
static void sweep_here(struct sweep *s)
{
	struct nl_request r;
	struct ifinfomsg info = {0};
	int nl = nl_open(0);
	if (nl < 0)
		return;
	s->count = 0;
	nl_begin(&r, RTM_GETLINK, NLM_F_DUMP, &info, sizeof(info));
	nl_call(nl, &r, sweep_link, s);
	for (unsigned i = 0; i < s->count; i++)
		link_delete(nl, s->victims[i]);
	close(nl);
}

void sweep_leftovers(struct control *c)
{
	struct sweep s = {.c = c};
	int keep[FW_MAX_PORTS];
	unsigned count = 0;
	for (uint32_t i = 0; i < c->layer->port_count; i++)
		if (c->layer->ports[i].port != NULL)
			keep[count++] = c->layer->ports[i].port->ifindex;
	isolate_sweep(keep, count);
	snprintf(s.prefix, sizeof(s.prefix), "portcullis:%s:", c->identity.id);
	sweep_here(&s);
	DIR *d = opendir("/run/netns");
	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
		if (e->d_name[0] == '.')
			continue;
		int previous = netns_enter(e->d_name);
		if (previous < 0)
			continue;
		sweep_here(&s);
		netns_leave(previous);
	}
	if (d != NULL)
		closedir(d);
}

// SPDX-License-Identifier: Apache-2.0
#include "control/layer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include "net/link.h"
#include "net/nl.h"

const struct fw_port_row *layer_port_rows(const struct layer *l)
{
	return (const void *)((const char *)l->tables->program + l->tables->program->ports.offset);
}

const struct fw_interface_row *layer_interface_rows(const struct layer *l)
{
	return (const void *)((const char *)l->tables->program +
			      l->tables->program->interfaces.offset);
}

struct layer *layer_create(struct tables *tables, uint32_t cores)
{
	struct layer *l = calloc(1, sizeof(*l));
	if (l == NULL)
		return NULL;
	l->tables = tables;
	l->cores = cores;
	l->port_count = tables->port_count;
	l->host_count = tables->interface_count;
	memcpy(l->ports, (struct layer_port[FW_MAX_PORTS]){0}, sizeof(l->ports));
	for (uint32_t i = 0; i < l->port_count; i++)
		l->ports[i].row = layer_port_rows(l)[i];
	for (uint32_t i = 0; i < l->host_count; i++)
		memcpy(l->hosts[i].name, tables->interfaces[i].name, FW_IFNAME_SIZE);
	return l;
}

static bool layer_removes(const struct port *p, enum layer_end end)
{
	return end == LAYER_REMOVE || (end == LAYER_UNDO && p->made);
}

static void layer_close(struct port **p, enum layer_end end)
{
	if (*p != NULL)
		(*p)->operations->close(*p, layer_removes(*p, end));
	*p = NULL;
}

// Removes all kernel TAPs that are to go in one stroke; closing them finds them gone.
static void layer_remove_hosts(const struct layer *l, enum layer_end end)
{
	uint32_t group = 0;
	int nl = nl_open(0);
	if (nl < 0)
		return;
	if (getrandom(&group, sizeof(group), 0) != sizeof(group))
		group = 0;
	group = (group | 1u << 30) & INT32_MAX; // a number that nobody else uses
	for (uint32_t i = 0; i < l->host_count; i++) {
		const struct port *p = l->hosts[i].port;
		if (p != NULL && !l->hosts[i].borrowed && layer_removes(p, end))
			link_set_group(nl, p->ifindex, group);
	}
	link_delete_group(nl, group);
	close(nl);
}

void layer_free(struct layer *l, enum layer_end end)
{
	if (end != LAYER_KEEP)
		layer_remove_hosts(l, end);
	// TAPs of interfaces first: with them go their routes, while their ports still stand.
	for (uint32_t i = 0; i < l->host_count; i++)
		if (!l->hosts[i].borrowed)
			layer_close(&l->hosts[i].port, end);
	for (uint32_t i = 0; i < l->port_count; i++)
		if (!l->ports[i].borrowed)
			layer_close(&l->ports[i].port, end);
	tables_free(l->tables);
	free(l);
}

static bool layer_same_device(const struct fw_port_row *a, const struct fw_port_row *b)
{
	return a->kind == b->kind && strcmp(a->device, b->device) == 0 &&
	       strcmp(a->network_namespace, b->network_namespace) == 0;
}

// The mark and the MAC of a TAP come from the port's name: another name is another device.
static bool layer_same_port(const struct fw_port_row *a, const struct fw_port_row *b)
{
	return layer_same_device(a, b) && a->mtu == b->mtu && a->serves == b->serves &&
	       (a->kind != FW_PORT_TAP || strcmp(a->name, b->name) == 0);
}

// A port that was found silent is given another chance when its mode changes.
static void layer_trust(struct layer_port *p, bool again)
{
	uint32_t silent = FW_WAKE_SILENT;
	if (again && p->port != NULL)
		atomic_compare_exchange_strong(&p->port->wake, &silent, FW_WAKE_ACCEPTED);
}

void layer_borrow(struct layer *l, struct layer *old)
{
	for (uint32_t i = 0; i < l->port_count; i++) {
		for (uint32_t j = 0; j < old->port_count; j++) {
			struct layer_port *to = &l->ports[i], *from = &old->ports[j];
			if (!layer_same_port(&to->row, &from->row))
				continue;
			to->port = from->port;
			to->borrowed = from->borrowed = true;
			memcpy(to->message, from->message, sizeof(to->message));
			layer_trust(to, layer_rx_mode(l, i) != layer_rx_mode(old, j));
		}
	}
	for (uint32_t i = 0; i < l->host_count; i++) {
		for (uint32_t j = 0; j < old->host_count; j++) {
			struct layer_host *to = &l->hosts[i], *from = &old->hosts[j];
			if (strcmp(to->name, from->name) != 0)
				continue;
			to->port = from->port;
			to->borrowed = from->borrowed = true;
		}
	}
}

uint32_t layer_conflict(const struct layer *l, const struct layer *old)
{
	for (uint32_t j = 0; j < old->port_count; j++) {
		if (old->ports[j].borrowed || old->ports[j].port == NULL)
			continue;
		for (uint32_t i = 0; i < l->port_count; i++)
			if (!l->ports[i].borrowed &&
			    layer_same_device(&l->ports[i].row, &old->ports[j].row))
				return j;
	}
	return FW_NO_INDEX;
}

void layer_settle(struct layer *l, struct layer *old, bool keep_new)
{
	struct layer *keep = keep_new ? l : old;
	for (uint32_t i = 0; keep != NULL && i < keep->port_count; i++)
		keep->ports[i].borrowed = false;
	for (uint32_t i = 0; keep != NULL && i < keep->host_count; i++)
		keep->hosts[i].borrowed = false;
}

void layer_fill(struct layer *l, const struct identity *id)
{
	for (uint32_t i = 0; i < l->host_count; i++) {
		struct interface *n = &l->tables->interfaces[i];
		const struct layer_port *p = &l->ports[n->port];
		uint32_t mtu = p->port != NULL ? p->port->mtu : p->row.mtu != 0 ? p->row.mtu : 1500;
		n->mtu = (uint16_t)mtu;
		if (p->port != NULL)
			memcpy(n->mac, p->port->mac, sizeof(n->mac));
		else
			identity_mac(id, p->row.name, n->mac);
	}
}

bool layer_current(const struct layer *l)
{
	for (uint32_t i = 0; i < l->host_count; i++) {
		const struct interface *n = &l->tables->interfaces[i];
		const struct port *p = l->ports[n->port].port;
		if (p != NULL && (n->mtu != p->mtu || memcmp(n->mac, p->mac, 6) != 0))
			return false;
	}
	return true;
}

enum fw_rx_mode layer_rx_mode(const struct layer *l, uint32_t port)
{
	uint32_t own = l->ports[port].row.rx_mode;
	return own != 0 ? own : l->tables->program->rx_mode;
}

struct generation *layer_generation(const struct layer *l)
{
	struct generation *g = calloc(1, sizeof(*g));
	if (g == NULL)
		return NULL;
	const struct fw_program *p = l->tables->program;
	g->tables = l->tables;
	g->port_count = l->port_count;
	g->interface_count = l->host_count;
	g->limits = (struct idle_limits){.mode = p->rx_mode,
					 .idle_threshold = p->idle_threshold,
					 .resume_threshold = p->resume_threshold};
	g->sleep_timeout_us = p->sleep_timeout_us;
	for (uint32_t i = 0; i < l->port_count; i++) {
		g->ports[i] = l->ports[i].port;
		g->modes[i] = layer_rx_mode(l, i);
	}
	for (uint32_t i = 0; i < l->host_count; i++)
		g->hosts[i] = l->hosts[i].port;
	return g;
}

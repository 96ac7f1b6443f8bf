// SPDX-License-Identifier: Apache-2.0
// Opening, watching and re-opening the devices of a layer.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "control/layer.h"
#include "control/pools.h"
#include "net/hostpath.h"
#include "net/log.h"

// The core with the fewest devices of a kind reads the next one, for as long as it is open.
static uint32_t layer_reader(const struct layer *l, bool hosts)
{
	unsigned load[FW_MAX_CORES] = {0};
	uint32_t best = 0;
	for (uint32_t i = 0; i < (hosts ? l->host_count : l->port_count); i++) {
		const struct port *p = hosts ? l->hosts[i].port : l->ports[i].port;
		if (p != NULL && p->queues < 2)
			load[p->reader]++;
	}
	for (uint32_t core = 1; core < l->cores; core++)
		if (load[core] < load[best])
			best = core;
	return best;
}

static int layer_open_port(const struct layer *l, const struct layer_port *p, const struct identity *id,
			   struct port **out, char *error, size_t size)
{
	char mark[PORT_ALIAS_SIZE];
	struct port_request r = {.name = p->row.name,
				 .device = p->row.device,
				 .network_namespace = p->row.network_namespace,
				 .mark = mark,
				 .mtu = p->row.mtu,
				 .cores = l->cores,
				 .adopt = true,
				 .watch = true,
				 .pool = pools_small(),
				 .jumbo = pools_jumbo};
	identity_mark(id, IDENTITY_PORT, p->row.name, mark);
	identity_mac(id, p->row.name, r.mac);
	switch ((enum fw_port_kind)p->row.kind) {
	case FW_PORT_TAP:
		return tap_open(&r, out, error, size);
	case FW_PORT_KERNEL_INTERFACE:
		return packet_open(&r, out, error, size);
	case FW_PORT_VDEV:
		r.virtual = true;
		return ethdev_open(&r, out, error, size);
	case FW_PORT_PCI:
		return ethdev_open(&r, out, error, size);
	case FW_PORT_VHOST_USER:
	case FW_PORT_VIRTIO_USER:
		r.serves = p->row.serves != 0;
		r.virtio = p->row.kind == FW_PORT_VIRTIO_USER;
		return socket_open(&r, out, error, size);
	}
	return log_fail(error, size, -EINVAL, "unknown kind of port %s", p->row.name);
}

static int layer_open_host(const struct layer *l, uint32_t row, const struct identity *id,
			   struct port **out, char *error, size_t size)
{
	char mark[PORT_ALIAS_SIZE];
	const struct interface *n = &l->tables->interfaces[row];
	struct port_request r = {.name = n->name,
				 .device = n->name,
				 .network_namespace = "",
				 .mark = mark,
				 .kernel_mac = n->mac,
				 .mtu = n->mtu,
				 .cores = l->cores,
				 .pool = pools_small(),
				 .jumbo = pools_jumbo};
	identity_mark(id, IDENTITY_INTERFACE, n->name, mark);
	memcpy(r.mac, n->mac, sizeof(r.mac));
	uint32_t reader = layer_reader(l, true);
	int code = tap_open(&r, out, error, size);
	if (code != 0)
		return code;
	(*out)->reader = reader;
	hostpath_sysctls((*out)->device);
	return 0;
}

static int layer_open_port_read(const struct layer *l, struct layer_port *p, const struct identity *id,
				char *error, size_t size)
{
	uint32_t reader = layer_reader(l, false);
	int code = layer_open_port(l, p, id, &p->port, error, size);
	if (code == 0)
		p->port->reader = reader;
	return code;
}

static int layer_refuse(struct program_fault *f, const char *section, uint32_t row,
			const char *field, const char *message)
{
	*f = (struct program_fault){.verdict = FW_VERDICT_REFUSED_PORT, .row = row};
	snprintf(f->section, sizeof(f->section), "%s", section);
	snprintf(f->field, sizeof(f->field), "%s", field);
	snprintf(f->message, sizeof(f->message), "%s", message);
	return -ENODEV;
}

// A TAP of another buffer size cannot stay: its successor takes its place under the same name.
static bool layer_outgrown(const struct port *host, uint32_t mtu)
{
	return (host->mtu <= PORT_SMALL_MTU) != (mtu <= PORT_SMALL_MTU);
}

// Which field of the port's row is at fault.
static const char *layer_field(const struct fw_port_row *row)
{
	char path[FW_NAME_SIZE + 16];
	snprintf(path, sizeof(path), "/run/netns/%s", row->network_namespace);
	return row->network_namespace[0] != '\0' && access(path, F_OK) != 0 ? "network_namespace" :
									     "device";
}

int layer_open(struct layer *l, const struct identity *id, bool may_be_absent,
	       struct program_fault *fault)
{
	char error[FW_MESSAGE_SIZE];
	for (uint32_t i = 0; i < l->port_count; i++) {
		struct layer_port *p = &l->ports[i];
		if (p->borrowed)
			continue;
		if (layer_open_port_read(l, p, id, error, sizeof(error)) == 0)
			continue;
		memcpy(p->message, error, sizeof(p->message));
		if (!may_be_absent)
			return layer_refuse(fault, "ports", i, layer_field(&p->row), error);
		log_line("port %s: %s", p->row.name, error);
	}
	layer_fill(l, id);
	for (uint32_t i = 0; i < l->host_count; i++) {
		struct layer_host *h = &l->hosts[i];
		if (h->borrowed)
			continue;
		if (layer_open_host(l, i, id, &h->port, error, sizeof(error)) == 0)
			continue;
		if (!may_be_absent)
			return layer_refuse(fault, "interfaces", i, "name", error);
		log_line("interface %s: %s", h->name, error);
	}
	return 0;
}

bool layer_reopen(struct layer *l, const struct identity *id)
{
	char error[FW_MESSAGE_SIZE];
	bool back = false;
	for (uint32_t i = 0; i < l->port_count; i++) {
		struct layer_port *p = &l->ports[i];
		if (p->port != NULL)
			continue;
		if (layer_open_port_read(l, p, id, error, sizeof(error)) == 0) {
			log_line("port %s is back", p->row.name);
			p->message[0] = '\0';
			back = true;
		} else {
			memcpy(p->message, error, sizeof(p->message));
		}
	}
	for (uint32_t i = 0; i < l->host_count; i++) {
		struct layer_host *h = &l->hosts[i];
		if (h->port == NULL &&
		    layer_open_host(l, i, id, &h->port, error, sizeof(error)) == 0) {
			log_line("the kernel TAP of interface %s is back", h->name);
			back = true;
		}
	}
	return back;
}

static bool layer_gone(struct port *p)
{
	return atomic_load(&p->failed) || !p->operations->refresh(p);
}

unsigned layer_refresh(struct layer *l, struct port **gone, unsigned room)
{
	unsigned count = 0;
	for (uint32_t i = 0; i < l->port_count && count < room; i++) {
		struct layer_port *p = &l->ports[i];
		if (p->port == NULL || !layer_gone(p->port))
			continue;
		log_line("port %s: device %s is gone", p->row.name, p->row.device);
		strcpy(p->message, "the device is gone");
		gone[count++] = p->port;
		p->port = NULL;
	}
	for (uint32_t i = 0; i < l->host_count && count < room; i++) {
		struct layer_host *h = &l->hosts[i];
		const struct interface *n = &l->tables->interfaces[i];
		if (h->port == NULL)
			continue;
		if (!layer_gone(h->port) && !layer_outgrown(h->port, n->mtu)) {
			const struct layer_port *p = &l->ports[n->port];
			tap_set_carrier(h->port, p->port != NULL && atomic_load(&p->port->up));
			if (memcmp(h->port->mac, n->mac, 6) != 0)
				tap_set_mac(h->port, n->mac);
			if (h->port->mtu != n->mtu)
				tap_set_mtu(h->port, n->mtu);
			continue;
		}
		gone[count++] = h->port;
		h->port = NULL;
	}
	return count;
}

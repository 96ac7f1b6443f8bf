// SPDX-License-Identifier: Apache-2.0
#include "control/status.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <rte_version.h>

void status_start(struct fw_worker_status *s, const struct options *o)
{
	status_begin(s);
	s->phase = FW_PHASE_STARTING;
	s->pid = (uint64_t)getpid();
	s->start_count++;
	s->started_at_ns = clock_realtime_ns();
	s->judged_sequence = 0; // of this worker: the agent waits for our own verdict
	s->active_sequence = 0;
	s->verdict = FW_VERDICT_NONE;
	memset(s->cores, 0, sizeof(s->cores));
	memset(s->core_heartbeat_ns, 0, sizeof(s->core_heartbeat_ns));
	memset(s->core_rx_mode, 0, sizeof(s->core_rx_mode));
	memset(s->core_woken_ns, 0, sizeof(s->core_woken_ns));
	memcpy(s->cores, o->cores, o->core_count * sizeof(o->cores[0]));
	s->core_count = o->core_count;
	s->page_size = o->page_size;
	memset(s->worker_version, 0, sizeof(s->worker_version));
	memset(s->dpdk_version, 0, sizeof(s->dpdk_version));
	snprintf(s->worker_version, sizeof(s->worker_version), "%s", PORTCULLIS_VERSION);
	snprintf(s->dpdk_version, sizeof(s->dpdk_version), "%s", rte_version());
	status_end(s);
}

void status_phase(struct fw_worker_status *s, enum fw_worker_phase phase)
{
	status_begin(s);
	s->phase = phase;
	status_end(s);
}

void status_heartbeat(struct fw_worker_status *s, const struct clock *clock)
{
	status_begin(s);
	s->heartbeat_ns = clock_monotonic_ns();
	s->kept.clock_ns = clock_ns(clock, clock_boottime_ns());
	status_end(s);
}

void status_adopt(struct fw_worker_status *s, const struct fw_program *p, uint32_t epoch)
{
	status_begin(s);
	s->epoch = epoch;
	s->active_sequence = p->sequence;
	memcpy(s->active_hash, p->hash, sizeof(s->active_hash));
	status_end(s);
}

static void status_judged(struct fw_worker_status *s, uint64_t sequence,
			  const uint8_t hash[FW_HASH_SIZE])
{
	s->judged_sequence = sequence;
	memcpy(s->judged_hash, hash, sizeof(s->judged_hash));
	memset(s->verdict_section, 0, sizeof(s->verdict_section));
	memset(s->verdict_field, 0, sizeof(s->verdict_field));
	memset(s->verdict_message, 0, sizeof(s->verdict_message));
	s->verdict_row = FW_NO_INDEX;
}

void status_accepted(struct fw_worker_status *s, uint64_t sequence,
		     const uint8_t hash[FW_HASH_SIZE])
{
	status_begin(s);
	status_judged(s, sequence, hash);
	s->active_sequence = sequence;
	s->verdict = FW_VERDICT_ACCEPTED;
	s->phase = FW_PHASE_FORWARDING;
	status_end(s);
}

void status_refused(struct fw_worker_status *s, uint64_t sequence, const uint8_t hash[FW_HASH_SIZE],
		    const struct program_fault *fault)
{
	status_begin(s);
	status_judged(s, sequence, hash);
	s->verdict = fault->verdict;
	s->verdict_row = fault->row;
	snprintf(s->verdict_section, sizeof(s->verdict_section), "%s", fault->section);
	snprintf(s->verdict_field, sizeof(s->verdict_field), "%s", fault->field);
	snprintf(s->verdict_message, sizeof(s->verdict_message), "%s", fault->message);
	status_end(s);
}

void status_tables_start(struct status_tables *t, const struct state *s)
{
	t->rows = s->tables;
	for (unsigned i = 0; i < FW_TABLE_COUNT; i++)
		t->before[i] = t->rows[i].refused;
}

void status_table(const struct status_tables *t, enum fw_table table, struct fw_table_status now)
{
	now.refused += t->before[table];
	t->rows[table] = now;
}

bool status_ports(struct fw_port_status *rows, const struct layer *l, const struct generation *g)
{
	bool changed = false;
	for (uint32_t i = 0; i < l->port_count; i++) {
		struct port *p = l->ports[i].port;
		char message[FW_MESSAGE_SIZE] = "";
		bool up = p != NULL && atomic_load(&p->up);
		if (p == NULL)
			snprintf(message, sizeof(message), "%s", l->ports[i].message);
		else if (!up)
			snprintf(message, sizeof(message), "device %s is down or has no carrier",
				 p->device[0] != '\0' ? p->device : l->ports[i].row.device);
		uint32_t state = rows[i].state, wake = rows[i].rx_wake;
		rows[i].state = p == NULL ? FW_PORT_ABSENT : up ? FW_PORT_UP : FW_PORT_DOWN;
		if (p != NULL) {
			rows[i].mtu = p->mtu;
			memcpy(rows[i].mac, p->mac, sizeof(rows[i].mac));
			rows[i].spread = (uint8_t)p->spread;
			rows[i].readers = p->queues > 1 ? (uint8_t)p->queues : 1;
			rows[i].reader = p->reader;
			rows[i].rx_missed = p->operations->missed(p);
		}
		memcpy(rows[i].message, message, sizeof(rows[i].message));
		status_port_rx(&rows[i], l, g, i);
		changed = changed || state != rows[i].state || wake != rows[i].rx_wake;
	}
	return changed;
}

void status_interfaces(struct fw_interface_status *rows, const struct layer *l)
{
	for (uint32_t i = 0; i < l->host_count; i++)
		rows[i].ifindex = l->hosts[i].port != NULL ? (uint32_t)l->hosts[i].port->ifindex : 0;
}

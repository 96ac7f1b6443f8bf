// SPDX-License-Identifier: Apache-2.0
#include "replay/serve_state.h"

#include <arpa/inet.h>
#include "replay/json.h"
#include "replay/names.h"

static void number(FILE *out, const char *name, uint64_t value)
{
	fprintf(out, ",\"%s\":%llu", name, (unsigned long long)value);
}

static void write_counters(FILE *out, const struct fw_counters *n)
{
	fprintf(out, "{\"received\":%llu", (unsigned long long)n->received);
	number(out, "receivedBytes", n->received_bytes);
	number(out, "originated", n->originated);
	number(out, "forwarded", n->forwarded);
	number(out, "forwardedBytes", n->forwarded_bytes);
	number(out, "punted", n->punted);
	number(out, "consumed", n->consumed);
	number(out, "held", n->held);
	number(out, "sessions4", n->sessions4);
	number(out, "sessions6", n->sessions6);
	number(out, "sessionsOpened", n->sessions_opened);
	number(out, "sessionsClosed", n->sessions_closed);
	number(out, "sessionsExpired", n->sessions_expired);
	number(out, "sessionsDenied", n->sessions_denied);
	number(out, "sessionsUntranslated", n->sessions_untranslated);
	number(out, "errorsLimited", n->errors_limited);
	fputs(",\"dropped\":{", out);
	bool any = false;
	for (unsigned reason = 0; reason < FW_DROP_COUNT; reason++) {
		if (n->dropped[reason] == 0)
			continue;
		fprintf(out, "%s\"%s\":%llu", any ? "," : "", name_of_drop((enum fw_drop)reason),
			(unsigned long long)n->dropped[reason]);
		any = true;
	}
	fputs("}}", out);
}

static void write_policies(FILE *out, const struct engine *e)
{
	const struct tables *t = engine_tables(e);
	const struct fw_policy_counters *rows = engine_policies(e);
	fputs(",\"policies\":{", out);
	for (uint32_t i = 0; t != NULL && i < t->policy_count; i++) {
		fputs(i == 0 ? "" : ",", out);
		json_string(out, t->policies[i].name);
		fprintf(out, ":{\"packets\":%llu,\"bytes\":%llu,\"sessions\":%llu}",
			(unsigned long long)rows[i].packets, (unsigned long long)rows[i].bytes,
			(unsigned long long)rows[i].sessions);
	}
	fputc('}', out);
}

static void write_interfaces(FILE *out, const struct engine *e)
{
	const struct tables *t = engine_tables(e);
	const struct fw_interface_status *rows = engine_interfaces(e);
	fputs(",\"interfaces\":{", out);
	for (uint32_t i = 0; t != NULL && i < t->interface_count; i++) {
		fputs(i == 0 ? "" : ",", out);
		json_string(out, t->interfaces[i].name);
		fprintf(
		    out,
		    ":{\"rxPackets\":%llu,\"rxBytes\":%llu,\"txPackets\":%llu,\"txBytes\":%llu",
		    (unsigned long long)rows[i].rx_packets, (unsigned long long)rows[i].rx_bytes,
		    (unsigned long long)rows[i].tx_packets, (unsigned long long)rows[i].tx_bytes);
		fprintf(out, ",\"punted\":%llu,\"fromHost\":%llu}",
			(unsigned long long)rows[i].punted, (unsigned long long)rows[i].from_host);
	}
	fputc('}', out);
}

struct side {
	const uint8_t *source, *destination;
	uint16_t source_port_be, destination_port_be;
	uint64_t packets[2], bytes[2];
	uint8_t protocol;
	const struct fw_session_track *track;
	const struct fw_line4 *back; // of IPv4
};

static uint64_t packets(const struct fw_session_track *track, unsigned direction, uint32_t low)
{
	return (uint64_t)track->packets_high[direction] << 32 | low;
}

static void write_session(FILE *out, int family, const struct side *s,
			  const struct fw_session_cold *cold)
{
	char source[INET6_ADDRSTRLEN], destination[INET6_ADDRSTRLEN];
	inet_ntop(family, s->source, source, sizeof(source));
	inet_ntop(family, s->destination, destination, sizeof(destination));
	fprintf(out,
		"{\"id\":%llu,\"protocol\":%u,\"source\":\"%s\",\"sourcePort\":%u,\"destination\":"
		"\"%s\"",
		(unsigned long long)cold->id, s->protocol, source, ntohs(s->source_port_be),
		destination);
	fprintf(out, ",\"destinationPort\":%u,\"state\":\"%s\",\"timeout\":%u",
		ntohs(s->destination_port_be), name_of_tcp_state(s->track->state),
		s->track->timeout / SESSION_TICKS_PER_SECOND);
	if (s->back != NULL) {
		inet_ntop(AF_INET, s->back->destination, source, sizeof(source));
		inet_ntop(AF_INET, s->back->source, destination, sizeof(destination));
		fprintf(out,
			",\"natSource\":\"%s\",\"natSourcePort\":%u,\"natDestination\":\"%s\","
			"\"natDestinationPort\":%u",
			source, ntohs(s->back->destination_port_be), destination,
			ntohs(s->back->source_port_be));
	}
	fprintf(out, ",\"packets\":[%llu,%llu],\"bytes\":[%llu,%llu],\"flags\":%u}",
		(unsigned long long)s->packets[0], (unsigned long long)s->packets[1],
		(unsigned long long)s->bytes[0], (unsigned long long)s->bytes[1], cold->flags);
}

static void write_family(FILE *out, const struct engine *e, uint8_t family, bool *any)
{
	struct session_table *table = engine_sessions(e, family);
	uint32_t cursor = 0, n;
	while (session_walk(table, &cursor, UINT32_MAX, &n)) {
		fputs(*any ? "," : "", out);
		*any = true;
		if (family == 4) {
			const struct fw_session4 *s = session_entry4(table, n);
			const struct fw_line4 *l = s->line;
			struct side side = {l->source,
					    l->destination,
					    l->source_port_be,
					    l->destination_port_be,
					    {packets(&s->track, 0, l[0].packets),
					     packets(&s->track, 1, l[1].packets)},
					    {l[0].bytes, l[1].bytes},
					    l->protocol,
					    &s->track,
					    &l[1]};
			write_session(out, AF_INET, &side, &s->cold);
		} else {
			const struct fw_session6 *s = session_entry6(table, n);
			const struct fw_line6 *l = s->line;
			struct side side = {l->source,
					    l->destination,
					    l->source_port_be,
					    l->destination_port_be,
					    {packets(&s->track, 0, l[0].packets),
					     packets(&s->track, 1, l[1].packets)},
					    {l[0].bytes, l[1].bytes},
					    l->protocol,
					    &s->track,
					    NULL};
			write_session(out, AF_INET6, &side, &s->cold);
		}
	}
}

void serve_state(FILE *out, const struct engine *e)
{
	bool any = false;
	const struct bindings *bindings = engine_bindings(e);
	fprintf(out, "{\"bindings\":{\"used\":%u,\"capacity\":%u}",
		bindings != NULL ? bindings_count(bindings) : 0,
		bindings != NULL ? bindings_capacity(bindings) : 0);
	fputs(",\"counters\":", out);
	write_counters(out, engine_counters(e));
	write_policies(out, e);
	write_interfaces(out, e);
	fputs(",\"sessions\":[", out);
	write_family(out, e, 4, &any);
	write_family(out, e, 6, &any);
	fputs("]}", out);
}

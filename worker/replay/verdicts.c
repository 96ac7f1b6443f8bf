// SPDX-License-Identifier: Apache-2.0
#include "replay/verdicts.h"

#include <stdlib.h>
#include "replay/json.h"
#include "replay/names.h"

#define SECOND 1000000000ull

struct row {
	uint32_t port;
	bool done;
	uint64_t index, time_ns;
	struct packet_end end;
};

struct verdicts {
	FILE *file;
	uint64_t first; // tag of rows[0]
	size_t count, room;
	struct row *rows;
};

struct verdicts *verdicts_create(FILE *file)
{
	struct verdicts *v = calloc(1, sizeof(*v));
	if (v != NULL)
		v->file = file;
	return v;
}

void verdicts_free(struct verdicts *v)
{
	if (v == NULL)
		return;
	free(v->rows);
	free(v);
}

uint64_t verdicts_expect(struct verdicts *v, uint32_t port, uint64_t index, uint64_t time_ns)
{
	if (v->count == v->room) {
		size_t room = v->room == 0 ? 256 : v->room * 2;
		struct row *grown = realloc(v->rows, room * sizeof(*grown));
		if (grown == NULL)
			return UINT64_MAX;
		v->rows = grown;
		v->room = room;
	}
	v->rows[v->count] = (struct row){.port = port, .index = index, .time_ns = time_ns};
	return v->first + v->count++;
}

static void write_row(FILE *file, const struct tables *t, const struct row *r)
{
	const struct packet_end *end = &r->end;
	fputs("{\"port\":", file);
	json_string(file, name_of_port(t, r->port));
	fprintf(file, ",\"index\":%llu,\"timestamp\":%llu.%09llu,\"verdict\":\"%s\",\"reason\":",
		(unsigned long long)r->index, (unsigned long long)(r->time_ns / SECOND),
		(unsigned long long)(r->time_ns % SECOND), name_of_outcome(end->outcome));
	json_string(file, end->outcome == OUTCOME_DROPPED ? name_of_drop(end->reason) : NULL);
	fputs(",\"policy\":", file);
	json_string(file, name_of_policy(t, end->policy));
	fputs(",\"fromZone\":", file);
	json_string(file, name_of_zone(t, end->from_zone));
	fputs(",\"toZone\":", file);
	json_string(file, name_of_zone(t, end->to_zone));
	fputs(",\"inInterface\":", file);
	json_string(file, name_of_interface(t, end->in_interface));
	fputs(",\"outInterface\":", file);
	json_string(file, name_of_interface(t, end->out_interface));
	if (end->session != 0)
		fprintf(file, ",\"session\":%llu}\n", (unsigned long long)end->session);
	else
		fputs(",\"session\":null}\n", file);
}

void verdicts_end(struct verdicts *v, const struct tables *t, uint64_t tag,
		  const struct packet_end *end)
{
	struct row *row = &v->rows[tag - v->first];
	row->end = *end;
	row->done = true;
	if (tag != v->first)
		return;
	size_t done = 0;
	while (done < v->count && v->rows[done].done)
		write_row(v->file, t, &v->rows[done++]);
	v->first += done;
	v->count -= done;
	memmove(v->rows, v->rows + done, v->count * sizeof(*v->rows));
}

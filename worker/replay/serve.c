// SPDX-License-Identifier: Apache-2.0
// The engine behind a pipe, for the packet tests. A command is a length (32 bits) and that many
// bytes: an opcode and its fields. Each is answered by a length and a JSON object that tells all
// that happened. Integers are little-endian.
//
//   R sessions4:u32 sessions6:u32 bits:u8 (1 strict MAC, 2 announce)       an empty engine
//   L bank                                                                 load a program
//   M port:u32 mac[6]                                                      MAC address of a port,
//                                                                          before L
//   P port:u32 (tag:u64 tci:u32 segment:u32 length:u32 bytes)*             a burst from a port
//   H interface:u32 (same)*                                                a burst from the kernel
//   T nanoseconds:u64                                                      advance the clock
//   N interface:u32 family:u8 address[16] present:u8 mac[6]                a neighbor appears, or
//                                                                          goes
//   G family:u8 prefix[16] length:u8 type:u8 interface:u32 gateway[16]     a route appears, or goes
//   A interface:u32 addresses[8]                                           the kernel gives it
//                                                                          these two
//   S                                                                      sessions and counters
#include "replay/replay.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "replay/json.h"
#include "replay/names.h"
#include "replay/serve_state.h"

enum { COMMAND_MAX = 80 << 20 };

struct reader {
	const uint8_t *at;
	size_t left;
	bool short_of;
};

struct server {
	struct engine *engine;
	FILE *out; // the answer
	unsigned events;
};

static const uint8_t *take(struct reader *r, size_t count)
{
	if (r->left < count) {
		r->short_of = true;
		return NULL;
	}
	const uint8_t *at = r->at;
	r->at += count;
	r->left -= count;
	return at;
}

static uint64_t take_number(struct reader *r, size_t bytes)
{
	const uint8_t *at = take(r, bytes);
	uint64_t value = 0;
	for (size_t i = 0; at != NULL && i < bytes; i++)
		value |= (uint64_t)at[i] << 8 * i;
	return value;
}

static void comma(struct server *s)
{
	if (s->events++ != 0)
		fputc(',', s->out);
}

static void transmitted(void *context, uint32_t port, const uint8_t *frame, uint32_t length)
{
	struct server *s = context;
	comma(s);
	fprintf(s->out, "{\"port\":%u,\"frame\":", port);
	json_hex(s->out, frame, length);
	fputc('}', s->out);
}

static void punted(void *context, uint32_t interface, const uint8_t *frame, uint32_t length)
{
	struct server *s = context;
	comma(s);
	fprintf(s->out, "{\"host\":%u,\"frame\":", interface);
	json_hex(s->out, frame, length);
	fputc('}', s->out);
}

static void ended(void *context, uint64_t tag, const struct packet_end *end)
{
	struct server *s = context;
	const struct tables *t = engine_tables(s->engine);
	comma(s);
	fprintf(s->out, "{\"tag\":%llu,\"verdict\":\"%s\",\"reason\":", (unsigned long long)tag,
		name_of_outcome(end->outcome));
	json_string(s->out, end->outcome == OUTCOME_DROPPED ? name_of_drop(end->reason) : NULL);
	fputs(",\"policy\":", s->out);
	json_string(s->out, t == NULL ? NULL : name_of_policy(t, end->policy));
	fputs(",\"fromZone\":", s->out);
	json_string(s->out, t == NULL ? NULL : name_of_zone(t, end->from_zone));
	fputs(",\"toZone\":", s->out);
	json_string(s->out, t == NULL ? NULL : name_of_zone(t, end->to_zone));
	fputs(",\"inInterface\":", s->out);
	json_string(s->out, t == NULL ? NULL : name_of_interface(t, end->in_interface));
	fputs(",\"outInterface\":", s->out);
	json_string(s->out, t == NULL ? NULL : name_of_interface(t, end->out_interface));
	fprintf(s->out, ",\"session\":%llu}", (unsigned long long)end->session);
}

static const char *do_reset(struct server *s, struct reader *r)
{
	struct engine_options options = {0};
	options.sessions4 = (uint32_t)take_number(r, 4);
	options.sessions6 = (uint32_t)take_number(r, 4);
	unsigned bits = (unsigned)take_number(r, 1);
	options.strict_mac = (bits & 1) != 0;
	options.announce = (bits & 2) != 0;
	if (r->short_of)
		return "R is too short";
	return engine_reset(s->engine, &options) != 0 ? "out of memory" : NULL;
}

static const char *do_load(struct server *s, struct reader *r)
{
	static char message[CAPTURE_MESSAGE];
	struct program_fault fault = {.row = FW_NO_INDEX};
	void *copy = malloc(r->left); // checked bytes are aligned bytes
	if (copy == NULL)
		return "out of memory";
	memcpy(copy, r->at, r->left);
	int error = engine_load(s->engine, copy, r->left, &fault);
	free(copy);
	if (error == 0)
		return NULL;
	snprintf(message, sizeof(message), "program refused (%d): %.64s %.64s: %.200s", error,
		 fault.section, fault.field, fault.message);
	return message;
}

static const char *do_burst(struct server *s, struct reader *r, bool from_host)
{
	struct engine_frame frames[PIPELINE_BURST];
	unsigned count = 0;
	uint32_t row = (uint32_t)take_number(r, 4);
	while (r->left != 0 && !r->short_of && count < PIPELINE_BURST) {
		struct engine_frame *f = &frames[count++];
		memset(f, 0, sizeof(*f));
		f->tag = take_number(r, 8);
		f->tci = (uint32_t)take_number(r, 4);
		f->segment = (uint32_t)take_number(r, 4);
		f->length = (uint32_t)take_number(r, 4);
		f->bytes = take(r, f->length);
	}
	if (r->short_of || r->left != 0)
		return "a burst is cut short or too long";
	if (from_host)
		engine_from_host(s->engine, row, frames, count);
	else
		engine_from_port(s->engine, row, frames, count);
	return NULL;
}

static const char *do_neighbor(struct server *s, struct reader *r)
{
	uint32_t interface = (uint32_t)take_number(r, 4);
	uint8_t family = (uint8_t)take_number(r, 1);
	const uint8_t *address = take(r, 16);
	bool present = take_number(r, 1) != 0;
	const uint8_t *mac = take(r, 6);
	if (r->short_of || engine_tables(s->engine) == NULL ||
	    interface >= engine_tables(s->engine)->interface_count)
		return "N is too short, or its interface does not exist";
	return engine_set_neighbor(s->engine, interface, family, address, present ? mac : NULL) == 0
		   ? NULL
		   : "no room";
}

static const char *do_route(struct server *s, struct reader *r)
{
	uint8_t family = (uint8_t)take_number(r, 1);
	const uint8_t *prefix = take(r, 16);
	uint8_t length = (uint8_t)take_number(r, 1);
	enum hop_type type = (enum hop_type)take_number(r, 1);
	uint32_t interface = (uint32_t)take_number(r, 4);
	const uint8_t *gateway = take(r, 16);
	if (r->short_of || engine_tables(s->engine) == NULL)
		return "G is too short, or there is no program";
	return engine_set_route(s->engine, family, prefix, length, type, interface, gateway) == 0
		   ? NULL
		   : "fib refuses";
}

static const char *do_own(struct server *s, struct reader *r)
{
	struct program_fault fault;
	uint32_t interface = (uint32_t)take_number(r, 4);
	const uint8_t *addresses = take(r, 8);
	if (r->short_of || engine_tables(s->engine) == NULL ||
	    interface >= engine_tables(s->engine)->interface_count)
		return "A is too short, or its interface does not exist";
	return engine_set_own(s->engine, interface, addresses, &fault) == 0 ? NULL : "no room";
}

static const char *do_mac(struct server *s, struct reader *r)
{
	uint32_t port = (uint32_t)take_number(r, 4);
	const uint8_t *mac = take(r, 6);
	if (r->short_of || port >= FW_MAX_PORTS)
		return "M is too short, or its port does not exist";
	engine_set_mac(s->engine, port, mac);
	return NULL;
}

static const char *obey(struct server *s, struct reader *r)
{
	switch (take_number(r, 1)) {
	case 'R':
		return do_reset(s, r);
	case 'L':
		return do_load(s, r);
	case 'A':
		return do_own(s, r);
	case 'M':
		return do_mac(s, r);
	case 'P':
		return do_burst(s, r, false);
	case 'H':
		return do_burst(s, r, true);
	case 'T':
		engine_advance(s->engine, take_number(r, 8));
		return r->short_of ? "T is too short" : NULL;
	case 'N':
		return do_neighbor(s, r);
	case 'G':
		return do_route(s, r);
	case 'S':
		comma(s);
		serve_state(s->out, s->engine);
		return NULL;
	default:
		return "unknown command";
	}
}

// One command, one answer.
static bool answer(struct server *s, const uint8_t *bytes, size_t size)
{
	struct reader r = {bytes, size, false};
	char *text = NULL;
	size_t length = 0;
	s->out = open_memstream(&text, &length);
	if (s->out == NULL)
		return false;
	s->events = 0;
	fputs("{\"events\":[", s->out);
	const char *error = obey(s, &r);
	fputs("],\"error\":", s->out);
	json_string(s->out, error);
	fprintf(s->out, ",\"conserved\":%s}", engine_conserves(s->engine) ? "true" : "false");
	fclose(s->out);
	uint8_t head[4] = {(uint8_t)length, (uint8_t)(length >> 8), (uint8_t)(length >> 16),
			   (uint8_t)(length >> 24)};
	bool sent = fwrite(head, 1, 4, stdout) == 4 && fwrite(text, 1, length, stdout) == length &&
		    fflush(stdout) == 0;
	free(text);
	return sent;
}

// 1: a command in *bytes; 0: end of input; -1: broken.
static int read_command(uint8_t **bytes, size_t *size)
{
	uint8_t head[4];
	size_t got = fread(head, 1, 4, stdin);
	if (got != 4)
		return got == 0 ? 0 : -1;
	*size = head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
	if (*size > COMMAND_MAX)
		return -1;
	*bytes = malloc(*size + 1);
	return *bytes != NULL && fread(*bytes, 1, *size, stdin) == *size ? 1 : -1;
}

int serve(void)
{
	struct engine_options options = {.sessions4 = 1024, .sessions6 = 1024};
	struct server s = {0};
	struct engine_sink sink = {&s, transmitted, punted, ended};
	int more;
	s.engine = engine_create(&options, &sink);
	if (s.engine == NULL) {
		fputs("portcullis-replay: out of memory\n", stderr);
		return 1;
	}
	do {
		uint8_t *bytes = NULL;
		size_t size = 0;
		more = read_command(&bytes, &size);
		if (more == 1 && !answer(&s, bytes, size))
			more = -1;
		free(bytes);
	} while (more == 1);
	// The pipe is gone; what is held would be told to nobody.
	s.out = fopen("/dev/null", "w");
	engine_free(s.engine);
	if (s.out != NULL)
		fclose(s.out);
	if (more < 0)
		fputs("portcullis-replay: broken command on standard input\n", stderr);
	return more < 0 ? 1 : 0;
}

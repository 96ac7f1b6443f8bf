// SPDX-License-Identifier: Apache-2.0
// Captures through a program: merged by timestamp, on their own clock. Between two packets the
// engine's timers run as far as the captures' clock has moved; after the last, long enough for
// every held packet to end.
#include "replay/replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "replay/names.h"
#include "replay/verdicts.h"

#define SECOND 1000000000ull

struct source {
	struct capture *capture;
	uint32_t port;
	uint64_t index;
	bool pending;
	struct capture_packet packet;
};

struct replay {
	const struct replay_options *options;
	char *message;
	struct engine *engine;
	uint64_t now_ns;
	bool nanoseconds, started, failed;
	unsigned source_count;
	struct source sources[FW_MAX_PORTS];
	FILE *verdict_file;
	struct verdicts *verdicts;
	struct capture_writer *ports[FW_MAX_PORTS];
	struct capture_writer *hosts[FW_MAX_INTERFACES];
};

uint8_t *replay_read_file(const char *path, size_t *size, char message[CAPTURE_MESSAGE])
{
	struct stat status;
	FILE *file = fopen(path, "rb");
	if (file == NULL || fstat(fileno(file), &status) != 0) {
		snprintf(message, CAPTURE_MESSAGE, "cannot read program %s: %s", path,
			 strerror(errno));
		if (file != NULL)
			fclose(file);
		return NULL;
	}
	*size = (size_t)status.st_size;
	if (!S_ISREG(status.st_mode) || *size == 0 || *size > FW_MAX_BANK_SIZE) {
		snprintf(message, CAPTURE_MESSAGE, "%s is not an encoded program", path);
		fclose(file);
		return NULL;
	}
	uint8_t *bytes = malloc(*size);
	if (bytes == NULL || fread(bytes, 1, *size, file) != *size) {
		snprintf(message, CAPTURE_MESSAGE, "cannot read program %s", path);
		free(bytes);
		bytes = NULL;
	}
	fclose(file);
	return bytes;
}

static struct capture_writer *create_output(struct replay *r, const char *prefix, const char *name)
{
	char path[4096];
	if (strchr(name, '/') != NULL) {
		snprintf(r->message, CAPTURE_MESSAGE, "the name %s cannot be a file's", name);
		return NULL;
	}
	snprintf(path, sizeof(path), "%s/%s%s.pcap", r->options->out, prefix, name);
	return capture_create(path, r->nanoseconds, r->message);
}

static void transmitted(void *context, uint32_t port, const uint8_t *frame, uint32_t length)
{
	struct replay *r = context;
	capture_write(r->ports[port], r->now_ns, frame, length);
}

static void punted(void *context, uint32_t interface, const uint8_t *frame, uint32_t length)
{
	struct replay *r = context;
	if (r->hosts[interface] == NULL && !r->failed) {
		r->hosts[interface] = create_output(
		    r, "host-", name_of_interface(engine_tables(r->engine), interface));
		r->failed = r->hosts[interface] == NULL;
	}
	if (r->hosts[interface] != NULL)
		capture_write(r->hosts[interface], r->now_ns, frame, length);
}

static void ended(void *context, uint64_t tag, const struct packet_end *end)
{
	struct replay *r = context;
	verdicts_end(r->verdicts, engine_tables(r->engine), tag, end);
}

static uint32_t find_port(const struct tables *t, const char *name)
{
	for (uint32_t port = 0; port < t->port_count; port++)
		if (strncmp(name_of_port(t, port), name, FW_NAME_SIZE) == 0)
			return port;
	return FW_NO_INDEX;
}

static int unknown_port(struct replay *r, const struct tables *t, const char *name)
{
	int at = snprintf(r->message, CAPTURE_MESSAGE, "there is no port %s; the configuration has",
			  name);
	for (uint32_t port = 0; port < t->port_count && at > 0 && at < CAPTURE_MESSAGE; port++)
		at += snprintf(r->message + at, (size_t)(CAPTURE_MESSAGE - at), "%s %s",
			       port == 0 ? "" : ",", name_of_port(t, port));
	return -1;
}

static int load_program(struct replay *r)
{
	struct program_fault fault = {.row = FW_NO_INDEX};
	size_t size;
	uint8_t *bytes = replay_read_file(r->options->program, &size, r->message);
	if (bytes == NULL)
		return -1;
	int error = engine_load(r->engine, bytes, size, &fault);
	free(bytes);
	if (error != 0)
		snprintf(r->message, CAPTURE_MESSAGE, "program %s is refused: %.64s %.64s: %.200s",
			 r->options->program, fault.section, fault.field,
			 fault.message[0] != '\0' ? fault.message : strerror(-error));
	return error;
}

// MAC addresses belong to ports, and ports to the program: load, look the names up, load again with
// the addresses.
static int set_macs(struct replay *r)
{
	for (unsigned i = 0; i < r->options->mac_count; i++) {
		const struct tables *t = engine_tables(r->engine);
		uint32_t port = find_port(t, r->options->macs[i].port);
		if (port == FW_NO_INDEX)
			return unknown_port(r, t, r->options->macs[i].port);
		engine_set_mac(r->engine, port, r->options->macs[i].mac);
	}
	return r->options->mac_count == 0 ? 0 : load_program(r);
}

static int open_sources(struct replay *r)
{
	const struct tables *t = engine_tables(r->engine);
	for (unsigned i = 0; i < r->options->input_count; i++) {
		const struct replay_input *input = &r->options->inputs[i];
		struct source *source = &r->sources[r->source_count];
		source->port = find_port(t, input->port);
		if (source->port == FW_NO_INDEX)
			return unknown_port(r, t, input->port);
		if (capture_check(input->path, &r->nanoseconds, r->message) != 0)
			return -1;
		source->capture = capture_open(input->path, r->message);
		if (source->capture == NULL)
			return -1;
		r->source_count++;
	}
	return 0;
}

static int open_outputs(struct replay *r)
{
	const struct tables *t = engine_tables(r->engine);
	char path[4096];
	if (mkdir(r->options->out, 0777) != 0 && errno != EEXIST) {
		snprintf(r->message, CAPTURE_MESSAGE, "cannot make directory %s: %s",
			 r->options->out, strerror(errno));
		return -1;
	}
	for (uint32_t port = 0; port < t->port_count; port++) {
		r->ports[port] = create_output(r, "", name_of_port(t, port));
		if (r->ports[port] == NULL)
			return -1;
	}
	snprintf(path, sizeof(path), "%s/verdicts.jsonl", r->options->out);
	r->verdict_file = fopen(path, "w");
	r->verdicts = verdicts_create(r->verdict_file);
	if (r->verdict_file != NULL && r->verdicts != NULL)
		return 0;
	snprintf(r->message, CAPTURE_MESSAGE, "cannot write %s: %s", path, strerror(errno));
	return -1;
}

// The source whose next packet is the oldest; of equals the one given first. NULL: all are at their
// end.
static struct source *next_source(struct replay *r)
{
	struct source *oldest = NULL;
	for (unsigned i = 0; i < r->source_count; i++) {
		struct source *s = &r->sources[i];
		if (!s->pending) {
			int result = capture_next(s->capture, &s->packet, r->message);
			r->failed |= result < 0;
			s->pending = result == 1;
		}
		if (s->pending && (oldest == NULL || s->packet.time_ns < oldest->packet.time_ns))
			oldest = s;
	}
	return r->failed ? NULL : oldest;
}

static void put_in(struct replay *r, struct source *s)
{
	struct engine_frame frame = {
	    .bytes = s->packet.bytes,
	    .length = s->packet.length,
	    .wire_length = s->packet.wire_length,
	    .tci = ENGINE_TCI_NONE,
	};
	if (!r->started) {
		r->started = true;
		r->now_ns = s->packet.time_ns;
	} else if (s->packet.time_ns > r->now_ns) { // a clock that goes back stands still
		uint64_t step = s->packet.time_ns - r->now_ns;
		r->now_ns = s->packet.time_ns;
		engine_advance(r->engine, step);
	}
	engine_set_realtime(r->engine, r->now_ns);
	frame.tag = verdicts_expect(r->verdicts, s->port, s->index++, s->packet.time_ns);
	s->pending = false;
	if (frame.tag == UINT64_MAX) {
		snprintf(r->message, CAPTURE_MESSAGE, "out of memory");
		r->failed = true;
		return;
	}
	engine_from_port(r->engine, s->port, &frame, 1);
}

static void run(struct replay *r)
{
	struct source *s;
	while ((s = next_source(r)) != NULL)
		put_in(r, s);
	for (unsigned i = 0; i < 16; i++) { // what is held ends here
		r->now_ns += SECOND / 4;
		engine_advance(r->engine, SECOND / 4);
	}
}

static int close_all(struct replay *r)
{
	int result = r->failed ? -1 : 0;
	engine_free(r->engine); // ends what is held
	for (unsigned i = 0; i < r->source_count; i++)
		capture_close(r->sources[i].capture);
	for (unsigned i = 0; i < FW_MAX_PORTS; i++)
		result |= capture_finish(r->ports[i], r->message);
	for (unsigned i = 0; i < FW_MAX_INTERFACES; i++)
		result |= capture_finish(r->hosts[i], r->message);
	if (r->verdict_file != NULL && fclose(r->verdict_file) != 0) {
		snprintf(r->message, CAPTURE_MESSAGE, "cannot write verdicts.jsonl: %s",
			 strerror(errno));
		result = -1;
	}
	verdicts_free(r->verdicts);
	return result;
}

// Session tables as large as the program wants them, or as a capture can fill.
static void table_sizes(const uint8_t *bank, size_t size, struct engine_options *options)
{
	struct program_fault fault;
	const struct fw_program *program = (const void *)bank;
	bool good = program_check(bank, size, &fault) == 0;
	options->sessions4 = good ? program->sessions_ipv4 : 1024;
	options->sessions6 = good ? program->sessions_ipv6 : 1024;
}

static int start_engine(struct replay *r)
{
	struct engine_options options = {.strict_mac = r->options->strict_mac};
	struct engine_sink sink = {r, transmitted, punted, ended};
	size_t size;
	uint8_t *bytes = replay_read_file(r->options->program, &size, r->message);
	if (bytes == NULL)
		return -1;
	table_sizes(bytes, size, &options);
	free(bytes);
	r->engine = engine_create(&options, &sink);
	if (r->engine == NULL)
		snprintf(r->message, CAPTURE_MESSAGE,
			 "out of memory for %u IPv4 and %u IPv6 sessions", options.sessions4,
			 options.sessions6);
	return r->engine == NULL ? -1 : 0;
}

int replay_run(const struct replay_options *options, char message[CAPTURE_MESSAGE])
{
	struct replay *r = calloc(1, sizeof(*r));
	if (r == NULL) {
		snprintf(message, CAPTURE_MESSAGE, "out of memory");
		return -1;
	}
	r->options = options;
	r->message = message;
	if (start_engine(r) == 0 && load_program(r) == 0 && set_macs(r) == 0 &&
	    open_sources(r) == 0 && open_outputs(r) == 0)
		run(r);
	else
		r->failed = true;
	int result = close_all(r);
	free(r);
	return result;
}

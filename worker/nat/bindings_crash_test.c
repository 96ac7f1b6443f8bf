// SPDX-License-Identifier: Apache-2.0
// A worker that dies at any store of a binding, together with the sessions that use it: the next one finds every other mapping
// with its port and its sessions, and the one in question whole or not at all. Nobody ever gets an endpoint that is taken.
#include <arpa/inet.h>
#include <stddef.h>
#include "nat/bindings.h"
#include "nat/rows.h"
#include "state/binding_check.h"
#include "state/samples.h"

enum { ROWS = 16, HOSTS = 6, CAPACITY = 16, TIMEOUT = 1000 };

static const struct nat_space space = {.address = 0xcb007108, .tries = 1, .low = 2000, .high = 2099};

struct file { // what lies in the state file
	struct fw_binding rows[ROWS];
	struct fw_session4 sessions[CAPACITY + 1];
};

struct attached {
	struct bindings *bindings;
	struct session_table *sessions;
	struct session_recovery recovery;
};

static struct binding_key key_of(uint32_t host)
{
	struct binding_key key = {.port_be = htons((uint16_t)(2000 + host)), .protocol = IPPROTO_UDP, .rule_id = 7};
	nat_store(key.address, 0x0a000000 + host);
	return key;
}

static bool fits(void *context, const uint8_t address[4], uint16_t port_be)
{
	(void)context;
	(void)address;
	(void)port_be;
	return true;
}

static uint32_t use(struct bindings *b, uint32_t host, struct fw_binding *copy)
{
	struct binding_key key = key_of(host);
	unsigned budget = 1000;
	struct bindings_wish wish = {.key = key, .space = &space, .timeout = TIMEOUT, .now = 10, .looks = 200, .budget = &budget, .fits = fits};
	uint32_t row = bindings_take(b, &key, &space, TIMEOUT, 10, copy);
	if (row == FW_NO_INDEX)
		CHECK_EQ(bindings_add(b, &wish, &row, copy), BINDINGS_ADDED);
	return row;
}

static struct attached attach(struct file *f)
{
	struct attached a;
	a.sessions = session_attach(4, f->sessions, CAPACITY, 20, &a.recovery);
	a.bindings = bindings_attach(f->rows, ROWS, 20);
	CHECK(a.sessions != NULL && a.bindings != NULL);
	bindings_adopt_sessions(a.bindings, a.sessions);
	return a;
}

static void detach(struct attached *a)
{
	bindings_detach(a->bindings);
	session_detach(a->sessions);
}

// The session of a host behind its binding.
static struct fw_session4 session_of(uint32_t host, uint32_t row, const struct fw_binding *b)
{
	struct fw_session4 s = make4(host, 10, 100000);
	struct fw_line4 *l = s.line;
	l[0].protocol = l[1].protocol = IPPROTO_UDP;
	s.track.state = FW_TCP_NONE;
	memcpy(l[0].source, b->internal, 4);
	l[0].source_port_be = b->internal_port_be;
	l[0].flags = l[1].flags = FW_LINE_NAT;
	memcpy(l[0].new_source, b->external, 4);
	l[0].new_source_port_be = b->external_port_be;
	memcpy(l[0].new_destination, l[0].destination, 4);
	l[0].new_destination_port_be = l[0].destination_port_be;
	memcpy(l[1].destination, b->external, 4);
	l[1].destination_port_be = b->external_port_be;
	memcpy(l[1].new_source, l[0].destination, 4);
	l[1].new_source_port_be = l[0].destination_port_be;
	memcpy(l[1].new_destination, b->internal, 4);
	l[1].new_destination_port_be = b->internal_port_be;
	s.track.binding = row;
	return s;
}

static struct file *make(uint16_t ports[HOSTS], uint32_t *last)
{
	struct file *f = aligned_alloc(64, (sizeof(*f) + 63) & ~(size_t)63);
	CHECK(f != NULL);
	memset(f, 0, sizeof(*f));
	struct attached a = attach(f);
	for (uint32_t host = 0; host < HOSTS; host++) {
		struct fw_binding b;
		*last = use(a.bindings, host, &b);
		ports[host] = b.external_port_be;
		struct fw_session4 s = session_of(host, *last, &b);
		CHECK(session_open4(a.sessions, &s, 10) >= 0);
	}
	detach(&a); // killed
	return f;
}

// The mappings of all hosts but, when it is lost, the last one's; then the lost one's host asks again.
static void check(struct file *f, const uint16_t ports[HOSTS], bool last_there)
{
	struct attached a = attach(f);
	struct fw_binding copy;
	CHECK_EQ(bindings_count(a.bindings), HOSTS - 1u + last_there);
	CHECK_EQ(a.recovery.recovered, HOSTS);
	for (uint32_t host = 0; host < HOSTS - 1u + last_there; host++) {
		uint32_t row = use(a.bindings, host, &copy);
		CHECK_EQ(copy.external_port_be, ports[host]);
		for (unsigned users = 0; users < 2; users++) // the session that was taken over, and ours
			bindings_release(a.bindings, row, 30);
	}
	// Every session has the row of its own endpoint, or does without.
	for (uint32_t i = 0; i < CAPACITY; i++) {
		const struct fw_session4 *s = &f->sessions[i];
		if (s->cold.valid != FW_SESSION_VALID || s->track.binding == FW_NO_INDEX)
			continue;
		CHECK(bindings_read(a.bindings, s->track.binding, &copy));
		CHECK_EQ(copy.external_port_be, s->line[0].new_source_port_be);
	}
	use(a.bindings, HOSTS - 1, &copy);
	for (uint32_t host = 0; host < HOSTS - 1; host++)
		CHECK(copy.external_port_be != ports[host]);
	detach(&a);
}

static void a_death_while_a_binding_is_made(void)
{
	uint16_t ports[HOSTS];
	uint32_t last;
	struct file *made = make(ports, &last), *f = make(ports, &last);
	const struct fw_binding done = made->rows[last];
	for (unsigned old = 0; old < 2; old++) // over a row that was never used, or that was freed
		for (size_t cut = 0; cut <= sizeof(done); cut++) {
			memcpy(f, made, sizeof(*f));
			memset(&f->rows[last], old ? 0x5a : 0, sizeof(done));
			f->rows[last].valid = 0;
			memcpy(&f->rows[last], &done, cut);
			check(f, ports, cut == sizeof(done));
		}
	free(made);
	free(f);
}

static void a_death_while_a_binding_is_freed(void)
{
	uint16_t ports[HOSTS];
	uint32_t last;
	struct file *made = make(ports, &last), *f = make(ports, &last);
	for (size_t cut = 0; cut <= offsetof(struct fw_binding, valid); cut++) { // valid first
		memcpy(f, made, sizeof(*f));
		f->rows[last].valid = 0;
		memset(&f->rows[last], 0, cut);
		check(f, ports, false);
	}
	free(made);
	free(f);
}

int main(void)
{
	RUN(a_death_while_a_binding_is_made);
	RUN(a_death_while_a_binding_is_freed);
	return 0;
}

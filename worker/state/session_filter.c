// SPDX-License-Identifier: Apache-2.0
#include "state/session_filter.h"
#include <arpa/inet.h>
#include <string.h>

#define NS_PER_S 1000000000ull
#define ANY 0xffff

// One session of either family: the endpoints as the initiator sends, and as they are behind the firewall.
struct view {
	const uint8_t *source[2], *destination[2]; // 0: before, 1: after translation
	uint16_t source_port[2], destination_port[2];
	uint8_t family, protocol, from_zone, to_zone, flags;
	const struct fw_session_cold *cold;
};

static bool in_prefix(const uint8_t *address, const uint8_t *prefix, unsigned length)
{
	unsigned whole = length / 8, rest = length % 8;
	if (memcmp(address, prefix, whole) != 0)
		return false;
	return rest == 0 || ((address[whole] ^ prefix[whole]) & (0xff00u >> rest & 0xff)) == 0;
}

static bool addresses_match(const struct fw_session_filter *f, const struct view *v)
{
	if (f->source_length != 0 && !in_prefix(v->source[0], f->source, f->source_length))
		return false;
	if (f->destination_length != 0 &&
	    !in_prefix(v->destination[0], f->destination, f->destination_length))
		return false;
	if (f->either_length == 0)
		return true;
	for (unsigned i = 0; i < 2; i++)
		if (in_prefix(v->source[i], f->either, f->either_length) ||
		    in_prefix(v->destination[i], f->either, f->either_length))
			return true;
	return false;
}

static bool ports_match(const struct fw_session_filter *f, const struct view *v)
{
	if (f->source_port != 0 && v->source_port[0] != f->source_port)
		return false;
	if (f->destination_port != 0 && v->destination_port[0] != f->destination_port)
		return false;
	if (f->either_port == 0)
		return true;
	for (unsigned i = 0; i < 2; i++)
		if (v->source_port[i] == f->either_port || v->destination_port[i] == f->either_port)
			return true;
	return false;
}

static bool zones_match(const struct fw_session_filter *f, const struct view *v)
{
	return (f->from_zone == ANY || v->from_zone == f->from_zone) &&
	       (f->to_zone == ANY || v->to_zone == f->to_zone) &&
	       (f->either_zone == ANY || v->from_zone == f->either_zone || v->to_zone == f->either_zone);
}

static bool age_matches(const struct fw_session_filter *f, const struct view *v, uint64_t now_ns)
{
	uint64_t created = v->cold->created_at_ns;
	uint64_t age = now_ns > created ? now_ns - created : 0;
	return (f->older_than_s == 0 || age >= f->older_than_s * NS_PER_S) &&
	       (f->younger_than_s == 0 || age < f->younger_than_s * NS_PER_S);
}

static bool nat_matches(const struct fw_session_filter *f, const struct view *v)
{
	bool translated = (v->flags & FW_LINE_NAT) != 0;
	return f->nat == FW_FILTER_NAT_ANY || translated == (f->nat == FW_FILTER_NAT_TRANSLATED);
}

static bool matches(const struct fw_session_filter *f, const struct view *v, uint64_t now_ns)
{
	return (f->family == 0 || f->family == v->family) && (f->id == 0 || f->id == v->cold->id) &&
	       (f->policy_name_id == 0 || f->policy_name_id == v->cold->policy_name_id) &&
	       (f->protocol == ANY || f->protocol == v->protocol) && ports_match(f, v) &&
	       zones_match(f, v) && nat_matches(f, v) && age_matches(f, v, now_ns) &&
	       addresses_match(f, v);
}

#define VIEW(number, l)                                                                            \
	{                                                                                          \
		.family = number, .protocol = (l)[0].protocol, .from_zone = (l)[0].in_zone,        \
		.to_zone = (l)[1].in_zone, .flags = (l)[0].flags, .cold = &s->cold,                \
		.source = {(l)[0].source, (l)[1].destination},                                     \
		.destination = {(l)[0].destination, (l)[1].source},                                \
		.source_port = {ntohs((l)[0].source_port_be), ntohs((l)[1].destination_port_be)},  \
		.destination_port = {ntohs((l)[0].destination_port_be), ntohs((l)[1].source_port_be)}, \
	}

bool session_filter_matches4(const struct fw_session_filter *f, const struct fw_session4 *s, uint64_t now_ns)
{
	const struct view v = VIEW(4, s->line);
	return matches(f, &v, now_ns);
}

bool session_filter_matches6(const struct fw_session_filter *f, const struct fw_session6 *s, uint64_t now_ns)
{
	const struct view v = VIEW(6, s->line);
	return matches(f, &v, now_ns);
}

bool session_filter_valid(const struct fw_session_filter *f)
{
	uint8_t longest = f->family == 4 ? 32 : 128;
	bool prefixes = (f->source_length | f->destination_length | f->either_length) != 0;
	return (f->family == 4 || f->family == 6 || (f->family == 0 && !prefixes)) &&
	       f->source_length <= longest && f->destination_length <= longest &&
	       f->either_length <= longest && f->nat <= FW_FILTER_NAT_UNTRANSLATED;
}

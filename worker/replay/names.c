// SPDX-License-Identifier: Apache-2.0
#include "replay/names.h"

static const char *const drops[] = {
    [FW_DROP_NO_GENERATION] = "no-generation",
    [FW_DROP_FRAME_TRUNCATED] = "frame-truncated",
    [FW_DROP_VLAN_UNKNOWN] = "vlan-unknown",
    [FW_DROP_NOT_FOR_US] = "not-for-us",
    [FW_DROP_ETHERTYPE_UNSUPPORTED] = "ethertype-unsupported",
    [FW_DROP_IP_HEADER_INVALID] = "ip-header-invalid",
    [FW_DROP_IP_TRUNCATED] = "ip-truncated",
    [FW_DROP_IP_CHECKSUM_BAD] = "ip-checksum-bad",
    [FW_DROP_SOURCE_INVALID] = "source-invalid",
    [FW_DROP_DESTINATION_INVALID] = "destination-invalid",
    [FW_DROP_SOURCE_ROUTE] = "source-route",
    [FW_DROP_EXTENSION_HEADERS] = "extension-headers",
    [FW_DROP_FRAGMENT_DUPLICATE] = "fragment-duplicate",
    [FW_DROP_L4_TRUNCATED] = "l4-truncated",
    [FW_DROP_L4_INVALID] = "l4-invalid",
    [FW_DROP_TCP_FLAGS_INVALID] = "tcp-flags-invalid",
    [FW_DROP_TCP_NO_SESSION] = "tcp-no-session",
    [FW_DROP_TCP_STATE] = "tcp-state",
    [FW_DROP_ICMP_NO_SESSION] = "icmp-no-session",
    [FW_DROP_SESSION_INTERFACE] = "session-interface",
    [FW_DROP_SESSION_TABLE_FULL] = "session-table-full",
    [FW_DROP_POLICY_DENY] = "policy-deny",
    [FW_DROP_POLICY_REJECT] = "policy-reject",
    [FW_DROP_DEFAULT_DENY] = "default-deny",
    [FW_DROP_DEFAULT_REJECT] = "default-reject",
    [FW_DROP_HOST_INBOUND] = "host-inbound",
    [FW_DROP_MULTICAST] = "multicast",
    [FW_DROP_TTL_EXPIRED] = "ttl-expired",
    [FW_DROP_NO_ROUTE] = "no-route",
    [FW_DROP_ROUTE_BLACKHOLE] = "route-blackhole",
    [FW_DROP_NEIGHBOR_UNRESOLVED] = "neighbor-unresolved",
    [FW_DROP_NEIGHBOR_QUEUE_FULL] = "neighbor-queue-full",
    [FW_DROP_MTU_EXCEEDED] = "mtu-exceeded",
    [FW_DROP_PORT_DOWN] = "port-down",
    [FW_DROP_TX_FULL] = "tx-full",
    [FW_DROP_NO_BUFFER] = "no-buffer",
    [FW_DROP_HOST_QUEUE_FULL] = "host-queue-full",
    [FW_DROP_FRAME_OVERSIZED] = "frame-oversized",
    [FW_DROP_TCP_WINDOW] = "tcp-window",
    [FW_DROP_HALF_OPEN_LIMIT] = "half-open-limit",
    [FW_DROP_SOURCE_CHECK] = "source-check",
    [FW_DROP_ROUTE_UNREACHABLE] = "route-unreachable",
    [FW_DROP_ROUTE_PROHIBIT] = "route-prohibit",
    [FW_DROP_NAT_EXHAUSTED] = "nat-exhausted",
    [FW_DROP_NAT_NO_ADDRESS] = "nat-no-address",
    [FW_DROP_NAT_BINDINGS_FULL] = "nat-bindings-full",
    [FW_DROP_NAT_FILTERED] = "nat-filtered",
    [FW_DROP_FRAGMENT_INVALID] = "fragment-invalid",
    [FW_DROP_FRAGMENT_TINY] = "fragment-tiny",
    [FW_DROP_FRAGMENT_OVERLAP] = "fragment-overlap",
    [FW_DROP_FRAGMENT_TABLE_FULL] = "fragment-table-full",
    [FW_DROP_FRAGMENT_SOURCE_LIMIT] = "fragment-source-limit",
    [FW_DROP_FRAGMENT_TIMEOUT] = "fragment-timeout",
    [FW_DROP_FRAGMENT_DENIED] = "fragment-denied",
    [FW_DROP_STEER_QUEUE_FULL] = "steer-queue-full",
    [FW_DROP_ICMP_ERROR_INVALID] = "icmp-error-invalid",
};
_Static_assert(RTE_DIM(drops) == FW_DROP_COUNT, "a name for every reason");

static const char *const tcp_states[] = {"none",        "syn-sent", "syn-received",
					 "established", "fin-wait", "closing",
					 "time-wait",   "closed",   "close-wait"};

const char *name_of_outcome(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_FORWARDED:
		return "forwarded";
	case OUTCOME_PUNTED:
		return "punted";
	case OUTCOME_CONSUMED:
		return "consumed";
	case OUTCOME_DROPPED:
		break;
	}
	return "dropped";
}

const char *name_of_drop(enum fw_drop reason)
{
	return drops[reason];
}

const char *name_of_tcp_state(uint8_t state)
{
	return state < RTE_DIM(tcp_states) ? tcp_states[state] : "none";
}

const char *name_of_port(const struct tables *t, uint32_t row)
{
	const struct fw_port_row *rows =
	    (const void *)((const uint8_t *)t->program + t->program->ports.offset);
	return row < t->port_count ? rows[row].name : NULL;
}

const char *name_of_interface(const struct tables *t, uint32_t row)
{
	return row < t->interface_count ? t->interfaces[row].name : NULL;
}

const char *name_of_zone(const struct tables *t, uint32_t row)
{
	return row < t->zone_count ? t->zones[row].name : NULL;
}

const char *name_of_policy(const struct tables *t, uint32_t row)
{
	return row < t->policy_count ? t->policies[row].name : NULL;
}

// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>
#include <linux/neighbour.h>
#include "net/kernel_message.h"
#include "net/log.h"
#include "net/observed.h"

static void observe_neighbor(void *context, const struct nlmsghdr *message)
{
	struct observed *o = context;
	struct kernel_neighbor n, *row;
	if (!kernel_parse_neighbor(message, &n) || !(n.state & NUD_PERMANENT) ||
	    !hostpath_ours(o->h, n.ifindex))
		return;
	if ((row = observed_add(o)) != NULL)
		*row = n;
}

static bool neighbor_equal(const struct hostpath *h, const struct fw_neighbor_row *w,
			   const struct kernel_neighbor *n, bool with_mac)
{
	return h->devices[w->interface].ifindex == n->ifindex && w->family == n->family &&
	       memcmp(w->address, n->address, 16) == 0 &&
	       (!with_mac || memcmp(w->mac, n->mac, 6) == 0);
}

static int neighbor_change(const struct hostpath *h, int ifindex, uint8_t family,
			   const uint8_t *address, const uint8_t *mac)
{
	struct nl_request r;
	uint8_t protocol = HOSTPATH_PROTOCOL;
	struct ndmsg m = {.ndm_family = (unsigned char)hostpath_af(family),
			  .ndm_ifindex = ifindex,
			  .ndm_state = NUD_PERMANENT};
	nl_begin(&r, mac != NULL ? RTM_NEWNEIGH : RTM_DELNEIGH,
		 mac != NULL ? NLM_F_CREATE | NLM_F_REPLACE : 0, &m, sizeof(m));
	nl_put(&r, NDA_DST, address, hostpath_size(family));
	if (mac != NULL) {
		nl_put(&r, NDA_LLADDR, mac, 6);
		nl_put(&r, NDA_PROTOCOL, &protocol, sizeof(protocol));
	}
	return nl_call(h->nl, &r, NULL, NULL);
}

unsigned hostpath_neighbors(const struct hostpath *h)
{
	struct observed o = {.h = h, .size = sizeof(struct kernel_neighbor)};
	struct nl_request r;
	struct ndmsg m = {0};
	unsigned changes = 0;
	nl_begin(&r, RTM_GETNEIGH, NLM_F_DUMP, &m, sizeof(m));
	nl_call(h->nl, &r, observe_neighbor, &o);
	const struct kernel_neighbor *have = (const void *)o.rows;
	for (uint32_t i = 0; i < o.count; i++) {
		bool wanted = have[i].protocol != HOSTPATH_PROTOCOL;
		for (uint32_t j = 0; j < h->neighbor_count && !wanted; j++)
			wanted = neighbor_equal(h, &h->neighbors[j], &have[i], false);
		if (!wanted && ++changes > 0)
			neighbor_change(h, have[i].ifindex, have[i].family, have[i].address, NULL);
	}
	for (uint32_t j = 0; j < h->neighbor_count; j++) {
		const struct fw_neighbor_row *w = &h->neighbors[j];
		int ifindex = h->devices[w->interface].ifindex;
		bool there = ifindex == 0;
		for (uint32_t i = 0; i < o.count && !there; i++)
			there = neighbor_equal(h, w, &have[i], true);
		if (there)
			continue;
		int code = neighbor_change(h, ifindex, w->family, w->address, w->mac);
		changes++;
		if (code != 0)
			log_line("the kernel refuses neighbor %s: %s",
				 hostpath_text(w->family, w->address), strerror(-code));
	}
	free(o.rows);
	return changes;
}

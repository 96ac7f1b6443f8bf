// SPDX-License-Identifier: Apache-2.0
#include "net/ethdev_spread.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "net/log.h"
#include "steer/steer.h"

// The key of steer/steer.h, as long as any device wants it.
static uint8_t ethdev_key[64] = {
	0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a,
	0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a,
	0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a,
	0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a};

#define ETHDEV_HASHES                                                                              \
	(RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_IPV6 | RTE_ETH_RSS_NONFRAG_IPV4_TCP |                      \
	 RTE_ETH_RSS_NONFRAG_IPV4_UDP | RTE_ETH_RSS_NONFRAG_IPV6_TCP | RTE_ETH_RSS_NONFRAG_IPV6_UDP)
#define ETHDEV_KEY 40 // of a device that does not say

static void ethdev_spread_set(struct ethdev_spread *s, enum fw_spread kind, uint16_t queues)
{
	s->kind = kind;
	s->queues = queues;
}

struct ethdev_spread ethdev_spread_best(const struct rte_eth_dev_info *info, uint32_t cores, bool several)
{
	struct ethdev_spread s = {.cores = cores,
				  .table = info->reta_size,
				  .key = info->hash_key_size != 0 ? info->hash_key_size : ETHDEV_KEY,
				  .hashes = info->flow_type_rss_offloads & ETHDEV_HASHES,
				  .several = several};
	uint16_t queues = info->max_rx_queues < cores ? info->max_rx_queues : (uint16_t)cores;
	bool table = s.table >= STEER_SLOTS && s.table % STEER_SLOTS == 0;
	if (s.key > sizeof(ethdev_key))
		s.key = 0; // it keeps its own
	if (queues < 2 || (s.hashes == 0 && !several))
		ethdev_spread_set(&s, FW_SPREAD_NONE, 1);
	else if (s.hashes != 0 && s.key != 0 && table && queues == cores)
		ethdev_spread_set(&s, FW_SPREAD_OWNER, queues);
	else
		ethdev_spread_set(&s, FW_SPREAD_DEVICE, queues);
	return s;
}

bool ethdev_spread_less(struct ethdev_spread *s)
{
	switch (s->kind) {
	case FW_SPREAD_OWNER: // perhaps it does not like the key
		s->key = 0;
		s->kind = FW_SPREAD_DEVICE;
		return true;
	case FW_SPREAD_DEVICE:
		if (s->key != 0 && s->hashes != 0)
			s->key = 0;
		else
			ethdev_spread_set(s, FW_SPREAD_NONE, 1);
		return true;
	case FW_SPREAD_NONE:
		break;
	}
	return false;
}

void ethdev_spread_configure(const struct ethdev_spread *s, struct rte_eth_conf *c)
{
	// What fills several queues by itself and has no table is best left alone.
	if (s->queues < 2 || s->hashes == 0 || (s->several && s->table == 0))
		return;
	c->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	c->rx_adv_conf.rss_conf.rss_key = s->key != 0 ? ethdev_key : NULL;
	c->rx_adv_conf.rss_conf.rss_key_len = (uint8_t)s->key;
	c->rx_adv_conf.rss_conf.rss_hf = s->hashes;
}

// Entry i of the device's table stands for slot i % 64.
static int ethdev_spread_table(const struct ethdev_spread *s, uint16_t device)
{
	struct rte_eth_rss_reta_entry64 *table = calloc(s->table / RTE_ETH_RETA_GROUP_SIZE, sizeof(*table));
	if (table == NULL)
		return -ENOMEM;
	for (uint16_t i = 0; i < s->table; i++) {
		struct rte_eth_rss_reta_entry64 *g = &table[i / RTE_ETH_RETA_GROUP_SIZE];
		g->mask |= UINT64_C(1) << i % RTE_ETH_RETA_GROUP_SIZE;
		g->reta[i % RTE_ETH_RETA_GROUP_SIZE] = (uint16_t)steer_core(s->cores, i % STEER_SLOTS);
	}
	int code = rte_eth_dev_rss_reta_update(device, table, s->table);
	free(table);
	return code;
}

// False: the device says that it hashes with another key. Many do not say.
static bool ethdev_spread_has_key(const struct ethdev_spread *s, uint16_t device)
{
	uint8_t key[sizeof(ethdev_key)];
	struct rte_eth_rss_conf conf = {.rss_key = key, .rss_key_len = (uint8_t)s->key};
	memcpy(key, ethdev_key, sizeof(key));
	return rte_eth_dev_rss_hash_conf_get(device, &conf) != 0 || memcmp(key, ethdev_key, s->key) == 0;
}

// Some devices take the key only while they run.
static bool ethdev_spread_keyed(const struct ethdev_spread *s, uint16_t device)
{
	struct rte_eth_rss_conf conf = {
		.rss_key = ethdev_key, .rss_key_len = (uint8_t)s->key, .rss_hf = s->hashes};
	return ethdev_spread_has_key(s, device) ||
	       (rte_eth_dev_rss_hash_update(device, &conf) == 0 && ethdev_spread_has_key(s, device));
}

void ethdev_spread_started(struct ethdev_spread *s, uint16_t device)
{
	if (s->kind != FW_SPREAD_OWNER)
		return;
	int code = ethdev_spread_table(s, device);
	if (code == 0 && ethdev_spread_keyed(s, device))
		return;
	s->kind = FW_SPREAD_DEVICE;
	log_line("device %u spreads frames in its own way: %s", device,
		 code != 0 ? rte_strerror(-code) : "it took another key");
}

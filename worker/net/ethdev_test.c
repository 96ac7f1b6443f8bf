// SPDX-License-Identifier: Apache-2.0
// Receive side scaling without a NIC: net_null is opened as it is, and as NICs of many kinds by changing what it says about
// itself and what it takes. Which queue a frame would come by is then computed like a NIC does, from the key, the hashes and the
// table that were written: with steering by hardware every frame of a session comes to the core that owns it.
#include "net/port.h"

#include <errno.h>
#include <unistd.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include "steer/nic_hash.h"
#include "steer/steer.h"
#include "test.h"

struct nic {
	bool real; // net_null as it is
	uint16_t rx, tx, table;
	uint8_t key;
	uint64_t hashes;
	bool refuses_key, refuses_queues, refuses_table, tells_key;
	// what was written
	unsigned configured;
	enum rte_eth_rx_mq_mode mode;
	uint8_t written[64];
	uint16_t written_length;
	uint64_t written_hashes;
	uint16_t queues, entries[1024], entry_count;
};

static struct nic nic;
static struct rte_mempool *pool;

int __real_rte_eth_dev_info_get(uint16_t id, struct rte_eth_dev_info *info);
int __wrap_rte_eth_dev_info_get(uint16_t id, struct rte_eth_dev_info *info);
int __real_rte_eth_dev_configure(uint16_t id, uint16_t rx, uint16_t tx, const struct rte_eth_conf *c);
int __wrap_rte_eth_dev_configure(uint16_t id, uint16_t rx, uint16_t tx, const struct rte_eth_conf *c);
int __real_rte_eth_dev_rss_reta_update(uint16_t id, struct rte_eth_rss_reta_entry64 *t, uint16_t size);
int __wrap_rte_eth_dev_rss_reta_update(uint16_t id, struct rte_eth_rss_reta_entry64 *t, uint16_t size);
int __real_rte_eth_dev_rss_hash_conf_get(uint16_t id, struct rte_eth_rss_conf *c);
int __wrap_rte_eth_dev_rss_hash_conf_get(uint16_t id, struct rte_eth_rss_conf *c);

int __wrap_rte_eth_dev_info_get(uint16_t id, struct rte_eth_dev_info *info)
{
	int code = __real_rte_eth_dev_info_get(id, info);
	if (nic.real || code != 0)
		return code;
	info->max_rx_queues = nic.rx;
	info->max_tx_queues = nic.tx;
	info->reta_size = nic.table;
	info->hash_key_size = nic.key;
	info->flow_type_rss_offloads = nic.hashes;
	return 0;
}

int __wrap_rte_eth_dev_configure(uint16_t id, uint16_t rx, uint16_t tx, const struct rte_eth_conf *c)
{
	const struct rte_eth_rss_conf *rss = &c->rx_adv_conf.rss_conf;
	nic.configured++;
	nic.queues = rx;
	nic.mode = c->rxmode.mq_mode;
	nic.written_length = rss->rss_key != NULL ? rss->rss_key_len : 0;
	nic.written_hashes = rss->rss_hf;
	if (rss->rss_key != NULL)
		memcpy(nic.written, rss->rss_key, nic.written_length);
	if ((nic.refuses_key && rss->rss_key != NULL) || (nic.refuses_queues && rx > 1))
		return -EINVAL;
	if (!nic.real && rss->rss_key != NULL) // as the documentation of rte_eth_rss_conf wants it
		CHECK_EQ(rss->rss_key_len, nic.key != 0 ? nic.key : 40);
	CHECK((rss->rss_hf & ~nic.hashes) == 0 || nic.real);
	struct rte_eth_conf plain = *c;
	if (!nic.real) {
		plain.rxmode.mq_mode = RTE_ETH_MQ_RX_NONE;
		memset(&plain.rx_adv_conf, 0, sizeof(plain.rx_adv_conf));
	}
	return __real_rte_eth_dev_configure(id, rx, tx, &plain);
}

int __wrap_rte_eth_dev_rss_reta_update(uint16_t id, struct rte_eth_rss_reta_entry64 *t, uint16_t size)
{
	if (nic.real)
		return __real_rte_eth_dev_rss_reta_update(id, t, size);
	CHECK_EQ(size, nic.table);
	if (nic.refuses_table)
		return -ENOTSUP;
	nic.entry_count = size;
	for (uint16_t i = 0; i < size; i++) {
		CHECK(t[i / 64].mask >> i % 64 & 1);
		nic.entries[i] = t[i / 64].reta[i % 64];
		CHECK(nic.entries[i] < nic.queues);
	}
	return 0;
}

int __wrap_rte_eth_dev_rss_hash_conf_get(uint16_t id, struct rte_eth_rss_conf *c)
{
	if (nic.real)
		return __real_rte_eth_dev_rss_hash_conf_get(id, c);
	if (nic.tells_key)
		memset(c->rss_key, 0x11, c->rss_key_len);
	return nic.tells_key ? 0 : -ENOTSUP;
}

static rte_eth_dev_cb_fn told[RTE_ETH_EVENT_MAX]; // whom a driver would tell
static void *told_context;

// Unlike the others it has no __real_ one beside it: link-time optimisation would not see who calls it.
__attribute__((used)) int
__wrap_rte_eth_dev_callback_register(uint16_t id, enum rte_eth_event_type event, rte_eth_dev_cb_fn tell, void *context);

int __wrap_rte_eth_dev_callback_register(uint16_t id, enum rte_eth_event_type event, rte_eth_dev_cb_fn tell, void *context)
{
	(void)id;
	told[event] = tell;
	told_context = context;
	return 0;
}

static struct port *port_with(uint32_t cores)
{
	char error[256] = "";
	struct port *p = NULL;
	struct port_request r = {.name = "p", .device = "net_null0", .cores = cores, .virtual = true, .pool = pool};
	nic.configured = 0;
	nic.entry_count = 0;
	int code = ethdev_open(&r, &p, error, sizeof(error));
	if (code != 0)
		fprintf(stderr, "%s\n", error);
	CHECK_EQ(code, 0);
	return p;
}

static struct nic nic_of(uint16_t rx, uint16_t table, uint8_t key)
{
	return (struct nic){.rx = rx,
			    .tx = rx,
			    .table = table,
			    .key = key,
			    .hashes = RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP | RTE_ETH_RSS_SCTP};
}

// The queue by which a NIC that was set up like this brings a frame.
static uint16_t queue_of(const uint8_t *source, const uint8_t *destination, size_t size, uint16_t source_port_be,
			 uint16_t destination_port_be)
{
	uint8_t key[64] = {0};
	memcpy(key, nic.written, nic.written_length);
	uint32_t hash = nic_hash(source, destination, size, source_port_be, destination_port_be, key);
	return nic.entries[hash % nic.entry_count];
}

static void frames_come_to_their_owner(uint32_t cores)
{
	uint64_t seed = cores;
	for (unsigned i = 0; i < 3000; i++) {
		uint8_t a[16], b[16];
		uint16_t s = (uint16_t)test_random(&seed), d = (uint16_t)test_random(&seed);
		for (unsigned n = 0; n < 16; n++) {
			a[n] = (uint8_t)(test_random(&seed) >> 40);
			b[n] = (uint8_t)(test_random(&seed) >> 40);
		}
		uint32_t four = steer_owner4(cores, a, s, b, d, IPPROTO_TCP);
		uint32_t six = steer_owner6(cores, a, s, b, d, IPPROTO_UDP);
		CHECK_EQ(queue_of(a, b, 4, s, d), four);
		CHECK_EQ(queue_of(b, a, 4, d, s), four);
		CHECK_EQ(queue_of(a, b, 16, s, d), six);
		CHECK_EQ(queue_of(b, a, 16, d, s), six);
	}
}

static void nics_of_every_size_bring_frames_to_their_owner(void)
{
	static const uint16_t tables[] = {64, 128, 256, 512, 1024};
	static const uint8_t keys[] = {40, 52, 0, 64};
	for (uint32_t cores = 2; cores <= 16; cores++)
		for (unsigned t = 0; t < 5; t++) {
			nic = nic_of(16, tables[t], keys[(cores + t) % 4]);
			struct port *p = port_with(cores);
			CHECK_EQ(p->queues, cores);
			CHECK_EQ(p->spread, FW_SPREAD_OWNER);
			CHECK_EQ(nic.configured, 1);
			CHECK_EQ(nic.mode, RTE_ETH_MQ_RX_RSS);
			CHECK((nic.written_hashes & RTE_ETH_RSS_NONFRAG_IPV4_TCP) != 0 &&
			      (nic.written_hashes & RTE_ETH_RSS_NONFRAG_IPV6_UDP) != 0);
			frames_come_to_their_owner(cores);
			for (uint32_t core = 0; core < cores; core++)
				CHECK(port_read_by(p, core));
			p->operations->close(p, true);
		}
}

static void one_core_has_one_queue(void)
{
	nic = nic_of(16, 128, 40);
	struct port *p = port_with(1);
	CHECK_EQ(p->queues, 1);
	CHECK_EQ(p->spread, FW_SPREAD_NONE);
	CHECK_EQ(nic.mode, RTE_ETH_MQ_RX_NONE);
	p->operations->close(p, true);
}

// Each row: what is wrong with the NIC, and what becomes of it with four cores.
static void lesser_nics_spread_in_their_own_way(void)
{
	const struct nic whole = nic_of(16, 128, 40);
	struct {
		const char *what;
		struct nic nic;
		enum fw_spread spread;
		uint32_t queues;
	} rows[] = {
		{"no table", whole, FW_SPREAD_DEVICE, 4},
		{"a table of 32", whole, FW_SPREAD_DEVICE, 4},
		{"a table of 100", whole, FW_SPREAD_DEVICE, 4},
		{"refuses the table", whole, FW_SPREAD_DEVICE, 4},
		{"refuses the key", whole, FW_SPREAD_DEVICE, 4},
		{"took another key", whole, FW_SPREAD_DEVICE, 4},
		{"a key of 128 bytes", whole, FW_SPREAD_DEVICE, 4},
		{"three queues", whole, FW_SPREAD_DEVICE, 3},
		{"one queue", whole, FW_SPREAD_NONE, 1},
		{"refuses several queues", whole, FW_SPREAD_NONE, 1},
	};
	rows[0].nic.table = 0;
	rows[1].nic.table = 32;
	rows[2].nic.table = 100;
	rows[3].nic.refuses_table = true;
	rows[4].nic.refuses_key = true;
	rows[5].nic.tells_key = true;
	rows[6].nic.key = 128;
	rows[7].nic.rx = rows[7].nic.tx = 3;
	rows[8].nic.rx = rows[8].nic.tx = 1;
	rows[9].nic.refuses_queues = true;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		nic = rows[i].nic;
		struct port *p = port_with(4);
		if (p->spread != rows[i].spread || p->queues != rows[i].queues)
			fprintf(stderr, "%s\n", rows[i].what);
		CHECK_EQ(p->spread, rows[i].spread);
		CHECK_EQ(p->queues, rows[i].queues);
		for (uint32_t core = 0; core < 4; core++)
			CHECK_EQ(port_read_by(p, core), p->queues > 1 ? core < p->queues : core == p->reader);
		p->operations->close(p, true);
	}
}

static struct rte_mbuf *waiting[4];

static uint16_t bring(void *queue, struct rte_mbuf **frames, uint16_t count)
{
	struct rte_mbuf **at = queue;
	if (*at == NULL || count == 0)
		return 0;
	frames[0] = *at;
	*at = NULL;
	return 1;
}

static void *queues[4] = {&waiting[0], &waiting[1], &waiting[2], &waiting[3]};

// Each core takes from its own queue and from no other.
static void each_core_reads_its_own_queue(void)
{
	nic = nic_of(4, 128, 40);
	struct port *p = port_with(4);
	uint16_t id = 0;
	CHECK_EQ(rte_eth_dev_get_port_by_name("net_null0", &id), 0);
	struct rte_eth_fp_ops kept = rte_eth_fp_ops[id];
	rte_eth_fp_ops[id].rx_pkt_burst = bring;
	rte_eth_fp_ops[id].rxq.data = queues;
	struct rte_mbuf *frames[4];
	for (uint32_t core = 0; core < 4; core++)
		CHECK((waiting[core] = rte_pktmbuf_alloc(pool)) != NULL);
	for (uint32_t core = 0; core < 4; core++) {
		struct rte_mbuf *own = waiting[core];
		CHECK_EQ(p->operations->receive(p, core, frames, 4), 1);
		CHECK(frames[0] == own);
		CHECK_EQ(p->operations->receive(p, core, frames, 4), 0);
		rte_pktmbuf_free(own);
	}
	rte_eth_fp_ops[id] = kept;
	p->operations->close(p, true);
}

// Fewer transmit queues than cores: they take turns, and every frame is sent.
static void cores_share_one_transmit_queue(void)
{
	nic = nic_of(4, 128, 40);
	nic.tx = 1;
	struct port *p = port_with(4);
	enum fw_drop reason;
	for (uint32_t core = 0; core < 4; core++) {
		struct rte_mbuf *frame = rte_pktmbuf_alloc(pool);
		CHECK(frame != NULL);
		CHECK_EQ(p->operations->transmit(p, core, &frame, 1, &reason), 1);
	}
	CHECK_EQ(rte_mempool_in_use_count(pool), 0);
	p->operations->close(p, true);
}

// No model: what the driver itself has taken.
static void net_null_takes_key_and_table(void)
{
	nic = (struct nic){.real = true};
	struct port *p = port_with(3);
	uint16_t id = 0;
	CHECK_EQ(p->queues, 3);
	CHECK_EQ(p->spread, FW_SPREAD_OWNER);
	CHECK_EQ(rte_eth_dev_get_port_by_name("net_null0", &id), 0);
	struct rte_eth_rss_reta_entry64 table[2] = {{.mask = UINT64_MAX}, {.mask = UINT64_MAX}};
	CHECK_EQ(rte_eth_dev_rss_reta_query(id, table, 128), 0);
	for (uint32_t i = 0; i < 128; i++)
		CHECK_EQ(table[i / 64].reta[i % 64], steer_core(3, i % 64));
	uint8_t key[64] = {0};
	struct rte_eth_rss_conf conf = {.rss_key = key, .rss_key_len = 40};
	CHECK_EQ(__real_rte_eth_dev_rss_hash_conf_get(id, &conf), 0);
	for (unsigned i = 0; i < 40; i++)
		CHECK_EQ(key[i], i % 2 == 0 ? 0x6d : 0x5a);
	p->operations->close(p, true);
}

// As when a function of a NIC is taken away: the driver tells, the control thread is rung for, and the port is gone.
static void a_device_that_is_taken_away_is_gone(void)
{
	uint64_t rung = 0;
	uint16_t id = 0;
	nic = nic_of(4, 128, 40);
	int bell = ethdev_bell();
	CHECK(bell >= 0);
	struct port *p = port_with(2);
	(void)!read(bell, &rung, sizeof(rung));
	CHECK_EQ(rte_eth_dev_get_port_by_name("net_null0", &id), 0);
	CHECK(p->operations->refresh(p));
	told[RTE_ETH_EVENT_INTR_LSC](id, RTE_ETH_EVENT_INTR_LSC, told_context, NULL);
	CHECK_EQ(read(bell, &rung, sizeof(rung)), sizeof(rung));
	CHECK(p->operations->refresh(p));
	told[RTE_ETH_EVENT_INTR_RMV](id, RTE_ETH_EVENT_INTR_RMV, told_context, NULL);
	CHECK_EQ(read(bell, &rung, sizeof(rung)), sizeof(rung));
	CHECK(!p->operations->refresh(p));
	p->operations->close(p, true);
	p = port_with(2); // and back
	CHECK(p->operations->refresh(p));
	p->operations->close(p, true);
}

// net_null has no interrupts: asked for at its start, refused, and told.
static void a_driver_without_interrupts_is_polled(void)
{
	nic = (struct nic){.real = true};
	struct port *p = port_with(1);
	CHECK_EQ(atomic_load(&p->wake), FW_WAKE_REFUSED);
	CHECK(!port_wakes(p));
	CHECK(p->operations->arm(p, 0, 0, 0) != 0);
	p->operations->close(p, true);
}

int main(void)
{
	char *args[] = {"ethdev", "--no-huge", "-m", "64", "--no-shconf", "--no-telemetry", "--lcores", "0@(0-1)",
			"--allow", "ffff:ff:1f.7", "--log-level", "lib.*:error"};
	CHECK(rte_eal_init(sizeof(args) / sizeof(args[0]), args) >= 0);
	pool = rte_pktmbuf_pool_create("test", 16383, 0, 0, 256, SOCKET_ID_ANY);
	CHECK(pool != NULL);
	RUN(nics_of_every_size_bring_frames_to_their_owner);
	RUN(one_core_has_one_queue);
	RUN(lesser_nics_spread_in_their_own_way);
	RUN(each_core_reads_its_own_queue);
	RUN(cores_share_one_transmit_queue);
	RUN(net_null_takes_key_and_table);
	RUN(a_device_that_is_taken_away_is_gone);
	RUN(a_driver_without_interrupts_is_polled);
	rte_eal_cleanup();
	return 0;
}

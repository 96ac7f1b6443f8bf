// SPDX-License-Identifier: Apache-2.0
// What it costs to wake a core: single packets through a worker that sleeps, beside a bare wake-up of the same CPU.
//
// portcullis-bench-wake LAN WAN MAC CPU: two devices of DPDK that lead to the worker's ports ("net_virtio_user0,path=..."), the MAC
// address of its lan port, and the CPU of its datapath core, on which a thread waits for the bare wake-ups. Commands are
// read from the standard input, each is answered with one line of JSON:
//
//   first COUNT        COUNT times: a second of silence, a bare wake-up; a second of silence, a packet. Microseconds, in order
//   gaps COUNT         COUNT packets, up to a millisecond apart, as far as 200 seconds are enough: how many were sent, how many
//                      came, and the longest delay in microseconds
//   flood MILLISECONDS as many packets as are taken: how many came back
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_udp.h>

#define WAKE_BURST 32
#define WAKE_LOST_US 1000000u // a packet that is not back after so long is lost
#define WAKE_GAPS_S 200u

static struct rte_mempool *pool;
static uint16_t lan, wan;
static struct rte_ether_addr mac;
static int bell;
static _Atomic uint64_t woken; // counter of the thread that waits

static __rte_noreturn void die(const char *what, int code)
{
	fprintf(stderr, "portcullis-bench-wake: %s: %s\n", what, strerror(code < 0 ? -code : code));
	exit(1);
}

static uint16_t wake_open(char *device)
{
	const struct rte_eth_conf conf = {0};
	uint16_t id = 0;
	char *arguments = strchr(device, ',');
	if (arguments != NULL)
		*arguments++ = '\0';
	int code = rte_eal_hotplug_add("vdev", device, arguments != NULL ? arguments : "");
	if (code == 0)
		code = rte_eth_dev_get_port_by_name(device, &id);
	if (code == 0)
		code = rte_eth_dev_configure(id, 1, 1, &conf);
	if (code == 0)
		code = rte_eth_rx_queue_setup(id, 0, 256, 0, NULL, pool);
	if (code == 0)
		code = rte_eth_tx_queue_setup(id, 0, 256, 0, NULL);
	if (code == 0)
		code = rte_eth_dev_start(id);
	if (code != 0)
		die(device, code);
	return id;
}

static double wake_us(uint64_t cycles)
{
	return (double)cycles * 1e6 / (double)rte_get_tsc_hz();
}

// 60 bytes, a flow that a policy permits.
static struct rte_mbuf *wake_frame(uint32_t flow)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	char *at = m != NULL ? rte_pktmbuf_append(m, 60) : NULL;
	if (at == NULL)
		die("no packet buffer", ENOMEM);
	memset(at, 0, 60);
	struct rte_ether_hdr *e = (void *)at;
	struct rte_ipv4_hdr *ip = (void *)(e + 1);
	struct rte_udp_hdr *udp = (void *)(ip + 1);
	e->dst_addr = mac;
	e->src_addr.addr_bytes[0] = 2;
	e->src_addr.addr_bytes[5] = 0x98;
	e->ether_type = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4);
	*ip = (struct rte_ipv4_hdr){.version_ihl = 0x45,
				    .total_length = rte_cpu_to_be_16(46),
				    .time_to_live = 64,
				    .next_proto_id = IPPROTO_UDP,
				    .src_addr = rte_cpu_to_be_32(0x0a010000 + flow),
				    .dst_addr = rte_cpu_to_be_32(0xc6120001)};
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	udp->src_port = rte_cpu_to_be_16(4000);
	udp->dst_port = rte_cpu_to_be_16(4433);
	udp->dgram_len = rte_cpu_to_be_16(26);
	return m;
}

// UDP frames of ours that have come; everything else is thrown away.
static unsigned wake_drain(void)
{
	struct rte_mbuf *frames[WAKE_BURST];
	unsigned ours = 0;
	uint16_t count = rte_eth_rx_burst(wan, 0, frames, WAKE_BURST);
	for (uint16_t i = 0; i < count; i++) {
		const struct rte_ether_hdr *e = rte_pktmbuf_mtod(frames[i], const struct rte_ether_hdr *);
		const struct rte_ipv4_hdr *ip = (const void *)(e + 1);
		ours += e->ether_type == rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4) && ip->dst_addr == rte_cpu_to_be_32(0xc6120001);
	}
	rte_pktmbuf_free_bulk(frames, count);
	count = rte_eth_rx_burst(lan, 0, frames, WAKE_BURST); // neighbor questions of the worker
	rte_pktmbuf_free_bulk(frames, count);
	return ours;
}

// Sends one and waits for it. Returns microseconds; negative: lost.
static double wake_packet(void)
{
	struct rte_mbuf *m = wake_frame(1);
	uint64_t start = rte_rdtsc(), end = start + rte_get_tsc_hz() / 1000000 * WAKE_LOST_US;
	if (rte_eth_tx_burst(lan, 0, &m, 1) != 1) {
		rte_pktmbuf_free(m);
		return -1;
	}
	while (rte_rdtsc() < end)
		if (wake_drain() > 0)
			return wake_us(rte_rdtsc() - start);
	return -1;
}

static void *wake_wait(void *context)
{
	struct epoll_event e = {.events = EPOLLIN};
	uint64_t drained;
	int epoll = epoll_create1(0);
	(void)context;
	epoll_ctl(epoll, EPOLL_CTL_ADD, bell, &e);
	for (;;) {
		if (epoll_wait(epoll, &e, 1, -1) != 1)
			continue;
		atomic_store(&woken, rte_rdtsc());
		(void)!read(bell, &drained, sizeof(drained));
	}
	return NULL;
}

static double wake_bare(void)
{
	uint64_t one = 1, start = rte_rdtsc();
	atomic_store(&woken, 0);
	(void)!write(bell, &one, sizeof(one));
	while (atomic_load(&woken) == 0)
		rte_pause();
	return wake_us(atomic_load(&woken) - start);
}

static void wake_first(unsigned count)
{
	double *bare = calloc(count, sizeof(*bare)), *packet = calloc(count, sizeof(*packet));
	for (unsigned i = 0; i < count; i++) {
		sleep(1);
		bare[i] = wake_bare();
		sleep(1);
		wake_drain();
		packet[i] = wake_packet();
	}
	for (unsigned part = 0; part < 2; part++) {
		printf("%s", part == 0 ? "{\"bare\": [" : ", \"packet\": [");
		for (unsigned i = 0; i < count; i++)
			printf("%s%.1f", i > 0 ? ", " : "", part == 0 ? bare[i] : packet[i]);
		printf("]");
	}
	printf("}\n");
	free(bare);
	free(packet);
}

static void wake_gaps(unsigned count)
{
	unsigned sent = 0, came = 0, late = 0;
	double longest = 0;
	uint64_t seed = 1, end = rte_rdtsc() + rte_get_tsc_hz() * WAKE_GAPS_S;
	for (; sent < count && rte_rdtsc() < end; sent++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		rte_delay_us_block((unsigned)(seed >> 33) % 1000);
		double us = wake_packet();
		came += us >= 0;
		late += us > 5000;
		longest = us > longest ? us : longest;
	}
	printf("{\"sent\": %u, \"came\": %u, \"late\": %u, \"longest\": %.1f}\n", sent, came, late, longest);
}

static void wake_flood(unsigned ms)
{
	uint64_t end = rte_rdtsc() + rte_get_tsc_hz() / 1000 * ms, came = 0;
	for (uint32_t flow = 0; rte_rdtsc() < end;) {
		struct rte_mbuf *frames[WAKE_BURST];
		for (unsigned i = 0; i < WAKE_BURST; i++)
			frames[i] = wake_frame(flow++ % 1000);
		uint16_t sent = rte_eth_tx_burst(lan, 0, frames, WAKE_BURST);
		rte_pktmbuf_free_bulk(frames + sent, WAKE_BURST - sent);
		for (unsigned n; (n = wake_drain()) > 0;)
			came += n;
	}
	printf("{\"came\": %" PRIu64 "}\n", came);
}

static void wake_obey(void)
{
	char word[16];
	unsigned count;
	while (scanf("%15s %u", word, &count) == 2) {
		if (strcmp(word, "first") == 0)
			wake_first(count);
		else if (strcmp(word, "gaps") == 0)
			wake_gaps(count);
		else if (strcmp(word, "flood") == 0)
			wake_flood(count);
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	char *args[] = {"wake", "--no-huge", "-m", "128", "--no-shconf", "--no-telemetry", "--single-file-segments", "--lcores", "0@0",
			"--allow", "ffff:ff:1f.7", "--log-level", "lib.*:error"};
	pthread_t thread;
	cpu_set_t set;
	if (argc != 5 || rte_ether_unformat_addr(argv[3], &mac) != 0)
		die("wants LAN WAN MAC CPU", EINVAL);
	if (rte_eal_init(sizeof(args) / sizeof(args[0]), args) < 0)
		die("DPDK", EINVAL);
	pool = rte_pktmbuf_pool_create("wake", 8191, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (pool == NULL)
		die("packet buffers", ENOMEM);
	lan = wake_open(argv[1]);
	wan = wake_open(argv[2]);
	bell = eventfd(0, EFD_NONBLOCK);
	CPU_ZERO(&set);
	CPU_SET((unsigned)atoi(argv[4]), &set);
	if (bell < 0 || pthread_create(&thread, NULL, wake_wait, NULL) != 0)
		die("thread", EAGAIN);
	pthread_setaffinity_np(thread, sizeof(set), &set);
	printf("ready\n");
	fflush(stdout);
	wake_obey();
	return 0;
}

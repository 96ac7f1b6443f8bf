// SPDX-License-Identifier: Apache-2.0
// EAL without root and without reserved hugepages; its memory is transparent huge pages, so that
// packet buffers and tables cost no more misses of the TLB than in the worker.
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>
#include <rte_memory.h>
#include "bench/bench.h"

static int make_huge(const struct rte_memseg_list *list, void *context)
{
	(void)context;
	(void)madvise(list->base_va, list->len, MADV_HUGEPAGE);
	return 0;
}

int bench_start_eal(const struct bench_options *o)
{
	char memory[16], cores[16];
	snprintf(memory, sizeof(memory), "%u", o->memory);
	snprintf(cores, sizeof(cores), "0@%u", o->core);
	char *arguments[] = {"portcullis-bench",
			     "--no-huge",
			     "--no-shconf",
			     "--no-pci",
			     "--no-telemetry",
			     "-m",
			     memory,
			     "--lcores",
			     cores,
			     "--log-level",
			     "error",
			     NULL};
	rte_log_set_global_level(RTE_LOG_ERR);
	if (rte_eal_init((int)(RTE_DIM(arguments) - 1), arguments) < 0) {
		fprintf(stderr, "portcullis-bench: DPDK does not start: %s\n",
			rte_strerror(rte_errno));
		return -1;
	}
	rte_memseg_list_walk(make_huge, NULL);
	return 0;
}

// SPDX-License-Identifier: Apache-2.0
#include "net/isolate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include "net/link.h"
#include "net/log.h"
#include "net/nl.h"

#define ISOLATE_PREFIX "pcl_" // and the start of the instance; 15 characters in all
#define ISOLATE_PRIORITY 1u
#define ISOLATE_HANDLE 0x706cu

static char isolate_name[BPF_OBJ_NAME_LEN] = ISOLATE_PREFIX;

void isolate_set_up(const char *instance)
{
	snprintf(isolate_name, sizeof(isolate_name), "%s%.11s", ISOLATE_PREFIX, instance);
}

static int isolate_load(void)
{
	static const struct bpf_insn drop[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = TC_ACT_SHOT},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr a = {.prog_type = BPF_PROG_TYPE_SCHED_CLS,
			    .insn_cnt = 2,
			    .insns = (uintptr_t)drop,
			    .license = (uintptr_t) "Apache-2.0"};
	memcpy(a.prog_name, isolate_name, sizeof(a.prog_name));
	long r = syscall(SYS_bpf, BPF_PROG_LOAD, &a, sizeof(a));
	return r < 0 ? -errno : (int)r;
}

static int isolate_qdisc(int nl, int ifindex, bool make)
{
	struct nl_request r;
	struct tcmsg t = {.tcm_ifindex = ifindex,
			  .tcm_parent = TC_H_CLSACT,
			  .tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0)};
	nl_begin(&r, make ? RTM_NEWQDISC : RTM_DELQDISC, make ? NLM_F_CREATE | NLM_F_EXCL : 0, &t,
		 sizeof(t));
	nl_put_string(&r, TCA_KIND, "clsact");
	return nl_call(nl, &r, NULL, NULL);
}

// flags: NLM_F_CREATE and more to add it, 0 to remove it.
static int isolate_filter(int nl, const struct isolation *i, uint16_t flags)
{
	struct nl_request r;
	struct tcmsg t = {.tcm_ifindex = i->ifindex,
			  .tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS),
			  .tcm_handle = ISOLATE_HANDLE,
			  .tcm_info = TC_H_MAKE(ISOLATE_PRIORITY << 16, htons(ETH_P_ALL))};
	nl_begin(&r, flags != 0 ? RTM_NEWTFILTER : RTM_DELTFILTER, flags, &t, sizeof(t));
	nl_put_string(&r, TCA_KIND, "bpf");
	if (flags != 0) {
		size_t nest = nl_nest(&r, TCA_OPTIONS);
		nl_put_u32(&r, TCA_BPF_FD, (uint32_t)i->program);
		nl_put_string(&r, TCA_BPF_NAME, isolate_name);
		nl_put_u32(&r, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
		nl_unnest(&r, nest);
	}
	return nl_call(nl, &r, NULL, NULL);
}

static void isolate_count(void *context, const struct nlmsghdr *message)
{
	if (message->nlmsg_type == RTM_NEWTFILTER)
		++*(unsigned *)context;
}

// Removes the clsact qdisc unless somebody else has filters there.
static void isolate_qdisc_release(int nl, int ifindex)
{
	static const uint32_t hooks[] = {TC_H_MIN_INGRESS, TC_H_MIN_EGRESS};
	unsigned filters = 0;
	for (unsigned n = 0; n < 2; n++) {
		struct nl_request r;
		struct tcmsg t = {.tcm_ifindex = ifindex,
				  .tcm_parent = TC_H_MAKE(TC_H_CLSACT, hooks[n])};
		nl_begin(&r, RTM_GETTFILTER, NLM_F_DUMP, &t, sizeof(t));
		if (nl_call(nl, &r, isolate_count, &filters) != 0)
			return;
	}
	if (filters == 0)
		isolate_qdisc(nl, ifindex, false);
}

static int isolate_attach(struct isolation *i, bool replace)
{
	int nl = nl_open(0);
	if (nl < 0)
		return nl;
	int code = isolate_qdisc(nl, i->ifindex, true);
	i->made_qdisc = i->made_qdisc || code == 0;
	if (code == 0 || code == -EEXIST)
		code = isolate_filter(nl, i, NLM_F_CREATE | NLM_F_EXCL);
	if (code == -EEXIST && replace) {
		// A dead worker's, perhaps of another instance: from now on it is ours. Nothing passes in between.
		i->taken_over = true;
		code = isolate_filter(nl, i, NLM_F_CREATE);
	}
	close(nl);
	return code == -EEXIST ? 0 : code;
}

static char isolate_ipv6(const char *device)
{
	char path[128], value = 0;
	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", device);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (read(fd, &value, 1) != 1)
		value = 0;
	close(fd);
	return value;
}

int isolate_begin(struct isolation *i, int ifindex, const char *device, char *error, size_t size)
{
	*i = (struct isolation){.ifindex = ifindex};
	snprintf(i->device, sizeof(i->device), "%s", device);
	i->program = isolate_load();
	int code = i->program < 0 ? i->program : isolate_attach(i, true);
	if (code != 0) {
		if (i->program >= 0)
			close(i->program);
		i->ifindex = 0;
		return log_fail(error, size, code,
				"cannot keep the kernel's stack off %s by a BPF program: %s (the worker "
				"needs CAP_BPF and CAP_NET_ADMIN)",
				device, strerror(-code));
	}
	i->ipv6_before = isolate_ipv6(i->taken_over ? "default" : device);
	link_sysctl("ipv6", device, "disable_ipv6", "1");
	return 0;
}

int isolate_keep(struct isolation *i)
{
	return isolate_attach(i, false);
}

static void isolate_detach(struct isolation *i)
{
	int nl = nl_open(0);
	if (nl >= 0) {
		isolate_filter(nl, i, 0);
		if (i->made_qdisc || i->taken_over)
			isolate_qdisc_release(nl, i->ifindex);
		close(nl);
	}
	if (i->ipv6_before != 0) {
		char value[2] = {i->ipv6_before, '\0'};
		link_sysctl("ipv6", i->device, "disable_ipv6", value);
	}
}

struct isolate_list {
	const int *keep;
	unsigned keep_count, count;
	struct {
		int ifindex;
		char name[IFNAMSIZ];
	} found[1024];
};

static void isolate_list(void *context, const struct nlmsghdr *message)
{
	struct isolate_list *list = context;
	struct link l;
	if (!link_parse(message, &l) || list->count == sizeof(list->found) / sizeof(list->found[0]))
		return;
	for (unsigned i = 0; i < list->keep_count; i++)
		if (list->keep[i] == l.ifindex)
			return;
	list->found[list->count].ifindex = l.ifindex;
	memcpy(list->found[list->count++].name, l.name, IFNAMSIZ);
}

// A filter of this instance? The kernel tells its name to whoever may ask for filters.
static void isolate_ours(void *context, const struct nlmsghdr *message)
{
	const struct tcmsg *t = NLMSG_DATA(message);
	const struct rtattr *a[TCA_OPTIONS + 1], *b[TCA_BPF_NAME + 1];
	if (message->nlmsg_type != RTM_NEWTFILTER || message->nlmsg_len < NLMSG_LENGTH(sizeof(*t)) ||
	    t->tcm_handle != ISOLATE_HANDLE)
		return;
	nl_attributes(TCA_RTA(t), message->nlmsg_len - NLMSG_LENGTH(sizeof(*t)), a, TCA_OPTIONS);
	if (a[TCA_OPTIONS] == NULL)
		return;
	nl_attributes(RTA_DATA(a[TCA_OPTIONS]), RTA_PAYLOAD(a[TCA_OPTIONS]), b, TCA_BPF_NAME);
	size_t size = strlen(isolate_name);
	if (b[TCA_BPF_NAME] != NULL && RTA_PAYLOAD(b[TCA_BPF_NAME]) >= size &&
	    memcmp(RTA_DATA(b[TCA_BPF_NAME]), isolate_name, size) == 0)
		*(bool *)context = true;
}

static bool isolate_left(int nl, int ifindex)
{
	struct nl_request r;
	bool ours = false;
	struct tcmsg t = {.tcm_ifindex = ifindex,
			  .tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)};
	nl_begin(&r, RTM_GETTFILTER, NLM_F_DUMP, &t, sizeof(t));
	return nl_call(nl, &r, isolate_ours, &ours) == 0 && ours;
}

void isolate_sweep(const int *keep, unsigned count)
{
	static struct isolate_list list;
	struct nl_request r;
	struct ifinfomsg info = {0};
	int nl = nl_open(0);
	if (nl < 0)
		return;
	list.keep = keep;
	list.keep_count = count;
	list.count = 0;
	nl_begin(&r, RTM_GETLINK, NLM_F_DUMP, &info, sizeof(info));
	nl_call(nl, &r, isolate_list, &list);
	for (unsigned n = 0; n < list.count; n++) {
		struct isolation i = {.ifindex = list.found[n].ifindex, .program = -1, .taken_over = true};
		if (!isolate_left(nl, i.ifindex))
			continue;
		memcpy(i.device, list.found[n].name, sizeof(i.device));
		log_line("%s is no port any more: giving it back to the kernel", i.device);
		i.ipv6_before = isolate_ipv6("default");
		isolate_end(&i, true);
	}
	close(nl);
}

void isolate_end(struct isolation *i, bool remove)
{
	if (i->ifindex == 0)
		return;
	if (remove)
		isolate_detach(i);
	if (i->program >= 0)
		close(i->program);
	i->ifindex = 0;
}

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

// Linux 6.6; the headers of older distributions lack it.
#define ISOLATE_TCX_INGRESS ((enum bpf_attach_type)46)
#define ISOLATE_PREFIX "pcl_" // and the start of the instance; 15 characters in all
#define ISOLATE_PRIORITY 1u
#define ISOLATE_HANDLE 0x706cu

static enum isolate_hook isolate_wanted = ISOLATE_AUTO;
static char isolate_name[BPF_OBJ_NAME_LEN] = ISOLATE_PREFIX;

void isolate_set_up(enum isolate_hook hook, const char *instance)
{
	isolate_wanted = hook;
	snprintf(isolate_name, sizeof(isolate_name), "%s%.11s", ISOLATE_PREFIX, instance);
}

static int isolate_bpf(enum bpf_cmd command, union bpf_attr *a)
{
	long r = syscall(SYS_bpf, command, a, sizeof(*a));
	return r < 0 ? -errno : (int)r;
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
	return isolate_bpf(BPF_PROG_LOAD, &a);
}

// Descriptor of the program on the device's tcx hook whose name starts so; -ENOENT: none there; other errors: no tcx.
// A dead worker of another instance may have left one: whoever may use the device takes that over.
static int isolate_tcx_find(int ifindex, const char *name)
{
	uint32_t ids[64] = {0};
	union bpf_attr a = {0};
	a.query.target_fd = (uint32_t)ifindex;
	a.query.attach_type = ISOLATE_TCX_INGRESS;
	a.query.prog_ids = (uintptr_t)ids;
	a.query.prog_cnt = 64;
	int code = isolate_bpf(BPF_PROG_QUERY, &a);
	if (code < 0)
		return code;
	for (uint32_t n = 0; n < a.query.prog_cnt && n < 64; n++) {
		union bpf_attr b = {.prog_id = ids[n]};
		int fd = isolate_bpf(BPF_PROG_GET_FD_BY_ID, &b);
		if (fd < 0)
			continue;
		struct bpf_prog_info info = {0};
		union bpf_attr c = {0};
		c.info.bpf_fd = (uint32_t)fd;
		c.info.info_len = sizeof(info);
		c.info.info = (uintptr_t)&info;
		if (isolate_bpf(BPF_OBJ_GET_INFO_BY_FD, &c) == 0 &&
		    strncmp(info.name, name, strlen(name)) == 0)
			return fd;
		close(fd);
	}
	return -ENOENT;
}

static int isolate_tcx(struct isolation *i, bool attach)
{
	union bpf_attr a = {.target_fd = (uint32_t)i->ifindex,
			    .attach_bpf_fd = (uint32_t)i->program,
			    .attach_type = ISOLATE_TCX_INGRESS};
	return isolate_bpf(attach ? BPF_PROG_ATTACH : BPF_PROG_DETACH, &a);
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

static int isolate_filter(int nl, int ifindex, int program, bool make)
{
	struct nl_request r;
	struct tcmsg t = {.tcm_ifindex = ifindex,
			  .tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS),
			  .tcm_handle = ISOLATE_HANDLE,
			  .tcm_info = TC_H_MAKE(ISOLATE_PRIORITY << 16, htons(ETH_P_ALL))};
	nl_begin(&r, make ? RTM_NEWTFILTER : RTM_DELTFILTER, make ? NLM_F_CREATE | NLM_F_EXCL : 0,
		 &t, sizeof(t));
	nl_put_string(&r, TCA_KIND, "bpf");
	if (make) {
		size_t nest = nl_nest(&r, TCA_OPTIONS);
		nl_put_u32(&r, TCA_BPF_FD, (uint32_t)program);
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

static int isolate_clsact(struct isolation *i)
{
	int nl = nl_open(0);
	if (nl < 0)
		return nl;
	int code = isolate_qdisc(nl, i->ifindex, true);
	i->made_qdisc = i->made_qdisc || code == 0;
	if (code == 0 || code == -EEXIST)
		code = isolate_filter(nl, i->ifindex, i->program, true);
	i->taken_over = i->taken_over || code == -EEXIST;
	close(nl);
	return code == -EEXIST ? 0 : code;
}

// Attaches by the chosen hook, or the best there is.
static int isolate_attach(struct isolation *i)
{
	int found = isolate_wanted == ISOLATE_CLSACT ? -EOPNOTSUPP :
						       isolate_tcx_find(i->ifindex, ISOLATE_PREFIX);
	if (found >= 0) {
		close(i->program);
		i->program = found;
		i->hook = ISOLATE_TCX;
		i->taken_over = true;
		return 0;
	}
	if (found == -ENOENT) {
		int code = isolate_tcx(i, true);
		i->hook = ISOLATE_TCX;
		if (code >= 0 || isolate_wanted == ISOLATE_TCX)
			return code < 0 ? code : 0;
	} else if (isolate_wanted == ISOLATE_TCX) {
		return found;
	}
	i->hook = ISOLATE_CLSACT;
	return isolate_clsact(i);
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
	int code = i->program < 0 ? i->program : isolate_attach(i);
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
	if (i->hook == ISOLATE_CLSACT)
		return isolate_clsact(i);
	int found = isolate_tcx_find(i->ifindex, ISOLATE_PREFIX);
	if (found >= 0)
		close(found);
	return found >= 0 ? 0 : isolate_tcx(i, true);
}

static void isolate_detach(struct isolation *i)
{
	if (i->hook == ISOLATE_TCX) {
		isolate_tcx(i, false);
	} else {
		int nl = nl_open(0);
		isolate_filter(nl, i->ifindex, i->program, false);
		if (i->made_qdisc || i->taken_over)
			isolate_qdisc_release(nl, i->ifindex);
		if (nl >= 0)
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
	struct link found[64];
};

static void isolate_list(void *context, const struct nlmsghdr *message)
{
	struct isolate_list *list = context;
	struct link l;
	if (!link_parse(message, &l) || list->count == 64)
		return;
	for (unsigned i = 0; i < list->keep_count; i++)
		if (list->keep[i] == l.ifindex)
			return;
	list->found[list->count++] = l;
}

void isolate_sweep(const int *keep, unsigned count)
{
	struct isolate_list list = {.keep = keep, .keep_count = count};
	struct nl_request r;
	struct ifinfomsg info = {0};
	int nl = nl_open(0);
	if (nl < 0)
		return;
	nl_begin(&r, RTM_GETLINK, NLM_F_DUMP, &info, sizeof(info));
	nl_call(nl, &r, isolate_list, &list);
	close(nl);
	for (unsigned n = 0; n < list.count; n++) {
		struct isolation i = {.ifindex = list.found[n].ifindex, .hook = ISOLATE_TCX};
		memcpy(i.device, list.found[n].name, sizeof(i.device));
		i.program = isolate_tcx_find(i.ifindex, isolate_name);
		if (i.program < 0)
			continue;
		log_line("%s is no port any more: giving it back to the kernel", i.device);
		i.ipv6_before = isolate_ipv6("default");
		isolate_end(&i, true);
	}
}

void isolate_end(struct isolation *i, bool remove)
{
	if (i->ifindex == 0)
		return;
	if (remove)
		isolate_detach(i);
	close(i->program);
	i->ifindex = 0;
}

// SPDX-License-Identifier: Apache-2.0
// The parts of the launcher that need no process.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "launch/backoff.h"
#include "launch/command.h"
#include "launch/cpus.h"
#include "launch/facts.h"
#include "launch/launcher.h"
#include "launch/pulse.h"
#include "launch/store.h"
#include "shm/state.h"
#include "test.h"

static char folder[] = "/tmp/portcullis-launch-XXXXXX";

static const char *parse(struct command *c, const char *line)
{
	return command_parse(c, line, strlen(line));
}

static void cpu_lists(void)
{
	cpu_set_t set;
	char text[CPUS_TEXT];
	CHECK(cpus_parse("0-2,8\n", &set));
	CHECK_EQ(CPU_COUNT(&set), 4);
	cpus_format(&set, text);
	CHECK_STR(text, "0-2,8");
	CHECK(!cpus_parse("", &set) && !cpus_parse("2-1", &set) && !cpus_parse("1,", &set) &&
	      !cpus_parse("99999", &set) && !cpus_parse("1 2", &set));
	CPU_ZERO(&set);
	cpus_format(&set, text);
	CHECK_STR(text, "");
}

static void a_cpuset_is_exclusive_when_it_is_what_was_asked_for(void)
{
	cpu_set_t set;
	CHECK(cpus_parse("1", &set));
	CHECK(cpus_exclusive(&set, 1, 2));
	CHECK(!cpus_exclusive(&set, 1, 1)); // all there is
	CHECK(!cpus_exclusive(&set, 2, 4));
	CHECK(!cpus_exclusive(&set, 0, 2)); // not known
	CHECK(cpus_parse("0-1", &set));
	CHECK(!cpus_exclusive(&set, 1, 2)); // the shared pool
}

static void cores_follow_the_cpuset(void)
{
	cpu_set_t set;
	char text[CPUS_TEXT];
	CHECK(cpus_parse("1-3", &set));
	CHECK(cpus_fit("3,2", &set, text));
	CHECK_STR(text, "3,2");
	CHECK(cpus_fit("5,2", &set, text));
	CHECK_STR(text, "3,2");
	CHECK(cpus_fit("9,3,8", &set, text));
	CHECK_STR(text, "2,3,1");
	CHECK(!cpus_fit("0,1,2,3", &set, text));
	CHECK(!cpus_fit("x", &set, text));
}

static void restarts_are_at_once_until_they_come_one_after_another(void)
{
	struct backoff b = {0};
	CHECK_EQ(backoff_next(&b, 60000), 0);
	CHECK_EQ(backoff_next(&b, 100), 0);
	CHECK_EQ(backoff_next(&b, 100), 250);
	CHECK_EQ(backoff_next(&b, 100), 500);
	for (unsigned i = 0; i < 50; i++)
		CHECK(backoff_next(&b, 0) <= BACKOFF_LAST_MS);
	CHECK_EQ(backoff_next(&b, 0), BACKOFF_LAST_MS);
	CHECK_EQ(backoff_next(&b, BACKOFF_LIVED_MS), 0);
	CHECK_EQ(backoff_next(&b, 100), 0);
}

static void commands_are_parsed(void)
{
	static struct command c;
	CHECK(parse(&c, "start\t--cores\t1\t--state\t/a b") == NULL);
	CHECK_EQ(c.verb, COMMAND_START);
	CHECK_EQ(c.arguments.count, 4);
	CHECK_STR(arguments_value(&c.arguments, "--state"), "/a b");
	CHECK(arguments_value(&c.arguments, "/a b") == NULL);
	CHECK(c.arguments.words[4] == NULL);
	CHECK(arguments_replace(&c.arguments, "--cores", "2,3,4"));
	CHECK_STR(c.arguments.words[1], "2,3,4");
	CHECK_STR(c.arguments.words[3], "/a b");
	CHECK(!arguments_replace(&c.arguments, "--none", "1"));
	CHECK(parse(&c, "stop") == NULL && c.verb == COMMAND_STOP);
	CHECK(parse(&c, "leave") == NULL && c.verb == COMMAND_LEAVE);
	CHECK(parse(&c, "stop\tnow") != NULL);
	CHECK(parse(&c, "start") != NULL);
	CHECK(parse(&c, "") != NULL);
	CHECK(parse(&c, "go") != NULL);
	CHECK(parse(&c, "start\ta\x01") != NULL);
}

static void no_line_overruns_anything(void)
{
	static struct command c;
	static char line[COMMAND_LINE];
	uint64_t seed = 11;
	memset(line, '\t', sizeof(line));
	CHECK(command_parse(&c, line, sizeof(line) - 1) != NULL);
	CHECK(command_parse(&c, line, sizeof(line)) != NULL);
	for (unsigned n = 0; n < 20000; n++) {
		size_t length = test_below(&seed, 200);
		static const char letters[] = "start\t\t\t--s \"\\9";
		for (size_t i = 0; i < length; i++)
			line[i] = i < 6 && n % 2 == 0 ? "start\t"[i] :
							letters[test_below(&seed, sizeof(letters) - 1)];
		if (command_parse(&c, line, length) == NULL)
			for (unsigned i = 0; i < c.arguments.count && c.verb == COMMAND_START; i++)
				CHECK(strlen(c.arguments.words[i]) <= length);
	}
}

static void arguments_outlive_the_launcher(void)
{
	static struct command c;
	static struct arguments back;
	CHECK(!store_load(folder, &back));
	CHECK(parse(&c, "start\t--cores\t1\t\t--x") == NULL);
	CHECK_EQ(store_save(folder, &c.arguments), 0);
	CHECK(store_load(folder, &back) && arguments_same(&back, &c.arguments));
	CHECK_EQ(back.count, 4);
	store_forget(folder);
	CHECK(!store_load(folder, &back));
	CHECK(store_save("/nonexistent", &c.arguments) < 0);
}

static void mounts_of_hugetlbfs(void)
{
	static struct facts f;
	facts_mounts(&f, "proc /proc proc rw 0 0\n"
			 "hugetlbfs /dev/hugepages hugetlbfs rw,relatime,pagesize=2M 0 0\n"
			 "none /mnt/huge\\0401 hugetlbfs rw,pagesize=1024M 0 0\n"
			 "none /odd hugetlbfs rw 0 0\n");
	CHECK_EQ(f.mounts, 2);
	CHECK_STR(f.mount[0].path, "/dev/hugepages");
	CHECK_EQ(f.mount[0].page_size, 2 << 20);
	CHECK_EQ(f.mount[1].page_size, 1 << 30);
}

static void put(const char *name, const char *text)
{
	char path[512];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	for (char *slash = strchr(path + sizeof(folder), '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static void limits_of_both_kinds_of_cgroup(void)
{
	static struct facts f;
	char root[128], path[FACTS_PATH];
	const char *v1 = "5:memory:/pods/a\n4:hugetlb,cpu:/pods/a\n0::/x\n";
	CHECK(facts_group(v1, "hugetlb", path));
	CHECK_STR(path, "/pods/a");
	CHECK(facts_group(v1, "huge", path));
	CHECK_STR(path, "/x"); // v2 has all that have no hierarchy of their own
	snprintf(root, sizeof(root), "%s/v1", folder);
	put("v1/memory/memory.limit_in_bytes", "1048576\n"); // as a container sees it
	put("v1/hugetlb/pods/a/hugetlb.2MB.limit_in_bytes", "268435456\n"); // as the host does
	put("v1/hugetlb/hugetlb.1GB.limit_in_bytes", "9223372035781033984\n");
	put("v1/hugetlb/pods/a/hugetlb.2MB.usage_in_bytes", "4194304\n");
	facts_limits(&f, root, v1);
	CHECK_EQ(f.memory_limit, 1048576);
	CHECK_EQ(f.pages[0].limit, 268435456);
	CHECK_EQ(f.pages[0].used, 4194304);
	CHECK(f.pages[1].limit == FACTS_NO_LIMIT);
	snprintf(root, sizeof(root), "%s/v2", folder);
	put("v2/memory.max", "max\n");
	put("v2/hugetlb.2MB.max", "2097152\n");
	facts_limits(&f, root, "0::/\n");
	CHECK(f.memory_limit == FACTS_NO_LIMIT);
	CHECK_EQ(f.pages[0].limit, 2097152);
}

static void the_state_is_one_line_of_json(void)
{
	static struct launcher l = {.boot = "0123", .pinning = "a\"\\\t", .requested = 1};
	static struct facts f = {.online = 2, .memory_limit = FACTS_NO_LIMIT};
	static char out[REPLY_SIZE];
	struct client c = {.done = 3};
	size_t n = reply_state(&l, &f, &c, out);
	CHECK(out[n - 1] == '\n' && memchr(out, '\n', n) == out + n - 1);
	out[n] = '\0';
	CHECK(strstr(out, "\"pinning\":\"a\\\"\\\\\\u0009\"") != NULL);
	CHECK(strstr(out, "\"worker\":null") != NULL && strstr(out, "\"memoryLimit\":null") != NULL);
	l.pid = 7;
	for (l.arguments.count = 0; l.arguments.count < COMMAND_ARGUMENTS; l.arguments.count++)
		l.arguments.words[l.arguments.count] = "\x01\x01\x01\x01";
	CHECK(reply_state(&l, &f, &c, out) < REPLY_SIZE);
	n = reply_error(&c, "no", out);
	CHECK(memcmp(out, "{\"done\":3,\"error\":\"no\"}\n", n) == 0);
}

static void a_datapath_is_alive_while_every_core_beats(void)
{
	char path[128], error[1024] = "";
	struct state s;
	struct pulse p;
	uint64_t now = 100000000000ull;
	snprintf(path, sizeof(path), "%s/state", folder);
	CHECK_EQ(pulse_read(&p, path, error, sizeof(error)), -1);
	CHECK_EQ(state_open(&s, path, NULL, 4096, &(struct state_capacity){8, 8, 1}, error, sizeof(error)), 0);
	s.status->core_count = 2;
	s.status->heartbeat_ns = s.status->core_heartbeat_ns[0] = s.status->core_heartbeat_ns[1] = now;
	CHECK_EQ(pulse_read(&p, path, error, sizeof(error)), 0);
	CHECK(!pulse_healthy(&p, now, error, sizeof(error))); // no program
	s.status->phase = FW_PHASE_FORWARDING;
	CHECK_EQ(pulse_read(&p, path, error, sizeof(error)), 0);
	CHECK(pulse_healthy(&p, now + 1000000000, error, sizeof(error)));
	CHECK(!pulse_healthy(&p, now + 60000000000ull, error, sizeof(error)));
	CHECK_STR(error, "the control thread has been silent for 60 s");
	s.status->core_heartbeat_ns[1] = now - 9000000000ull;
	CHECK_EQ(pulse_read(&p, path, error, sizeof(error)), 0);
	CHECK(!pulse_healthy(&p, now, error, sizeof(error)));
	CHECK_STR(error, "datapath core 1 has been silent for 9 s");
	s.status->core_heartbeat_ns[1] = 0;
	CHECK_EQ(pulse_read(&p, path, error, sizeof(error)), 0);
	CHECK(!pulse_healthy(&p, now, error, sizeof(error)));
	CHECK_STR(error, "datapath core 1 has not begun to work");
	state_close(&s);
}

int main(void)
{
	CHECK(mkdtemp(folder) != NULL);
	RUN(cpu_lists);
	RUN(a_cpuset_is_exclusive_when_it_is_what_was_asked_for);
	RUN(cores_follow_the_cpuset);
	RUN(restarts_are_at_once_until_they_come_one_after_another);
	RUN(commands_are_parsed);
	RUN(no_line_overruns_anything);
	RUN(arguments_outlive_the_launcher);
	RUN(mounts_of_hugetlbfs);
	RUN(limits_of_both_kinds_of_cgroup);
	RUN(the_state_is_one_line_of_json);
	RUN(a_datapath_is_alive_while_every_core_beats);
	char command[128];
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

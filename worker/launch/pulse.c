// SPDX-License-Identifier: Apache-2.0
#include "launch/pulse.h"

#include <stdio.h>
#include "shm/agent_shm.h"
#include "shm/layout.h"

int pulse_read(struct pulse *p, const char *state_file, char *error, size_t size)
{
	struct fw_worker_status s;
	int state = agent_shm_state_open(state_file, error, (uint32_t)size);
	if (state < 0)
		return -1;
	int code = agent_shm_status(state, (uint8_t *)&s, sizeof(s), error, (uint32_t)size);
	agent_shm_close(state);
	if (code < 0)
		return -1;
	*p = (struct pulse){s.phase == FW_PHASE_FORWARDING, s.heartbeat_ns, -1};
	for (uint32_t n = 0; n < s.core_count && n < FW_MAX_CORES; n++) {
		if (s.core_heartbeat_ns[n] >= p->oldest_ns)
			continue;
		p->oldest_ns = s.core_heartbeat_ns[n];
		p->silent_core = (int)n;
	}
	return 0;
}

bool pulse_healthy(const struct pulse *p, uint64_t now_ns, char *error, size_t size)
{
	char who[32] = "the control thread";
	if (p->silent_core >= 0)
		snprintf(who, sizeof(who), "datapath core %d", p->silent_core);
	if (p->oldest_ns == 0)
		snprintf(error, size, "%s has not begun to work", who);
	else if (now_ns > p->oldest_ns + PULSE_FRESH_NS)
		snprintf(error, size, "%s has been silent for %llu s", who,
			 (unsigned long long)(now_ns - p->oldest_ns) / 1000000000);
	else if (!p->forwarding)
		snprintf(error, size, "the worker does not forward: it has no program");
	else
		return true;
	return false;
}

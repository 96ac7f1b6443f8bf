// SPDX-License-Identifier: Apache-2.0
// The parts of docs/metrics.md that are no tables.

export const INTRODUCTION = `# Metrics and logs

Operator and agents serve metrics in the text format of Prometheus. The number of series is bounded: every label has a closed list of
values, or names that the configuration bounds; the tables say how many series there can be. Nothing here costs the datapath cores
anything: what the worker counts lies in shared memory, and the agent reads it there.

How a cluster scrapes them, and the switches of the chart for ServiceMonitor, PodMonitor, alerts and dashboard: [install.md](install.md).
`;

export const LOGS = `## Logs

Operator and agent write one line of JSON per outcome, the operator to its standard output and the agent to its standard error; on a terminal the
agent writes plain lines. What is tried again is told once, and again when its cause changes. \`PORTCULLIS_LOG_LEVEL\` (the chart:
\`operator.logLevel\`, \`agent.logLevel\`) chooses \`debug\`, \`info\`, \`warn\` or \`error\`.

| Field | In | Meaning |
|---|---|---|
| \`level\` | all | 20 debug, 30 info, 40 warn, 50 error, 60 fatal |
| \`time\` | all | Unix time, milliseconds |
| \`msg\` | all | the outcome, one sentence |
| \`component\` | operator | \`operator\` |
| \`reason\` | both | a name of a closed list: [conditions.md](conditions.md), [issues.md](issues.md), or why a stream was refused |
| \`code\`, \`why\`, \`detail\` | operator | gRPC status and sentence of a stream that ended or was refused |
| \`resource\`, \`missed\` | operator | the collection whose watch was interrupted; changes that it had lost |
| \`verb\`, \`user\` | operator | who asked a node for something by \`kubectl portcullis\`, and what |
| \`pod\`, \`revision\` | operator | names of a worker pod, of a kept program |
| \`listen\`, \`port\` | both | what is listened on |
| \`key\` | operator | what was reconciled: \`config/NAME\` or \`node/NAME\` |
| \`config\`, \`node\` | both | names of objects |
| \`hash\` | agent | first twelve digits of the program's SHA-256 |
| \`peer\`, \`operator\` | both | address of the other end of the stream |
| \`error\`, \`err\` | both | what failed, as a sentence or with its stack |
| \`retryInMs\`, \`retryMs\` | both | when it is tried again, milliseconds |
| \`pid\`, \`cores\`, \`healthy\` | agent | of the worker process |
| \`from\` | agent | \`worker\`: the line is the worker's own |
`;

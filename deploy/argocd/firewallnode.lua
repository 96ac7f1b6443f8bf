-- SPDX-License-Identifier: Apache-2.0
-- Health of a FirewallNode for Argo CD, by the conditions of docs/conditions.md. No library but the base one is needed.
local generation = obj.metadata.generation
local status = obj.status

if obj.metadata.deletionTimestamp ~= nil then
  return { status = "Progressing", message = "The node is being given back." }
end
if status == nil or status.conditions == nil then
  return { status = "Progressing", message = "The operator has not reported on it yet." }
end
if status.observedGeneration ~= generation then
  return { status = "Progressing", message = "The node has not answered to its newest order yet." }
end

local conditions = {}
for _, condition in ipairs(status.conditions) do
  if condition.observedGeneration == nil or condition.observedGeneration == generation then
    conditions[condition.type] = condition
  end
end

local stalled = conditions["Stalled"]
if stalled ~= nil and stalled.status == "True" then
  return { status = "Degraded", message = stalled.reason .. ": " .. (stalled.message or "") }
end

local ready = conditions["Ready"]
if ready == nil then
  return { status = "Progressing", message = "The operator has not judged it yet." }
end
if ready.status == "True" then
  return { status = "Healthy", message = ready.message or "" }
end
-- An agent that fell silent, or a port that is down, is not on its way to anything.
local ports = conditions["PortsReady"]
if ready.reason == "AgentSilent" or (ports ~= nil and ports.status == "False") then
  return { status = "Degraded", message = ready.reason .. ": " .. (ready.message or "") }
end
return { status = "Progressing", message = ready.reason .. ": " .. (ready.message or "") }

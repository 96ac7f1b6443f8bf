-- SPDX-License-Identifier: Apache-2.0
-- Health of a FirewallConfig for Argo CD, by the conditions of docs/conditions.md. No library but the base one is needed.
local generation = obj.metadata.generation
local status = obj.status

if obj.metadata.deletionTimestamp ~= nil then
  return { status = "Progressing", message = "The nodes are being given back." }
end
if status == nil or status.conditions == nil then
  return { status = "Progressing", message = "The operator has not seen it yet." }
end
if status.observedGeneration ~= generation then
  return { status = "Progressing", message = "The operator has not seen the newest generation yet." }
end

local conditions = {}
for _, condition in ipairs(status.conditions) do
  if condition.observedGeneration == nil or condition.observedGeneration == generation then
    conditions[condition.type] = condition
  end
end

-- In the order of what has to be cured first.
local faults = { { "Compiled", "False" }, { "Conflict", "True" }, { "Stalled", "True" }, { "Degraded", "True" } }
for _, fault in ipairs(faults) do
  local condition = conditions[fault[1]]
  if condition ~= nil and condition.status == fault[2] then
    return { status = "Degraded", message = condition.reason .. ": " .. (condition.message or "") }
  end
end

local ready = conditions["Ready"]
local progressing = conditions["Progressing"]
if progressing ~= nil and progressing.status == "Unknown" and (ready == nil or ready.status ~= "True") then
  return { status = "Suspended", message = progressing.reason .. ": " .. (progressing.message or "") }
end
if ready == nil then
  return { status = "Progressing", message = "The operator has not judged it yet." }
end
if ready.status == "True" then
  return { status = "Healthy", message = ready.message or "" }
end
return { status = "Progressing", message = ready.reason .. ": " .. (ready.message or "") }

// SPDX-License-Identifier: Apache-2.0
// What the API server and kubectl read to learn which resources there are. Only parts of objects are listed: there is
// nothing here that could be listed, watched or collected, so controllers that go through all resources pass it by.
import { createHash } from "node:crypto";
import { GROUP, VERSION, type Route } from "./routes";

const GROUP_VERSION = { groupVersion: `${GROUP}/${VERSION}`, version: VERSION };
const group = { name: GROUP, versions: [GROUP_VERSION], preferredVersion: GROUP_VERSION };
const OPEN_API = { title: "Portcullis", version: VERSION };

/** Documents by path. */
export function discovery(routes: readonly Route[]): Map<string, object> {
  const resources = routes.map(({ resource, part, kind, verbs }) =>
    ({ name: `${resource}/${part}`, singularName: "", namespaced: false, kind, verbs: Object.keys(verbs).sort() }));
  const root = `/apis/${GROUP}/${VERSION}`;
  const openApi = { openapi: "3.0.0", info: OPEN_API, paths: {} };
  const hash = createHash("sha256").update(JSON.stringify(openApi)).digest("hex").toUpperCase();
  return new Map<string, object>([
    ["/apis", { kind: "APIGroupList", apiVersion: "v1", groups: [group] }],
    [`/apis/${GROUP}`, { kind: "APIGroup", apiVersion: "v1", ...group }],
    [root, { kind: "APIResourceList", apiVersion: "v1", groupVersion: GROUP_VERSION.groupVersion, resources }],
    ["/openapi/v2", { swagger: "2.0", info: OPEN_API, paths: {}, definitions: {} }],
    ["/openapi/v3", { paths: { [root.slice(1)]: { serverRelativeURL: `/openapi/v3${root}?hash=${hash}` } } }],
    [`/openapi/v3${root}`, openApi],
  ]);
}

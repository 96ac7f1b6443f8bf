// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { debianMaterial, moduleMaterials, spdxOf, type Image } from "./sbom";

const STATUS = `Package: libc6
Status: install ok installed
Architecture: amd64
Source: glibc
Version: 2.41-12+deb13u1
`;
const LOCK = {
  packages: {
    "": { version: "0.1.0" },
    "node_modules/pino": { version: "10.4.0", license: "MIT", integrity: `sha512-${Buffer.alloc(64, 1).toString("base64")}` },
    "node_modules/@grpc/grpc-js": { version: "1.14.7", license: "SEE LICENSE IN FILE" },
    "node_modules/a/node_modules/pino": { version: "10.4.0", license: "MIT" },
  },
};
const image: Image = {
  name: "portcullis-agent", version: "0.1.0", digest: "sha256:abc", created: "2025-01-01T00:00:00Z",
  materials: [...moduleMaterials(LOCK), debianMaterial(STATUS)],
};

describe("sbom", () => {
  it("reads dpkg's status and npm's lock", () => {
    assert.deepEqual(debianMaterial(STATUS), {
      name: "libc6", version: "2.41-12+deb13u1", source: "Debian source package glibc",
      purl: "pkg:deb/debian/libc6@2.41-12%2Bdeb13u1?arch=amd64&distro=debian-13",
    });
    const modules = moduleMaterials(LOCK);
    assert.deepEqual(modules.map(({ purl }) => purl), ["pkg:npm/pino@10.4.0", "pkg:npm/%40grpc/grpc-js@1.14.7"]);
    assert.equal(modules[0]?.sha512, "01".repeat(64));
  });

  it("has what SPDX 2.3 demands", () => {
    const spdx = spdxOf(image);
    assert.equal(spdx.spdxVersion, "SPDX-2.3");
    assert.equal(spdx.dataLicense, "CC0-1.0");
    assert.match(spdx.documentNamespace, /^https:\/\/[^#]+$/);
    assert.match(spdx.creationInfo.created, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const ids = spdx.packages.map(({ SPDXID }) => SPDXID);
    assert.equal(new Set(ids).size, ids.length);
    for (const item of spdx.packages) {
      assert.match(item.SPDXID, /^SPDXRef-[A-Za-z0-9.-]+$/);
      for (const text of [item.name, item.versionInfo, item.downloadLocation, item.licenseDeclared]) assert.notEqual(text, "");
    }
    const known = new Set(["SPDXRef-DOCUMENT", ...ids]);
    for (const { spdxElementId, relatedSpdxElement } of spdx.relationships) assert.ok(known.has(spdxElementId) && known.has(relatedSpdxElement));
    assert.equal(spdx.relationships.filter(({ relationshipType }) => relationshipType === "DESCRIBES").length, 1);
    assert.equal(spdx.relationships.filter(({ relationshipType }) => relationshipType === "CONTAINS").length, 3);
  });

  it("declares a licence only where it is an expression", () => {
    const declared = Object.fromEntries(spdxOf(image).packages.map((item) => [item.name, item.licenseDeclared]));
    assert.deepEqual(declared, { "portcullis-agent": "Apache-2.0", pino: "MIT", "@grpc/grpc-js": "NOASSERTION", libc6: "NOASSERTION" });
  });
});

# SPDX-License-Identifier: Apache-2.0
# The images of Portcullis: targets operator, node-agent and worker. Plain `docker build --target worker .` or
# `podman build --target worker .` makes one of them; scripts/images/build.sh makes all three without a registry of images.
#
# Everything is built on Debian 13, with its DPDK 24.11 LTS; Node.js 24 LTS is the official binary, as an npm package whose
# checksum is pinned. The images themselves hold only what is run: no shell, no package manager, no compiler.
#
# Behind a proxy that presents certificates of its own: --secret id=ca,src=FILE names its authorities for npm.
#
# The base is pinned; a digest of many architectures. A newer one: docker buildx imagetools inspect debian:trixie-slim
ARG BASE=debian:trixie-slim@sha256:a29215f6a35e51e22adffa17f89e9d2ef06214e64a2bad10d765c46aea49f11f

FROM ${BASE} AS base
ENV DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

# The worker: compiler, DPDK and its drivers.
FROM base AS c
RUN apt-get update -q && apt-get install -q -y --no-install-recommends gcc libc6-dev meson ninja-build pkgconf libdpdk-dev libpcap-dev && \
	rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb && \
	pkg-config --atleast-version 24.11 libdpdk && pkg-config --max-version 24.11.99 libdpdk
ARG REBUILD
COPY worker /src/worker
WORKDIR /src
RUN : "${REBUILD}" && meson setup build worker --buildtype=release -Db_lto=true && \
	ninja -C build portcullis-worker libportcullis-shm.so launch/portcullis-launcher && \
	strip build/portcullis-worker build/libportcullis-shm.so build/launch/portcullis-launcher
COPY scripts/images/rootfs.sh scripts/images/drivers.sh /src/
RUN drivers=$(bash drivers.sh) && \
	bash rootfs.sh /root-worker build/portcullis-worker:/usr/bin/portcullis-worker \
		build/launch/portcullis-launcher:/usr/bin/portcullis-launcher $drivers && bash drivers.sh /root-worker && \
	bash rootfs.sh /root-library build/libportcullis-shm.so:/usr/lib/portcullis/libportcullis-shm.so

# Operator and agent: TypeScript compiled to JavaScript, and the modules that they load.
FROM base AS javascript
RUN apt-get update -q && apt-get install -q -y --no-install-recommends npm && \
	rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb
WORKDIR /src
COPY scripts/images/node/package.json scripts/images/node/package-lock.json /node/
COPY scripts/images/npm.sh scripts/images/rootfs.sh scripts/images/tidy-modules.sh /node/
RUN --mount=type=secret,id=ca cd /node && bash npm.sh ci && cp node_modules/node-linux-*/bin/node /usr/local/bin/node24
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=secret,id=ca bash /node/npm.sh ci
COPY tsconfig.json ./
COPY bin bin
COPY crds crds
COPY metrics metrics
COPY program program
COPY operator operator
COPY node-agent node-agent
COPY cli cli
ARG REBUILD
RUN : "${REBUILD}" && node node_modules/typescript/bin/tsc && bash /node/npm.sh prune --omit=dev --offline && \
	bash /node/rootfs.sh /root-node /usr/local/bin/node24:/usr/bin/node && \
	mkdir -p /root-node/usr/share/doc/node /root-app/app && \
	cp /node/node_modules/node-linux-*/package.json /node/node_modules/node-linux-*/LICENSE* /root-node/usr/share/doc/node/ && cp -r dist bin package.json node_modules /root-app/app/ && \
	bash /node/tidy-modules.sh /root-app/app/node_modules && \
	mkdir -p /root-app/usr/bin && printf '#!/usr/bin/node\nrequire("/app/bin/portcullis");\n' >/root-app/usr/bin/portcullis && \
	chmod 755 /root-app/usr/bin/portcullis

FROM scratch AS node
COPY --from=javascript /root-node /
COPY --from=javascript /root-app /
ARG VERSION=0.1.0
LABEL org.opencontainers.image.vendor="Portcullis" \
	org.opencontainers.image.licenses="Apache-2.0" \
	org.opencontainers.image.version="${VERSION}" \
	org.opencontainers.image.base.name="debian:trixie-slim"
ENV NODE_ENV=production PATH=/usr/bin HOME=/tmp

FROM node AS operator
LABEL org.opencontainers.image.title="portcullis-operator" \
	org.opencontainers.image.description="Portcullis: turns FirewallConfig objects into programs, and serves them to the nodes"
USER 65532:65532
ENTRYPOINT ["/usr/bin/node", "/app/dist/operator/main.js"]

FROM node AS node-agent
COPY --from=c /root-library /
LABEL org.opencontainers.image.title="portcullis-agent" \
	org.opencontainers.image.description="Portcullis: takes the node's program from the operator, and writes it into the worker's memory"
ENV PORTCULLIS_LIB=/usr/lib/portcullis/libportcullis-shm.so
ENTRYPOINT ["/usr/bin/node", "/app/bin/portcullis"]
CMD ["agent"]

FROM scratch AS worker
COPY --from=c /root-worker /
ARG VERSION=0.1.0
LABEL org.opencontainers.image.vendor="Portcullis" \
	org.opencontainers.image.licenses="Apache-2.0" \
	org.opencontainers.image.version="${VERSION}" \
	org.opencontainers.image.base.name="debian:trixie-slim" \
	org.opencontainers.image.title="portcullis-worker" \
	org.opencontainers.image.description="Portcullis: forwards, filters and translates packets with DPDK"
ENV PATH=/usr/bin
ENTRYPOINT ["/usr/bin/portcullis-launcher"]

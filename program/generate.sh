#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Generates program/stream.gen.ts from program/stream.proto. Needs protoc (Debian: protobuf-compiler) and npm ci.
# uint64 becomes bigint; bytes become Buffer; a oneof becomes optional members.
set -eu
cd "$(dirname "$0")/.."
protoc --plugin=protoc-gen-ts_proto=node_modules/.bin/protoc-gen-ts_proto --proto_path=program --ts_proto_out=program \
	--ts_proto_opt=fileSuffix=.gen,env=node,esModuleInterop=true,outputServices=grpc-js,forceLong=bigint \
	--ts_proto_opt=outputJsonMethods=false,outputPartialMethods=false,annotateFilesWithVersion=false \
	program/stream.proto
{
	echo '// SPDX-License-Identifier: Apache-2.0'
	cat program/stream.gen.ts
} >program/stream.gen.ts.partial
mv program/stream.gen.ts.partial program/stream.gen.ts

#!/bin/sh
# Makes the TypeScript of every .proto file in src/ anew, beside it. The result is committed: no build step needs this.
set -eu
cd "$(dirname "$0")/.."
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
npm install --silent --ignore-scripts --prefix "$tools" @bufbuild/buf@1 @bufbuild/protoc-gen-es@2
PATH="$tools/node_modules/.bin:$PATH" buf generate src --template '{"version":"v2","plugins":[{"local":"protoc-gen-es","out":"src","opt":"target=ts,import_extension=js"}]}'

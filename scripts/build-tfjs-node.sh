#!/usr/bin/env bash
# Builds @tensorflow/tfjs-node against the library in a tensorflow-cpu wheel, in a folder of its own:
#   bash scripts/build-tfjs-node.sh FOLDER
# Afterwards put node_modules/@tensorflow/tfjs-node of that folder in place of the one here (an alias that danfojs-node
# brings along) and run: npx vitest run test/engine/parity.test.ts
set -euo pipefail
dir=$(realpath -m "$1")
mkdir -p "$dir"
cd "$dir"
[ -f package.json ] || npm init -y > /dev/null
npm install --ignore-scripts @tensorflow/tfjs-node@4.22.0
[ -d venv ] || python3 -m venv venv
venv/bin/pip install --quiet --no-deps tensorflow-cpu
tf=$(echo "$dir"/venv/lib/python3*/site-packages/tensorflow)
pkg=$dir/node_modules/@tensorflow/tfjs-node
rm -rf "$pkg/deps"; mkdir -p "$pkg/deps/lib"
ln -s "$tf/include" "$pkg/deps/include"
ln -s "$tf/libtensorflow_cc.so.2" "$pkg/deps/lib/libtensorflow.so"
ln -s "$tf/libtensorflow_cc.so.2" "$pkg/deps/lib/libtensorflow_cc.so.2"
ln -s "$tf/libtensorflow_framework.so.2" "$pkg/deps/lib/libtensorflow_framework.so"
ln -s "$tf/libtensorflow_framework.so.2" "$pkg/deps/lib/libtensorflow_framework.so.2"
cd "$pkg"
npx --yes node-gyp rebuild --module_name=tfjs_binding --module_path="$pkg/lib/napi-v8" --napi_build_version=8

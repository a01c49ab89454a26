#!/usr/bin/env bash
# `npm run check:package`: packs Headgate, installs the tarball into an empty folder, trains there, and checks its types.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

npm run --silent build
tarball=$work/$(npm pack --silent --pack-destination "$work")
mv "$tarball" "$work/headgate.tgz"

tar -tzf "$work/headgate.tgz" | sed 's#^package/##' | sort > "$work/contents"
for wanted in package.json README.md LICENSE CHANGELOG.md dist/index.js dist/index.d.ts docs/errors.md; do
  grep -qx "$wanted" "$work/contents" || { echo "the tarball lacks $wanted"; exit 1; }
done
if grep -vE '^(package\.json|README\.md|LICENSE|CHANGELOG\.md|docs/.+|dist/.+\.(js|d\.ts))$' "$work/contents"; then
  echo 'the tarball holds the files above, which have no place in it'
  exit 1
fi
echo "The tarball holds $(wc -l < "$work/contents") files, $(du -k "$work/headgate.tgz" | cut -f1) KB packed."
npx --no-install publint run "$work/headgate.tgz" --strict

mkdir "$work/consumer"
cd "$work/consumer"
npm init -y > /dev/null
npm pkg set type=module
# As the README says: ONNX Runtime's install script would fetch CUDA libraries from outside npm.
ONNXRUNTIME_NODE_INSTALL=skip npm install --no-audit --no-fund ../headgate.tgz
cp "$root"/test/package/consumer/* .
node train.mjs

# tfjs brings WebGPU types that clash with those of TypeScript 7, so libraries are not checked, only what is used of them.
# The compiler and Node's types are the repository's own: only Headgate itself must come from the tarball.
for resolution in bundler nodenext; do
  module=$([ "$resolution" = bundler ] && echo esnext || echo nodenext)
  "$root/node_modules/.bin/tsc" --noEmit --strict --target es2022 --module "$module" --moduleResolution "$resolution" \
    --typeRoots "$root/node_modules/@types" --types node --skipLibCheck types.ts
  echo "Its types check with moduleResolution $resolution."
done

